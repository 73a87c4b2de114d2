"""What the record already knows of a proof somebody must give: a start to read, complete and correct, never a proof by itself."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _

from common.bilingual import both, in_language
from dashboard.changes import changes_for
from dashboard.record import Record, figure_text
from dashboard.templatetags.labels import value_text
from engine import worlds
from incidents.domain.moves import Act
from incidents.selectors import Incident, last_evaluated, open_tasks_of, tasks_of
from plans.domain import Plan
from plans.domain.base import Text
from plans.domain.templates import filled, missing

Start = Callable[[Incident, Plan, Record], str]


def prefilled(evidence: str, incident: Incident, plan: Plan, record: Record | None = None) -> str:
    """The text a proof's form begins with, in the language now active; empty where the record knows nothing to the point."""
    record = record or Record([incident])
    if template := plan.template_of.get(evidence):
        return filled(template, _known(incident, record), get_language() or settings.LANGUAGE_CODE)
    start = STARTS.get(evidence)
    return start(incident, plan, record) if start else ""


def _known(incident: Incident, record: Record) -> dict[str, str]:
    """The elements of reports that stand in the record."""
    where = [in_language(record.places[key]) for key in incident.regions if key in record.places]
    if not where and incident.reach == "nationwide":
        where = [value_text("reach", incident.reach)]
    report = record.reports.get(incident.pk)
    facts = {name: value_text(name, row["value"]) for name, row in incident.facts.items() if row["value"] is not None}
    said = {
        "time": timezone.localtime(incident.noticed_at or incident.known_at).strftime("%Y-%m-%d %H:%M"),
        "place": pgettext("between the items of a list", ", ").join(where),
        "reach": facts.get("reach") or (value_text("reach", incident.reach) if incident.reach else ""),
        "measures": report.measures.rstrip("。.") if report else "",
        "progress": report.situation.rstrip("。.") if report else "",
        "secondary_risk": facts.get("secondary_risk", ""),
    }
    return {name: text for name, text in said.items() if text}


def _of_readings(incident: Incident, plan: Plan, record: Record) -> str:
    """The core indicators as the machines say them now."""
    known = record.figures(incident)
    if not known:
        return ""
    at = timezone.localtime(worlds.now(incident.world_id)).strftime("%Y-%m-%d %H:%M")
    english = (get_language() or "").startswith("en")
    figures = [f"{row['title']['en' if english else 'zh']} {figure_text(row['unit'], row['value'])}" for row in known]
    listed = pgettext("between the items of a list", ", ").join(figures)
    return _("%(at)s: %(figures)s.") % {"at": at, "figures": listed}


def _of_summary(incident: Incident, plan: Plan, record: Record) -> str:
    """What headquarters told the tiers last, for those above it (6.1)."""
    newest = record.summaries.get(incident.pk)
    if newest is None:
        return ""
    return newest.text_en if (get_language() or "").startswith("en") else newest.text_zh


# --- acts in the incident's room ----------------------------------------------------------------------------------------
def act_started(act: str, incident: Incident, plan: Plan, record: Record | None = None) -> dict[str, str]:
    """Field → the text an act's form begins with, in the language now active. A field the record says nothing of is not in it."""
    start = ACTS.get(act)
    if start is None:
        return {}
    return {field: text for field, text in start(incident, plan, record or Record([incident])).items() if text}


def _handling(incident: Incident, plan: Plan, record: Record) -> dict[str, str]:
    """A handling report (4.4): what was done since the last one, what the machines say, what is still to be done."""
    before = record.reports.get(incident.pk)
    since = before.at if before else incident.response_started_at or incident.known_at
    done = [task for task in tasks_of(incident) if task.state == "done" and task.ended_at and task.ended_at > since]
    return {
        "measures": _lines(_done(task) for task in sorted(done, key=lambda task: task.ended_at or since)),
        "situation": _lines(
            [_of_readings(incident, plan, record), *_changed(Act.REPORT.value, incident, plan, record)]
        ),
        "next_steps": _lines(_to_do(task) for task in open_tasks_of(incident)),
    }


def _changed(act: str, incident: Incident, plan: Plan, record: Record) -> list[str]:
    return changes_for(incident, plan, act, record).said


def _done(task: Any) -> str:
    said = {"at": _clock(task.ended_at), "what": task.title, "who": task.assignee.display_name}
    line = _("%(at)s %(what)s (%(who)s)") % said
    return f"{line}: {task.note}" if task.note else line


def _to_do(task: Any) -> str:
    said = {"what": task.title, "who": task.assignee.display_name}
    if task.due_at is None:
        return _("%(what)s (%(who)s)") % said
    return _("%(what)s (%(who)s), by %(at)s") % {**said, "at": _clock(task.due_at)}


def _evaluation(incident: Incident, plan: Plan, record: Record) -> dict[str, str]:
    """What headquarters judges the effect by (4.4): the figures of now and what the technical group reported since the last time."""
    report, before = record.reports.get(incident.pk), last_evaluated(incident)
    lines = [_of_readings(incident, plan, record), *_changed(Act.EVALUATE.value, incident, plan, record)]
    if report is not None and (before is None or report.at > before):
        said = report.situation or report.measures
        lines.append(_("Handling report of %(at)s: %(said)s") % {"at": _clock(report.at), "said": said})
    return {"reason": _lines(lines)}


def _ending(incident: Incident, plan: Plan, record: Record) -> dict[str, str]:
    """The course of it (6.4), as far as it stands in the record; a cause is never among it."""
    lines = _course(incident, plan, record)
    report = record.reports.get(incident.pk)
    if report is not None:
        lines.append(_("Measures: %(measures)s") % {"measures": report.measures})
    lines.append(_of_readings(incident, plan, record))
    return {"summary": _lines(lines)}


# What a person must say: its blank keeps the report back (3.3).
ROOT_CAUSE = (gettext_lazy("Cause"), gettext_lazy("What will prevent it"))


def _of_root_cause(incident: Incident, plan: Plan, record: Record) -> str:
    """A root-cause report (2.2): the course, what is known by facts, what was done and when; the cause itself is for a person to say."""
    lines = _course(incident, plan, record)
    told = [(name, row["value"]) for name, row in incident.facts.items() if row["value"] is not None]
    if told:
        said = [
            f"{in_language(plan.facts[name].title.as_dict())} {value_text(name, value)}"
            for name, value in told
            if name in plan.facts
        ]
        lines.append(_("Facts: %(facts)s") % {"facts": pgettext("between the items of a list", ", ").join(said)})
    report = record.reports.get(incident.pk)
    if report is not None:
        lines.append(_("Measures: %(measures)s") % {"measures": report.measures})
    done = [task for task in tasks_of(incident) if task.state == "done" and task.ended_at]
    lines += [_done(task) for task in sorted(done, key=lambda task: task.ended_at or incident.known_at)]
    lines.append(_of_readings(incident, plan, record))
    lines += [in_language(missing(Text(**both(element))).as_dict()) for element in ROOT_CAUSE]
    return _lines(lines)


def _course(incident: Incident, plan: Plan, record: Record) -> list[str]:
    where = [in_language(record.places[key]) for key in incident.regions if key in record.places]
    told: list[tuple[str, datetime | None]] = [
        (_("Noticed: %(at)s"), incident.noticed_at),
        (_("On record: %(at)s"), incident.known_at),
        (_("Response started: %(at)s"), incident.response_started_at),
        (_("Service restored: %(at)s"), incident.service_restored_at),
    ]
    lines = [text % {"at": _clock(at)} for text, at in told if at is not None]
    if where:
        lines.append(_("Where: %(where)s") % {"where": pgettext("between the items of a list", ", ").join(where)})
    if incident.level:
        lines.append(_("Level: %(level)s") % {"level": in_language(plan.levels[incident.level].title.as_dict())})
    return lines


def _clock(at: datetime) -> str:
    return timezone.localtime(at).strftime("%m-%d %H:%M")


def _lines(found: Iterable[str]) -> str:
    return "\n".join(line for line in found if line)


STARTS: Final[dict[str, Start]] = {
    "executive_report": _of_summary,
    "root_cause_report": _of_root_cause,
    "monitoring_record": _of_readings,
    "recovery_log": _of_readings,
    "warning_data": _of_readings,
}
ACTS: Final[dict[str, Callable[[Incident, Plan, Record], dict[str, str]]]] = {
    Act.REPORT.value: _handling,
    Act.EVALUATE.value: _evaluation,
    Act.REPORT_ENDING.value: _ending,
}
