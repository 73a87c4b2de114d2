"""Claiming 100 due rows among ten thousand and a million; asking when nothing is due; and both once more after a
million timers were put off, which leaves as many dead rows and index entries behind.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

from bench.ground import PROMISED, Shape, ground, quantile, show

ROUNDS = 25
CLAIMED = 100
POLLS = 100
SHORT, SIZES = (5_000, 20_000), (10_000, 1_000_000)
MOVES, SHORT_MOVES = 1_000_000, 10_000
AT_ONCE = 1_000  # moves a statement
# What is promised of the largest beside the smallest, and of asking in vain, before and after the moves.
FLAT, IN_VAIN = 1.5, 0.5  # times, ms
SHORT_FLAT, SHORT_IN_VAIN = 4.0, 5.0  # beside other work: what grows with the table would still be found out
# The shape: one statement on one narrow table. It lies bare below, so that seen and bare are the same program.
BARE = """
WITH due AS (SELECT id FROM bench_narrow WHERE due_at <= clock_timestamp() AND lease_until <= clock_timestamp()
             ORDER BY due_at, id LIMIT 100 FOR NO KEY UPDATE SKIP LOCKED)
UPDATE bench_narrow t SET lease_until = clock_timestamp() + interval '30 seconds', fence = fence + 1 FROM due WHERE t.id = due.id
RETURNING t.id, t.due_at, t.fence
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """Medians in ms of claims, and of asking when nothing is due. Beside them what says how much of it others on this machine took:
    the best tenth of both, and a `SELECT 1`, which is the road alone."""

    claim: float
    in_vain: float
    best_claim: float
    best_in_vain: float
    road: float


def run(sizes: tuple[int, ...] = SIZES, moves: int = MOVES) -> dict[int, tuple[Seen, Seen]]:
    """Size → fresh, and after so many moves. The plainest is one wide table with a status, read and saved row by row."""
    with ground():
        seen = {size: measure(size, moves) for size in sizes}
    promise = (FLAT, IN_VAIN) if PROMISED.whole else (SHORT_FLAT, SHORT_IN_VAIN)
    PROMISED.missed += missed(seen, *promise)
    return seen


def missed(seen: dict[int, tuple[Seen, Seen]], flat: float, in_vain: float) -> list[str]:
    """What was not kept of the promises, fresh and after the moves, by the largest table beside the smallest."""
    found: list[str] = []
    small, large = min(seen), max(seen)
    for place, when in enumerate(("fresh", "after the moves")):
        ratio = seen[large][place].claim / seen[small][place].claim
        found += _said(f"  {when}: among {large:,} beside {small:,}", f"×{ratio:.2f}", ratio <= flat, f"×{flat:g}")
        worst = max(both[place].in_vain for both in seen.values())
        found += _said(f"  {when}: nothing due, at worst", f"{worst:.2f} ms", worst <= in_vain, f"{in_vain:g} ms")
    return found


def _said(what: str, found: str, kept: bool, most: str) -> list[str]:
    print(f"{what:58} {found:>12}{'' if kept else f'   NOT WITHIN {most}'}", flush=True)
    return [] if kept else [what.strip()]


def measure(size: int, moves: int) -> tuple[Seen, Seen]:
    _lay(size)
    plain: list[float] = []
    bare: list[float] = []

    def others() -> None:
        plain.append(_plain_claim())
        bare.append(_bare_claim())

    fresh = _claims(size, beside=others)
    narrow = median(bare)
    show(
        f"claim of {CLAIMED} due among {size:,}, p50",
        fresh.claim,
        median(plain),
        "ms",
        shape=Shape(narrow, narrow, narrow),
        at_least=1.5,
        within=2,
    )
    begun = time.perf_counter()
    _put_off(size, moves)
    took = time.perf_counter() - begun
    moved = _claims(size)
    print(
        f"{f'  after {moves:,} were put off in {took:,.0f} s':58} {moved.claim:12,.2f} ms   nothing due"
        f" {fresh.in_vain:.2f} → {moved.in_vain:.2f} ms",
        flush=True,
    )
    print(
        f"{'  the best tenth of claims, fresh → after':58} {fresh.best_claim:12,.2f} → {moved.best_claim:.2f} ms   nothing due"
        f" {fresh.best_in_vain:.2f} → {moved.best_in_vain:.2f} ms   (a SELECT 1: {fresh.road:.2f} → {moved.road:.2f})",
        flush=True,
    )
    return fresh, moved


def _lay(size: int) -> None:
    """So many timers, all ahead; and as many rows of the two tables beside, of which enough are due."""
    from django.db import connection, connections

    from engine import worlds

    world, now = worlds.real(), datetime.now(UTC)
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
        cursor.execute(
            "INSERT INTO engine_timer (world_id, what, ref, due_at, fence, tries)"
            " SELECT %s, 'bench', ref, %s + ref * interval '1 second', 0, 0 FROM generate_series(0, %s) AS ref",
            [world.pk, now + timedelta(days=1), size - 1],
        )
        due = "CASE WHEN ref < %s THEN due_at - interval '3 days' ELSE due_at END"
        cursor.execute(
            f"INSERT INTO bench_wide (due_at, status, title, body, owner) SELECT {due}, 'open', 'a title', repeat('x', 300), 'hq'"
            " FROM engine_timer",
            [CLAIMED * ROUNDS],
        )
        cursor.execute(
            f"INSERT INTO bench_narrow (due_at, lease_until, fence) SELECT {due}, lease_until, 0 FROM engine_timer",
            [CLAIMED * ROUNDS],
        )
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "CREATE INDEX ON bench_wide (due_at) WHERE status = 'open'; CREATE INDEX ON bench_narrow (due_at, id)"
        )
        cursor.execute("ANALYZE engine_timer; ANALYZE bench_wide; ANALYZE bench_narrow")


def _claims(size: int, *, beside: Callable[[], None] = lambda: None) -> Seen:
    """Let enough of the timers be due, claim them hundred by hundred, put them back, and ask in vain. `beside` is done after each."""
    from engine import queues
    from engine.timers import TIMERS

    now = datetime.now(UTC)
    # Spread over the whole table, as what falls due is.
    refs = range(0, size, size // (CLAIMED * ROUNDS))[: CLAIMED * ROUNDS]
    _move(refs, [now - timedelta(days=1, seconds=n) for n in range(len(refs))])
    claims, polls, roads = [], [], []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        items = queues.claim(TIMERS, CLAIMED)
        claims.append((time.perf_counter() - begun) * 1000)
        if len(items) != CLAIMED:
            raise RuntimeError(f"claimed {len(items)}")
        beside()
    _move(refs, [now + timedelta(days=2, seconds=ref) for ref in refs])
    for _ in range(POLLS):
        begun = time.perf_counter()
        if queues.claim(TIMERS, CLAIMED):
            raise RuntimeError("something was due")
        polls.append((time.perf_counter() - begun) * 1000)
        roads.append(_road())
    best = quantile(claims, 0.1), quantile(polls, 0.1)
    return Seen(median(claims), median(polls), *best, median(roads))


def _road() -> float:
    from django.db import connection

    begun = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return (time.perf_counter() - begun) * 1000


def _put_off(size: int, moves: int) -> None:
    """What comes next is put behind everything else, again and again: the dead entries lie where a claim begins to read."""
    ahead = datetime.now(UTC) + timedelta(days=3, seconds=size)
    for start in range(0, moves, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, moves))
        _move([n % size for n in numbers], [ahead + timedelta(seconds=n) for n in numbers])


def _move(refs: "range | list[int]", due: list[datetime]) -> None:
    """As whoever sets a timer anew moves the one that stands."""
    from engine import worlds
    from engine.timers import timers_set

    world = worlds.real().pk
    rows = list(zip(refs, due, strict=True))
    for start in range(0, len(rows), AT_ONCE):
        timers_set([(world, "bench", ref, at) for ref, at in rows[start : start + AT_ONCE]])


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
    if PROMISED.whole:
        run()
    else:
        run(SHORT, SHORT_MOVES)
    sys.exit(bool(PROMISED.missed))
