"""The live feed's sockets (DESIGN.md, rule 8): each web process subscribes once, encodes once a world and writes to its own.

Frames are JSON text. `hello` and `heads` name the newest number of every stream one may see; `event` carries an event;
`reading` the newest value of a series; `inbox` says that messages came. `around` is a mark of what stands on the board beside
its streams, alarms and who stands in for whom: where it is another than before, the board is read anew. A client that misses a
number fetches what it missed; everything here may be lost and the board stays right.
"""

import asyncio
import contextlib
import logging
import time
import types
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import partial
from typing import Any, TypeVar
from urllib.parse import parse_qs

import msgspec
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import DatabaseError, InterfaceError
from redis import RedisError

from common.clock import utc_text
from common.errors import HotlineError
from dashboard.around import around
from engine import worlds
from engine.feed import GROUP
from engine.models import World
from engine.selectors import event_at, heads
from people.rights import allowed_somewhere
from people.selectors import actor_of, actors_of, users_by_id

log = logging.getLogger(__name__)

HEADS_EVERY = 10.0  # seconds
RETRY_EVERY = 1.0  # seconds between two tries to reach Redis
BACKLOG = 500  # frames a slow client may be behind before it is let go
PATIENCE = 5.0  # seconds a client is given to take its dismissal
MARK_KEPT = 1.0  # seconds in which whoever connects is told the mark that was found
# Boards that hear of another mark read themselves anew within so many milliseconds for each that is open here, but never later
# than they do by themselves (REFRESH_MS of their script).
SPREAD_EACH, SPREAD_MOST = 50, 30_000
# Events of people after which others may stand in, or nobody any more.
STANDING_IN = frozenset({
    "duty.leave_set", "duty.leave_cancelled", "people.deputy_began", "people.deputy_ended", "people.role_assigned",
    "people.role_ended", "people.seat_set", "people.user_deactivated",
})  # fmt: skip
SEEN_BY_ALL = frozenset({"incident", "signals", "plan"})  # stream kinds whose events the board may show
REFUSED, GONE = 4403, 4404
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
T = TypeVar("T")


class Socket:
    """One connected page. Frames wait in its own queue, so that a slow client delays nobody."""

    def __init__(self, user_id: int, world_id: int, send: Send) -> None:
        self.user_id, self.world_id, self._send = user_id, world_id, send
        self._frames: deque[str] = deque()
        self._flushing: asyncio.Task[None] | None = None
        self.lost = asyncio.Event()

    def push(self, frame: str) -> None:
        if len(self._frames) >= BACKLOG:
            self.lost.set()
            return
        self._frames.append(frame)
        if self._flushing is None or self._flushing.done():
            self._flushing = begun(self._flush())

    async def _flush(self) -> None:
        try:
            while self._frames:
                await self._send({"type": "websocket.send", "text": self._frames.popleft()})
        except (OSError, RuntimeError):
            # The connection went away under us; `live` hears of it by itself or by this.
            self.lost.set()

    def drop(self) -> None:
        """Nothing more is sent."""
        self._frames.clear()
        if self._flushing is not None:
            self._flushing.cancel()


def begun(work: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
    """Run a coroutine up to its first real wait, at once; a task for the rest, or None when nothing is left.

    To a thousand sockets that take their frame without waiting, a thousand tasks would cost more than the frames.
    """
    try:
        waiting = work.send(None)
    except StopIteration:
        return None
    return asyncio.get_running_loop().create_task(_rest_of(work, waiting))


@types.coroutine
def _rest_of(work: Coroutine[Any, Any, None], waiting: Any) -> Generator[Any, Any, None]:
    """Go on with a coroutine that has been run up to `waiting`, as `await` would."""
    while True:
        try:
            value = yield waiting
        except BaseException as error:  # noqa: BLE001 - handed on into the coroutine, as `await` does
            step = partial(work.throw, error)
        else:
            step = partial(work.send, value)
        try:
            waiting = step()
        except StopIteration:
            return


class Mark:
    """The mark of what stands beside the streams, one for all worlds: looked for once for all who ask within a moment."""

    def __init__(self) -> None:
        self._found, self._begun = "", -MARK_KEPT
        self._looking = asyncio.Lock()

    async def newest(self, *, kept: float = 0.0) -> str:
        """As it stands now, or was found by a look begun less than `kept` seconds ago."""
        async with self._looking:
            begun = time.monotonic()
            if begun - self._begun >= kept:
                self._found, self._begun = await database_sync_to_async(around)(), begun
            return self._found


class Hub:
    """All sockets of this process and its one subscription."""

    def __init__(self) -> None:
        self.sockets: set[Socket] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self.mark = Mark()

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._tell_heads())]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for socket in list(self.sockets):
            socket.lost.set()

    async def _listen(self) -> None:
        layer = get_channel_layer()
        if layer is None:
            return
        channel = await _until_answered(partial(layer.new_channel, "feed"))
        await _until_answered(partial(layer.group_add, GROUP, channel))
        # From here on the layer itself subscribes again whenever Redis comes back.
        while True:
            message = await layer.receive(channel)
            try:
                await self.take(message["hint"])
            except (DatabaseError, InterfaceError) as error:
                log.warning("a hint is left out, the database does not answer (%s)", type(error).__name__)

    async def take(self, hint: dict[str, Any]) -> None:
        """Push one hint to whom it concerns."""
        if hint["t"] == "inbox":
            self._push({"t": "inbox"}, users=frozenset(hint["users"]))
        elif hint["t"] == "event":
            if hint["stream_kind"] == "people":
                await self._rights_again()
                if hint["event"]["kind"] in STANDING_IN:
                    await self._tell_around()
            if hint["stream_kind"] in SEEN_BY_ALL:
                await self._push_event(hint)
        elif hint["t"] == "reading":
            self._push(hint, world=hint["world"])

    async def _push_event(self, hint: dict[str, Any]) -> None:
        event = hint["event"]
        if hint["partial"] and any(s.world_id == hint["world"] for s in self.sockets):
            event = await database_sync_to_async(event_at)(hint["stream"], hint["seq"])
        number = hint["key"] if hint["stream_kind"] == "incident" else None
        frame = {"t": "event", "stream": hint["stream"], "seq": hint["seq"], "incident": number, "event": event}
        self._push(frame, world=hint["world"])

    def _push(self, frame: dict[str, Any], *, world: int | None = None, users: frozenset[int] = frozenset()) -> None:
        encoded = msgspec.json.encode(frame).decode()
        for socket in self.sockets:
            if socket.world_id == world or socket.user_id in users:
                socket.push(encoded)

    async def _rights_again(self) -> None:
        """Rights changed somewhere: let go whoever may no longer look."""
        asked = list(
            self.sockets
        )  # whoever connects while the database answers was admitted by rights newer than these
        still = await database_sync_to_async(_who_may_look)({socket.user_id for socket in asked})
        for socket in asked:
            if socket.user_id not in still:
                socket.lost.set()

    async def _tell_around(self) -> None:
        """Somebody stands in from now on, or no more: every board says so at once, in whichever world."""
        if not self.sockets:
            return
        frame = {"t": "around", "around": await self.mark.newest(), "spread": self._spread()}
        for world_id in {socket.world_id for socket in self.sockets}:
            self._push(frame, world=world_id)

    def _spread(self) -> int:
        return min(len(self.sockets) * SPREAD_EACH, SPREAD_MOST)

    async def _tell_heads(self) -> None:
        """Now and then the newest numbers, so that a board finds out by itself what it missed.

        Rights are looked at again as well: the hint that they changed may have been lost.
        """
        while True:
            await asyncio.sleep(HEADS_EVERY)
            try:
                await self._rights_again()
                await self.tell_heads()
            except (HotlineError, DatabaseError, InterfaceError) as error:
                log.warning("boards are not told where the log stands (%s)", type(error).__name__)

    async def tell_heads(self) -> None:
        """One look at what no world has to itself, one at each world with an open board."""
        if not self.sockets:
            return
        beside = {"around": await self.mark.newest(), "spread": self._spread()}
        for world_id in {socket.world_id for socket in self.sockets}:
            frame = {"t": "heads", **await database_sync_to_async(_state_of)(world_id), **beside}
            self._push(frame, world=world_id)


async def _until_answered(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask Redis once a second until it answers."""
    while True:
        try:
            return await ask()
        except (RedisError, OSError) as error:
            log.warning("the feed cannot reach Redis (%s); boards poll meanwhile", type(error).__name__)
            await asyncio.sleep(RETRY_EVERY)


hub = Hub()


async def live(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """`/ws/board/?world=KEY`: for whoever may see the board."""
    await receive()  # websocket.connect
    if scope["path"] != "/ws/board/":
        await send({"type": "websocket.close", "code": GONE})
        return
    world = await database_sync_to_async(_admit)(scope)
    if world is None:
        await send({"type": "websocket.close", "code": REFUSED})
        return
    await send({"type": "websocket.accept"})
    socket = Socket(scope["user"].pk, world.pk, send)
    # In the hub before the heads are read: an event between the two comes twice rather than never.
    hub.sockets.add(socket)
    try:
        # The board reads itself after this: a mark a moment old costs it one reading more at most.
        mark = await hub.mark.newest(kept=MARK_KEPT)
        hello = {"t": "hello", **await database_sync_to_async(_state_of)(world.pk), "around": mark}
        socket.push(msgspec.json.encode(hello).decode())
        await _until_gone(socket, receive)
    finally:
        hub.sockets.discard(socket)
        socket.drop()
    if socket.lost.is_set():
        # A client that takes nothing does not take this either.
        with contextlib.suppress(OSError, RuntimeError, TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await send({"type": "websocket.close", "code": REFUSED})


async def _until_gone(socket: Socket, receive: Receive) -> None:
    lost = asyncio.create_task(socket.lost.wait())
    try:
        while True:
            heard = asyncio.ensure_future(receive())
            done, _ = await asyncio.wait({heard, lost}, return_when=asyncio.FIRST_COMPLETED)
            if heard not in done:
                heard.cancel()
                return
            if heard.result()["type"] == "websocket.disconnect":
                return
    finally:
        lost.cancel()


def _admit(scope: dict[str, Any]) -> World | None:
    """The world asked for, when this person may look at its board."""
    user = scope["user"]
    key = parse_qs(scope["query_string"].decode()).get("world", [World.REAL])[0]
    if not user.is_authenticated or not allowed_somewhere(actor_of(user), "board.view"):
        return None
    try:
        return worlds.by_key(key)
    except HotlineError:
        return None


def _who_may_look(user_ids: set[int]) -> set[int]:
    actors = actors_of(users_by_id(user_ids).values())
    return {pk for pk, actor in actors.items() if allowed_somewhere(actor, "board.view")}


def _state_of(world_id: int) -> dict[str, Any]:
    return {
        "heads": {str(k): v for k, v in heads(world_id, SEEN_BY_ALL).items()},
        "now": utc_text(worlds.now(world_id)),
    }
