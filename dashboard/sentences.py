"""A line of an incident's log as one sentence, for paper. `frontend/src/board/sentences.ts` says the same on a page that is open; a test
holds both equal, kind by kind and in both languages.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from django.utils.translation import get_language, gettext

from common.actor import authority_read
from dashboard.templatetags.labels import group_look
from people.selectors import deputising

Data = Mapping[str, Any]
Names = Mapping[str, Mapping[str, Mapping[str, str]]]


class Line(NamedTuple):
    """`detail`: what was said with it; `grave`: it is marked."""

    text: str
    detail: str = ""
    grave: bool = False


def line(event: Mapping[str, Any], names: Names) -> Line:
    """An event as `Event.as_dict` in the language now active. One of a kind that is not known here stands under its name rather than
    hidden."""
    say = SENTENCES.get(event["kind"])
    return Line(event["kind"]) if say is None else say(event["data"], names)


def acted(event: Mapping[str, Any], names: Names) -> str:
    """Who acted, and in which role."""
    held, _person = authority_read(event["authority"])
    role = _pick(names["roles"].get(held)) or _pick(names["rights"].get(held))
    if event["actor"].get("in_place_of"):
        role = deputising(role, event["actor"]["in_place_of"])
    return " · ".join(part for part in (event["actor"]["name"], role) if part)


# --- pieces -------------------------------------------------------------------------------------------------------------
def _chinese() -> bool:
    return (get_language() or "").startswith("zh")


def _pick(text: Mapping[str, str | None] | None) -> str:
    if not text:
        return ""
    return (text["zh"] if _chinese() else text["en"]) or text["zh"] or text["en"] or ""


def _say(sentence: str, **said: Any) -> str:
    return gettext(sentence).format(**said)


def _name(names: Names, kind: str, key: str | None) -> str:
    return "" if key is None else _pick(names.get(kind, {}).get(key)) or key


def _listed(parts: Iterable[str]) -> str:
    return ("、" if _chinese() else ", ").join(parts)


def _place(names: Names, regions: Sequence[str]) -> str:
    return _listed(_name(names, "regions", key) for key in regions) if regions else gettext("Nationwide")


def _joined(*parts: str | None, by: str = " · ") -> str:
    return by.join(part for part in parts if part)


def _plain(sentence: str, detail: str = "", *, grave: bool = False) -> Callable[[Data, Names], Line]:
    """A sentence without parameters; `detail` names the field that is said with it."""
    return lambda data, names: Line(gettext(sentence), (data[detail] or "") if detail else "", grave)


def _of_group(sentence: str, *details: str) -> Callable[[Data, Names], Line]:
    def say(data: Data, names: Names) -> Line:
        group = _name(names, "groups", data["group"])
        return Line(_say(sentence, group=group), _joined(*(data[field] for field in details), by=" — "))

    return say


def _of_duty(sentence: str, detail: str = "") -> Callable[[Data, Names], Line]:
    def say(data: Data, names: Names) -> Line:
        title = _name(names, "obligations", data["rule"])
        return Line(_say(sentence, title=title), (data[detail] or "") if detail else "")

    return say


def _contents(data: Data) -> str:
    return _joined(data["reach"], data["duration"], data["measures"])


# --- kinds that say one thing or another ----------------------------------------------------------------------------------
def _opened(data: Data, names: Names) -> Line:
    if data["origin"] == "signal":
        return Line(gettext("A crossed threshold opened this incident."), _pick(data["titles"]))
    return Line(gettext("A fault was reported."), data["title"] or "")


def _more_joined(data: Data, names: Names) -> Line:
    trigger, more = data["trigger"], data["more"]
    said = {"metric": _name(names, "metrics", trigger["metric"]), "place": _place(names, _one(trigger["region"]))}
    if more:
        return Line(_say("{n} further triggers joined: {metric}, {place}.", n=more + 1, **said))
    return Line(_say("A further trigger joined: {metric}, {place}.", **said))


def _one(key: str | None) -> list[str]:
    return [key] if key else []


def _facts(data: Data, names: Names) -> Line:
    return Line(gettext("Facts were recorded."), _joined(*(_name(names, "facts", fact) for fact in data["after"])))


def _verified(data: Data, names: Names) -> Line:
    if data["outcome"] == "false_alarm":
        return Line(gettext("Verified: a false alarm."), data["note"] or "")
    sentence = gettext("Verified: a major fault.") if data["major"] else gettext("Verified: an ordinary fault.")
    return Line(sentence, data["note"] or "", data["major"])


def _dismissed(data: Data, names: Names) -> Line:
    said = gettext("Dismissed as a false alarm.") if data["false_alarm"] else gettext("Dismissed.")
    return Line(said, data["reason"] or "")


def _warning(data: Data, names: Names) -> Line:
    if data["contents"]:
        return Line(gettext("Yellow warning: the pre-response began."), _pick(data["contents"]["measures"]), True)
    yellow = data["colour"] == "yellow"
    return Line(gettext("Yellow warning issued.") if yellow else gettext("Blue warning issued."), _contents(data), True)


def _hourly(data: Data, names: Names) -> Line:
    said = _say("Hourly data: {department}.", department=_name(names, "departments", data["department"]))
    return Line(said, _joined(data["availability"], data["spares"], data["forecast"]))


def _near(data: Data, names: Names) -> Line:
    lines = _joined(*(_pick(row["title"]) for row in data["lines"]))
    return Line(_say("Near the threshold of {lines}.", lines=lines), "", True)


def _prepared(data: Data, names: Names) -> Line:
    sentence = "Task done: {title}. The preparation is complete." if data["all_done"] else "Task done: {title}."
    return Line(_say(sentence, title=_pick(data["title"])), data["word"] or "")


def _proposed(data: Data, names: Names) -> Line:
    reasons = ("；" if _chinese() else "; ").join(_pick(reason) for reason in data["reasons"])
    if not data["level"]:
        return Line(gettext("The plan proposes no level."), reasons)
    return Line(_say("The plan proposes {level}.", level=_name(names, "levels", data["level"])), reasons)


def _decided(data: Data, names: Names) -> Line:
    sentence = "{level} was set, provisionally." if data["provisional"] else "{level} was decided."
    return Line(_say(sentence, level=_name(names, "levels", data["after"])), data["reason"] or "", True)


def _started(data: Data, names: Names) -> Line:
    by_region = "The region started the response at {level}, subject to headquarters confirming it."
    sentence = "The response began at {level}." if data["region"] is None else by_region
    return Line(_say(sentence, level=_name(names, "levels", data["level"])), "", True)


def _status(data: Data, names: Names) -> Line:
    status = group_look(data["after"]).label
    return Line(
        _say("{group}: {status}.", group=_name(names, "groups", data["group"]), status=status), data["note"] or ""
    )


def _task_done(data: Data, names: Names) -> Line:
    sentence = "Task done, late, by {group}." if data["late"] else "Task done by {group}."
    return _of_group(sentence, "title", "note")(data, names)


def _step(sentence: str, detail: str) -> Callable[[Data, Names], Line]:
    def say(data: Data, names: Names) -> Line:
        text = _say(sentence, title=_pick(data["title"]), done=data["done"], steps=data["steps"])
        return Line(text, data[detail] or "")

    return say


VERDICTS: Final = {
    "keep": "Effect judged: keep the level.",
    "raise": "Effect judged: raise the level.",
    "lower": "Effect judged: lower the level.",
}


def _judged(data: Data, names: Names) -> Line:
    return Line(gettext(VERDICTS[data["verdict"]]), data["reason"] or "")


def _versions(sentence: str, *, grave: bool = False) -> Callable[[Data, Names], Line]:
    return lambda data, names: Line(
        _say(sentence, before=data["before"], after=data["after"]), data["reason"] or "", grave
    )


def _summary(data: Data, names: Names) -> Line:
    late = gettext("The progress summary was published, late.")
    return Line(late if data["late"] else gettext("The progress summary was published."))


def _notice_edited(data: Data, names: Names) -> Line:
    again = gettext("A notice was edited; legal must read it again.")
    return Line(again if data["voided"] else gettext("A notice was edited."), _pick(data))


def _withdrawn(data: Data, names: Names) -> Line:
    said = gettext("A published notice was withdrawn.") if data["published"] else gettext("A notice was given up.")
    return Line(said, data["reason"] or "", data["published"])


def _counted(sentence: str, *, grave: bool = False) -> Callable[[Data, Names], Line]:
    return lambda data, names: Line(_say(sentence, **data), "", grave)


def _told(people: str, chats: str, *, grave: bool = False) -> Callable[[Data, Names], Line]:
    """The second sentence where group chats heard it as well; what was written before they were counted says nothing of them."""
    return lambda data, names: Line(_say(chats if data.get("chats") else people, **data), "", grave)


def _called(data: Data, names: Names) -> Line:
    told = data["outcome"] == "told"
    said = gettext("A person was told by telephone.") if told else gettext("A person was rung and not reached.")
    return Line(said, data["note"] or "")


def _stock(sentence: str, grave: Callable[[Data], bool] = lambda data: False) -> Callable[[Data, Names], Line]:
    def say(data: Data, names: Names) -> Line:
        name = f"{_pick(data['names'])} ({data['number']})"
        said = _say(sentence, name=name, quantity=data["quantity"], left=data["left"])
        return Line(said, data["note"] or "", grave(data))

    return say


def _fulfilled(data: Data, names: Names) -> Line:
    return _of_duty("Done, late: {title}." if data["late"] else "Done: {title}.", "note")(data, names)


def _escalated(data: Data, names: Names) -> Line:
    told = _listed(_name(names, "roles", role) for role in data["told"])
    title = _name(names, "obligations", data["rule"])
    if told:
        return Line(_say("Overdue: {title}. Told: {roles}.", title=title, roles=told), "", True)
    role = _name(names, "roles", data.get("skipped") or None)
    if not role:
        return Line(_say("Overdue: {title}. Nobody is left to tell.", title=title), "", True)
    if data.get("away"):
        return Line(
            _say("Overdue: {title}. Skipped, on leave without a deputy: {role}.", title=title, role=role), "", True
        )
    return Line(_say("Overdue: {title}. Skipped, held by nobody: {role}.", title=title, role=role), "", True)


def _titled(sentence: str, *, grave: bool = False) -> Callable[[Data, Names], Line]:
    return lambda data, names: Line(_say(sentence, title=_pick(data["title"])), "", grave)


def _file_kept(data: Data, names: Names) -> Line:
    said = {"name": data["name"] or "", "digest": data["sha256"][:12]}
    if data.get("later"):
        return Line(_say("File added later: {name}, SHA-256 {digest}.", **said), data["word"])
    return Line(_say("File kept: {name}, SHA-256 {digest}.", **said), data["word"])


SENTENCES: Final[dict[str, Callable[[Data, Names], Line]]] = {
    "incident.opened": _opened,
    "incident.joined": _more_joined,
    "incident.facts_recorded": _facts,
    "incident.verified": _verified,
    "incident.assessed": _plain("The impact was assessed.", "impact"),
    "incident.dismissed": _dismissed,
    "incident.closed": _plain("The incident was closed.", "note"),
    "incident.plan_asked": _versions("Asked to go on by version {after} of the plan instead of {before}."),
    "incident.plan_moved": _versions(
        "From now on version {after} of the plan applies instead of {before}.", grave=True
    ),
    "incident.plan_kept": _versions("It goes on by version {before} of the plan."),
    "condition.near": _near,
    "warning.started": _warning,
    "warning.raised": lambda data, names: Line(gettext("The warning was raised to yellow."), _contents(data), True),
    "warning.data_reported": _hourly,
    "warning.task_assigned": _titled("Task given: {title}."),
    "warning.task_done": _prepared,
    "warning.extended": _plain("Headquarters extended the warning.", "reason"),
    "warning.lift_applied": _plain("The technical group applied for lifting the warning.", "note"),
    "warning.lift_refused": _plain("Headquarters refused to lift the warning.", "reason"),
    "warning.lifted": _plain("The warning was lifted.", "note"),
    "level.proposed": _proposed,
    "level.decided": _decided,
    "response.started": _started,
    "response.ended": _plain("The response ended.", "reason"),
    "group.status_set": _status,
    "task.given": _of_group("Task for {group}.", "title"),
    "step.ticked": _step("Step done: {title} ({done} of {steps}).", "note"),
    "step.unticked": _step("Step taken back: {title} ({done} of {steps} done).", "reason"),
    "task.done": _task_done,
    "task.cancelled": _of_group("Task of {group} cancelled.", "title", "reason"),
    "task.reassigned": _of_group("Task of {group} passed on to another member.", "title", "reason"),
    "report.handling": lambda data, names: Line(
        gettext("Handling report."), data["situation"] or data["measures"] or ""
    ),
    "effect.evaluated": _judged,
    "regulator.concerned": lambda data, names: Line(
        gettext("A regulator is concerned."), _joined(data["regulator"], data["reason"], by=" — ")
    ),
    "support.needed": lambda data, names: Line(
        gettext("Our own means cannot hold it; outside support is needed."),
        _joined(data["needs"], data["reason"], by=" — "),
    ),
    "support.arrived": lambda data, names: Line(
        gettext("Outside forces arrived."), _joined(data["forces"], data["note"], by=" — ")
    ),
    "service.restored": _plain("Service is restored; monitoring goes on.", "note"),
    "ending.reported": _plain("The ending report was submitted.", "summary"),
    "summary.drafted": _plain("A progress summary was drafted and waits for publication."),
    "summary.edited": _plain("The progress summary was edited."),
    "summary.published": _summary,
    "notice.drafted": lambda data, names: Line(gettext("A notice was drafted."), _pick(data)),
    "notice.edited": _notice_edited,
    "notice.submitted": _plain("A notice was submitted to legal."),
    "notice.approved": _plain("Legal approved a notice.", "opinion"),
    "notice.returned": _plain("Legal returned a notice.", "reason"),
    "notice.published": _plain("A notice was published.", grave=True),
    "notice.withdrawn": _withdrawn,
    "message.queued": _told(
        "A message went out; people told: {people}.", "A message went out; people told: {people}, group chats: {chats}."
    ),
    "message.escalated": _told(
        "{answers} of {told} have answered; people told further: {people}.",
        "{answers} of {told} have answered; people told further: {people}, group chats: {chats}.",
        grave=True,
    ),
    "message.answered": _counted("A message is answered: {answers} of {told}."),
    "message.unanswered": _counted("A message stays unanswered: {answers} of {told}. Ring those people.", grave=True),
    "message.called": _called,
    "equipment.withdrawn": _stock("{quantity} × {name} withdrawn from store, {left} left there."),
    "equipment.returned": _stock(
        "{quantity} × {name} returned to store, {left} there now.", lambda data: data["condition"] == "defective"
    ),
    "obligation.opened": _titled("Due: {title}."),
    "obligation.fulfilled": _fulfilled,
    "obligation.overdue": _titled("Overdue: {title}.", grave=True),
    "obligation.escalated": _escalated,
    "evidence.file_kept": _file_kept,
    "obligation.taken": _of_duty("Somebody is at it, the clock goes on: {title}."),
    "obligation.superseded": _of_duty("No longer due: {title}."),
    "obligation.waived": _of_duty("Waived: {title}.", "reason"),
}
