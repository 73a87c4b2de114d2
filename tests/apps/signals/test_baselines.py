"""Learning at night, off the hot path: what is written, what the judge reads of it, and that a backtest says what the judge did."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.clock import microseconds
from engine import worlds
from engine.models import Timer, World
from engine.timers import timers_cancel, world_advance
from plans.selectors import current
from signals.domain.backtest import backtest
from signals.domain.baseline import LeftOut
from signals.domain.marks import History, Mean
from signals.expected import left_out
from signals.models import Baseline, Series, Watch
from signals.rules import RULES
from signals.services import baselines
from signals.services.judging import judge_pending
from signals.services.playing import history_load, play, world_of_play
from signals.services.samples import Row, days_ensure, samples_load, samples_write, series_ensure
from signals.services.silence import SILENCE
from tests.cast import Cast

STEP = timedelta(minutes=5)
START = datetime(2026, 7, 5, 16, tzinfo=UTC)  # Monday 6 July in company time


@pytest.fixture(autouse=True)
def nothing_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weeks are played here for what is learnt and judged; what would follow from a watch is other tests' matter."""
    monkeypatch.setattr("engine.reactions._table", {})


def opened(days: int = 0) -> World:
    """A held world whose clock stands so many days after START, and where nobody looks for silence every five minutes."""
    world = world_of_play("past", "replay", zh="往日", en="The past", at=START + timedelta(days=days))
    timers_cancel(world.pk, SILENCE)
    return world


def rows(series: int, days: int, *, seed: int = 1, wild: float = 0.0, every: int = 1) -> list[Row]:
    """Two and a half hours of each day from 08:00, a sample every five minutes, or fewer; `wild` of them half as much again."""
    chance = Random(seed)
    found: list[Row] = []
    for day in range(days):
        for n in range(0, 30, every):
            at = START + timedelta(days=day, hours=8) + STEP * n
            mean = (10 + n) * (1.6 if chance.random() < wild else 1.0)
            found.append((series, at, float(round(chance.gauss(mean, 0.05 * mean)))))
    return found


def split(history: list[Row], days: int) -> tuple[list[Row], list[Row]]:
    """What lies before a day, and the rest."""
    until = START + timedelta(days=days)
    return [row for row in history if row[1] < until], [row for row in history if row[1] >= until]


def day(number: int) -> int:
    return date(2026, 7, 6).toordinal() + number


def test_history_is_learnt_day_by_day_and_said_what_it_rests_on(cast: Cast) -> None:
    world = opened(28)
    series = series_ensure(world, "complaints", "east")
    history_load(world, rows(series, 28))
    kept = {row.slot: row for row in Baseline.objects.filter(series=series)}
    assert kept[Baseline.FLAT].days == 28
    assert kept[day(28)].rests_on == "own"
    assert kept[day(28)].days == 4
    assert kept[day(28)].seen is None, "a day to come brought nothing yet"
    assert kept[day(27)].seen[8 * 4] == pytest.approx(11, rel=0.1)
    assert kept[day(28)].quarters[8 * 4] == pytest.approx(11, rel=0.05)
    assert kept[day(28)].quarters[4] is None, "nothing is expected at night"
    assert max(kept) == day(35)
    known = RULES.of([series])[series].expectation
    at = START + timedelta(days=28, hours=8)
    assert known.at(at, current()) == kept[day(28)].quarters[32]
    assert known.at(START + timedelta(days=28), current()) == kept[Baseline.FLAT].expected


def test_nothing_is_learnt_from_nothing(cast: Cast) -> None:
    world = opened()
    series = series_ensure(world, "complaints", "east")
    assert baselines.baselines_learn(world) == 0
    assert RULES.of([series])[series].expectation.at(START, current()) is None


def test_the_judges_read_is_one_query_however_much_was_learnt(cast: Cast) -> None:
    world = opened(21)
    ids = [series_ensure(world, "complaints", region) for region in ("east", "north", "south")]
    history_load(world, [row for series in ids for row in rows(series, 21)])
    RULES.forget()
    RULES.fresh()
    # Series and the baselines of all, sent together.
    with CaptureQueriesContext(connection) as asked:
        known = RULES.of(ids)
        for own in known.values():
            own.expectation.at(START + timedelta(days=21, hours=8), current())
    assert len([q for q in asked if "signals_" in q["sql"]]) == 1
    assert all(len(own.expectation.slots) == 3 for own in known.values())


def test_what_comes_late_by_days_costs_one_read_of_what_was_expected(cast: Cast) -> None:
    world = opened(21)
    ids = [series_ensure(world, "complaints", region) for region in ("east", "north", "south")]
    history_load(world, [row for series in ids for row in rows(series, 21)])
    samples_write(world, [(pk, START + timedelta(days=n, hours=8, seconds=1), 1.0) for pk in ids for n in (3, 5, 9)])
    with CaptureQueriesContext(connection) as asked:
        judge_pending()
    assert len([q for q in asked if 'FROM "signals_baseline"' in q["sql"]]) == 1
    assert all({day(3), day(5), day(9)} <= RULES.series[pk].expectation.slots.keys() for pk in ids)


def test_every_night_the_day_that_ended_is_taken_in(cast: Cast) -> None:
    world = opened()
    series = series_ensure(world, "complaints", "east")
    play(world, iter(rows(series, 4, every=3)), wait=lambda gap: None, tell=lambda said: None)
    world_advance(world, to=START + timedelta(days=4, minutes=30))
    ended = Baseline.objects.filter(series=series, seen__isnull=False)
    assert sorted(row.slot for row in ended) == [day(n) for n in range(4)]
    assert Baseline.objects.get(series=series, slot=day(4)).rests_on == "like"
    night = Timer.objects.get(what=baselines.LEARN, ref=world.pk)
    assert night.due_at == datetime.combine(date(2026, 7, 11), time(0, 20), current().zone)


def test_learning_twice_in_a_night_changes_nothing(cast: Cast) -> None:
    world = opened(10)
    series = series_ensure(world, "complaints", "east")
    now = worlds.now(world)
    history_load(world, rows(series, 10))
    before = list(Baseline.objects.filter(series=series).order_by("slot").values())
    for _ in range(2):
        baselines.look_at_series(series, now, now)
    after = list(Baseline.objects.filter(series=series).order_by("slot").values())
    assert [{**row, "id": 0} for row in after] == [{**row, "id": 0} for row in before]


def test_night_by_night_and_at_once_teach_the_same(cast: Cast) -> None:
    world = opened(20)
    series = series_ensure(world, "complaints", "east")
    past, coming = split(rows(series, 23, every=3), 20)
    history_load(world, past)
    play(world, iter(coming), wait=lambda gap: None, tell=lambda said: None)
    world_advance(world, to=START + timedelta(days=23, minutes=30))
    nightly = dict(Baseline.objects.filter(series=series).values_list("slot", "quarters"))
    baselines.baselines_learn(world)
    assert dict(Baseline.objects.filter(series=series).values_list("slot", "quarters")) == nightly


def test_a_disturbed_day_is_named(cast: Cast) -> None:
    world = opened(35)
    series = series_ensure(world, "complaints", "east")
    doubled = [(s, at, value * (2 if (at - START).days == 30 else 1)) for s, at, value in rows(series, 35)]
    history_load(world, doubled)
    left = left_out(Series.objects.get(pk=series), current(), day(35))
    assert left == {date.fromordinal(day(30)): LeftOut.DISTURBED}


def test_a_former_mean_serves_until_the_new_one_rests_on_enough(cast: Cast) -> None:
    world = opened(2)
    series = series_ensure(world, "complaints", "east")
    Baseline.objects.create(series_id=series, slot=Baseline.FLAT, expected=100, days=20)
    now = worlds.now(world)
    days_ensure(START.date(), now.date())
    samples_load(rows(series, 2))
    baselines.look_at_series(series, now, now)
    assert Baseline.objects.get(series=series, slot=Baseline.FLAT).expected == 100


def test_a_backtest_says_what_the_judge_did(cast: Cast) -> None:
    """A random history through both, the nights between learnt from: the same watches, opened and cleared at the same instants."""
    world = opened(21)
    plan = current()
    series = series_ensure(world, "complaints", "east")
    chance = Random(1)
    history = [row for row in rows(series, 24, wild=0.2, every=2) if chance.random() > 0.03]
    past, coming = split(history, 21)
    history_load(world, past)
    play(world, iter(coming), wait=lambda gap: None, tell=lambda said: None)
    stored = sorted(
        (watch.threshold, watch.over_since, watch.opened_at, watch.cleared_at)
        for watch in Watch.objects.filter(series=series)
    )
    told = History(
        ("complaints", "east", "", ""),
        RULES.of([series])[series].metric,
        [microseconds(at) for _, at, _ in history],
        [value for _, _, value in history],
    )
    found = backtest(plan, [told], mean=Mean.LEARNT, judged_from=START + timedelta(days=21))
    marks = sorted((mark.threshold, mark.since, mark.opened, mark.cleared) for mark in found.marks)
    assert len(marks) > 3, "a history in which nothing happens compares nothing"
    assert marks == stored
