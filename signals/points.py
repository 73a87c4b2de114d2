"""A series over a span, for drawing: from the samples, or from the roll-ups where a step is long enough."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import connection

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# What is newer than this is read from the samples: a roll-up may be a turn behind.
FRESH: Final = timedelta(hours=2)

RAW = """
SELECT date_bin(%(step)s, at, 'epoch') AS bin, count(*) AS count, sum(value) AS sum, min(value) AS low, max(value) AS high
FROM signals_sample WHERE series_id = %(series)s AND at >= %(since)s AND at <= %(until)s GROUP BY bin
"""
# Days that take in samples, or were never walked over: what is rolled up of them may be a part.
WAITING = "SELECT day FROM signals_rollupday WHERE hour >= 0 AND day >= %s AND day <= %s"
ROLLED = """
SELECT bin, sum(count), sum(sum), min(low), max(high) FROM (
    SELECT date_bin(%(step)s, at, 'epoch') AS bin, count, sum, low, high FROM {table}
    WHERE series_id = %(series)s AND at >= %(since)s AND at < %(edge)s AND (at AT TIME ZONE 'UTC')::date <> ALL(%(waiting)s::date[])
    UNION ALL
    SELECT date_bin(%(step)s, s.at, 'epoch'), 1, s.value, s.value, s.value FROM unnest(%(waiting)s::date[]) d(day), signals_sample s
    WHERE s.series_id = %(series)s AND s.at >= greatest(%(since)s, d.day::timestamp AT TIME ZONE 'UTC')
      AND s.at < least(%(edge)s, (d.day + 1)::timestamp AT TIME ZONE 'UTC')
    UNION ALL
    SELECT date_bin(%(step)s, at, 'epoch'), 1, value, value, value FROM signals_sample
    WHERE series_id = %(series)s AND at >= %(edge)s AND at <= %(until)s
) parts GROUP BY bin
"""


@dataclass(frozen=True, slots=True)
class Bin:
    """What a step of a series held; `at` is its beginning, values in the metric's unit."""

    at: datetime
    count: int
    mean: float
    low: float
    high: float


def series_points(series: int, start: datetime, end: datetime, step: timedelta) -> list[Bin]:
    """The steps of a series in [start, end] that hold something, ascending. Steps are counted from 1970, whole minutes or hours
    where they are as long; a roll-up that begins before `start` is left out."""
    step = whole(step)
    table = "signals_hour" if step >= HOUR else "signals_minute" if step >= MINUTE else ""
    # An hour's edge, so that no roll-up is cut in two.
    edge = max((end - FRESH).astimezone(UTC).replace(minute=0, second=0, microsecond=0), start)
    said: dict[str, Any] = {"series": series, "step": step, "since": start, "until": end, "edge": edge}
    with connection.cursor() as cursor:
        if table:
            cursor.execute(WAITING, [start.astimezone(UTC).date(), edge.astimezone(UTC).date()])
            said["waiting"] = [row[0] for row in cursor.fetchall()]
        cursor.execute((ROLLED.format(table=table) if table else RAW) + " ORDER BY bin", said)
        rows = cursor.fetchall()
        if table and not any(row[0] < edge for row in rows):
            # Nothing is rolled up here: history that was loaded a moment ago.
            cursor.execute(RAW + " ORDER BY bin", said)
            rows = cursor.fetchall()
    return [Bin(at, int(count), total / int(count), low, high) for at, count, total, low, high in rows]


def whole(step: timedelta) -> timedelta:
    """A step in whole hours, minutes or seconds, no shorter than asked."""
    for unit in (HOUR, MINUTE):
        if step >= unit:
            return -(-step // unit) * unit
    return max(step, timedelta(seconds=1))
