"""Claiming 100 due rows among ten thousand, a hundred thousand, a million; and asking when nothing is due."""

import sys
import time
from datetime import UTC, datetime, timedelta

from bench.ground import PROMISED, Shape, ground, quantile, show

ROUNDS = 15
SHORT = (10_000,)
SIZES = (10_000, 100_000, 1_000_000)
# The shape: one statement on one narrow table. It lies bare below, so that seen and bare are the same program.
BARE = """
WITH due AS (SELECT id FROM bench_narrow WHERE due_at <= clock_timestamp() AND lease_until <= clock_timestamp()
             ORDER BY due_at, id LIMIT 100 FOR NO KEY UPDATE SKIP LOCKED)
UPDATE bench_narrow t SET lease_until = clock_timestamp() + interval '30 seconds', fence = fence + 1 FROM due WHERE t.id = due.id
RETURNING t.id, t.due_at, t.fence
"""


def run(sizes: tuple[int, ...] = SIZES) -> dict[int, tuple[float, float]]:
    """Size → (ours, plainest) in ms; the plainest is one wide table with a status, read and saved row by row."""
    with ground():
        return {size: _measure(size) for size in sizes}


def _measure(size: int) -> tuple[float, float]:
    from django.db import connection, connections

    from engine import queues, worlds
    from engine.models import Timer
    from engine.timers import TIMERS

    world = worlds.real()
    now = datetime.now(UTC)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET ROLE NONE; DROP TABLE IF EXISTS bench_wide, bench_narrow; TRUNCATE engine_timer")
        cursor.execute(
            "CREATE TABLE bench_narrow (id bigserial PRIMARY KEY, due_at timestamptz NOT NULL, lease_until timestamptz NOT NULL,"
            " fence int8 NOT NULL)"
        )
        cursor.execute(
            "CREATE TABLE bench_wide (id bigserial PRIMARY KEY, due_at timestamptz, status text, title text, body text, owner text)"
        )
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")  # a million rows are laid out here
        with cursor.copy("COPY engine_timer (world_id, what, ref, due_at, fence, tries) FROM STDIN") as copy:
            for ref in range(size):
                due = now - timedelta(days=1) if ref < 100 * ROUNDS else now + timedelta(days=1, seconds=ref)
                copy.write_row((world.pk, "bench", ref, due, 0, 0))
        cursor.execute(
            "INSERT INTO bench_wide (due_at, status, title, body, owner) SELECT due_at, 'open', 'a title', repeat('x', 300), 'hq'"
            " FROM engine_timer"
        )
        cursor.execute(
            "INSERT INTO bench_narrow (due_at, lease_until, fence) SELECT due_at, lease_until, 0 FROM engine_timer"
        )
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "CREATE INDEX ON bench_wide (due_at) WHERE status = 'open'; CREATE INDEX ON bench_narrow (due_at, id)"
        )
        cursor.execute("ANALYZE engine_timer; ANALYZE bench_wide; ANALYZE bench_narrow")
    ours, plain, bare = [], [], []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        items = queues.claim(TIMERS, 100)
        ours.append((time.perf_counter() - begun) * 1000)
        if len(items) != 100:
            raise RuntimeError(f"claimed {len(items)}")
        plain.append(_plain_claim())
        bare.append(_bare_claim())
    Timer.objects.filter(due_at__lt=now).delete()
    empty = []
    for _ in range(50):
        begun = time.perf_counter()
        queues.claim(TIMERS, 100)
        empty.append((time.perf_counter() - begun) * 1000)
    narrow = quantile(bare, 0.5)
    show(
        f"claim of 100 due among {size:,}, p50",
        quantile(ours, 0.5),
        quantile(plain, 0.5),
        "ms",
        shape=Shape(narrow, narrow, narrow),
        at_least=1.5,
        within=2,
    )
    print(f"{'  asking when nothing is due, p50':58} {quantile(empty, 0.5):12,.2f} ms", flush=True)
    return quantile(ours, 0.5), quantile(plain, 0.5)


def _plain_claim() -> float:
    from django.db import connection, transaction

    begun = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM bench_wide WHERE status = 'open' AND due_at <= now() ORDER BY due_at LIMIT 100 FOR UPDATE"
        )
        for (pk,) in cursor.fetchall():
            cursor.execute("UPDATE bench_wide SET status = 'taken' WHERE id = %s", [pk])
    return (time.perf_counter() - begun) * 1000


def _bare_claim() -> float:
    from django.db import connection

    begun = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_bitmapscan = off; " + BARE)
        cursor.nextset()
        if len(cursor.fetchall()) != 100:
            raise RuntimeError("the bare claim did not claim a hundred")
    return (time.perf_counter() - begun) * 1000


if __name__ == "__main__":
    run(SHORT if "--short" in sys.argv else SIZES)
    sys.exit(bool(PROMISED.missed))
