"""Near a threshold without being over it (4.3): somebody must decide on a warning (ruling on contradiction 18).

Looked at when a fault is reported or verified, and every few minutes while no warning stands; never on the way of a sample.
"""

from datetime import datetime, timedelta

from common.actor import SYSTEM
from engine import worlds
from engine.log import log_append, stream_locked
from engine.models import Event
from engine.timers import timer_set, timer_stands
from escalation import selectors
from escalation.events import ConditionNear, NearLine
from escalation.services.turns import stream_of
from incidents.selectors import Incident, by_id, of_event
from signals.selectors import near_now

NEAR = "escalation.near"
EVERY = timedelta(minutes=5)
# Before a warning stands or the level is past it.
LOOKED_AT = frozenset({"reported", "verified"})


def follow(event: Event) -> None:
    """React to a report and to its verification, soon after it."""
    incident = of_event(event)
    # A timer that stands may be firing in another process, which waits for what we hold: it looks for itself.
    if not _near(incident.pk) and not timer_stands(NEAR, [incident.pk]):
        timer_set(incident.world_id, NEAR, incident.pk, worlds.now(incident.world_id) + EVERY)


def look(ref: int, due_at: datetime, now: datetime) -> None:
    """The timer of an incident."""
    if not _near(ref):
        timer_set(by_id(ref).world_id, NEAR, ref, now + EVERY)


def _near(incident_id: int) -> bool:
    """Look once, and say what is near; whether there is nothing to look for any more.

    What is near is read before the incident is held: it takes every series, and whoever acts on the incident, a sample that
    crosses a line among them, would stand in line meanwhile.
    """
    incident = by_id(incident_id)
    if _past(incident):
        return True
    lines = near_now(incident.world_id, incident.regions)
    if not lines:
        return False
    stream_locked(incident.stream_id)
    incident = by_id(incident_id)
    if _past(incident):
        return True
    payload = ConditionNear(
        lines=[NearLine(threshold=t.id, title=t.title.as_dict(), colour=colour) for t, colour in lines]
    )
    clause = selectors.plan_for(incident).cites("near")
    log_append(stream_of(incident), payload, by=SYSTEM, clause=clause, plan_version=incident.plan_version)
    return True


def _past(incident: Incident) -> bool:
    """Whether its phase, a warning or an earlier look leaves nothing to look for."""
    return (
        incident.phase not in LOOKED_AT
        or selectors.warning_of(incident) is not None
        or "condition_near" in selectors.moments_occurred(incident)
    )
