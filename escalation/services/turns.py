"""Turns of obligations as they are opened: their rows, their timers and what the log says of them, one or many at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from common.actor import SYSTEM
from common.clock import utc_text
from engine.log import Entry, log_append_many
from engine.models import Event, Stream
from engine.timers import timers_set
from escalation.events import ObligationOpened
from escalation.models import Obligation
from incidents.selectors import Incident
from plans.domain import ObligationRule, Plan, remind_at

REMIND, DUE, CLIMB = "escalation.remind", "escalation.due", "escalation.climb"


def stream_of(incident: Incident) -> Stream:
    stream = Stream(pk=incident.stream_id, world_id=incident.world_id, kind="incident", key=incident.number)
    stream.matter = incident
    return stream


@dataclass(frozen=True, slots=True)
class NewTurn:
    """A turn of a rule about to be opened; `anchor` is the event that started the rule."""

    incident: Incident
    plan: Plan
    rule: ObligationRule
    anchor: int
    turn: int
    anchored_at: datetime
    due_at: datetime | None


def turns_make(turns: Sequence[NewTurn]) -> list[tuple[Incident, Entry]]:
    """Make the rows and timers of turns, at most one of a rule and incident; what is still to be logged for each. One that its
    event opened before is left out."""
    there = set(
        Obligation.objects.filter(anchor_event__in={new.anchor for new in turns}).values_list(
            "incident_id", "rule", "anchor_event_id", "turn"
        )
    )
    turns = [new for new in turns if (new.incident.pk, new.rule.id, new.anchor, new.turn) not in there]
    rows = [
        Obligation(
            incident=new.incident,
            rule=new.rule.id,
            anchor_event_id=new.anchor,
            turn=new.turn,
            owners=list(new.rule.owners),
            clause=new.rule.clause,
            anchored_at=new.anchored_at,
            due_at=new.due_at,
        )
        for new in turns
    ]
    Obligation.objects.bulk_create(rows)
    timers_set([timer for new, row in zip(turns, rows, strict=True) for timer in _timers_of(new, row)])
    return [(new.incident, _opened(new, row)) for new, row in zip(turns, rows, strict=True)]


def _timers_of(new: NewTurn, row: Obligation) -> list[tuple[int, str, int, datetime]]:
    if new.due_at is None:
        return []
    world_id = new.incident.world_id
    reminded = max(remind_at(new.plan, new.rule, new.due_at), new.anchored_at)
    return [(world_id, DUE, row.pk, new.due_at), (world_id, REMIND, row.pk, reminded)]


def _opened(new: NewTurn, row: Obligation) -> Entry:
    payload = ObligationOpened(
        id=row.pk,
        rule=new.rule.id,
        title=new.rule.title.as_dict(),
        owners=row.owners,
        turn=new.turn,
        due_at=utc_text(new.due_at) if new.due_at else None,
        clause=new.rule.clause,
    )
    return Entry(payload, clause=new.rule.clause)


def turn_open(
    incident: Incident,
    plan: Plan,
    rule: ObligationRule,
    event: Event,
    *,
    turn: int,
    anchored_at: datetime,
    due_at: datetime | None,
) -> bool:
    """Open one turn and set its timers; False when this event opened it before."""
    opened = turns_make([NewTurn(incident, plan, rule, event.pk, turn, anchored_at, due_at)])
    for _incident, entry in opened:
        log_append_many(stream_of(incident), [entry], by=SYSTEM, plan_version=incident.plan_version)
    return bool(opened)
