"""Doorbells: tell a worker that a queue has something due. Losing the ring loses seconds, not work.

A queue that a process of its own drains has the database's own bell instead (`engine.ear`).
"""

from dataclasses import dataclass
from functools import lru_cache, partial

from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from kombu.exceptions import OperationalError
from redis import Redis, RedisError

from engine.outlet import Outlet

# At most one ring a queue is under way in this time.
RUNG_MS = 1000
_outlet = Outlet("bell", (OperationalError, RedisError, OSError, TimeoutError))


@dataclass(frozen=True, slots=True)
class Ring:
    """Equal rings of one transaction are one."""

    queue: str

    def __call__(self) -> None:
        ring_now(self.queue)


def ring_after_commit(queue: str) -> None:
    """Ring by name after the open transaction commits."""
    ring = Ring(queue)
    if all(waiting[1] != ring for waiting in connection.run_on_commit):
        transaction.on_commit(ring)


def ring_now(queue: str) -> None:
    """Ring from outside a transaction. Returns at once whatever Redis does."""
    _outlet.put(partial(_ring, queue))


async def _ring(queue: str) -> None:
    if _redis().set(flag(queue), "1", nx=True, px=RUNG_MS):
        current_app.send_task("engine.drain", args=[queue], queue="engine", retry=False, expires=60)


def answered(queue: str) -> None:
    """The worker heard the bell: whoever comes from now on rings anew."""
    _redis().delete(flag(queue))


def flag(queue: str) -> str:
    return f"hotline:rung:{queue}"


@lru_cache(maxsize=1)
def _redis() -> "Redis":
    return Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
