"""What starts a clock, in the reader's words."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from plans.domain.vocabulary import level_moment

MOMENTS: Final = {
    "reported": _("reported"),
    "known": _("the fault is known"),
    "judged": _("judged ordinary"),
    "judged_major": _("judged major"),
    "verified": _("verified"),
    "impact_assessed": _("impact assessed"),
    "level_condition": _("the condition of a level is met"),
    "level_decided": _("level decided"),
    "response_started": _("response started"),
    "regional_started": _("response started by a region"),
    "hq_active": _("headquarters active"),
    "notice_published": _("notice published"),
    "service_restored": _("service restored"),
    "cannot_hold": _("declared that our own means cannot hold"),
    "outside_arrived": _("outside forces arrived"),
    "ending_reported": _("ending reported"),
    "evaluation_met": _("evaluation meeting held"),
    "response_ended": _("response ended"),
    "warning_issued": _("warning issued"),
    "warning_lifted": _("warning lifted"),
    "threshold_crossed": _("threshold crossed"),
    "condition_near": _("a threshold is near"),
    "regulator_concerned": _("a regulator is concerned"),
    "report_incomplete": _("a report left something open"),
    "hired": _("somebody was hired"),
    "always": _("always"),
    "closed": _("closed"),
    "dismissed": _("dismissed"),
}
# Events of an incident that a plan may name beside its moments; what both name is the event alone.
EVENTS: Final = {
    "incident.opened": _("incident opened"),
    "incident.joined": _("a further trigger joined"),
    "incident.facts_recorded": _("facts recorded"),
    "incident.verified": _("the report was judged"),
    "incident.assessed": _("impact assessed"),
    "incident.dismissed": _("dismissed"),
    "incident.closed": _("closed"),
    "incident.plan_asked": _("another version asked for"),
    "incident.plan_moved": _("moved to another version"),
    "incident.plan_kept": _("the version is kept"),
    "level.proposed": _("a level proposed"),
    "level.decided": _("level decided"),
    "response.started": _("response started"),
    "response.ended": _("response ended"),
    "group.status_set": _("a group said what it does"),
    "task.given": _("a task given"),
    "task.done": _("a task done"),
    "task.cancelled": _("a task cancelled"),
    "task.reassigned": _("a task passed on"),
    "step.ticked": _("a step of handling done"),
    "step.unticked": _("a step of handling taken back"),
    "report.handling": _("handling report given"),
    "effect.evaluated": _("effect judged"),
    "summary.drafted": _("progress summary drafted"),
    "summary.edited": _("progress summary edited"),
    "summary.published": _("progress summary published"),
    "notice.drafted": _("notice drafted"),
    "notice.edited": _("notice edited"),
    "notice.submitted": _("notice submitted to legal"),
    "notice.approved": _("notice approved by legal"),
    "notice.returned": _("notice returned by legal"),
    "notice.published": _("notice published"),
    "notice.withdrawn": _("notice withdrawn"),
    "regulator.concerned": _("a regulator is concerned"),
    "support.needed": _("declared that our own means cannot hold"),
    "support.arrived": _("outside forces arrived"),
    "service.restored": _("service restored"),
    "ending.reported": _("ending reported"),
    "condition.near": _("a threshold is near"),
    "warning.started": _("warning issued"),
    "warning.raised": _("warning raised"),
    "warning.extended": _("warning extended"),
    "warning.data_reported": _("hourly data reported"),
    "warning.task_assigned": _("a preparation task given"),
    "warning.task_done": _("a preparation task done"),
    "warning.lift_applied": _("lifting applied for"),
    "warning.lift_refused": _("lifting refused"),
    "warning.lifted": _("warning lifted"),
    "equipment.withdrawn": _("equipment withdrawn"),
    "equipment.returned": _("equipment returned"),
}


def moment_said(moment: str, levels: Mapping[str, str]) -> Any:
    """A moment of a plan whose `levels` are called so: key → title in the reader's language."""
    level = next((title for key, title in levels.items() if level_moment(key) == moment), None)
    return _("%(level)s decided") % {"level": level} if level else MOMENTS.get(moment) or EVENTS.get(moment, moment)
