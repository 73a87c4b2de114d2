"""A chart over 90 days among a hundred series of a sample a minute or every five: from the roll-ups, and from the samples themselves."""

import os
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.ground import ground, quantile, show

SERIES, DAYS = int(os.environ.get("BENCH_SERIES", "100")), 90
EVERY = timedelta(minutes=5)
ROUNDS = 20
PLAIN = "SELECT at, value FROM signals_sample WHERE series_id = %s AND at >= %s AND at <= %s ORDER BY at"


def run() -> dict[str, float]:
    with ground():
        return _measure()


def _measure() -> dict[str, float]:
    from django.db import connection

    from engine import worlds
    from signals.drawing import chart
    from signals.models import Series
    from signals.services.rollups import walk
    from signals.services.samples import days_ensure, series_ensure

    world = worlds.real()
    now = worlds.now(world).replace(second=0, microsecond=0)
    start = now - timedelta(days=DAYS)
    ids = [series_ensure(world, "availability", "", f"h{n}") for n in range(SERIES)]
    days_ensure(start.date(), now.date())
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(
            "INSERT INTO signals_sample (series_id, at, value) SELECT s, at, 90 + random() * 10"
            " FROM generate_series(%s::timestamptz, %s::timestamptz, %s) at, unnest(%s::int8[]) s",
            [start, now, EVERY, ids],  # type: ignore[list-item]
        )
        samples = cursor.rowcount
    print(f"{samples:,} samples laid out in {time.perf_counter() - begun:.1f} s", flush=True)
    begun = time.perf_counter()
    time.sleep(2)  # until the database has counted what was written
    hours = walk(600, at_once=True)
    took = time.perf_counter() - begun - 2
    print(
        f"{hours:,} hours rolled up in {took:.1f} s: {samples / took:,.0f} samples/s, {took / hours * 1000:.1f} ms an hour",
        flush=True,
    )
    rows = list(Series.objects.filter(pk__in=ids[:: max(1, SERIES // ROUNDS)]))
    ours = [_timed(lambda own=own: chart(own, start, now)) for own in rows]
    plain = [_timed(lambda own=own: _whole(own.pk, start, now)) for own in rows]
    show(f"chart over {DAYS} days of {SERIES} series, p50", quantile(ours, 0.5), quantile(plain, 0.5), "ms")
    show("  slowest", max(ours), max(plain), "ms")
    return {"chart_p50": quantile(ours, 0.5), "chart_max": max(ours), "plain_p50": quantile(plain, 0.5)}


def _whole(series: int, start: datetime, end: datetime) -> list[Any]:
    """The plainest: every sample is sent to the page."""
    from django.db import connection

    from common.clock import utc_text

    with connection.cursor() as cursor:
        cursor.execute(PLAIN, [series, start, end])
        return [[utc_text(at.astimezone(UTC)), value] for at, value in cursor.fetchall()]


def _timed(act: Any) -> float:
    begun = time.perf_counter()
    act()
    return (time.perf_counter() - begun) * 1000


if __name__ == "__main__":
    run()
