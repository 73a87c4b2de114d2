"""The sweep: it drains every queue without Redis and without beat (DESIGN.md, rule 3), in one thread of a worker process; a queue
whose work waits for somebody outside has a thread of its own."""

import logging
import math
import threading
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import partial

from django.db import DatabaseError, InterfaceError, connection

from common.clock import wall
from engine.alarms import alarm_clear, alarm_raise
from engine.ear import listen
from engine.pulses import SWEEP, pulse, pulse_ages, watchdog_watched
from engine.queues import QUEUES, Queue, drain
from engine.timers import TIMERS, worlds_step

log = logging.getLogger(__name__)

CLOCK_TOLERANCE = timedelta(seconds=1)
CLOCK_CHECK_EVERY = 20  # rounds: five seconds at the usual pace
PULSE_EVERY = 4  # rounds: one second
AWAY = timedelta(seconds=3)  # without a sign of life: its queues are taken up by others
TURN_SECONDS = 1.0  # for one queue: then those before it are looked at again
STOP_SECONDS = 10.0  # a letter that waits longer is left to its lease
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


def alive() -> frozenset[str]:
    """Parts that gave a sign of life just now: the sweep, and kinds of queue that have a process of their own."""
    return frozenset(name for name, age in pulse_ages().items() if age <= AWAY)


def sweep(*, but: Collection[str] = (), seconds: float = math.inf) -> int:
    """One round over every queue, deadlines first, and every practice world; the number of items done. `but`: what is drained
    elsewhere; `seconds`: no queue keeps those behind it, and itself the deadlines of its next turn, waiting longer."""
    done = sum(work() for name, work in list(_also.items()) if name not in but)
    queues = sorted(QUEUES.values(), key=lambda queue: queue is not TIMERS)
    return done + sum(drain(queue, seconds=seconds) for queue in queues if queue.name not in but) + worlds_step()


class Sweeper:
    """Sweeps until stopped. Losing the database makes it wait and try again; nothing makes it end.

    `only`: the one kind of queue its process is there for. Each leaves to the others what they are there for, as long as they
    give signs of life: two that drain the same queue get smaller rounds, which cost more.
    """

    def __init__(self, *, every: float, now: Callable[[], datetime] = wall, only: str = "") -> None:
        self.every, self.now, self.only = every, now, only
        self._left: frozenset[str] = frozenset()  # what a process of its own drains
        self._alone = False  # nobody else drains the rest
        self._rounds = 0  # since the database was there
        self._right = False  # this process agrees with the database's clock
        self._outside = tuple(queue for queue in QUEUES.values() if queue.outside)
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        works: dict[str, Callable[[], None]] = {"sweep": self.run}
        for queue in self._outside:
            name = f"sweep-{queue.name}"
            works[name] = partial(self._again_and_again, name, partial(self._turn_outside, queue))
        if self.only:
            works[f"ear-{self.only}"] = self._listen
        self._threads = [threading.Thread(target=work, name=name, daemon=True) for name, work in works.items()]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=STOP_SECONDS / len(self._threads))

    def _look_round(self) -> None:
        """Give a sign of life, and see who else does."""
        here = alive()
        self._alone = SWEEP not in here
        self._left = here - {self.only}
        pulse(self.only or SWEEP)

    def _round(self) -> None:
        if self.only and not self._alone:
            work_of(self.only)()
        else:
            sweep(but={*self._left, *(queue.name for queue in self._outside)}, seconds=TURN_SECONDS)

    def _listen(self) -> None:
        listen(self.only, self._heard, self._stop)
        connection.close()

    def _heard(self) -> None:
        """Work was committed to the queue this process is there for: no wait for the sweep's next turn."""
        if not self._right:
            return
        try:
            work_of(self.only)()
        except (DatabaseError, InterfaceError) as error:
            log.warning("%s cannot reach the database (%s); the sweep tries again", self.only, type(error).__name__)
            connection.close()

    def _turn(self) -> None:
        if self._rounds % CLOCK_CHECK_EVERY == 0:
            self._right = clock_is_right(self.now)
        if self._right:
            if self._rounds % PULSE_EVERY == 0:
                self._look_round()
            self._round()
            if self._rounds % CLOCK_CHECK_EVERY == 0 and (not self.only or self._alone):
                watchdog_watched()
        self._rounds += 1

    def _turn_outside(self, queue: Queue) -> None:
        """Drain a queue whose work waits for somebody outside, as long as the sweep itself would."""
        if self._right and (not self.only or self._alone):
            drain(queue)

    def _again_and_again(self, what: str, turn: Callable[[], None]) -> None:
        pause = self.every
        while not self._stop.wait(pause):
            try:
                turn()
                pause = self.every
            except (DatabaseError, InterfaceError) as error:
                log.warning("%s cannot reach the database (%s); it tries again", what, type(error).__name__)
                connection.close()
                self._rounds, pause = 0, min(pause * 2, LONGEST_PAUSE)
        connection.close()

    def run(self) -> None:
        """The sweep itself, in the caller's thread; without what waits for somebody outside."""
        self._again_and_again("the sweep", self._turn)
