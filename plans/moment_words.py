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


def moment_said(moment: str, levels: Mapping[str, str]) -> Any:
    """A moment of a plan whose `levels` are called so: key → title in the reader's language."""
    level = next((title for key, title in levels.items() if level_moment(key) == moment), None)
    return _("%(level)s decided") % {"level": level} if level else MOMENTS.get(moment, moment)
