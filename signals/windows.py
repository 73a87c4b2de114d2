"""Stored windows of a series, as the verdict wants them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import connection

from common.clock import instant, microseconds
from plans.domain import Plan, Threshold
from signals.domain.baseline import QUARTER
from signals.domain.verdict import Point
from signals.rules import Known

# Times as whole numbers: the driver reads thousands of them for what a few dozen dates cost it. The bounds that name no series let
# the planner leave out the partitions of all other days.
WINDOWS = """
SELECT k.id, (extract(epoch FROM s.at) * 1000000)::int8, s.value
FROM unnest(%s::int8[], %s::timestamptz[], %s::timestamptz[]) k(id, after, until)
CROSS JOIN LATERAL (SELECT at, value FROM signals_sample
    WHERE series_id = k.id AND at > k.after AND at <= k.until AND at > %s AND at <= %s) s
ORDER BY k.id, s.at
"""
Stored = Sequence[tuple[datetime, float]]


def points_of(own: Known, threshold: Threshold, after: datetime, until: datetime, plan: Plan) -> list[Point]:
    """The stored window of a series, each sample with what it is compared with."""
    return _points(own, threshold, stored_windows({own.id: (after, until)})[own.id], after, until, plan)


def stored_windows(spans: Mapping[int, tuple[datetime, datetime]]) -> dict[int, list[tuple[datetime, float]]]:
    """Many series' samples in one query: series → (after, until] in, its samples ascending out."""
    found: dict[int, list[tuple[datetime, float]]] = {pk: [] for pk in spans}
    if not spans:
        return found
    ids = list(spans)
    after, until = [spans[pk][0] for pk in ids], [spans[pk][1] for pk in ids]
    with connection.cursor() as cursor:
        cursor.execute(WINDOWS, [ids, after, until, min(after), max(until)])
        for pk, at, value in cursor.fetchall():
            found[pk].append((instant(at), value))
    return found


def points_within(own: Known, threshold: Threshold, stored: Stored, reach: timedelta, plan: Plan) -> list[Point]:
    """The newest part of samples already read, as long as `reach`, each with what it is compared with."""
    if not stored:
        return []
    until = stored[-1][0]
    window = [row for row in stored if row[0] > until - reach]
    return _points(own, threshold, window, until - reach, until, plan)


def _points(
    own: Known,
    threshold: Threshold,
    stored: Iterable[tuple[datetime, float]],
    after: datetime,
    until: datetime,
    plan: Plan,
) -> list[Point]:
    if threshold.measure == "excess":
        means: dict[int, float | None] = {}
        points = []
        for at, value in stored:
            quarter = microseconds(at) // QUARTER
            if quarter not in means:
                means[quarter] = own.expectation.in_quarter(quarter, plan)
            points.append(Point(at, value, means[quarter]))
        return points
    if threshold.measure == "share":
        beside = _other_part(own, threshold, after, until)
        return [Point(at, value, _newest_before(beside, at)) for at, value in stored]
    return [Point(at, value) for at, value in stored]


def _other_part(own: Known, threshold: Threshold, after: datetime, until: datetime) -> list[tuple[datetime, float]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.at, s.value FROM signals_sample s JOIN signals_series k ON k.id = s.series_id WHERE k.world_id = %s"
            " AND k.metric = %s AND k.region = %s AND k.hotline = %s AND k.node = %s AND s.at > %s AND s.at <= %s ORDER BY s.at",
            [own.world_id, threshold.out_of, own.region, own.hotline, own.node, after, until],
        )
        return cursor.fetchall()


def _newest_before(rows: Sequence[tuple[datetime, float]], at: datetime) -> float | None:
    return next((value for when, value in reversed(rows) if when <= at), None)
