"""Internal notification by tier once a fault is judged (3.1, 3.2)."""

from django.utils.translation import gettext_lazy as _

from common.bilingual import both
from engine.models import Event
from escalation import selectors
from escalation.services.telling import tell_tier
from incidents.selectors import of_event


def follow(event: Event) -> None:
    """React to a verified report: an ordinary fault goes to the supervisor, a major one to HQ, the deputy GM and the groups."""
    if event.data["outcome"] != "confirmed":
        return
    incident = of_event(event)
    tier = "major" if event.data["major"] else "ordinary"
    plan = selectors.plan_for(incident)
    subject = both(_("%(kind)s: %(title)s"), kind=plan.tiers[tier].title.as_dict(), title=incident.titles)
    body = both(_("%(number)s was verified as real. %(title)s"), number=incident.number, title=incident.titles)
    tell_tier(incident, plan, tier, subject=subject, body=body, key=f"tier:{incident.number}:{tier}:{event.seq}")
