"""What a doorbell starts. Every task is `drain`: it finds its work in the database, never in the message."""

import threading
from contextlib import suppress
from functools import partial

from celery import shared_task
from redis import RedisError

from engine.bell import answered, ring_now
from engine.queues import QUEUES, Queue, drain
from engine.sweep import alive, clock_is_right, sweep, work_of

# Threads of a process that may wait for somebody outside at once: one of its four is left for all else.
_may_wait = threading.BoundedSemaphore(3)


@shared_task(name="engine.drain")
def drain_queue(name: str) -> int:
    """Drain one queue after its bell rang."""
    # If Redis is gone again the flag dies by itself after a second; the rows are there either way.
    with suppress(RedisError):
        answered(name)
    queue = QUEUES.get(name)
    return _drain_outside(queue) if queue is not None and queue.outside else work_of(name)()


def _drain_outside(queue: Queue) -> int:
    """Where one waits for an answer, another goes on with what is behind it; 0 when enough of this process wait already."""
    if not _may_wait.acquire(blocking=False):
        return 0
    try:
        return drain(queue, more=partial(ring_now, queue.name))
    finally:
        _may_wait.release()


@shared_task(name="engine.drain_all")
def drain_all() -> int:
    """Beat's tick: a round of the sweep, for a machine whose sweep thread is gone."""
    return sweep(but=alive()) if clock_is_right() else 0
