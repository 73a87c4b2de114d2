"""Start and end of a web process."""

from collections.abc import Awaitable, Callable
from typing import Any

from common.memory import settled
from dashboard.live import hub
from signals.ingest import ingest

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def lifespan(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """ASGI lifespan: the hub subscribes, the ingest opens its connections; at the end both let go."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await ingest.start()
            await hub.start()
            settled()
            await send({"type": "lifespan.startup.complete"})
        else:
            await hub.stop()
            await ingest.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
