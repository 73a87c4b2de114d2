"""`POST /api/v1/signals/samples` and Prometheus remote write, bare ASGI routes (DESIGN.md, "The hot path", step 1).

Both are read into the same rows (`signals.protocols`). Requests that wait together are stored by one COPY in one transaction
with one row for the judge; each is answered after the commit. Django's own stack, where it is asked for these addresses
(its test client, WSGI), goes through `respond` as well.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import msgspec
import psycopg
from django.conf import settings
from django.db import Error
from django.utils import translation
from django.utils.translation import get_language_from_request
from psycopg import errors
from psycopg.conninfo import make_conninfo
from psycopg_pool import AsyncConnectionPool

from common.database import note, out_of_reach
from signals.answers import NO_CONTENT, Answer, broken, busy, flooding, headers_of, too_large, unauthorised
from signals.domain.intake import Kept, Rejected, SeriesKey, Why
from signals.known import Buckets, Known, known_by
from signals.protocols import MOST_BYTES, PATH, PROTOCOLS, Protocol, Taken
from signals.services import counts
from signals.services import samples as store
from signals.services.samples import Row
from signals.tokens import Tokens

GROUP_MOST: Final = 20_000  # rows in one COPY
COUNTED_SECONDS: Final = 1.0  # what was refused whole is counted this often
REQUEST_COST: Final = 10  # a request costs a source at least as much as so many samples
MOST_HEARD: Final = 64 * 1024 * 1024  # bytes of a request that is refused; who sends more is cut off
BYTES_A_SAMPLE: Final = 50  # what cannot be read costs by its length
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


def other_values(kept: Sequence[Kept], series: dict[SeriesKey, int], differing: Sequence[Row]) -> list[Rejected]:
    """Which of the kept samples turned out to be stored already with another value."""
    if not differing:
        return []
    wrong = {(row[0], row[1]) for row in differing}
    return [Rejected(k.index, Why.OTHER_VALUE) for k in kept if (series[k.series], k.at) in wrong]


def cost(taken: Taken | Answer, size: int) -> float:
    """What a request takes out of its source's bucket, in samples."""
    if isinstance(taken, tuple):
        return max(REQUEST_COST, size / BYTES_A_SAMPLE)
    return max(REQUEST_COST, len(taken.kept) + len(taken.rejected) + taken.beside.total())


Replied = tuple[Answer, float]


# --- through Django -----------------------------------------------------------------------------------------------------
buckets = Buckets()


def respond(secret: str, body: bytes, headers: Mapping[bytes, bytes] | None = None, path: str = PATH) -> Replied:
    """The same answer on Django's own connection, in the active language, and the seconds to wait before the next."""
    protocol, known = PROTOCOLS[path], known_by(secret)
    if known is None:
        return unauthorised(), 0.0
    bucket = buckets.of(known.source)
    if wait := bucket.wait(time.monotonic()):
        counts.refused(known.source.pk, "flood")
        return flooding(), wait
    taken = too_large() if len(body) > MOST_BYTES else protocol.read(known, headers or {}, body)
    bucket.spend(cost(taken, len(body)))
    if isinstance(taken, tuple):
        counts.refused(known.source.pk, taken[1]["code"])
        return taken, 0.0
    kept = taken.kept
    for key in {k.series for k in kept}:
        known.series[key] = store.series_ensure(known.world, *key)
    differing = store.samples_write(known.world, [(known.series[k.series], k.at, k.value) for k in kept])
    taken.rejected += other_values(kept, known.series, differing)
    counts.counted(known.source.pk, len(kept) - len(differing), len(taken.rejected), taken.codes())
    return protocol.answer(len(kept) - len(differing), taken.rejected), 0.0


# --- the bare route -----------------------------------------------------------------------------------------------------
@dataclass(slots=True)
class Waiting:
    """One request's rows on their way to the database; `done` brings those that another value stood for."""

    source: int
    world: int
    rows: list[Row]
    taken: Taken
    done: asyncio.Future[list[Row]]


class NotStored(Exception):
    """The writer could not keep a request's rows; `later`: the same batch may be kept another time."""

    def __init__(self, *, later: bool) -> None:
        super().__init__(later)
        self.later = later


class Ingest:
    """This process's ingest: what it knows, and the one writer that groups what waits."""

    def __init__(self) -> None:
        self.tokens = Tokens()
        self._queue: asyncio.Queue[Waiting] = asyncio.Queue()
        self._pool: AsyncConnectionPool | None = None
        self._writer: asyncio.Task[None] | None = None
        self._days: set[date] = set()
        self._buckets = Buckets()
        self._refused: Counter[tuple[int, str]] = Counter()
        self._counter: asyncio.Task[None] | None = None

    async def start(self) -> None:
        options = f"{settings.APP_SESSION} -c synchronous_commit=on"
        url = make_conninfo(settings.DATABASE_URL, options=options)
        # A connection that died unseen, with the database or on the way to it, costs no sender an answer.
        alive = AsyncConnectionPool.check_connection
        self._pool = AsyncConnectionPool(url, min_size=1, max_size=2, open=False, timeout=5, check=alive)
        await self._pool.open()
        self._writer = asyncio.create_task(self._write())
        self._counter = asyncio.create_task(self._count_refused())

    async def stop(self) -> None:
        for task in (self._writer, self._counter, *self.tokens.renewing.values()):
            if task is not None:
                task.cancel()
        if self._pool is not None:
            await self._pool.close()

    async def answer(self, protocol: Protocol, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """One request from its head to its answer."""
        with translation.override(_language(scope)):
            headers = {name.lower(): value for name, value in scope["headers"]}
            kind, _space, secret = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
            try:
                known = await self.tokens.recall(secret.strip()) if kind.lower() == "bearer" and secret else None
            except Error as error:
                if not out_of_reach(error):
                    raise
                note(error)
                await _body(receive, most=0)
                await _send(send, *busy())
                return
            if known is None:
                await _body(receive, most=0)
                await _send(send, *unauthorised())
                return
            body = await _body(receive)
            bucket = self._buckets.of(known.source)
            if wait := bucket.wait(time.monotonic()):
                answer = self._refuse(known, flooding())
            else:
                taken = too_large() if body is None else protocol.read(known, headers, body)
                bucket.spend(cost(taken, MOST_BYTES if body is None else len(body)))
                answer = (
                    self._refuse(known, taken) if isinstance(taken, tuple) else await self._take(known, protocol, taken)
                )
            await _send(send, *answer, wait=wait or 1.0)

    def _refuse(self, known: Known, answer: Answer) -> Answer:
        """Counted a moment later, all that were refused by then together: a flood costs no transaction each."""
        self._refused[known.source.pk, answer[1]["code"]] += 1
        return answer

    async def _take(self, known: Known, protocol: Protocol, taken: Taken) -> Answer:
        kept = taken.kept
        try:
            await self._name(known, {k.series for k in kept})
            rows = [(known.series[k.series], k.at, k.value) for k in kept]
            done = asyncio.get_running_loop().create_future()
            waiting = Waiting(known.source.pk, known.world.pk, rows, taken, done)
            await self._queue.put(waiting)
            differing = await asyncio.wait_for(waiting.done, timeout=20)
        except NotStored as refused:
            return busy() if refused.later else broken()
        except (psycopg.Error, TimeoutError) as error:
            note(error)
            return busy() if isinstance(error, TimeoutError) or out_of_reach(error) else broken()
        taken.rejected += other_values(kept, known.series, differing)
        return protocol.answer(len(kept) - len(differing), taken.rejected)

    async def _name(self, known: Known, keys: set[SeriesKey]) -> None:
        """The ids of series, made on first use."""
        missing = keys - known.series.keys()
        if not missing:
            return
        made: dict[SeriesKey, int] = {}
        async with self._connection() as db:
            for key in sorted(missing):  # in one order, so that two processes do not wait for each other
                found = await (await db.execute(store.SERIES_ENSURE, [known.world.pk, *key])).fetchone()
                made[key] = found[0]
        known.series |= made  # an id counts once it is committed

    def _connection(self) -> Any:
        if self._pool is None:
            raise RuntimeError("the ingest was not started")
        return self._pool.connection()

    async def _write(self) -> None:
        """Store whatever waits, one group after another."""
        while True:
            group = [await self._queue.get()]
            size = len(group[0].rows)
            while not self._queue.empty() and size < GROUP_MOST:
                group.append(self._queue.get_nowait())
                size += len(group[-1].rows)
            try:
                await self._store(group)
            except psycopg.OperationalError as error:
                _failed(group, error)
            except Exception:  # noqa: BLE001 - whatever lies in one request, the writer goes on for all the others
                # Something in it cannot be stored: each request for itself, so that only the one it lies in fails.
                self._days.clear()
                await self._store_each(group)

    async def _store_each(self, group: list[Waiting]) -> None:
        for waiting in group:
            try:
                await self._store([waiting])
            except Exception as error:  # noqa: BLE001 - as above; it is logged and answered
                _failed([waiting], error)

    async def _store(self, group: list[Waiting]) -> None:
        results: list[list[Row]] = []
        days = {day for waiting in group for day in store.days_of(waiting.rows)}
        async with self._connection() as db:
            try:
                async with db.transaction():
                    await self._days_ensure(db, days)
                    await self._copy(db, [row for waiting in group for row in waiting.rows])
                    results = [[] for _ in group]
                    await self._finish(db, group, [waiting.rows for waiting in group], results)
            except errors.UniqueViolation:
                async with db.transaction():
                    await self._days_ensure(db, days)
                    parts = [await self._store_one(db, waiting) for waiting in group]
                    results = [differing for _, differing in parts]
                    await self._finish(db, group, [new for new, _ in parts], results)
        self._days |= days
        for waiting, differing in zip(group, results, strict=True):
            if not waiting.done.done():
                waiting.done.set_result(differing)

    async def _days_ensure(self, db: psycopg.AsyncConnection, days: set[date]) -> None:
        """Their tables; they are remembered after the commit, for a rollback takes them along."""
        for day in sorted(days - self._days):
            await db.execute(store.DAY_ENSURE, [day])

    async def _copy(self, db: psycopg.AsyncConnection, rows: Sequence[Row]) -> None:
        async with db.cursor() as cursor, cursor.copy(store.COPY) as copy:
            await copy.write(store.copied(rows))

    async def _store_one(self, db: psycopg.AsyncConnection, waiting: Waiting) -> tuple[list[Row], list[Row]]:
        """One request on its own: by COPY, or row by row when something of it was stored before."""
        try:
            async with db.transaction():
                await self._copy(db, waiting.rows)
        except errors.UniqueViolation:
            return await self._store_new(db, waiting.rows)
        return waiting.rows, []

    async def _store_new(self, db: psycopg.AsyncConnection, rows: list[Row]) -> tuple[list[Row], list[Row]]:
        series, at, values = store.columns(rows)
        made = set(await (await db.execute(store.INSERT_NEW, [series, at, values])).fetchall())
        found = await (await db.execute(store.STORED, [series, at])).fetchall()
        stored = {(row[0], row[1]): row[2] for row in found}
        return [r for r in rows if (r[0], r[1]) in made], [r for r in rows if stored[r[0], r[1]] != r[2]]

    async def _finish(
        self, db: psycopg.AsyncConnection, group: list[Waiting], new: list[list[Row]], differing: list[list[Row]]
    ) -> None:
        """What there is to judge, and the sources' counters: as the answers will say."""
        by_world: dict[int, list[Row]] = {}
        sums: dict[int, counts.Sums] = {}
        for waiting, rows, others in zip(group, new, differing, strict=True):
            by_world.setdefault(waiting.world, []).extend(rows)
            codes = waiting.taken.codes()
            if others:
                codes[Why.OTHER_VALUE] = (codes.get(Why.OTHER_VALUE, (0, ""))[0] + len(others), "")
            own = sums.setdefault(waiting.source, counts.Sums())
            own.add(len(waiting.rows) - len(others), len(waiting.taken.rejected) + len(others), codes)
        async with db.pipeline():  # one way to the database and back, whatever their number
            for world, rows in by_world.items():
                if rows:
                    await db.execute(store.TODO, [world, store.packed(rows)])
            for statement, values in counts.statements(sums):
                await db.execute(statement, values)

    async def _count_refused(self) -> None:
        """Write down what was refused whole; what cannot be written now is kept for the next time."""
        while True:
            await asyncio.sleep(COUNTED_SECONDS)
            if self._refused:
                await self.refused_count()

    async def refused_count(self) -> None:
        refused, self._refused = self._refused, Counter()
        sums: dict[int, counts.Sums] = {}
        for (source, code), times in refused.items():
            sums.setdefault(source, counts.Sums()).add(0, 0, {code: (times, "")})
        try:
            async with self._connection() as db, db.transaction():
                for statement, values in counts.statements(sums):
                    await db.execute(statement, values)
        except (psycopg.Error, TimeoutError) as error:
            note(error)
            self._refused.update(refused)


def _failed(group: list[Waiting], error: Exception) -> None:
    note(error)
    for waiting in group:
        if not waiting.done.done():
            waiting.done.set_exception(NotStored(later=out_of_reach(error)))


ingest = Ingest()


def with_ingest(application: Any) -> Any:
    """An ASGI application that answers the ingest's addresses itself and hands everything else on."""

    async def routed(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        protocol = PROTOCOLS.get(scope["path"])
        if protocol is not None and scope["method"] == "POST":
            await ingest.answer(protocol, scope, receive, send)
        else:
            await application(scope, receive, send)

    return routed


async def _body(receive: Receive, most: int = MOST_BYTES) -> bytes | None:
    """The whole body; None when it is larger than `most`.

    What is too large is read on and thrown away: most programs hear an answer only after they have sent everything, and to one
    that is cut off in the middle a refusal looks like a broken network.
    """
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        part = message.get("body", b"")
        size += len(part)
        if size <= most:
            parts.append(part)
        else:
            parts.clear()
        if size > MOST_HEARD or not message.get("more_body"):
            return b"".join(parts) if size <= most else None


def _language(scope: dict[str, Any]) -> str:
    """As Django would choose it from Accept-Language."""

    class Asking:
        COOKIES: dict[str, str] = {}
        META = {"HTTP_ACCEPT_LANGUAGE": dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1")}
        path_info = PATH

    return get_language_from_request(Asking())  # type: ignore[arg-type]


async def _send(send: Send, status: int, payload: dict[str, Any], *, wait: float = 1.0) -> None:
    body = b"" if status == NO_CONTENT else msgspec.json.encode(payload)
    await send({"type": "http.response.start", "status": status, "headers": headers_of(status, wait)})
    await send({"type": "http.response.body", "body": body})
