"""No data inside service hours is a state of its own, looked for every five minutes of a world's time (DESIGN.md, rule 10)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from common.actor import SYSTEM
from common.clock import utc_text
from engine import worlds
from engine.log import Entry, log_append_many, stream_open
from engine.timers import timer_set, timer_stands
from signals.domain.silence import EVERY, missed
from signals.events import SeriesSilent
from signals.models import Mute, Series
from signals.muted import covering, holding
from signals.rules import RULES, Known
from signals.selectors import newest
from signals.services.mutes import left_behind
from signals.services.rollups import ROLL_UP

SILENCE = "signals.silence"


def look(ref: int, due_at: datetime, now: datetime) -> None:
    """Note which watched series of a world fell silent; `ref` is the world. One that a mute covers is noted once that is over."""
    timer_set(ref, SILENCE, ref, max(due_at + EVERY, now))
    left_behind(ref, now)
    real = worlds.real()
    if not timer_stands(
        ROLL_UP, [real.pk]
    ):  # begins with the first source of any world, and begins anew should it be lost
        timer_set(real.pk, ROLL_UP, real.pk, worlds.now(real))
    plan = RULES.fresh()
    ids = Series.objects.filter(world_id=ref, silent_since=None).values_list("pk", flat=True)
    watched = [own for own in RULES.of(ids).values() if own.thresholds and own.metric.in_service(now, plan.zone)]
    last = newest([own.id for own in watched], now) if watched else {}
    silent = [
        own
        for own in sorted(watched, key=lambda own: own.id)
        if own.id in last and missed(own.metric, last[own.id][0], now, plan.zone)
    ]
    mutes = holding(ref, now) if silent else []
    if heard := [own for own in silent if not _muted(own, mutes)]:
        _note(ref, heard, {own.id: last[own.id][0] for own in heard})


def _muted(own: Known, mutes: Sequence[Mute]) -> bool:
    place = {"region": own.region, "hotline": own.hotline, "node": own.node}
    return covering(mutes, metric=own.metric.key, **place) is not None


def _note(world_id: int, silent: Sequence[Known], last: Mapping[int, datetime]) -> None:
    """Write what fell silent in one append: however many there are, whoever must know is told once."""
    noted = [
        own for own in silent if Series.objects.filter(pk=own.id, silent_since=None).update(silent_since=last[own.id])
    ]
    RULES.forget()
    entries = [
        Entry(
            SeriesSilent(
                series=own.id,
                metric=own.metric.key,
                region=own.region,
                hotline=own.hotline,
                node=own.node,
                since=utc_text(last[own.id]),
            )
        )
        for own in noted
    ]
    if entries:
        log_append_many(stream_open(world_id, "signals", "watches"), entries, by=SYSTEM)
