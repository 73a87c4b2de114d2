"""Warnings (4.3, 5.1): issued by the product or a person, raised, extended once, and ended by what happens."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.bilingual import Both, both
from common.clock import utc_text
from common.errors import Conflict
from engine.log import log_append
from engine.models import Event
from escalation import selectors
from escalation.events import WarningExtended, WarningRaised, WarningStarted
from escalation.models import EarlyWarning, WarningExtension
from escalation.services.obligations import clock_renew
from escalation.services.preparing import tasks_make, tasks_said, tasks_tell
from escalation.services.standing import LIMIT, Standing, entered
from escalation.services.telling import ladder_of, tell_people
from escalation.services.turns import stream_of
from incidents import services as incidents
from incidents.selectors import Incident, by_number, of_event
from incidents.services.acting import blank, check_unchanged, chosen, locked, required, scope_of, user_id
from notifications.selectors import told_of, ways_told
from notifications.told import chats_told
from people.rights import require
from plans.domain import Plan

Colour = EarlyWarning.Colour
RIGHTS = {Colour.BLUE: "warning.issue_blue", Colour.YELLOW: "warning.issue_yellow"}
LIFTED = "warning.lifted"  # the message that says so
OUTCOMES = {
    "response.started": EarlyWarning.Outcome.RESPONSE,
    "incident.dismissed": EarlyWarning.Outcome.DISMISSED,
    "incident.closed": EarlyWarning.Outcome.DISMISSED,
}


@dataclass(frozen=True, slots=True)
class Contents:
    """What a warning states beside its colour (5.1); facts only."""

    reach: Both
    duration: Both
    measures: Both

    def as_dict(self) -> dict[str, Both]:
        return {"reach": self.reach, "duration": self.duration, "measures": self.measures}


def said(reach: str, duration: str, measures: str) -> Contents:
    """A person's words; raises Invalid naming each content that is missing."""
    given = {"reach": reach.strip(), "duration": duration.strip(), "measures": measures.strip()}
    if missing := [name for name, text in given.items() if not text]:
        raise blank(missing)
    return Contents(**{name: {"zh": text, "en": text} for name, text in given.items()})


# --- issuing -----------------------------------------------------------------------------------------------------------
@transaction.atomic
def warning_issue(
    *,
    number: str,
    colour: str,
    reach: str,
    duration: str,
    measures: str,
    by: Actor,
    based_on: int | None = None,
) -> EarlyWarning:
    """Issue a warning for a reported or verified incident, or raise a standing blue one to yellow (5.1).

    Raises Missing, NotAllowed naming who could issue this colour, Invalid naming each content that is missing, Conflict
    (one of this colour stands, the incident is past its warning, or something decisive came between).
    """
    seen = by_number(number)
    chosen("colour", colour, Colour.values)
    actor = require(by, RIGHTS[Colour(colour)], scope_of(seen))
    contents = said(reach, duration, measures)
    incident = locked(seen.pk)
    if selectors.standing_warning(incident) is not None:
        check_unchanged(incident, based_on)
        return _raise(entered(RIGHTS[Colour(colour)], number=number, by=by), colour, contents)
    incident = incidents.warning_begin(number=number, by=by, based_on=based_on)
    plan = selectors.plan_for(incident)
    warning = begin(incident, plan, colour=colour, contents=contents, by=actor, clauses=_issued_under(plan))
    announce(warning, incident, plan)
    return warning


def _issued_under(plan: Plan) -> list[str]:
    """The clauses of issuing and of its limit, each once."""
    return list(dict.fromkeys(filter(None, (plan.cites("warn"), plan.cites("extend")))))


def begin(
    incident: Incident,
    plan: Plan,
    *,
    colour: str,
    contents: Contents,
    by: Actor,
    clauses: list[str],
) -> EarlyWarning:
    """Write the warning of an incident that stands in its warning phase: its row, its tasks, its event."""
    now = incident.phase_since  # row and event name one instant
    rule = plan.obligations.get(LIMIT)
    warning = EarlyWarning.objects.create(
        incident=incident,
        colour=colour,
        contents=contents.as_dict(),
        issued_at=now,
        issued_by_id=user_id(by),
        limit_at=rule.due.after(now, plan.zone) if rule and rule.due else None,
    )
    tasks = tasks_make(warning, plan)
    own = by.kind == "system"
    payload = WarningStarted(
        colour=colour,
        phase=incident.phase,
        clauses=clauses,
        **({} if own else {name: text["zh"] for name, text in contents.as_dict().items()}),
        contents=contents.as_dict() if own else None,
        limit_at=utc_text(warning.limit_at) if warning.limit_at else None,
        preparation=tasks_said(tasks, plan),
    )
    stream = stream_of(incident)
    log_append(
        stream,
        payload,
        by=by,
        occurred=now,
        known=now,
        clause=clauses[0] if clauses else "",
        plan_version=incident.plan_version,
    )
    tasks_tell(incident, tasks, plan, key=f"warning.tasks:{incident.number}")
    return warning


def announce(warning: EarlyWarning, incident: Incident, plan: Plan, *, heard: Sequence[tuple[int, str]] = ()) -> None:
    """Tell the tier of the warning's colour (5.1) in the plan's own words, and keep whom; `heard` were told already."""
    tier = plan.tiers[f"warning_{warning.colour}"]
    others = {row[0] for row in heard}
    to = selectors.recipients(plan, tier.roles)
    colour = both(Colour(warning.colour).label)
    tell_people(
        incident,
        [row for row in to if row[0] not in others],
        kind=f"tier.warning_{warning.colour}",
        subject=both(_("%(kind)s: %(title)s"), kind=tier.title.as_dict(), title=incident.titles),
        body=words_of(warning, plan, colour),
        clause=plan.cites("warn"),
        key=f"warning:{incident.number}:{warning.colour}",
        channels=tier.channels,
        chats=tier.chats,
        ladder=ladder_of(tier),
    )
    told = {row[0]: row[1] for row in [*heard, *to, *warning.told]}
    warning.told = [list(row) for row in told.items()]
    warning.save(update_fields=["told"])


def words_of(warning: EarlyWarning, plan: Plan, colour: Both) -> Both:
    """The four contents as the plan's template says them; the template ends their sentences, so theirs end open."""
    body = plan.templates["warning"].body.as_dict()
    said = warning.contents.items()
    return {
        code: body[code].format(colour=colour[code], **{name: text[code].rstrip("。. ") for name, text in said})
        for code in body
    }


def _raise(standing: Standing, colour: str, contents: Contents) -> EarlyWarning:
    """Blue becomes yellow; the leaders in charge hear of it too."""
    warning = standing.warning
    if warning.colour == colour:
        raise Conflict("warning.stands", _("A warning of this colour stands already; somebody was faster."))
    if colour == Colour.BLUE:
        raise Conflict("warning.not_lower", _("A yellow warning cannot become blue; apply for lifting it instead."))
    before, warning.colour, warning.contents = warning.colour, colour, contents.as_dict()
    warning.save(update_fields=["colour", "contents"])
    texts = {name: text["zh"] for name, text in contents.as_dict().items()}
    standing.write(WarningRaised(before=before, after=colour, **texts), act="warn")
    announce(warning, standing.incident, standing.plan)
    return warning


# --- the limit ---------------------------------------------------------------------------------------------------------
@transaction.atomic
def warning_extend(*, number: str, reason: str, by: Actor) -> EarlyWarning:
    """Headquarters extends once, by as much again, with a reason (ruling on contradiction 11).

    Raises Conflict when it was extended before: then it is raised to a response or lifted.
    """
    standing = entered("warning.extend", number=number, by=by)
    reason = required("reason", reason)
    warning, plan = standing.warning, standing.plan
    rule = plan.obligations.get(LIMIT)
    if warning.limit_at is None or rule is None or rule.due is None:
        raise Conflict("warning.no_limit", _("The plan sets no limit to this warning; there is nothing to extend."))
    if WarningExtension.objects.filter(warning=warning).exists():
        raise Conflict(
            "warning.extended",
            _("This warning was extended once already. Decide a level and start the response, or lift it."),
        )
    limit = rule.due.after(warning.limit_at, plan.zone)
    WarningExtension.objects.create(
        warning=warning,
        at=standing.now,
        by_user_id=user_id(by),
        reason=reason,
        limit_before=warning.limit_at,
        limit_after=limit,
    )
    warning.limit_at = limit
    warning.save(update_fields=["limit_at"])
    event = standing.write(WarningExtended(limit_at=utc_text(limit), reason=reason), act="extend")
    clock_renew(standing.incident, plan, LIMIT, event, due_at=limit)
    return warning


def follow(event: Event) -> None:
    """React to what ends a warning otherwise than lifting: the response, a dismissal (ruling on contradiction 20)."""
    incident = of_event(event)
    EarlyWarning.objects.filter(incident=incident, ended_at=None).update(
        ended_at=event.occurred_at, outcome=OUTCOMES[event.kind]
    )
    if event.kind != "response.started":
        _all_clear(incident)


def _all_clear(incident: Incident) -> None:
    """Everyone who was warned or notified hears once that it is over; who heard of the lifting knows."""
    knows = {user for user, _role in told_of(incident.world_id, LIFTED, incident_id=incident.pk)}
    told = told_of(incident.world_id, "tier.", incident_id=incident.pk)
    if not (to := [row for row in told if row[0] not in knows]):
        return
    subject = _("False alarm: %(title)s") if incident.false_alarm else _("All clear: %(title)s")
    tell_people(
        incident,
        to,
        kind="all_clear",
        subject=both(subject, title=incident.titles),
        body=both(_("%(number)s is over; nothing more is needed of you for it."), number=incident.number),
        clause=selectors.plan_for(incident).cites("lift"),
        key=f"all_clear:{incident.number}",
        channels=ways_told(incident.pk, "tier."),
        chats=chats_told(incident.pk, "tier."),
    )
