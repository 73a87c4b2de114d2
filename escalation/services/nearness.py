"""Near a threshold without being over it (4.3): somebody must decide on a warning (ruling on contradiction 18).

Looked at when a fault is reported or verified, and every few minutes while no warning stands; never on the way of a sample.
"""

from datetime import datetime, timedelta

from common.actor import SYSTEM
from engine import worlds
from engine.log import log_append
from engine.models import Event, Stream
from engine.timers import timer_set
from escalation import selectors
from escalation.events import ConditionNear, NearLine
from escalation.services.obligations import stream_of
from incidents.selectors import Incident, by_id, of_event
from signals.selectors import near_now

NEAR = "escalation.near"
EVERY = timedelta(minutes=5)
# Before a warning stands or the level is past it.
LOOKED_AT = frozenset({"reported", "verified"})
CLAUSE = "4.3"


def follow(event: Event) -> None:
    """React to a report and to its verification."""
    incident = of_event(event)
    _look(incident, worlds.now(incident.world_id))


def look(ref: int, due_at: datetime, now: datetime) -> None:
    """The timer of an incident; whoever acts on it stands in line at its stream."""
    Stream.objects.select_for_update(no_key=True).get(pk=by_id(ref).stream_id)
    _look(by_id(ref), now)


def _look(incident: Incident, now: datetime) -> None:
    if incident.phase not in LOOKED_AT or selectors.warning_of(incident) is not None:
        return
    if "condition_near" in selectors.moments_occurred(incident):
        return
    lines = near_now(incident.world_id, incident.regions)
    if not lines:
        timer_set(incident.world_id, NEAR, incident.pk, now + EVERY)
        return
    payload = ConditionNear(
        lines=[NearLine(threshold=t.id, title=t.title.as_dict(), colour=colour) for t, colour in lines]
    )
    log_append(stream_of(incident), payload, by=SYSTEM, clause=CLAUSE, plan_version=incident.plan_version)
