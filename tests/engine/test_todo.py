"""Reactions, timers and worlds: claims, leases, fences, order."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, OperationalError, connection, connections, transaction
from django.db.models.functions import Now

from common.actor import SYSTEM
from common.clock import wall
from common.errors import Conflict
from engine import queues, sweep, worlds
from engine.log import Entry, log_append, log_append_many
from engine.models import Alarm, Event, Pulse, Reaction, SetAside, Timer, World
from engine.pulses import SWEEP
from engine.reactions import REACTIONS, When
from engine.services import set_aside_return
from engine.timers import TIMERS, timer_set, timers_cancel, timers_set, world_advance, worlds_step
from tests.engine.kinds import Happened, effects, fired, happen, set_timers, stream_of, subscribe_to
from tests.engine.processes import eventually

START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def make_due(model: type[Reaction] | type[Timer]) -> None:
    """End the backoff now instead of waiting for it."""
    model.objects.update(lease_until=datetime(1970, 1, 1, tzinfo=UTC))


# --- reactions ---------------------------------------------------------------------------------------------------------
def test_a_together_reaction_commits_with_its_event(real: World) -> None:
    subscribe_to("follow", When.TOGETHER)
    happen(real, 7)
    assert effects(real) == [7]
    assert not Reaction.objects.exists()


def test_a_together_reaction_is_rolled_back_with_its_event(real: World) -> None:
    subscribe_to("follow", When.TOGETHER)
    with pytest.raises(ValueError), transaction.atomic():
        log_append(stream_of(real), Happened(n=7), by=SYSTEM)
        raise ValueError("the change failed")
    assert effects(real) == []


def test_a_relayed_reaction_waits_in_the_database(real: World) -> None:
    subscribe_to("follow", When.RELAYED)
    happen(real, 7)
    assert effects(real) == []
    assert sweep.sweep() == 1
    assert effects(real) == [7]


def test_a_reaction_that_takes_many_gets_the_events_of_one_append_together(real: World) -> None:
    subscribe_to("follow_many", When.TOGETHER)
    with transaction.atomic():
        log_append_many(stream_of(real), [Entry(Happened(n=1)), Entry(Happened(n=2))], by=SYSTEM)
    happen(real, 4)
    assert effects(real) == [3, 4]


def test_one_that_takes_many_and_fails_is_retried_event_by_event(real: World) -> None:
    subscribe_to("fail_many", When.TOGETHER)
    with transaction.atomic():
        log_append_many(stream_of(real), [Entry(Happened(n=1)), Entry(Happened(n=2))], by=SYSTEM)
    assert effects(real) == [], "what the failing rule had done is undone"
    assert Event.objects.filter(kind="test.happened").count() == 2, "the facts stand"
    subscribe_to("follow_many", When.TOGETHER)
    Reaction.objects.update(reactor="test.follow_many")
    make_due(Reaction)
    assert sweep.sweep() == 2
    assert effects(real) == [1, 2]


def test_a_reaction_that_fails_refuses_no_fact_and_is_retried_and_shown(real: World) -> None:
    subscribe_to("fail", When.TOGETHER)
    event = happen(real, 7)
    assert Event.objects.filter(pk=event.pk).exists(), "the fact stands"
    assert effects(real) == [], "what the failing rule had done is undone"
    assert Alarm.objects.filter(kind="reaction.failing", cleared_at=None).exists()
    # The fault is mended under the same name: the retry succeeds and the alarm goes.
    subscribe_to("follow", When.TOGETHER)
    Reaction.objects.update(reactor="test.follow")
    Alarm.objects.update(ref=f"test.follow:{event.pk}")
    queues.drain(REACTIONS)
    assert effects(real) == [7]
    assert not Alarm.objects.filter(cleared_at=None).exists()


def test_one_bad_item_blocks_nobody_and_is_set_aside_where_a_person_puts_it_back(real: World) -> None:
    subscribe_to("fail", When.RELAYED)
    happen(real, 1)
    subscribe_to("follow", When.RELAYED)
    happen(real, 2)
    bad = Reaction.objects.get(reactor="test.fail")
    subscribe_to("fail", When.RELAYED)
    for _ in range(queues.MAX_TRIES):
        make_due(Reaction)
        queues.drain(REACTIONS)
    assert not Reaction.objects.filter(pk=bad.pk).exists()
    aside = SetAside.objects.get(queue="reactions", what=f"test.fail:{bad.event_id}")
    assert Alarm.objects.filter(kind="queue.set_aside", cleared_at=None).exists()
    set_aside_return(item_id=aside.pk)
    assert Reaction.objects.filter(event_id=bad.event_id, reactor="test.fail", tries=0).exists()
    with pytest.raises(Conflict):
        set_aside_return(item_id=aside.pk)


def test_rows_claimed_beside_one_that_kills_its_worker_are_not_given_up_with_it(real: World) -> None:
    now = worlds.now(real)
    set_timers(real, {ref: now - timedelta(seconds=10 - ref) for ref in range(3)})
    for _ in range(queues.MAX_TRIES):
        assert len(queues.claim(TIMERS)) == 3, "and dies at the first"
        make_due(Timer)
    assert list(Timer.objects.order_by("due_at").values_list("tries", flat=True)) == [queues.MAX_TRIES, 0, 0]
    queues.drain(TIMERS)
    assert fired(real) == [1, 2]
    assert SetAside.objects.get().what.endswith(":0")


def test_a_try_is_counted_before_its_work_begins(real: World) -> None:
    set_timers(real, {ref: worlds.now(real) - timedelta(seconds=10 - ref) for ref in range(3)})
    first, second, _third = queues.claim(TIMERS)
    assert (first.tries, second.tries) == (1, 1)
    queues.perform(TIMERS, first, second)  # … and the second kills its worker
    make_due(Timer)
    assert list(Timer.objects.order_by("due_at").values_list("tries", flat=True)) == [1, 0]


# --- claims ------------------------------------------------------------------------------------------------------------
def test_two_claimers_share_the_due_rows_and_none_goes_twice(real: World) -> None:
    set_timers(real, {ref: worlds.now(real) for ref in range(200)})
    taken: list[list[int]] = []

    def take() -> None:
        mine: list[int] = []
        while items := queues.claim(TIMERS, 7):
            mine += [item.id for item in items]
        taken.append(mine)
        connections.close_all()

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    together = taken[0] + taken[1]
    assert len(together) == len(set(together)) == 200


def test_what_is_not_due_is_not_claimed(real: World) -> None:
    set_timers(real, {1: worlds.now(real) + timedelta(minutes=5)})
    assert queues.claim(TIMERS) == []


def test_one_stopped_past_its_lease_finishes_nothing(real: World) -> None:
    set_timers(real, {1: worlds.now(real)})
    (stale,) = queues.claim(TIMERS)
    assert queues.claim(TIMERS) == [], "held by the first"
    make_due(Timer)
    (fresh,) = queues.claim(TIMERS)
    assert queues.perform(TIMERS, stale) is False
    assert fired(real) == []
    assert queues.perform(TIMERS, fresh) is True
    assert queues.perform(TIMERS, stale) is False
    assert fired(real) == [1]


def test_a_frozen_holder_of_a_lock_is_cut_off(real: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The holder hangs inside its transaction; the database ends it after three seconds and the next writer goes on."""
    monkeypatch.setitem(connections.settings["default"]["OPTIONS"], "options", settings.APP_SESSION)
    holding = threading.Event()
    ended: list[type[BaseException]] = []
    release = threading.Event()

    def hang() -> None:
        try:
            with transaction.atomic():
                log_append(stream_of(real), Happened(n=1), by=SYSTEM)
                holding.set()
                release.wait(10)
                connection.cursor().execute("SELECT 1")
        except (
            DatabaseError
        ) as error:  # psycopg's own class for this end is an InternalError, a later call's an OperationalError
            ended.append(type(error))
        connections.close_all()

    stream_of(real)
    thread = threading.Thread(target=hang)
    thread.start()
    holding.wait(5)
    waited = 0
    while True:
        try:
            happen(real, 2)
            break
        except OperationalError:
            waited += 1
            assert waited < 4, "the holder was never cut off"
    release.set()
    thread.join(10)
    assert ended, "the holder was told"
    assert [e.data["n"] for e in Event.objects.filter(stream__key="a")] == [2]


# --- worlds ------------------------------------------------------------------------------------------------------------
def practice(key: str, rate: float = 1.0, paused: bool = False) -> World:
    return worlds.world_open(key=key, name_zh=key, name_en=key, kind="test", at=START, rate=rate, paused=paused)


def test_a_fast_world_fires_every_due_time_in_order_at_its_own_time(fresh_db: str) -> None:
    world = practice("fast", rate=60)
    dues = {ref: START + timedelta(minutes=minutes) for ref, minutes in enumerate((30, 5, 10, 10, 1440, 720))}
    set_timers(world, dues)
    worlds.world_forward(world=world, by=timedelta(days=2))
    while worlds_step():
        pass
    assert fired(world) == [1, 2, 3, 0, 5, 4]
    events = Event.objects.filter(stream__key="fired").order_by("seq")
    assert [e.occurred_at for e in events] == [dues[e.data["ref"]] for e in events]


def test_a_fast_worlds_clock_never_passes_a_due_time_before_it_fired(fresh_db: str) -> None:
    world = practice("fast", rate=100_000)
    due = START + timedelta(minutes=30)
    set_timers(world, {1: due})
    worlds.world_forward(world=world, by=timedelta(days=1))
    assert worlds.now(world) == due
    worlds_step()
    assert worlds.now(world) > due + timedelta(hours=23)


def test_what_a_firing_sets_comes_in_its_turn(fresh_db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = practice("steps", paused=True)

    def ring_again(ref: int, due_at: datetime, now: datetime) -> None:
        again.append((ref, now))
        if ref == 1 and len(again) < 6:
            timer_set(world.pk, "test.fire", 1, due_at + timedelta(minutes=30))

    again: list[tuple[int, datetime]] = []
    monkeypatch.setattr("tests.engine.kinds.fire", ring_again)
    set_timers(world, {1: START + timedelta(minutes=30), 2: START + timedelta(minutes=75)})
    world_advance(world, to=START + timedelta(hours=2))
    minutes = [(ref, int((at - START).total_seconds() // 60)) for ref, at in again]
    assert minutes == [(1, 30), (1, 60), (2, 75), (1, 90), (1, 120)]
    assert worlds.now(world) == START + timedelta(hours=2)


def test_two_worlds_side_by_side_do_not_touch(fresh_db: str) -> None:
    left, right = practice("left", paused=True), practice("right", paused=True)
    set_timers(left, {1: START + timedelta(minutes=1)})
    set_timers(right, {2: START + timedelta(minutes=1)})
    set_timers(worlds.real(), {3: wall() + timedelta(hours=1)})
    world_advance(left, to=START + timedelta(hours=1))
    assert (fired(left), fired(right), fired(worlds.real())) == ([1], [], [])
    assert worlds.now(right) == START


def test_a_timer_that_always_fails_holds_its_world_back_only_until_it_is_set_aside(fresh_db: str) -> None:
    world = practice("poisoned", paused=True)
    timer_set(world.pk, "test.poison", 1, START + timedelta(minutes=1))
    set_timers(world, {2: START + timedelta(minutes=2)})
    worlds.world_forward(world=world, by=timedelta(hours=1))
    for _ in range(queues.MAX_TRIES):
        assert fired(world) == []
        make_due(Timer)
        worlds_step()
    worlds_step()
    assert fired(world) == [2]
    assert SetAside.objects.filter(what="test.poison:1").exists()


def test_what_is_due_at_once_by_what_was_done_waits_for_no_other_round(
    real: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def the_next_turn(ref: int, due_at: datetime, now: datetime) -> None:
        if ref < 5:
            timer_set(real.pk, "test.fire", ref + 1, due_at + timedelta(minutes=30))

    monkeypatch.setattr("tests.engine.kinds.fire", the_next_turn)
    set_timers(real, {1: worlds.now(real) - timedelta(hours=3)})
    assert queues.drain(TIMERS) == 5
    assert not Timer.objects.exists()


def test_a_timer_moves_and_can_be_taken_away(real: World) -> None:
    timer_set(real.pk, "test.fire", 1, worlds.now(real) + timedelta(hours=1))
    timer_set(real.pk, "test.fire", 1, worlds.now(real))
    assert sweep.sweep() == 1
    timer_set(real.pk, "test.fire", 2, worlds.now(real))
    assert timers_cancel(2, "test.fire") == 1
    assert sweep.sweep() == 0


def test_the_real_worlds_clock_cannot_be_moved(real: World, settings: object) -> None:
    with pytest.raises(Conflict):
        worlds.world_set(world=real, rate=1.0)


def test_the_database_refuses_a_real_world_that_runs_fast(real: World) -> None:
    with pytest.raises(Exception, match="world_real_runs_with_the_clock"):
        World.objects.filter(pk=real.pk).update(rate=60)


def test_a_process_with_a_wrong_clock_does_not_sweep_and_says_so(real: World) -> None:
    def ahead() -> datetime:
        return wall() + timedelta(hours=1)

    assert sweep.clock_is_right(ahead) is False
    assert Alarm.objects.filter(kind="clock.off", cleared_at=None).exists()
    set_timers(real, {1: worlds.now(real)})
    sweeper = sweep.Sweeper(every=0.01, now=ahead)
    sweeper.start()
    sweeper._stop.wait(0.5)
    sweeper.stop()
    assert fired(real) == [], "the process with the wrong clock fired something"
    assert sweep.clock_is_right() is True
    right = sweep.Sweeper(every=0.01)
    right.start()
    for _ in range(200):
        if fired(real):
            break
        right._stop.wait(0.05)
    right.stop()
    assert fired(real) == [1]
    assert settings.SWEEP_SECONDS <= 1


@contextmanager
def _sweeping(only: str = "") -> Iterator[None]:
    sweeper = sweep.Sweeper(every=0.01, only=only)
    sweeper.start()
    try:
        yield
    finally:
        sweeper.stop()


def _aged(name: str, seconds: float) -> None:
    Pulse.objects.update_or_create(name=name, defaults={"at": Now() - timedelta(seconds=seconds)})


@pytest.fixture
def own_kind(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A room's own kind of queue, and which threads drained it."""
    drained: list[str] = []

    def work() -> int:
        drained.append("x")
        return 0

    monkeypatch.setattr(sweep, "_also", {"judge": work})
    return drained


def test_who_is_there_for_one_queue_leaves_the_others_until_nobody_sweeps_them(
    real: World, own_kind: list[str]
) -> None:
    set_timers(real, {1: worlds.now(real)})
    _aged(SWEEP, 0)
    with _sweeping("judge"):
        eventually(lambda: len(own_kind) > 20, within=10)
        assert fired(real) == []
        assert Pulse.objects.filter(name="judge", at__gt=Now() - timedelta(seconds=2)).exists()
        _aged(SWEEP, 60)
        eventually(lambda: fired(real) == [1], within=10)
        assert Pulse.objects.get(name=SWEEP).at < wall() - timedelta(seconds=30), "it gave the sweep's sign of life"


def test_the_sweep_leaves_a_queue_to_its_own_process_while_that_lives(real: World, own_kind: list[str]) -> None:
    _aged("judge", 0)
    with _sweeping():
        set_timers(real, {1: worlds.now(real)})
        eventually(lambda: fired(real) == [1], within=10)
        assert own_kind == []
        _aged("judge", 60)
        eventually(lambda: own_kind, within=10)


def test_claiming_marks_time_by_the_database(real: World) -> None:
    set_timers(real, {1: worlds.now(real)})
    queues.claim(TIMERS)
    assert Timer.objects.filter(lease_until__gt=Now() + TIMERS.lease / 2).exists()


def test_a_storm_of_timers_is_one_statement_of_the_same_length(real: World) -> None:
    seen: list[tuple[str, int]] = []

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append((sql, len(params)))
        return execute(sql, params, many, context)

    now = worlds.now(real)
    with connection.execute_wrapper(look):
        timers_set([(real.pk, "test.fire", ref, now) for ref in range(3)])
        timers_set([(real.pk, "test.fire", ref, now + timedelta(hours=ref)) for ref in range(500)])
    assert len(seen) == 2
    assert seen[0] == seen[1], "it costs a storm nothing to be taken apart"
    rows = {timer.ref: timer for timer in Timer.objects.all()}
    assert len(rows) == 500
    assert all(timer.due_at == now + timedelta(hours=ref) for ref, timer in rows.items())
    assert [rows[ref].fence for ref in (0, 2, 3, 499)] == [1, 1, 0, 0], "what stood was moved, under another fence"
