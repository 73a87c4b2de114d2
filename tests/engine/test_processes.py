"""Real processes, killed, stopped and cut off: nothing is lost, nothing is done twice, nothing is late by more than 5 s."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine import worlds
from engine.log import log_verify
from engine.models import Event, Reaction, Stream, Timer, World
from engine.reactions import When
from engine.sweep import Sweeper
from hotline_ep.embedded import valkey
from tests.engine.kinds import effects, fired, happen, set_timers, subscribe_to
from tests.engine.processes import (
    House,
    eventually,
    pass_by,
    redis_frozen,
    redis_stopped,
    stopped,
    thaw,
    words_of,
)

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]

LATEST = timedelta(seconds=5)
UNHEARD = 9_000  # a timer that no bell tells of
# A Redis that is gone for a minute, and one that hangs: there nothing in the engine counts longer than this (the longest are
# the sweep's 0.25 s, the lease, shortened to 1 s here, and Redis timeouts of 1 to 5 s).
GONE, HANGS = 60.0, 8.0
WORK = 5  # items


@contextmanager
def sweeping_here() -> Iterator[None]:
    """Another worker: a sweep thread in this process."""
    sweeper = Sweeper(every=0.05)
    sweeper.start()
    try:
        yield
    finally:
        sweeper.stop()


def give_timers(real: World) -> None:
    set_timers(real, dict.fromkeys(range(WORK), worlds.now(real)))


def give_reactions(real: World) -> None:
    subscribe_to("follow", When.RELAYED)
    for n in range(WORK):
        happen(real, n)


@dataclass(frozen=True)
class Kind:
    """One queue of the engine: how to give it work, what it has done, what still waits."""

    give: Callable[[World], None]
    done: Callable[[World], list[int]]
    waiting: type[Timer] | type[Reaction]


QUEUES = {"timers": Kind(give_timers, fired, Timer), "reactions": Kind(give_reactions, effects, Reaction)}


def assert_all_done_once(kind: Kind, real: World) -> None:
    eventually(lambda: not kind.waiting.objects.exists())
    assert sorted(kind.done(real)) == list(range(WORK))
    assert [log_verify(stream) for stream in Stream.objects.all()] == [None] * Stream.objects.count()


# --- killed ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("place", "committed"),
    [("after_claim", 0), ("before_commit", 0), ("after_commit", 1)],
)
@pytest.mark.parametrize("queue", list(QUEUES))
def test_one_killed_at_work_loses_and_doubles_nothing(
    queue: str, place: str, committed: int, real: World, house: House
) -> None:
    kind = QUEUES[queue]
    kind.give(real)
    victim = house.sweeper(failpoint=f"{queue}.{place}=kill")
    eventually(lambda: victim.exit_code() == -signal.SIGKILL)
    assert len(kind.done(real)) == committed
    assert kind.waiting.objects.filter(fence=1).count() == WORK - committed, "claimed by the dead"
    with sweeping_here():
        assert_all_done_once(kind, real)


def test_a_celery_worker_killed_at_work_is_replaced_by_another(real: World, house: House, redis: valkey.Server) -> None:
    house.redis_url = redis.url
    give_timers(real)
    victim = house.start(
        *("-m", "celery", "-A", "tests.engine.celery_app", "worker", "-P", "threads", "-c", "2"),
        HOTLINE_FAILPOINT="timers.before_commit=kill",
    )
    eventually(lambda: victim.exit_code() == -signal.SIGKILL, within=40)
    assert fired(real) == []
    house.worker()
    assert_all_done_once(QUEUES["timers"], real)


# --- stopped -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("place", ["after_claim", "before_commit"])
def test_one_stopped_past_its_lease_finishes_nothing_when_it_goes_on(
    place: str, real: World, house: House, tmp_path: Path
) -> None:
    """Before its commit it also holds row locks; the database cuts it off from them after three seconds."""
    give_timers(real)
    sleeper = house.sweeper(failpoint=f"timers.{place}=stop@{tmp_path / 'stopped'}")
    eventually(lambda: stopped(sleeper.pid))
    with sweeping_here():
        assert_all_done_once(QUEUES["timers"], real)
    thaw(sleeper.pid)
    # That it fires this one, with nobody else at work, shows that it went past what it had claimed before.
    set_timers(real, {WORK: worlds.now(real)})
    eventually(lambda: WORK in fired(real))
    assert sorted(fired(real)) == list(range(WORK + 1))


# --- cut off -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("away", "seconds"), [(redis_stopped, GONE), (redis_frozen, HANGS)])
def test_without_redis_and_without_beat_nothing_is_late(
    away: Callable[[valkey.Server], Any], seconds: float, real: World, house: House, redis: valkey.Server
) -> None:
    """No beat runs at all. Half-way through the outage the worker is killed and one that never saw Redis takes over."""
    house.redis_url = redis.url
    first, poster = house.worker(), house.poster()
    eventually(lambda: len(effects(real)) > 2)
    with away(redis):
        before = len(effects(real))
        pass_by(seconds / 2)
        second = house.worker()
        house.kill(first)
        pass_by(seconds / 2)
        assert len(effects(real)) > before + 10, "work went on"
        assert second.exit_code() is None
    back = len(effects(real))
    eventually(lambda: len(effects(real)) > back + 3)
    house.end(poster)
    eventually(lambda: not Reaction.objects.exists() and not Timer.objects.exists())
    assert worst_delay(real) < LATEST
    assert longest_wait(words_of(poster)) < 1.0, "whoever commits does not wait for Redis"


def test_the_bell_and_beat_each_reach_a_worker_whose_sweep_is_gone(
    real: World, house: House, redis: valkey.Server
) -> None:
    house.redis_url = redis.url
    house.worker(sweeps=False)
    poster = house.poster()
    eventually(lambda: len(effects(real)) > 3)
    eventually(lambda: len(fired(real)) > 3)  # who hears a bell lets deadlines go first
    house.end(poster)
    eventually(lambda: not Reaction.objects.exists())
    set_timers(real, {UNHEARD: worlds.now(real)})
    pass_by(1)
    assert UNHEARD not in fired(real), "no bell rings for a timer"
    house.beat()
    eventually(lambda: not Timer.objects.exists())
    assert UNHEARD in fired(real)
    assert worst_reaction(real) < LATEST


def worst_delay(real: World) -> timedelta:
    """The longest time from what asked for something to its being done: over relayed reactions and timers."""
    return max(worst_reaction(real), worst_timer(real))


def worst_reaction(real: World) -> timedelta:
    happened = {e.data["n"]: e.recorded_at for e in Event.objects.filter(stream__world=real, kind="test.happened")}
    followed = {e.data["of"]: e.recorded_at for e in Event.objects.filter(stream__world=real, kind="test.followed")}
    assert followed.keys() == happened.keys()
    return max(followed[n] - happened[n] for n in happened)


def worst_timer(real: World) -> timedelta:
    events = list(Event.objects.filter(stream__world=real, kind="test.fired"))
    assert len({e.data["ref"] for e in events}) == len(events)
    return max(e.recorded_at - datetime.fromisoformat(e.data["due"]) for e in events)


def longest_wait(words: str) -> float:
    """Seconds, from the poster's lines `n waited s`."""
    return max(float(line.split()[2]) for line in words.splitlines() if " waited " in line)
