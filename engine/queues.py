"""One todo loop for everything that must not be lost (DESIGN.md, rules 3, 4 and 6).

Claim: rows that are due and not leased, in order, skipping what others hold. Each claim takes a lease and raises the fence.
Work: the row is locked again by its fence; its effect commits together with its removal. A process that was stopped past its
lease finds another fence and changes nothing. A try is counted, for good, before its work begins, so that a row which kills its
worker counts too; rows claimed together with it count none.
"""

import logging
import math
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby, zip_longest
from typing import Any

from django.db import DatabaseError, connection, transaction

from engine.alarms import alarm_clear, alarm_raise
from engine.failpoints import failpoint
from engine.models import SetAside

log = logging.getLogger(__name__)

MAX_TRIES = 6
BACKOFF = (1, 2, 5, 15, 60)  # seconds before try 2, 3, …
AT_ONCE = "interval '0'"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row we hold until `lease_until`, as long as its fence is still ours."""

    id: int
    due_at: datetime
    fence: int
    tries: int
    values: dict[str, Any]


@dataclass(frozen=True)
class Queue:
    """A narrow table and what to do with its rows. `work` runs in the transaction that removes the row."""

    name: str
    table: str
    columns: tuple[str, ...]
    work: Callable[[Claimed], None]
    # What a dead process held comes back after this. The effect is safe however short it is: the row is locked by its fence.
    lease: timedelta = timedelta(seconds=8)
    limit: int = 20  # few enough to be worked within the lease
    # SQL that is true for rows due `{late}` (an interval) ago; `{t}` is the table. Queues in world time put their own clock here.
    due: str | Callable[[], str] = "{t}.due_at <= clock_timestamp() - {late}"
    # SQL of the wall time at which a row joined the queue, where `due_at` is its place in line and not that time.
    joined: str = ""
    describe: Callable[[Claimed], str] = field(default=lambda item: str(item.id))
    # Its work waits for somebody outside, after its commit: nothing that is due may stand behind it.
    outside: bool = False
    # A queue by name whose due rows go before each claim of this one, whoever claims: what follows from deadlines, or waits for a
    # provider, holds up none that fell due in the same second.
    behind: str = ""
    # SQL that is true for rows which others overtake and which have waited long enough for it: the first of them goes with each
    # claim, last. Its bounds are read off the index, so that no clock may stand in it that moves within a statement.
    waited: str = ""
    # Called in a transaction of its own when a row is given up, besides setting it aside.
    given_up: Callable[[Claimed], None] | None = None
    # Takes what the work will want to hold, before the row itself: who holds that already may be waiting for the row.
    before: Callable[[Claimed], None] | None = None
    # Which fresh rows of one claim may be worked as one, empty for alone; and that work, in a transaction that it opens itself
    # and that waits for nobody: the ids it did. What it leaves, or fails with, is worked one by one.
    kin: Callable[[Claimed], str] | None = None
    together: Callable[[Sequence[Claimed]], Collection[int]] | None = None

    def is_due(self, late: str) -> str:
        """SQL that is true for rows due so long ago."""
        return (self.due if isinstance(self.due, str) else self.due()).format(t=self.table, late=late)


QUEUES: dict[str, Queue] = {}
# Queues in which this process found something with its last claim. A wrong guess costs one statement, so no lock guards it.
_busy: set[str] = set()


def queue_register(queue: Queue) -> None:
    QUEUES[queue.name] = queue


def claim(queue: Queue, limit: int | None = None) -> list[Claimed]:
    """Take up to `limit` due rows, oldest due first, and one that waited long enough; none that another holds."""
    t = queue.table
    names = ", ".join(f"{t}.{c}" for c in queue.columns)
    free = f"FROM {t} WHERE {queue.is_due(AT_ONCE)} AND {t}.lease_until <= clock_timestamp()"
    found = f"SELECT id, due_at {free}"
    last = "ORDER BY due_at, id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED"
    front = f"front AS ({found} {last})"
    if queue.waited:
        waited = f"waited AS ({found} AND {queue.waited.format(t=t)} {last.replace('%s', '1')})"
        others = f"others AS ({found} AND id <> ALL (ARRAY(SELECT id FROM waited)) {last})"  # noqa: S608
        front = f"{waited}, {others}, front AS (SELECT * FROM waited UNION ALL SELECT * FROM others)"  # noqa: S608
    sql = f"""
        WITH {front}, due AS (SELECT id, row_number() OVER (ORDER BY due_at, id) AS place FROM front)
        UPDATE {t} SET lease_until = clock_timestamp() + %s, fence = fence + 1, tries = tries + (due.place = 1)::int
        FROM due WHERE {t}.id = due.id
        RETURNING {t}.id, {t}.due_at, {t}.fence, {t}.tries, {names}"""  # noqa: S608
    # An idle product asks several times a second: to plan the whole claim would cost more than this question, which is not asked
    # where there was something the last time.
    if queue.name not in _busy and not _asked(f"SELECT 1 {free} ORDER BY due_at, id LIMIT 1"):
        return []
    rows = _asked(sql, limit or queue.limit, queue.lease)
    (_busy.add if rows else _busy.discard)(queue.name)
    rows.sort(key=lambda row: (row[1], row[0]))
    items = [
        # The first one's try is counted; those behind it count theirs when they begin (`_begins`).
        Claimed(row[0], row[1], row[2], row[3] + (place > 0), dict(zip(queue.columns, row[4:], strict=True)))
        for place, row in enumerate(rows)
    ]
    failpoint(f"{queue.name}.after_claim") if items else None
    return items


def _asked(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Rows of a statement that reads a queue's front, in a transaction of its own and one round trip."""
    with connection.cursor() as cursor:
        # The planner's bitmap scan would read every dead entry at the front of the index again and again.
        cursor.execute(f"SET LOCAL enable_bitmapscan = off; {sql}", parameters)
        cursor.nextset()
        return cursor.fetchall()


def perform_all(queue: Queue, items: Sequence[Claimed]) -> int:
    """Work rows claimed together, as one where they may be, else one after another; how many were done by us."""
    done = _performed_together(queue, items)
    rest = [item for item in items if item.id not in done]
    if done and rest:
        _begins(queue, rest[0])
    return len(done) + sum(perform(queue, item, after) for item, after in zip_longest(rest, rest[1:]))


def _performed_together(queue: Queue, items: Sequence[Claimed]) -> set[int]:
    """The ids of the rows that were worked with others of their kin."""
    done: set[int] = set()
    if queue.kin is None or queue.together is None:
        return done
    kin = queue.kin
    fresh = sorted((item for item in items if item.tries == 1), key=kin)  # a stable order: each kin's own stays
    for name, group in groupby(fresh, key=kin):
        members = list(group)
        if not name or len(members) == 1:
            continue
        # If they kill the worker, each of them counts as tried and is worked alone from then on.
        _all_begin(queue, members)
        try:
            done.update(queue.together(members))
        except Exception as error:
            said = type(error).__name__
            log.warning("%s: %s %s failed together (%s)", queue.name, len(members), name, said, exc_info=error)
            if isinstance(error, DatabaseError) and connection.connection is not None and not connection.is_usable():
                connection.close()
    return done


def perform(queue: Queue, item: Claimed, after: Claimed | None = None) -> bool:
    """Work one claimed row; True when its effect was committed by us. One bad row never stops its neighbours.

    `after` was claimed together with it and is next: its try is counted with this one's end.
    """
    try:
        with transaction.atomic():
            if queue.before:
                queue.before(item)
            if not _still_ours(queue, item):
                _begins(queue, after)
                return False
            if item.tries > MAX_TRIES:
                # The last try never came back to say why: it took its process with it.
                raise GivenUp("every try ended with the death of its process")
            queue.work(item)
            _remove(queue, item)
            if item.tries > 1:
                alarm_clear("queue.failing", f"{queue.name}:{queue.describe(item)}")
            _begins(queue, after)
            failpoint(f"{queue.name}.before_commit")
    except Exception as error:  # noqa: BLE001 - whatever a row does, the rows behind it must go on; it is kept and shown
        _postpone(queue, item, error, after)
        return False
    failpoint(f"{queue.name}.after_commit")
    return True


class GivenUp(Exception):
    """A row that used up its tries."""


@dataclass(frozen=True, slots=True)
class Behind:
    """Rows of a queue that were due a while ago and that nobody holds: how many, and since when the first."""

    queue: str
    count: int
    since: datetime


def behind(patience: timedelta) -> list[Behind]:
    """Which queues are behind their time by more than this. What failed and waits for its next try is not among it."""
    found = []
    with connection.cursor() as cursor:
        for queue in QUEUES.values():
            t, late = queue.table, f"interval '{patience.total_seconds()} seconds'"
            since = queue.joined.format(t=t) or "due_at"
            waits = f"{queue.joined.format(t=t)} <= clock_timestamp() - {late} AND " if queue.joined else ""
            cursor.execute(
                f"SELECT count(*), min({since}) FROM {t} WHERE {waits}{queue.is_due(late)}"  # noqa: S608
                f" AND {t}.lease_until <= clock_timestamp() - {late}"
            )
            count, since = cursor.fetchone()
            if count:
                found.append(Behind(queue.name, count, since))
    return found


def drain(queue: Queue, *, rounds: int = 20, seconds: float = math.inf, more: Callable[[], None] | None = None) -> int:
    """Claim and work until nothing is due, at most `rounds` claims of which none begins after `seconds`; the number done.

    `more` is called once when the first claim is full: there may be work for another.
    """
    done = 0
    over = time.monotonic() + seconds
    for turn in range(rounds):
        if turn and time.monotonic() >= over:
            break
        if queue.behind in QUEUES:
            drain(QUEUES[queue.behind], seconds=over - time.monotonic())
        items = claim(queue)
        if not items:
            break
        if more is not None and turn == 0 and len(items) >= queue.limit:
            more()
        # What was done may have set something that is due already: a rhythm catches up turn by turn.
        done += perform_all(queue, items)
    return done


def _begins(queue: Queue, item: Claimed | None) -> None:
    """Count the try that comes next, in the transaction that ends the one before it. A row that somebody is changing is passed
    over: he may wait for what this transaction holds."""
    if item is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {queue.table} SET tries = %s WHERE id ="  # noqa: S608
            f" (SELECT id FROM {queue.table} WHERE id = %s AND fence = %s FOR NO KEY UPDATE SKIP LOCKED)",
            [item.tries, item.id, item.fence],
        )


def _all_begin(queue: Queue, items: Sequence[Claimed]) -> None:
    """The same for rows worked as one: whoever changes several of them takes them in an order of his own."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {queue.table} SET tries = 1 WHERE id IN"  # noqa: S608
            f" (SELECT id FROM {queue.table} WHERE id = ANY(%s) AND tries = 0 FOR NO KEY UPDATE SKIP LOCKED)",
            [[item.id for item in items]],
        )


def _still_ours(queue: Queue, item: Claimed) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM {queue.table} WHERE id = %s AND fence = %s FOR UPDATE",  # noqa: S608
            [item.id, item.fence],
        )
        return cursor.fetchone() is not None


def _remove(queue: Queue, item: Claimed) -> None:
    """Unless the work gave the row a new due time, which leaves it another fence."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {queue.table} WHERE id = %s AND fence = %s", [item.id, item.fence])  # noqa: S608


def _postpone(queue: Queue, item: Claimed, error: Exception, after: Claimed | None) -> None:
    """Try again later, or set the row aside and raise an alarm once its tries are used up."""
    # The message may quote what a person typed; class and place are enough to find the cause.
    said = type(error).__name__
    log.warning("%s %s failed (try %s): %s", queue.name, queue.describe(item), item.tries, said, exc_info=error)
    if isinstance(error, DatabaseError) and connection.connection is not None and not connection.is_usable():
        connection.close()
    with transaction.atomic():
        _begins(queue, after)
        if not _still_ours(queue, item):
            return
        if item.tries < MAX_TRIES:
            wait = timedelta(seconds=BACKOFF[min(item.tries, len(BACKOFF)) - 1])
            with connection.cursor() as cursor:
                cursor.execute(
                    f"UPDATE {queue.table} SET lease_until = clock_timestamp() + %s WHERE id = %s",  # noqa: S608
                    [wait, item.id],  # type: ignore[list-item]
                )
            alarm_raise("queue.failing", f"{queue.name}:{queue.describe(item)}", error=said)
            return
        SetAside.objects.create(
            queue=queue.name,
            what=queue.describe(item)[:64],
            error=said,
            item={**item.values, "due_at": item.due_at.isoformat()},
        )
        _remove(queue, item)
        alarm_raise("queue.set_aside", f"{queue.name}:{queue.describe(item)}", error=said)
        if queue.given_up:
            queue.given_up(item)
