"""When the time for draft and review has run out, whoever may publish hears what can still go out in time (ruling 10)."""

from django.utils.translation import gettext_lazy as _

from common.bilingual import both
from engine.models import Event
from escalation import selectors
from escalation.services.telling import tell_roles
from escalation.slots import slots_for
from incidents.selectors import Incident, of_event
from plans.domain import Slot

KIND = "notice.holding_offered"
READY = _(
    "%(number)s: the text is not approved and “%(title)s” is due at %(due)s. A holding statement approved ahead can go out with one"
    " tap in the incident's room. Nothing is published by itself."
)
NONE_READY = _(
    "%(number)s: the text is not approved and “%(title)s” is due at %(due)s. No holding statement is approved ahead; it waits for:"
    " %(holder)s."
)


def ends_no_share(event: Event) -> bool:
    """Whether an event that is written right now is certainly not the end of the share before a slot's last step."""
    incident = event.stream.matter
    return isinstance(incident, Incident) and _before_last(incident, event.data["rule"]) is None


def _before_last(incident: Incident, rule: str) -> Slot | None:
    return next((slot for slot in selectors.plan_for(incident).slots if slot.steps[-2].id == rule), None)


def offer(event: Event) -> None:
    """React to a step that is late: once the last one's share has begun without its text, its owners are told."""
    incident = of_event(event)
    slot = _before_last(incident, event.data["rule"])
    if slot is None:
        return
    plan = selectors.plan_for(incident)
    shown = next((one for one in slots_for(incident) if one.read.steps[-1].rule.id == slot.end.id), None)
    if shown is None or not shown.read.offers or shown.holder is None:
        return
    tell_roles(
        incident,
        plan,
        slot.end.owners,
        kind=KIND,
        subject=both(_("The time for draft and review has run out: %(title)s"), title=shown.title),
        body=both(
            READY if shown.offers else NONE_READY,
            number=incident.number,
            title=shown.title,
            due=shown.read.ends_at.astimezone(plan.zone).strftime("%m-%d %H:%M"),
            holder=shown.holder.owner.title,
        ),
        clause=slot.end.clause,
        key=f"slot:{event.data['id']}",
    )
