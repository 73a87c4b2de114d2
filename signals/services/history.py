"""Weeks that never were, for the practice company."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from engine.models import World
from signals.domain.callcentre import CallCentre, Reading
from signals.services.baselines import baselines_learn
from signals.services.samples import Row, days_ensure, days_held, samples_load, series_ensure

SEED = 20261124
CHUNK = 50_000


def history_write(world: World, *, weeks: int, until: datetime) -> int:
    """Write quiet weeks up to `until` without judging them, and learn the daily means; the number of samples."""
    start = until - timedelta(weeks=weeks)
    rows = rows_of(world, CallCentre(seed=SEED).play(start, until))
    written = 0
    with days_held():
        days_ensure(start.astimezone(UTC).date(), (until + timedelta(days=2)).astimezone(UTC).date())
        while chunk := list(islice(rows, CHUNK)):
            written += samples_load(chunk)
    baselines_learn(world)
    return written


def rows_of(world: World, readings: Iterable[Reading]) -> Iterator[Row]:
    """Readings as rows of the table, their series made on first use."""
    known: dict[tuple[str, str, str, str], int] = {}
    for reading in readings:
        key = (reading.metric, reading.region, reading.hotline, reading.node)
        if key not in known:
            known[key] = series_ensure(world, *key)
        yield known[key], reading.at, reading.value
