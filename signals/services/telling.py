"""Newest values for the board, once a second a world at most; losing one loses nothing, the next or a fetch brings it."""

import time
from collections.abc import Iterable
from functools import partial

from django.db import transaction

from engine import feed
from signals.selectors import readings

EVERY = 1.0  # seconds
MOST = 40  # series a round; a board shows no more
SHARE = 0.1  # of a judge's time: where windows hold thousands of samples, boards are told less often
_next: dict[int, float] = {}
_waiting: dict[int, set[int]] = {}


def touched(world_id: int, series: Iterable[int]) -> None:
    """Note which series have something new, and tell the boards when a second has passed."""
    waiting = _waiting.setdefault(world_id, set())
    waiting.update(series)
    now = time.monotonic()
    if waiting and now >= _next.get(world_id, 0.0):
        _next[world_id] = now + EVERY
        transaction.on_commit(partial(_tell, world_id))


def _tell(world_id: int) -> None:
    begun = time.monotonic()
    fresh = sorted(_waiting.pop(world_id, set()))[:MOST]
    for row in readings(world_id, only=fresh):
        feed.hint({"t": "reading", "world": world_id, **row})
    ended = time.monotonic()
    _next[world_id] = max(_next.get(world_id, 0.0), ended + (ended - begun) / SHARE)
