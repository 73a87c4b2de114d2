"""No data inside service hours is a state of its own, looked for every five minutes of a world's time (DESIGN.md, rule 10)."""

from datetime import datetime, timedelta

from common.actor import SYSTEM
from common.clock import utc_text
from engine.log import log_append, stream_open
from engine.models import World
from engine.timers import timer_set
from signals.domain.verdict import LOST_IN_A_ROW
from signals.events import SeriesSilent
from signals.models import Series
from signals.rules import RULES, Known
from signals.selectors import newest

SILENCE = "signals.silence"
EVERY = timedelta(minutes=5)


def look(ref: int, due_at: datetime, now: datetime) -> None:
    """Note which watched series of a world fell silent; `ref` is the world."""
    timer_set(ref, SILENCE, ref, max(due_at + EVERY, now))
    plan = RULES.fresh()
    ids = Series.objects.filter(world_id=ref, silent_since=None).values_list("pk", flat=True)
    watched = [own for own in RULES.of(ids).values() if own.thresholds and own.metric.in_service(now, plan.zone)]
    last = newest([own.id for own in watched], now)
    for own in sorted(watched, key=lambda own: own.id):
        if own.id in last and _missed(own, last[own.id][0], now):
            _silent(own, last[own.id][0])


def _missed(own: Known, last: datetime, now: datetime) -> bool:
    """Silent for more than a few expected samples, all of it inside service hours."""
    patience = own.metric.expected_every.fixed() * LOST_IN_A_ROW + timedelta(minutes=1)
    plan = RULES.fresh()
    return now - last > patience and own.metric.in_service(now - patience, plan.zone)


def _silent(own: Known, last: datetime) -> None:
    if not Series.objects.filter(pk=own.id, silent_since=None).update(silent_since=last):
        return
    RULES.forget()
    world = World.objects.get(pk=own.world_id)
    payload = SeriesSilent(
        series=own.id,
        metric=own.metric.key,
        region=own.region,
        hotline=own.hotline,
        node=own.node,
        since=utc_text(last),
    )
    log_append(stream_open(world, "signals", "watches"), payload, by=SYSTEM)
