"""Roll-ups of stored samples, off the hot path; and what is old goes, by whole partitions.

Samples are only ever added, so a roll-up that counts as many as are stored is right, and one that counts fewer is behind:
rolling an hour up again changes what is behind and nothing else. A day is walked over again whenever its partition has taken in
rows since the last walk, however late they came.
"""

import re
import time
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction

from engine import worlds
from engine.models import World
from engine.timers import timer_set
from signals.services.samples import DAYS_HELD

ROLL_UP: Final = "signals.roll_up"
EVERY, SOON = timedelta(seconds=60), timedelta(seconds=5)
BUDGET: Final = 0.3  # seconds a turn: the clocks of the plan wait behind it
WALK_AGAIN: Final = timedelta(minutes=15)
DROPS_A_TURN: Final = 4
HOUR = timedelta(hours=1)

ROLL = """
WITH minute AS (
    SELECT series_id, date_bin('1 minute', at, 'epoch') AS at, count(*) AS count, sum(value) AS sum, min(value) AS low, max(value) AS high
    FROM signals_sample WHERE at >= %(since)s AND at < %(until)s GROUP BY 1, 2
), written AS (
    INSERT INTO signals_minute AS m (series_id, at, count, sum, low, high) SELECT * FROM minute
    ON CONFLICT (series_id, at) DO UPDATE SET count = excluded.count, sum = excluded.sum, low = excluded.low, high = excluded.high
    WHERE m.count < excluded.count
)
INSERT INTO signals_hour AS h (series_id, at, count, sum, low, high)
SELECT series_id, %(since)s, sum(count), sum(sum), min(low), max(high) FROM minute GROUP BY series_id
ON CONFLICT (series_id, at) DO UPDATE SET count = excluded.count, sum = excluded.sum, low = excluded.low, high = excluded.high
WHERE h.count < excluded.count
"""
PARTITIONS = """
SELECT c.relname, pg_stat_get_tuples_inserted(c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = %s::regclass ORDER BY c.relname DESC
"""
BEGIN_WALK = """
INSERT INTO signals_rollupday AS r (day, inserted, begun_at, hour) VALUES (%(day)s, %(inserted)s, clock_timestamp(), 23)
ON CONFLICT (day) DO UPDATE SET inserted = excluded.inserted, begun_at = excluded.begun_at, hour = 23
WHERE r.hour < 0 AND r.inserted <> excluded.inserted AND (r.begun_at < clock_timestamp() - %(again)s OR %(at_once)s)
"""
WORLDS_OF = """
SELECT DISTINCT k.world_id FROM signals_series k
WHERE EXISTS (SELECT 1 FROM {table} s WHERE s.series_id = k.id AND s.at >= %s AND s.at < %s)
"""


def roll_up(ref: int, due_at: datetime, now: datetime) -> None:
    """The timer of the real world: the newest hours first, then a piece of what was added to other hours, then what is old."""
    rolled = _fresh(now) + walk(BUDGET)
    timer_set(ref, ROLL_UP, ref, now + (SOON if rolled and _waiting() else EVERY))
    drop_old()


def _fresh(now: datetime) -> int:
    """The hour that runs and the one before it."""
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    there = _days("signals_sample")
    hours = [at for at in (hour, hour - HOUR) if at.date() in there]
    for at in hours:
        _roll(at)
    return len(hours)


def _roll(since: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT signals_rollup_ensure(%s)", [since.date()])
        cursor.execute(ROLL, {"since": since, "until": since + HOUR})


def walk(budget: float, *, at_once: bool = False) -> int:
    """Go on with the walks over days that took in samples, the newest first, for about so many seconds; hours rolled up.

    `at_once`: begin anew also what was walked over a moment ago.
    """
    deadline, done = time.monotonic() + budget, 0
    _begin(at_once=at_once)
    while time.monotonic() < deadline:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT day, hour FROM signals_rollupday WHERE hour >= 0 ORDER BY day DESC LIMIT 1 FOR UPDATE SKIP LOCKED"
            )
            row = cursor.fetchone()
            if row is None:
                break
            day, hour = row
            _roll(datetime(day.year, day.month, day.day, hour, tzinfo=UTC))
            cursor.execute("UPDATE signals_rollupday SET hour = hour - 1 WHERE day = %s", [day])
        done += 1
    return done


def _begin(*, at_once: bool) -> None:
    """Note which days took in samples since they were walked over last."""
    with connection.cursor() as cursor:
        for day, inserted in _days("signals_sample").items():
            said: dict[str, Any] = {"day": day, "inserted": inserted, "again": WALK_AGAIN, "at_once": at_once}
            cursor.execute(BEGIN_WALK, said)


def _waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM signals_rollupday WHERE hour >= 0)")
        return bool(cursor.fetchone()[0])


def _days(table: str) -> dict[date, int]:
    """Day (of a month of hours: its first) → rows its partition ever took in, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(PARTITIONS, [table])
        rows = cursor.fetchall()
    named = [(re.fullmatch(r".*_(\d{4})(\d\d)(\d\d)?", name), inserted) for name, inserted in rows]
    return {date(int(m[1]), int(m[2]), int(m[3] or 1)): inserted for m, inserted in named if m}


# --- what is old ------------------------------------------------------------------------------------------------------
def drop_old() -> int:
    """Drop partitions that are past their keeping in every world that has something in them, oldest first; how many went.

    A day whose samples are not all rolled up stays and is walked over again.
    """
    clocks = {world.pk: worlds.now(world) for world in World.objects.all()}
    dropped = 0
    for table, drop in DROPS.items():
        keep = timedelta(days=settings.SIGNALS_KEEP_DAYS[drop.kept])
        newest = max(clocks.values()) - keep
        for day in sorted(_days(table)):
            until = drop.end(day)
            if dropped >= DROPS_A_TURN or until > newest:
                break
            if all(until <= clocks[pk] - keep for pk in _worlds_in(table, day, until)):
                dropped += _drop(drop.call, day)
    return dropped


class Drop:
    """How a table's partitions go: the setting that keeps them, the owner's function, and where a partition ends."""

    def __init__(self, kept: str, call: str, *, months: bool = False) -> None:
        self.kept, self.call, self.months = kept, call, months

    def end(self, day: date) -> datetime:
        last = (day.replace(day=28) + timedelta(days=4)).replace(day=1) if self.months else day + timedelta(days=1)
        return datetime(last.year, last.month, last.day, tzinfo=UTC)


DROPS: Final = {
    "signals_sample": Drop("raw", "signals_day_drop"),
    "signals_minute": Drop("minute", "signals_minute_drop"),
    "signals_hour": Drop("hour", "signals_hour_drop", months=True),
}


def _worlds_in(table: str, day: date, until: datetime) -> Iterable[int]:
    with connection.cursor() as cursor:
        cursor.execute(WORLDS_OF.format(table=table), [datetime(day.year, day.month, day.day, tzinfo=UTC), until])
        return [row[0] for row in cursor.fetchall()]


def _drop(call: str, day: date) -> int:
    """1 when it went. What is not rolled up yet is put in line for a walk; while history is being loaded, nothing goes."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [DAYS_HELD])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(f"SELECT {call}(%s)", [day])
        if cursor.fetchone()[0]:
            return 1
        cursor.execute(
            "INSERT INTO signals_rollupday (day, inserted, begun_at, hour) VALUES (%s, -1, clock_timestamp(), 23)"
            " ON CONFLICT (day) DO UPDATE SET hour = 23 WHERE signals_rollupday.hour < 0",
            [day],
        )
        return 0
