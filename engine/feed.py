"""Hints for the live board: "stream s is at n", with the event itself. The board stays right when they are lost."""

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import Any

from channels.layers import get_channel_layer
from django.db import transaction
from redis import RedisError

from engine.models import Event, Stream
from engine.outlet import Outlet

GROUP = "feed"
_outlet = Outlet("feed", (RedisError, OSError, TimeoutError, asyncio.TimeoutError))


def hint_after_commit(event: Event, stream: Stream, *, hidden: Iterable[str] = ()) -> None:
    """Send an event to all web processes once it is committed.

    What a person typed never passes through Redis: `hidden` fields go as null with `partial` set, and the web process
    that pushes the event reads them from the log.
    """
    fields = list(hidden)
    shown = event.as_dict()
    shown["data"] = {**shown["data"], **dict.fromkeys(fields)}
    message = {
        "t": "event",
        "world": stream.world_id,
        "stream": stream.pk,
        "stream_kind": stream.kind,
        "key": stream.key,
        "seq": event.seq,
        "partial": bool(fields),
        "event": shown,
    }
    transaction.on_commit(partial(hint, message))


def hint(message: dict[str, Any]) -> None:
    """Send a message to all web processes. `t` says what it is, `world` who may see it; returns at once."""
    _outlet.put(partial(_send, message))


async def _send(message: dict[str, Any]) -> None:
    layer = get_channel_layer()
    if layer is not None:
        await layer.group_send(GROUP, {"type": "feed.hint", "hint": message})
