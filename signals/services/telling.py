"""Newest values for the board, at most once a second a world; losing one loses nothing, the next or a fetch brings it."""

import time
from collections.abc import Iterable
from functools import partial

from django.db import transaction

from engine import feed
from signals.selectors import readings

EVERY = 1.0  # seconds
MOST = 40  # series a round; a board shows no more
_last: dict[int, float] = {}
_waiting: dict[int, set[int]] = {}


def touched(world_id: int, series: Iterable[int]) -> None:
    """Note which series have something new, and tell the boards when a second has passed."""
    waiting = _waiting.setdefault(world_id, set())
    waiting.update(series)
    if waiting and time.monotonic() - _last.get(world_id, 0.0) >= EVERY:
        _last[world_id] = time.monotonic()
        transaction.on_commit(partial(_tell, world_id))


def _tell(world_id: int) -> None:
    fresh = sorted(_waiting.pop(world_id, set()))[:MOST]
    for row in readings(world_id, only=fresh):
        feed.hint({"t": "reading", "world": world_id, **row})
