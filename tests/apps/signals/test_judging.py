"""Watches open once, stay through disorder, and clear; what comes late or twice changes nothing."""

import random
from datetime import datetime, timedelta

import pytest
from django.db import connection

from common.clock import microseconds
from engine import worlds
from engine.models import Alarm, Event, Reaction, SetAside, World
from engine.queues import QUEUES, drain
from engine.timers import timers_cancel
from incidents.models import Incident
from signals.models import Baseline, JudgeTodo, Series, Watch
from signals.services import judging, silence
from signals.services.samples import TODO, samples_write, series_ensure
from signals.services.watches import THRESHOLDS_MOST
from tests.cast import Cast

EVERY = timedelta(minutes=5)


def cpu(
    cast: Cast, values: list[float], *, end: datetime | None = None
) -> tuple[int, list[tuple[int, datetime, float]]]:
    world = worlds.real()
    series = series_ensure(world, "cpu", "east", "", "sw-3")
    end = end or worlds.now(world).replace(microsecond=0)
    start = end - EVERY * (len(values) - 1)
    return series, [(series, start + EVERY * n, value) for n, value in enumerate(values)]


def watches(series: int) -> list[tuple[str, int]]:
    """Threshold and how many minutes each stood; -1 while open."""
    rows = Watch.objects.filter(series=series, threshold="cpu_pre_response").order_by("pk")
    return [
        (row.threshold, int((row.cleared_at - row.opened_at).total_seconds() // 60) if row.cleared_at else -1)
        for row in rows
    ]


def kinds() -> list[str]:
    return list(Event.objects.filter(stream__kind="signals").order_by("seq").values_list("kind", flat=True))


SPIKE = [40.0, 95.0, 96.0, 97.0, 40.0, 41.0]


def test_a_watch_opens_when_it_stayed_and_clears_when_calm(cast: Cast) -> None:
    series, rows = cpu(cast, SPIKE)
    for row in rows:
        samples_write(worlds.real(), [row])
        judging.judge_pending()
    assert watches(series) == [("cpu_pre_response", 10)]
    assert kinds() == ["watch.opened", "watch.cleared"]


def test_a_timer_that_comes_after_later_samples_opens_nothing_anew(cast: Cast) -> None:
    """It looks at its own instant, which is over: what was judged since stands, and what nobody told is told and ends where it did."""
    series, rows = cpu(cast, SPIKE)
    samples_write(worlds.real(), rows)
    judging.judge_pending()
    due = rows[2][1]  # the line had been crossed for five minutes
    judging.sustained(series * THRESHOLDS_MOST, due, worlds.now(worlds.real()))
    assert watches(series) == [("cpu_pre_response", 10)]
    Watch.objects.all().delete()
    judging.sustained(series * THRESHOLDS_MOST, due, worlds.now(worlds.real()))
    assert watches(series) == [("cpu_pre_response", 10)]


@pytest.mark.parametrize("seed", range(5))
def test_batches_judged_in_any_order_leave_the_same_watch_standing(seed: int, cast: Cast) -> None:
    """Stored first, judged later and shuffled, as several workers would: nothing opens behind what is already calm."""
    series, rows = cpu(cast, [40.0, 95.0, 96.0, 40.0, 95.0, 97.0])
    samples_write(worlds.real(), rows)
    batches = list(JudgeTodo.objects.values_list("batch", flat=True))
    JudgeTodo.objects.all().delete()
    shuffled = [[row] for row in rows] * 2
    random.Random(seed).shuffle(shuffled)
    for batch in shuffled:
        judging.judge_samples(worlds.real().pk, [(series, microseconds(at), value) for series, at, value in batch])
    assert len(batches) == 1
    assert watches(series)[-1] == ("cpu_pre_response", -1)
    assert Watch.objects.filter(series=series, state="open").count() == 1


@pytest.mark.parametrize("standing", [False, True])
def test_a_line_crossed_again_within_one_round_clears_before_it_opens(standing: bool, cast: Cast) -> None:
    world = worlds.real()
    series = series_ensure(world, "availability", "east")
    end = worlds.now(world).replace(microsecond=0)
    values = [99.8, 99.95, 99.8]
    rows = [(series, end - EVERY * (2 - n), value) for n, value in enumerate(values)]
    for part in [rows[:1], rows[1:]] if standing else [rows]:
        samples_write(world, part)
        judging.judge_pending()
    found = Watch.objects.filter(series=series, threshold="availability_target").order_by("pk")
    assert [watch.state for watch in found] == ["cleared", "open"]
    assert kinds() == ["watch.opened", "watch.cleared", "watch.opened"]
    assert not SetAside.objects.exists()


def test_the_same_samples_twice_change_nothing(cast: Cast) -> None:
    series, rows = cpu(cast, SPIKE)
    for _ in range(2):
        samples_write(worlds.real(), rows)
        judging.judge_pending()
    assert len(watches(series)) == 1


def test_a_sample_with_another_value_is_refused_and_the_first_stands(cast: Cast) -> None:
    series, rows = cpu(cast, [40.0])
    samples_write(worlds.real(), rows)
    assert samples_write(worlds.real(), [(series, rows[0][1], 99.0)]) == [(series, rows[0][1], 99.0)]


def test_a_batch_that_cannot_be_judged_is_set_aside_and_its_neighbours_go_on(cast: Cast) -> None:
    series, rows = cpu(cast, SPIKE[:4])
    with connection.cursor() as cursor:
        cursor.execute(TODO, [worlds.real().pk, b"this is no batch"])
    samples_write(worlds.real(), rows)
    judging.judge_pending()
    assert watches(series) == [("cpu_pre_response", -1)]
    assert SetAside.objects.filter(queue="judge").count() == 1
    assert not JudgeTodo.objects.exists()


def test_what_follows_may_fail_and_the_crossing_is_kept_and_what_follows_is_tried_again(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Judged in one go without a savepoint, then batch by batch with one."""

    def broken(_events: object) -> None:
        raise ValueError("x")

    series, rows = cpu(cast, SPIKE[:3])
    samples_write(worlds.real(), rows)
    with monkeypatch.context() as patched:
        patched.setattr("escalation.services.pre_response.follow", broken)
        judging.judge_pending()
    assert kinds() == ["watch.opened"]
    assert watches(series) == [("cpu_pre_response", -1)]
    assert not Incident.objects.exists()
    assert not SetAside.objects.exists()
    (waiting,) = Reaction.objects.filter(reactor="escalation.pre_response")
    assert Alarm.objects.filter(kind="reaction.failing", cleared_at=None).exists()
    Reaction.objects.filter(pk=waiting.pk).update(due_at=worlds.now(worlds.real()) - EVERY)
    drain(QUEUES["reactions"])
    assert Incident.objects.get().origin == "signal"
    assert not Alarm.objects.filter(kind="reaction.failing", cleared_at=None).exists()


def test_a_canary_is_known_by_its_world_alone(cast: Cast) -> None:
    """An older backup may give a number that a process has seen to another kind of world."""
    world = worlds.world_open(
        key="w", name_zh="演练", name_en="Practice", kind="practice", at=worlds.now(worlds.real())
    )
    series = series_ensure(world, "cpu", "east", "", "sw-3")
    for kind, ats in (("practice", 1), (World.CANARY, 2)):
        World.objects.filter(pk=world.pk).update(kind=kind)
        samples_write(world, [(series, worlds.now(world) - EVERY * ats, 40.0)])
        judging.judge_pending()
    assert kinds() == ["canary.heard"]


def test_a_series_that_falls_silent_is_unknown_and_heard_again(cast: Cast) -> None:
    world = worlds.real()
    now = worlds.now(world)
    series, rows = cpu(cast, [95.0, 96.0, 97.0], end=now - timedelta(hours=1))
    samples_write(world, rows)
    judging.judge_pending()
    silence.look(world.pk, now, now)
    assert Series.objects.get(pk=series).silent_since is not None
    assert watches(series) == [("cpu_pre_response", -1)], "silence never counts as recovered"
    samples_write(world, [(series, now, 30.0)])
    judging.judge_pending()
    assert Series.objects.get(pk=series).silent_since is None
    assert kinds()[-2:] == ["series.heard", "watch.cleared"]
    timers_cancel(world.pk, silence.SILENCE)


def test_a_ratio_rests_on_the_daily_mean_of_its_hour(cast: Cast) -> None:
    world = worlds.real()
    series = series_ensure(world, "complaints", "east")
    now = worlds.now(world).replace(microsecond=0)
    Baseline.objects.create(series_id=series, slot=Baseline.FLAT, expected=10, days=20)
    samples_write(world, [(series, now - EVERY * n, 14.0) for n in range(3)])
    judging.judge_pending()
    watch = Watch.objects.get(series=series, threshold="complaints_pre_response")
    assert (watch.value, watch.baseline, watch.ratio) == (42.0, 30.0, 0.4)
