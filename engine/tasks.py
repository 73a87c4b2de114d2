"""What a doorbell starts. Every task is `drain`: it finds its work in the database, never in the message."""

from contextlib import suppress

from celery import shared_task
from redis import RedisError

from engine.bell import answered
from engine.sweep import alive, clock_is_right, sweep, work_of


@shared_task(name="engine.drain")
def drain_queue(name: str) -> int:
    """Drain one queue after its bell rang."""
    # If Redis is gone again the flag dies by itself after a second; the rows are there either way.
    with suppress(RedisError):
        answered(name)
    return work_of(name)()


@shared_task(name="engine.drain_all")
def drain_all() -> int:
    """Beat's tick: a round of the sweep, for a machine whose sweep thread is gone."""
    return sweep(but=alive()) if clock_is_right() else 0
