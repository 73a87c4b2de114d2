"""What the machines would have said while the product could not hear them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from django.db import connection

from signals.models import Series
from signals.rules import RULES, Known
from signals.selectors import newest

ALIVE: Final = timedelta(days=1)  # a source that was silent for longer before is not missed now
MOST_STEPS: Final = 2_000
# A few samples lie on the edge of any span.
ENOUGH: Final = 0.8
COUNTED = """
SELECT k.id, (SELECT count(*) FROM signals_sample WHERE series_id = k.id AND at > %s AND at <= %s) FROM unnest(%s::int8[]) k(id)
"""


@dataclass(frozen=True, slots=True)
class Unseen:
    """A watched series of which less is stored than was to be expected in a span."""

    series: int
    metric: str
    region: str
    hotline: str
    node: str
    expected: int
    stored: int


def unseen(world_id: int, since: datetime, until: datetime) -> list[Unseen]:
    """Watched series of a world that were alive before `since` and are not fully stored up to `until`, the emptiest first.

    What a source hands in later counts as stored.
    """
    ids = Series.objects.filter(world_id=world_id).values_list("pk", flat=True)
    watched = {own.id: own for own in RULES.of(ids).values() if own.thresholds}
    before = newest(list(watched), since)
    alive = [own for pk, own in watched.items() if pk in before and since - before[pk][0] <= ALIVE]
    expected = {own.id: _expected(own, since, until) for own in alive}
    stored = _stored([own.id for own in alive], since, until)
    found = [
        Unseen(own.id, own.metric.key, own.region, own.hotline, own.node, expected[own.id], stored[own.id])
        for own in alive
        if stored[own.id] < expected[own.id] * ENOUGH
    ]
    return sorted(found, key=lambda row: (row.stored / row.expected, row.metric, row.region, row.node, row.series))


def _expected(own: Known, since: datetime, until: datetime) -> int:
    """How many samples the hours of service in the span would have brought."""
    every, plan = own.metric.expected_every.fixed(), RULES.fresh()
    total = (until - since) / every
    step = every * max(1, ceil(total / MOST_STEPS))
    instants = range(1, int((until - since) / step) + 1)
    served = sum(own.metric.in_service(since + step * n, plan.zone) for n in instants)
    return int(served * (step / every))


def _stored(ids: Sequence[int], since: datetime, until: datetime) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, [since, until, list(ids)])
        return dict(cursor.fetchall())
