"""Queues whose work waits for somebody outside: nothing that is due stands behind them, and one that waits is joined by others."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from engine import sweep, tasks, worlds
from engine.models import Timer, World
from engine.queues import QUEUES, Claimed, drain
from engine.reactions import REACTIONS, When
from engine.timers import TIMERS
from tests.engine.kinds import fired, happen, set_timers, subscribe_to
from tests.engine.processes import eventually


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A sweep goes on, with a queue of letters to somebody who does not answer until the end; set once a letter waits."""
    begun, answered = threading.Event(), threading.Event()

    def work(item: Claimed) -> None:
        begun.set()
        answered.wait(20)

    monkeypatch.setitem(QUEUES, REACTIONS.name, replace(REACTIONS, work=work, outside=True))
    sweeper = sweep.Sweeper(every=0.01)
    sweeper.start()
    yield begun
    answered.set()
    sweeper.stop()


def test_what_is_due_does_not_stand_behind_somebody_who_does_not_answer(real: World, waiting: threading.Event) -> None:
    subscribe_to("follow", When.RELAYED)
    happen(real, 1)
    assert waiting.wait(8), "nobody began"
    set_timers(real, {1: worlds.now(real)})
    eventually(lambda: fired(real) == [1], within=8)


def test_another_is_called_once_when_there_is_more_than_one_can_hold(real: World) -> None:
    called: list[int] = []
    set_timers(real, dict.fromkeys(range(5), worlds.now(real)))
    assert drain(replace(TIMERS, limit=2), more=lambda: called.append(1)) == 5
    assert called == [1]
    set_timers(real, {9: worlds.now(real)})
    assert drain(replace(TIMERS, limit=2), more=lambda: called.append(1)) == 1
    assert called == [1], "one row needs nobody else"


def test_one_thread_of_a_process_is_left_for_what_does_not_wait(real: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(QUEUES, TIMERS.name, replace(TIMERS, outside=True))
    set_timers(real, {1: worlds.now(real)})
    for _ in range(3):
        assert tasks._may_wait.acquire(blocking=False)
    try:
        assert tasks.drain_queue(TIMERS.name) == 0
        assert Timer.objects.exists()
    finally:
        tasks._may_wait.release(3)
    assert tasks.drain_queue(TIMERS.name) == 1
