"""Words for what a plan file writes in codes: `{% load plan_words %}`."""

from typing import Any, NamedTuple

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from common.errors import Text
from people.selectors import authority_name
from plans import selectors
from plans.domain import Span
from plans.fault_words import fault_said
from plans.models import PlanVersion

register = template.Library()


@register.simple_tag
def unanswered() -> list[selectors.Unanswered]:
    """The roles of the plan in force that nobody answers for now, for `plans/unanswered.html`."""
    return selectors.unanswered_now(selectors.current())


@register.simple_tag
def cites(act: str, incident: Any = None) -> str:
    """The clause an act of the product stands under, in the incident's own plan or in the one in force.

    `{% cites "lift" incident as clause %}`
    """
    version = getattr(incident, "plan_version", None)
    return (selectors.plan_of(version) if version else selectors.current()).cites(act)


@register.filter
def spoken_span(iso: str | None) -> str:
    """`PT30M` → "30 minutes"; nothing at all for no duration."""
    if not iso:
        return ""
    span = Span.parse(iso)
    if span.is_zero:
        return _("at once")
    if span.months and span.months % 12 == 0:
        return ngettext("%(count)d year", "%(count)d years", span.months // 12) % {"count": span.months // 12}
    if span.months:
        return ngettext("%(count)d month", "%(count)d months", span.months) % {"count": span.months}
    if span.days:
        return ngettext("%(count)d day", "%(count)d days", span.days) % {"count": span.days}
    if span.seconds % 3600 == 0:
        return ngettext("%(count)d hour", "%(count)d hours", span.seconds // 3600) % {"count": span.seconds // 3600}
    if span.seconds % 60:
        return ngettext("%(count)d second", "%(count)d seconds", span.seconds) % {"count": span.seconds}
    return ngettext("%(count)d minute", "%(count)d minutes", span.seconds // 60) % {"count": span.seconds // 60}


register.filter(fault_said)


class Look(NamedTuple):
    label: str | Promise
    icon: str
    tone: str


STATUS = PlanVersion.Status
LOOKS = {
    STATUS.DRAFT: ("pencil", "quiet"),
    STATUS.SUBMITTED: ("gavel", "info"),
    STATUS.APPROVED: ("clock", "warn"),
    STATUS.IN_FORCE: ("circle-check", "ok"),
    STATUS.RETIRED: ("history", "quiet"),
    STATUS.WITHDRAWN: ("ban", "quiet"),
}
DONE: dict[str, Text] = {
    "plan.version_loaded": gettext_lazy("Loaded by the machine room and put in force"),
    "plan.drafted": gettext_lazy("Draft begun"),
    "plan.edited": gettext_lazy("Edited"),
    "plan.submitted": gettext_lazy("Submitted"),
    "plan.approved": gettext_lazy("Approved"),
    "plan.returned": gettext_lazy("Returned to its writers"),
    "plan.withdrawn": gettext_lazy("Withdrawn"),
    "plan.put_in_force": gettext_lazy("Came into force"),
}
VOIDED = gettext_lazy("Edited; what was submitted or approved counts no longer")


@register.filter
def version_look(version: PlanVersion) -> Look:
    icon, tone = LOOKS[STATUS(version.status)]
    return Look(STATUS(version.status).label, icon, tone)


@register.filter
def version_line(row: dict[str, Any]) -> dict[str, Any]:
    """A line of a version's history: what was done, what was said with it, by whom and as what."""
    event = row["event"]
    data = event.data
    return {
        "what": VOIDED if data.get("voided") else DONE.get(event.kind, event.kind),
        "said": data.get("reason") or data.get("note") or "",
        "revision": data.get("revision"),
        "lines": (data["added"], data["removed"]) if event.kind == "plan.edited" else None,
        "at": event.occurred_at,
        "who": row["user"].display_name if row["user"] else "",
        "role": authority_name(event.authority) or _("the product itself"),
        "tone": "bad" if event.kind in ("plan.returned", "plan.withdrawn") else "quiet",
    }
