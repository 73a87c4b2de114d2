"""The sweep: one thread a worker process that drains every queue without Redis and without beat (DESIGN.md, rule 3)."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache, partial

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from common.clock import wall
from engine.alarms import alarm_clear, alarm_raise
from engine.pulses import SWEEP, pulse, watchdog_watched
from engine.queues import QUEUES, drain
from engine.timers import worlds_step

log = logging.getLogger(__name__)

CLOCK_TOLERANCE = timedelta(seconds=1)
CLOCK_CHECK_EVERY = 20  # rounds: five seconds at the usual pace
LONGEST_PAUSE = 5.0  # seconds between rounds while the database is away


def clock_is_right(now: Callable[[], datetime] = wall) -> bool:
    """Whether this process agrees with the database's clock within a second; if not, an alarm stands and it must not sweep."""
    with connection.cursor() as cursor:
        before = now()
        cursor.execute("SELECT clock_timestamp()")
        database = cursor.fetchone()[0]
        after = now()
    off = max(database - after, before - database)
    ref = threading.current_thread().name
    if off > CLOCK_TOLERANCE:
        log.error("this process's clock is off by %.1f s; it does not sweep until that is mended", off.total_seconds())
        alarm_raise("clock.off", ref, seconds=round(off.total_seconds(), 1))
        return False
    alarm_clear("clock.off", ref)
    return True


_also: dict[str, Callable[[], int]] = {}


def sweep_also(name: str, work: Callable[[], int]) -> None:
    """Let a room's own kind of queue be swept too; `work` returns how many items it did."""
    _also[name] = work


def work_of(name: str) -> Callable[[], int]:
    """What draining a queue of this name does; raises KeyError for a name nobody registered."""
    return _also[name] if name in _also else partial(drain, QUEUES[name])


def sweep() -> int:
    """One round over every queue and every practice world; the number of items done."""
    done = sum(work() for work in list(_also.values()))
    return done + sum(drain(queue) for queue in list(QUEUES.values())) + worlds_step()


class Sweeper:
    """Sweeps until stopped. Losing the database makes it wait and try again; nothing makes it end."""

    def __init__(self, *, every: float, now: Callable[[], datetime] = wall) -> None:
        self.every, self.now = every, now
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @staticmethod
    @lru_cache(maxsize=1)
    def of_this_process() -> "Sweeper":
        return Sweeper(every=settings.SWEEP_SECONDS)

    def start(self) -> None:
        self._thread = threading.Thread(target=self.run, name="sweep", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def run(self) -> None:
        rounds, right, pause = 0, False, self.every
        while not self._stop.wait(pause):
            try:
                if rounds % CLOCK_CHECK_EVERY == 0:
                    right = clock_is_right(self.now)
                if right:
                    sweep()
                    if rounds % CLOCK_CHECK_EVERY == 0:
                        pulse(SWEEP)
                        watchdog_watched()
                rounds, pause = rounds + 1, self.every
            except (DatabaseError, InterfaceError) as error:
                log.warning("the sweep cannot reach the database (%s); it tries again", type(error).__name__)
                connection.close()
                rounds, pause = 0, min(pause * 2, LONGEST_PAUSE)
        connection.close()
