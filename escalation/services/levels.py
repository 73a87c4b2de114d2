"""The level: what the plan proposes on the facts, and what headquarters decides (4.2, 4.4)."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import SYSTEM, Actor
from common.errors import Invalid
from engine import worlds
from engine.log import log_append
from engine.models import Event
from escalation import selectors
from escalation.card_words import card_shown
from escalation.domain.facts import MEAN, level_facts
from escalation.events import LevelProposed
from escalation.models import Proposal
from escalation.services.turns import stream_of
from incidents import services as incidents
from incidents.selectors import Incident, by_number, latest_of, of_event
from plans.domain import Card, Fact, LevelFacts, Plan, level_card
from signals.selectors import excess_now

# A level is proposed while it can still be decided; afterwards the card is for reading only.
DECIDABLE = ("reported", "verified", "warning", "response")


def card_of(incident: Incident, plan: Plan, now: datetime) -> Card:
    """The decision card on what is known now: recorded facts, and the machines' newest word on what is over its daily mean."""
    return level_card(plan, facts_of(incident, plan), now=now)


def facts_of(incident: Incident, plan: Plan) -> LevelFacts:
    """What is on record of an incident, with the machines' newest word on what is over its daily mean."""
    fact = _over_the_mean(plan)
    excess = excess_now(incident.world_id, incident.regions) if fact and not incident.is_over else None
    said = (
        (fact, Fact(excess.figure, excess.at, MEAN[excess.flat], excess.days, excess.place))
        if fact and excess
        else None
    )
    return level_facts(
        incident.facts,
        business=_criticality(incident, plan),
        excess=said,
        judged_major=incident.major is True,
    )


def _over_the_mean(plan: Plan) -> str | None:
    """The fact that tells how much something is over its daily mean, where the plan has one."""
    lines = (line.id for line in plan.thresholds.values() if line.measure == "excess")
    return next((fact for line in lines if (fact := plan.fed_by(line))), None)


def _criticality(incident: Incident, plan: Plan) -> tuple[str, datetime] | None:
    business = plan.business.get(incident.business)
    return None if business is None else ("core" if business.core else "general", incident.known_at)


def follow(event: Event) -> None:
    """React to facts: when the plan now proposes another level than before, say so."""
    incident = of_event(event)
    if incident.phase in DECIDABLE:
        propose(incident)


def propose(incident: Incident) -> Proposal | None:
    """Take the card again; a proposal only when it differs from the last one."""
    plan = selectors.plan_for(incident)
    now = worlds.now(incident.world_id)
    card = card_of(incident, plan, now)
    if card.proposed is None or card.proposed == incident.proposed_level:
        return None
    payload = LevelProposed(
        level=card.proposed,
        certain=card.certain,
        reasons=[hit.reason.as_dict() for hit in card.hits],
        clauses=list(card.clauses),
        rules=[hit.rule for hit in card.hits],
    )
    incidents.level_propose(incident_id=incident.pk, level=card.proposed)
    incident.proposed_level = card.proposed
    event = log_append(
        stream_of(incident), payload, by=SYSTEM, clause=card.clauses[0], plan_version=incident.plan_version
    )
    return Proposal.objects.create(
        incident=incident, event=event, level=card.proposed, card=card_shown(card), made_at=now
    )


@transaction.atomic
def level_decide(
    *, number: str, level: str, reason: str, by: Actor, provisional: bool = False, based_on: int | None = None
) -> Incident:
    """Headquarters decides the level, as proposed or otherwise; otherwise wants a reason. Both are kept with the card.

    Raises Invalid (no such level, no reason), NotAllowed, Conflict (someone decided meanwhile, or it is over).
    """
    incident = by_number(number)
    plan = selectors.plan_for(incident)
    if level not in plan.levels:
        raise Invalid(
            "level.unknown",
            _("The plan has no such level; it has: %(levels)s."),
            errors=[{"field": "level", "code": "invalid_choice", "message": ", ".join(plan.levels)}],
            levels=", ".join(plan.levels),
        )
    card = card_of(incident, plan, worlds.now(incident.world_id))
    if card.proposed != level and not reason.strip():
        differs = _(
            "This differs from what the plan proposes (%(proposed)s); give the reason, it is kept with your name."
        )
        silent = _("The plan proposes no level on what is known so far; give the reason, it is kept with your name.")
        raise Invalid(
            "level.reason",
            differs if card.proposed else silent,
            errors=[
                {"field": "reason", "code": "required", "message": _("Give the reason; it is kept with your name.")}
            ],
            proposed=card.proposed or "",
        )
    return incidents.level_set(
        number=number,
        level=level,
        provisional=provisional,
        proposed=card.proposed,
        reason=reason,
        by=by,
        based_on=based_on,
    )


@transaction.atomic
def effect_evaluate(
    *, number: str, verdict: str, reason: str, by: Actor, level: str | None = None, based_on: int | None = None
) -> Incident:
    """HQ's hourly judgement (4.4): keep, raise or lower; raising and lowering name the level and change it in the same act."""
    incident = by_number(number)
    plan = selectors.plan_for(incident)
    if verdict != "keep":
        _must_move(plan, incident, verdict, level)
    evaluated = incidents.effect_evaluate(number=number, verdict=verdict, reason=reason, by=by, based_on=based_on)
    if verdict == "keep" or level is None:
        return evaluated
    return level_decide(number=number, level=level, reason=reason, by=by, based_on=based_on)


def _must_move(plan: Plan, incident: Incident, verdict: str, level: str | None) -> None:
    rank = plan.ranks.get(level or "", 0)
    standing = plan.ranks.get(incident.level or "", 0)
    if rank == 0 or (rank > standing) != (verdict == "raise") or rank == standing:
        way = _("a graver level") if verdict == "raise" else _("a milder level")
        raise Invalid(
            "level.direction",
            _("Name %(way)s than the one that stands."),
            errors=[{"field": "level", "code": "invalid_choice", "message": str(way)}],
            way=way,
        )


def card_dict(incident: Incident) -> dict[str, Any]:
    """The card as API and page show it, with the level that stands beside the proposed one."""
    plan = selectors.plan_for(incident)
    now = worlds.now(incident.world_id)
    card = card_of(incident, plan, now)
    follows = incident.level is None or card.proposed is None or card.proposed == incident.level
    decided = None if follows else latest_of(incident, "level.decided")
    otherwise = decided if decided and decided["data"]["proposed"] == card.proposed else None
    return {
        "incident": incident.number,
        "at": now,
        "standing": incident.level,
        "provisional": incident.level_provisional,
        "started_by_region": incident.started_by_region,
        "standing_follows": follows,
        # Somebody decided against this very proposal: who, when, and why. None while facts have changed since, or nobody did.
        "decided_otherwise": otherwise
        and {
            "by": otherwise["actor"]["name"],
            "at": otherwise["occurred"],
            "reason": otherwise["data"]["reason"],
        },
        **card_shown(card),
    }
