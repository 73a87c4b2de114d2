"""One look of the watchdog: what should have happened is worked out anew and held against what did."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import DatabaseError, InterfaceError, transaction
from redis import Redis, RedisError

from engine import clearance, worlds
from engine.alarms import alarm_clear, alarm_raise
from engine.pulses import SWEEP, WATCHDOG, pulse, pulse_ages
from engine.queues import QUEUES, behind
from engine.sweep import clock_is_right
from escalation.selectors import unfired
from escalation.services.mending import clocks_mend
from notifications.services.mending import alarms_settle, sends_mend
from readiness.selectors import unfired as readiness_unfired
from readiness.services.mending import readiness_mend
from watchdog.domain.sight import EVERY, PATIENCE, Canary, Stage, canary_due
from watchdog.events import Mended
from watchdog.models import Sight
from watchdog.services.canaries import Web, posted_at, traced
from watchdog.services.reports import reports_write
from watchdog.services.restored import Comparing
from watchdog.services.telling import alarms_tell, heartbeat
from watchdog.services.unheld import roles_watched
from watchdog.services.windows import blindness_judged, log, sight

logger = logging.getLogger(__name__)

# What is due and undone for longer than this is late, and somebody must know (issue of the promise: 20 s under a fault).
LATE: Final = timedelta(seconds=20)
SWEEP_AWAY: Final = timedelta(seconds=20)
NEVER: Final = timedelta.max
JUDGE: Final = "judge"  # as the queue it drains is called
# A part that does not answer so many looks in a row is away.
MISSED: Final = 2
MENDED_EVERY: Final = timedelta(seconds=60)
ROLES_EVERY: Final = timedelta(seconds=30)
SHOWN_FOR: Final = timedelta(hours=1)  # what was mended, after which the log alone tells of it


class Watchdog:
    """Keeps what one process needs between looks; all that must outlive it is in the database."""

    def __init__(self, *, web: str, heartbeat_url: str = "") -> None:
        self.web, self.heartbeat_url = Web(web), heartbeat_url
        self.comparing = Comparing()
        self.canary: Canary | None = None
        self.stages: set[Stage] = set()
        self._missed: dict[str, int] = {}
        self._mended: datetime | None = None
        self._settled: datetime | None = None
        self._roles_watched: datetime | None = None
        self._lost: datetime | None = None
        self._told_outside: datetime | None = None
        self._begun = False

    def database_away(self) -> None:
        """The look could not be finished; noted once the database is back."""
        self.stages.add(Stage.DATABASE)

    def look(self, now: datetime) -> None:
        """One round. A step that fails is an alarm of its own and stops no other; without a database none is possible."""
        if not clock_is_right():
            return
        if not self._begun:
            self._begin(now)
        steps: dict[str, Callable[[datetime], object]] = {
            "heads": self._heads,
            "canary": self._canary,
            "parts": self._parts,
            "behind": self._behind,
            "unfired": self._unfired,
            "roles": self._roles,
            "mended": self._mend,
            "providers": self._providers,
            "reports": reports_write,
            "alarms": alarms_tell,
        }
        for name, step in steps.items():
            _guarded(name, step, now)
        pulse(WATCHDOG)
        _guarded("outside", self._outside, now)

    def _begin(self, now: datetime) -> None:
        """Go on from the run before: its last canary may have arrived, and since its last look nobody looked."""
        row, age = sight(), pulse_ages().get(WATCHDOG)
        if age is not None and age > EVERY:
            self.stages.add(Stage.WATCHDOG)
        self.canary = posted_at(row.posted_at) if row.posted_at else None
        self._begun = True

    def _heads(self, now: datetime) -> None:
        """First of all: what the database lost decides whether anything leaves the house."""
        self.comparing.look(exports=True, now=now)

    def _canary(self, now: datetime) -> None:
        if canary_due(self.canary, now):
            self.canary = self.web.canary()
            Sight.objects.filter(pk=1).update(posted_at=self.canary.posted)
        elif self.canary is not None and self.canary.arrived is None:
            self.canary = traced(self.canary)
        if self.canary is not None and self.canary.lost(now):
            self.stages.add(Stage.SENDER if self.canary.arrived else self.canary.stage)
        if blindness_judged(self.canary, self.stages, now):
            self.stages.clear()

    def _parts(self, now: datetime) -> None:
        """The parts that answer for themselves: quicker than a canary, and by name."""
        ages = pulse_ages()
        self._answers("web", self.web.answers())
        self._answers("workers", ages.get(SWEEP, NEVER) <= SWEEP_AWAY)
        # Where no process ever was there for judging alone, the workers do it.
        self._answers(JUDGE, ages.get(JUDGE, SWEEP_AWAY) <= SWEEP_AWAY)
        self._answers("redis", _redis_answers())

    def _answers(self, part: str, well: bool) -> None:
        self._missed[part] = 0 if well else self._missed.get(part, 0) + 1
        if self._missed[part] >= MISSED:
            alarm_raise("watchdog.part", part)
        elif well:
            alarm_clear("watchdog.part", part)

    def _behind(self, now: datetime) -> None:
        late = {row.queue: row for row in behind(LATE)}
        for queue in QUEUES:
            if queue in late:
                seconds = int((worlds.now(worlds.real()) - late[queue].since).total_seconds())
                alarm_raise("watchdog.behind", queue, n=late[queue].count, seconds=seconds)
            else:
                alarm_clear("watchdog.behind", queue)

    def _unfired(self, now: datetime) -> None:
        """Deadlines of the real world that passed: the log must know it."""
        real = worlds.real()
        world_now = worlds.now(real)
        late = [row.due_at or world_now for row in unfired(real.pk, world_now - LATE)]
        late += [row.due_at or world_now for row in readiness_unfired(real.pk, world_now - LATE)]
        if not late:
            alarm_clear("watchdog.unfired", "real")
            return
        alarm_raise("watchdog.unfired", "real", n=len(late), seconds=int((world_now - min(late)).total_seconds()))

    def _roles(self, now: datetime) -> None:
        if self._roles_watched is None or now - self._roles_watched >= ROLES_EVERY:
            self._roles_watched = now
            roles_watched()

    def _mend(self, now: datetime) -> None:
        if self._mended is not None and now - self._mended < MENDED_EVERY:
            return
        self._mended = now
        with transaction.atomic():
            real = worlds.real().pk
            clocks, deliveries = [*clocks_mend(real), *readiness_mend(real)], sends_mend()
            if clocks or deliveries:
                log(Mended(clocks=clocks, deliveries=deliveries))
                alarm_raise("watchdog.mended", "all", n=len(clocks) + len(deliveries))
                self._lost = now
        if self._lost is None or now - self._lost > SHOWN_FOR:
            alarm_clear("watchdog.mended", "all")

    def _providers(self, now: datetime) -> None:
        """A worker that still ran with the settings before may have raised an alarm against who is asked no more."""
        if self._settled is None or now - self._settled >= MENDED_EVERY:
            self._settled = now
            alarms_settle()

    def _outside(self, now: datetime) -> None:
        """Only while all is well: whoever listens there takes silence for an alarm."""
        row = sight()
        sees = row.sighted_at is not None and now - row.sighted_at <= EVERY + PATIENCE
        due = self._told_outside is None or now - self._told_outside >= EVERY
        well = sees and clearance.held_since() is None and not any(self._missed.values())
        if self.heartbeat_url and due and well:
            self._told_outside = now
            heartbeat(self.heartbeat_url)


def _guarded(name: str, step: Callable[[datetime], object], now: datetime) -> None:
    try:
        step(now)
        alarm_clear("watchdog.step", name)
    except (DatabaseError, InterfaceError):
        raise
    except Exception as error:
        logger.exception("the watchdog's step %s failed", name)
        alarm_raise("watchdog.step", name, error=type(error).__name__)


def _redis_answers() -> bool:
    try:
        with Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as redis:
            return bool(redis.ping())
    except RedisError:
        return False
