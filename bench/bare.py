"""Shapes of DESIGN.md, as the least program that has them: what this machine gives when nothing lies in between.

Absolutes do not last, ratios do: ours is held against these, measured in the same run on the same machine.
`/samples`: a bare ASGI route, msgspec and COPY, committed before the answer; `/ws/board/`: its sockets hear of the newest sample
of every request straight after the commit, a frame built once. A request without a body only tells the sockets.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec
import psycopg

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
TABLE = "CREATE TABLE bench_bare_sample (series int8 NOT NULL, at timestamptz NOT NULL, value float8 NOT NULL, PRIMARY KEY (series, at))"
COPY = "COPY bench_bare_sample (series, at, value) FROM STDIN"


class Sample(msgspec.Struct):
    at: datetime
    value: float
    node: str


class Batch(msgspec.Struct):
    samples: list[Sample]


READ = msgspec.json.Decoder(Batch)


class Bare:
    """One connection, one writer at a time; nothing is grouped, judged or checked."""

    def __init__(self) -> None:
        self._db: psycopg.AsyncConnection | None = None
        self._alone = asyncio.Lock()
        self.sockets: set[Send] = set()

    async def store(self, batch: Batch) -> None:
        rows = "".join(f"{s.node.lstrip('np')}\t{s.at.isoformat()}\t{s.value}\n" for s in batch.samples)
        async with self._alone:
            if self._db is None:
                self._db = await psycopg.AsyncConnection.connect(os.environ["DATABASE_URL"])
            async with self._db.transaction(), self._db.cursor() as cursor, cursor.copy(COPY) as copy:
                await copy.write(rows)

    async def tell(self, said: str) -> None:
        for send in list(self.sockets):
            await send({"type": "websocket.send", "text": said})


bare = Bare()


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await _samples(receive, send)
    elif scope["type"] == "websocket":
        await _watch(receive, send)


async def _samples(receive: Receive, send: Send) -> None:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    node = ""
    if body:
        batch = READ.decode(body)
        await bare.store(batch)
        node = batch.samples[-1].node
    # About the size of a frame of ours: the time it takes to write is in the shape too.
    await bare.tell(msgspec.json.encode({"t": "watch.opened", "node": node, "fill": "x" * 600}).decode())
    answer = b'{"accepted":1}'
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 202, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


async def _watch(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": '{"t":"hello"}'})
    bare.sockets.add(send)
    try:
        while (await receive())["type"] != "websocket.disconnect":
            pass
    finally:
        bare.sockets.discard(send)
