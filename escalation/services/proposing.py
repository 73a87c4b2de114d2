"""A level is proposed: headquarters hears of it with the whole card, not with a number alone (4.2)."""

from django.utils.translation import gettext_lazy as _

from common.bilingual import both
from engine.models import Event
from escalation import selectors
from escalation.card_words import card_said
from escalation.services.telling import tell_roles
from incidents.selectors import of_event

TIER = "pre_response"
KIND = "level.proposed"


def follow(event: Event) -> None:
    """React to a proposal soon after it: whoever is told of a pre-response is sent the card as it was taken then.

    A proposal that another has overtaken meanwhile is not told of any more.
    """
    incident = of_event(event)
    proposal = selectors.newest_proposal(incident)
    if proposal is None or proposal.event_id != event.pk:
        return
    plan = selectors.plan_for(incident)
    level = plan.levels[proposal.level].title.as_dict()
    tell_roles(
        incident,
        plan,
        plan.tiers[TIER].roles,
        kind=KIND,
        subject=both(_("%(level)s proposed: %(title)s"), level=level, title=incident.titles),
        body=card_said(proposal.card, plan),
        clause=event.clause,
        key=f"proposal:{incident.number}:{event.seq}",
    )
