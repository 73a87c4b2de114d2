"""Writing samples: COPY into the day's partition, and one row that says what there is to judge."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import msgspec
from django.db import IntegrityError, connection, transaction
from psycopg import errors

from common.clock import microseconds
from engine.ear import NOTIFY
from engine.models import World

Row = tuple[int, datetime, float]

COPY = "COPY signals_sample (series_id, at, value) FROM STDIN (FORMAT BINARY)"
DAY_ENSURE = "SELECT signals_day_ensure(%s)"
DAYS_HELD = 0x5D_A7_5E  # the advisory lock of days being loaded (shared) or dropped
INSERT_NEW = (
    "INSERT INTO signals_sample (series_id, at, value) SELECT * FROM unnest(%s::int8[], %s::timestamptz[], %s::float8[])"
    " ON CONFLICT DO NOTHING RETURNING series_id, at"
)
STORED = (
    "SELECT s.series_id, s.at, s.value FROM signals_sample s"
    " JOIN unnest(%s::int8[], %s::timestamptz[]) k(series_id, at) ON s.series_id = k.series_id AND s.at = k.at"
)
JUDGE = "judge"  # the queue
# Whoever judges hears of it with the commit.
TODO = f"""
WITH todo AS (INSERT INTO signals_judgetodo (world_id, batch, tries) VALUES (%s, %s, 0) RETURNING id)
SELECT {NOTIFY.format(queue=JUDGE)} FROM todo
"""  # noqa: S608 - a constant
SERIES_ENSURE = (
    "INSERT INTO signals_series (world_id, metric, region, hotline, node) VALUES (%s, %s, %s, %s, %s)"
    " ON CONFLICT (world_id, metric, region, hotline, node) DO UPDATE SET metric = excluded.metric RETURNING id"
)


# Binary COPY: three fields, each after its length; times in microseconds since 2000, as PostgreSQL keeps them.
COPY_HEAD, COPY_ROW, COPY_END = b"PGCOPY\n\xff\r\n\0" + bytes(8), struct.Struct(">hiqiqid").pack, b"\xff\xff"
SINCE_2000 = 946_684_800_000_000


def copied(rows: Iterable[Row]) -> bytes:
    """Rows as COPY wants them."""
    each = [COPY_ROW(3, 8, series, 8, microseconds(at) - SINCE_2000, 8, value) for series, at, value in rows]
    return b"".join([COPY_HEAD, *each, COPY_END])


def packed(rows: Iterable[Row]) -> bytes:
    """Rows for the judge: [[series, microseconds since 1970, value], …]."""
    return msgspec.msgpack.encode([(series, microseconds(at), value) for series, at, value in rows])


Packed = tuple[int, int, float]  # series, microseconds since 1970, value
_unpack = msgspec.msgpack.Decoder(list[Packed]).decode


def unpacked(batch: bytes) -> list[Packed]:
    return _unpack(batch)


def columns(rows: Sequence[Row]) -> tuple[list[int], list[datetime], list[float]]:
    return [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows]


def days_ensure(first: date, last: date) -> None:
    """Make the partitions of these days of UTC; the application's role may not make tables, a function of the owner's does."""
    with connection.cursor() as cursor:
        for offset in range((last - first).days + 1):
            cursor.execute(DAY_ENSURE, [first + timedelta(days=offset)])


@contextmanager
def days_held() -> Iterator[None]:
    """While it lasts no day is dropped: days made ahead of what is loaded into them are empty, and often long past their keeping.

    Within a transaction nobody else sees the days that it made, and nothing needs to be held.
    """
    if connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock_shared(%s)", [DAYS_HELD])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_shared(%s)", [DAYS_HELD])


def days_of(rows: Iterable[Row]) -> set[date]:
    return {at.astimezone(UTC).date() for _, at, _ in rows}


def series_ensure(world: World, metric: str, region: str = "", hotline: str = "", node: str = "") -> int:
    """The id of a series, made on first use."""
    with connection.cursor() as cursor:
        cursor.execute(SERIES_ENSURE, [world.pk, metric, region, hotline, node])
        return cursor.fetchone()[0]


@transaction.atomic
def samples_write(world: World, rows: Sequence[Row]) -> list[Row]:
    """Store samples and let them be judged; those not stored because another value stands there are returned.

    A sample stored before with the same value is no error and is not judged again.
    """
    if not rows:
        return []
    for day in days_of(rows):
        days_ensure(day, day)
    new, differing = _store(rows)
    if new:
        with connection.cursor() as cursor:
            cursor.execute(TODO, [world.pk, packed(new)])
    return differing


def _store(rows: Sequence[Row]) -> tuple[Sequence[Row], list[Row]]:
    try:
        with transaction.atomic():
            _copy(rows)
    except (errors.UniqueViolation, IntegrityError):
        # Django wraps the error of a statement, but not that of a COPY.
        return _store_new(rows)
    return rows, []


def _store_new(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """The slow way, for a batch in which something was stored before."""
    series, at, values = columns(rows)
    with connection.cursor() as cursor:
        cursor.execute(INSERT_NEW, [series, at, values])
        made = set(cursor.fetchall())
        cursor.execute(STORED, [series, at])
        stored = {(row[0], row[1]): row[2] for row in cursor.fetchall()}
    return [r for r in rows if (r[0], r[1]) in made], [r for r in rows if stored[r[0], r[1]] != r[2]]


def _copy(rows: Iterable[Row]) -> None:
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.write(copied(rows))


@transaction.atomic
def samples_load(rows: Sequence[Row]) -> int:
    """Store history that is not to be judged; the number stored. The days must have been ensured, and be held."""
    _copy(rows)
    return len(rows)


@transaction.atomic
def samples_keep(rows: Sequence[Row]) -> tuple[int, list[Row]]:
    """Store history that is not to be judged, of which some may be stored already: how many are new, and those another value
    stands for. The days must have been ensured."""
    new, differing = _store(rows)
    return len({(series, at) for series, at, _value in new}), differing
