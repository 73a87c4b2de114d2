"""Timers of one kind fired as one: nobody waits for a neighbour, and a bad one takes nobody with it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from engine import queues, reactions, sweep, worlds
from engine.models import Alarm, Event, Reaction, SetAside, Stream, Timer, World
from engine.reactions import REACTIONS, Subscription, When
from engine.timers import PATIENT, TIMERS, timer_set, timers_cancel, timers_handle, world_advance
from tests.engine import kinds
from tests.engine.kinds import fired, fired_together, happen, set_timers, stream_of, subscribe_to
from tests.engine.processes import eventually

START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def fall_due(real: World, *refs: int, what: str = "test.many") -> None:
    now = worlds.now(real)
    set_timers(real, {ref: now - timedelta(seconds=10) for ref in refs}, what)


def claimed_again() -> None:
    """Whoever held them died, and their lease is over."""
    Timer.objects.update(lease_until=datetime(1970, 1, 1, tzinfo=UTC))


@contextmanager
def beside() -> Iterator[threading.Event]:
    """Somebody's transaction that holds the stream `many1` until the event is set."""
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Stream.objects.select_for_update(no_key=True).get(key="many1")
            held.set()
            done.wait(30)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert held.wait(30)
        yield done
    finally:
        done.set()
        thread.join(30)


def test_what_falls_due_in_one_second_is_fired_as_one(real: World) -> None:
    fall_due(real, 1, 2, 3, 4)
    assert queues.drain(TIMERS) == 4
    assert sorted(fired_together()) == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert not Timer.objects.exists()


def test_others_that_are_due_are_fired_alone_in_the_same_round(real: World) -> None:
    fall_due(real, 1, 2)
    fall_due(real, 7, what="test.fire")
    assert queues.drain(TIMERS) == 3
    assert (sorted(fired_together()), fired(real)) == ([(1, 2), (2, 2)], [7])


def test_one_bad_timer_takes_none_of_its_neighbours_with_it(real: World) -> None:
    fall_due(real, 1, 101, 2)
    assert queues.drain(TIMERS) == 2
    assert sorted(fired_together()) == [(1, 1), (2, 1)], "what had been written as one is undone"
    for _ in range(queues.MAX_TRIES):
        claimed_again()
        queues.drain(TIMERS)
    assert SetAside.objects.get().what == "test.many:101"
    assert len(fired_together()) == 2


def test_those_that_killed_their_worker_as_one_are_worked_alone_from_then_on(
    real: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fall_due(real, 1, 2, 3)

    class Killed(BaseException):
        """Nothing of the worker's own catches this."""

    def kill(place: str) -> None:
        if place == "timers.before_commit":
            raise Killed

    monkeypatch.setattr("engine.timers.failpoint", kill)
    with pytest.raises(Killed):
        queues.drain(TIMERS)
    assert fired_together() == []
    monkeypatch.undo()
    claimed_again()
    assert queues.drain(TIMERS) == 3
    assert sorted(fired_together()) == [(1, 1), (2, 1), (3, 1)]


def test_a_stream_that_somebody_holds_keeps_only_its_own_waiting(real: World) -> None:
    fall_due(real, 1, 2, 3, 4)
    stream_of(real, "many1")
    items = queues.claim(TIMERS)
    assert TIMERS.together
    with beside():
        done = TIMERS.together(items)
        assert sorted(fired_together()) == [(2, 2), (4, 2)]
    assert queues.perform_all(TIMERS, [item for item in items if item.id not in done]) == 2
    assert len(fired_together()) == 4


def test_a_claim_that_is_over_fires_nothing(real: World) -> None:
    fall_due(real, 1, 2)
    stale = queues.claim(TIMERS)
    claimed_again()
    assert queues.drain(TIMERS) == 2
    assert queues.perform_all(TIMERS, stale) == 0
    assert len(fired_together()) == 2


@pytest.mark.parametrize("what", ["test.held", "test.many"])
def test_an_act_that_takes_away_a_timer_about_to_fire_is_waited_for(real: World, what: str) -> None:
    fall_due(real, 1, what=what)
    stream_of(real, "many1")
    (item,) = queues.claim(TIMERS)
    done: list[bool] = []

    def fire() -> None:
        done.append(queues.perform(TIMERS, item))
        connection.close()

    firing = threading.Thread(target=fire)
    with transaction.atomic():
        # As a person's act does: the stream is held, then the clock is taken away. Were the row held first, both would wait.
        Stream.objects.select_for_update(no_key=True).get(key="many1")
        firing.start()
        eventually(_somebody_waits)
        assert timers_cancel(1, what) == 1
    firing.join(30)
    assert done == [False]
    assert fired_together() == []


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
        return cursor.fetchone() is not None


def test_deadlines_go_before_what_follows_from_them(real: World) -> None:
    subscribe_to("follow", When.RELAYED)
    happen(real, 5)
    fall_due(real, 1, 2)
    assert queues.drain(REACTIONS) == 1
    kinds_written = [event.kind for event in Event.objects.order_by("pk")]
    assert kinds_written == ["test.happened", "test.fired", "test.fired", "test.followed"]


def test_the_patient_are_no_part_of_a_claim_of_deadlines(real: World) -> None:
    timers_handle(kinds.TIMERS, patient=["test.fire"])
    fall_due(real, 7, what="test.fire")
    fall_due(real, 1, 2)
    assert [item.values["what"] for item in queues.claim(TIMERS)] == ["test.many"] * 2
    assert [item.values["what"] for item in queues.claim(PATIENT)] == ["test.fire"]
    claimed_again()
    assert sweep.sweep() == 3
    assert (fired(real), len(fired_together())) == ([7], 2)


@pytest.mark.parametrize("patient", [(), ("test.fire",)])
def test_what_failed_once_and_then_went_well_leaves_no_alarm(real: World, patient: tuple[str, ...]) -> None:
    timers_handle({"test.fire": kinds.TIMERS["test.poison"]}, patient=patient)
    fall_due(real, 7, what="test.fire")
    sweep.sweep()
    assert [alarm.kind for alarm in Alarm.objects.filter(cleared_at=None)] == ["queue.failing"]
    timers_handle(kinds.TIMERS, patient=patient)
    claimed_again()
    assert sweep.sweep() == 1
    assert not Alarm.objects.filter(cleared_at=None).exists()


def test_a_long_queue_keeps_those_behind_it_waiting_no_longer_than_its_turn(real: World) -> None:
    subscribe_to("follow", When.RELAYED)
    for n in range(45):
        happen(real, n)
    assert queues.drain(REACTIONS, seconds=0) == REACTIONS.limit, "one claim"
    assert queues.drain(REACTIONS) == 45 - REACTIONS.limit


@pytest.mark.parametrize(("at_once", "waiting"), [(True, 0), (False, 1)])
def test_in_a_world_led_step_by_step_a_reaction_may_have_the_time_of_its_event(
    real: World, at_once: bool, waiting: int
) -> None:
    world = worlds.world_open(key="drill", name_zh="演练", name_en="Drill", kind="test", at=START, paused=True)
    follow = Subscription("test.seen", f"{__name__}.seen", When.RELAYED, at_once=at_once)
    reactions.subscribe({"test.fired": (follow,)})
    timer_set(world.pk, "test.fire", 1, START + timedelta(minutes=1))
    _seen.clear()
    world_advance(world, to=START + timedelta(minutes=3))
    assert Reaction.objects.count() == waiting
    queues.drain(REACTIONS)
    assert _seen == [START + timedelta(minutes=1 if at_once else 3)]


_seen: list[datetime] = []


def seen(event: Event) -> None:
    _seen.append(worlds.now(event.stream.world_id))


def test_a_reaction_at_once_that_fails_is_tried_again_later(real: World) -> None:
    world = worlds.world_open(key="drill", name_zh="演练", name_en="Drill", kind="test", at=START, paused=True)
    reactions.subscribe({"test.fired": (Subscription("test.bad", f"{__name__}.bad", When.RELAYED, at_once=True),)})
    timer_set(world.pk, "test.fire", 1, START + timedelta(minutes=1))
    world_advance(world, to=START + timedelta(minutes=3))
    assert fired(world) == [1], "the fact stands"
    assert Reaction.objects.get().tries == 1


def bad(event: Event) -> None:
    raise ValueError("a rule with a fault in it")
