"""A plan led through a history: what it warns of, when, with which level; and two beside each other."""

from array import array
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from bench.backtest import plainly
from common.clock import instant, microseconds
from plans.domain import Plan, load
from signals.domain.backtest import Backtest, backtest
from signals.domain.episodes import beside
from signals.domain.learnt import expectations
from signals.domain.marks import History, Mean
from signals.domain.verdict import Point, filled

TEXT = (Path(__file__).parents[3] / "plans" / "data" / "hotline.yaml").read_text(encoding="utf-8")
PLAN = load(TEXT, "hotline.yaml")
STEP = timedelta(minutes=5)
MONDAY = datetime(2026, 7, 6, tzinfo=PLAN.zone)  # no holiday in the eight weeks from here


def history(metric: str, values: list[float], *, start: datetime = MONDAY, region: str = "east") -> History:
    at = array("q", [microseconds(start + STEP * n) for n in range(len(values))])
    return History((metric, region, "", ""), PLAN.metric(metric), at, array("d", values))


def calls(days: int, *, surge: float = 1.0, on: int = -1, seed: int = 1) -> list[float]:
    """Counts that rise over each day; half of them on weekends; on one day from 10:00 to 12:00 times `surge`."""
    chance = Random(seed)
    values = []
    for n in range(days * 288):
        day, quarter = divmod(n, 288)
        mean = (20 + quarter / 10) * (0.5 if day % 7 >= 5 else 1.0)
        mean *= surge if day == on and 120 <= quarter < 144 else 1.0
        values.append(round(max(0.0, chance.gauss(mean, 0.05 * mean))))
    return values


def judged(*rows: History, plan: Plan = PLAN, mean: Mean = Mean.LEARNT) -> Backtest:
    """Judged once every weekday is known."""
    return backtest(plan, rows, mean=mean, judged_from=MONDAY + timedelta(days=21))


def said(found: Backtest) -> list[tuple[str, str, str | None]]:
    return [
        (row.threshold, row.opened.astimezone(PLAN.zone).strftime("%m-%d %H:%M"), row.level) for row in found.warnings
    ]


def test_a_surge_is_found_where_it_began_and_nothing_else_is() -> None:
    found = judged(history("complaints", calls(42, surge=1.7, on=38)))
    assert said(found) == [("complaints_pre_response", "08-13 10:05", "I")]
    (warned,) = found.warnings
    assert warned.ended is not None
    assert warned.ended.astimezone(PLAN.zone).strftime("%H:%M") == "12:10"
    assert warned.peak == pytest.approx(0.7, abs=0.1)
    assert {mark.threshold for mark in warned.marks} == {
        "complaints_pre_response", "complaints_level_ii", "complaints_level_i",
    }  # fmt: skip
    assert found.samples == 42 * 288


def test_the_flat_mean_cries_every_busy_hour() -> None:
    row = history("complaints", calls(42, surge=1.7, on=38))
    learnt, flat = judged(row), judged(row, mean=Mean.FLAT)
    assert len(flat.warnings) >= 15 * len(learnt.warnings)
    apart = beside(learnt.warnings, flat.warnings)
    assert (len(apart.both), apart.only_first, apart.differs) == (1, (), True)


def test_nothing_is_known_of_the_morrow() -> None:
    """What comes after an instant changes nothing before it."""
    whole = history("complaints", calls(42, surge=1.7, on=38))
    cut = 30 * 288
    short = replace(whole, at=whole.at[:cut], values=whole.values[:cut])
    assert expectations(whole, PLAN, Mean.LEARNT)[0][:cut] == expectations(short, PLAN, Mean.LEARNT)[0]


def test_what_lies_before_the_beginning_is_learnt_from_and_not_judged() -> None:
    row = history("complaints", calls(42, surge=1.7, on=24))
    assert len(judged(row).warnings) == 1
    assert not backtest(PLAN, [row], judged_from=MONDAY + timedelta(days=30)).warnings


def test_a_line_that_must_stay_crossed_is_looked_at_when_its_time_is_over() -> None:
    """8 min for 30 min: from the first sample over the line, though one is lost; 25 minutes are nothing."""
    values = [60.0] * 10 + [500.0] * 5 + [60.0] * 10 + [500.0] * 8 + [60.0] * 5
    found = backtest(PLAN, [history("queue_time_mean", values)])
    assert said(found) == [("queue_time_pre_response", "07-06 02:35", "III")]
    assert found.marks[0].since == MONDAY + STEP * 25


def test_a_share_is_of_both_series() -> None:
    down, up = history("hotlines_down", [0.0] * 5 + [4.0] * 3 + [0.0] * 3), history("hotlines_up", [10.0] * 11)
    found = backtest(PLAN, [down, up])
    assert said(found) == []
    found = backtest(PLAN, [replace(down, values=array("d", [0.0] * 5 + [5.0] * 3 + [0.0] * 3)), up])
    assert said(found) == [("hotlines_major", "07-06 00:25", "II")]


def test_another_plan_beside() -> None:
    loose = load(TEXT.replace("value: 0.30, clear_at: 0.20", "value: 0.90, clear_at: 0.80"), "loose.yaml")
    row = history("complaints", calls(42, surge=1.7, on=38))
    apart = beside(judged(row).warnings, judged(row, plan=loose).warnings)
    assert (len(apart.only_first), apart.both, apart.only_second) == (1, (), ())


def test_a_region_and_the_country_share_a_warning_while_it_stands() -> None:
    values = calls(42, surge=1.7, on=38)
    national, regional = history("complaints", values, region=""), history("complaints", values)
    found = judged(national, regional)
    assert [row.region for row in found.warnings] == [""]
    assert {mark.key[1] for mark in found.warnings[0].marks} == {"", "east"}


def test_a_ratio_waits_until_half_of_its_window_was_seen() -> None:
    metric = PLAN.metric("complaints")
    night = Point(MONDAY, 1.0, 1.0)
    opening = [Point(MONDAY + timedelta(hours=7) + STEP * n, 1.0, 1.0) for n in range(4)]
    shares = [filled([night, *opening[: n + 1]], metric) for n in range(4)]
    assert shares == pytest.approx([1 / 3, 2 / 3, 1.0, 1.0])
    lost = [opening[0], opening[2]]
    assert filled(lost, metric) == 1.0, "a lost sample empties no window"
    rare = [Point(MONDAY + timedelta(minutes=15 * n), 1.0, 1.0) for n in range(3)]
    assert filled(rare, metric) == 1.0, "a source that sends rarely is heard"
    assert filled([], metric) == 0.0


def test_the_first_sample_of_a_day_alone_warns_of_nothing() -> None:
    values, at = [], []
    for day in range(30):
        for n in range(24):
            at.append(microseconds(MONDAY + timedelta(days=day, hours=7) + STEP * n))
            values.append(45.0 if day == 28 and n == 0 else 30.0)
    row = History(("complaints", "east", "", ""), PLAN.metric("complaints"), array("q", at), array("d", values))
    assert not backtest(PLAN, [row]).warnings


@pytest.mark.parametrize("seed", range(6))
def test_every_sample_judged_finds_the_same(seed: int) -> None:
    """The arithmetic that skips quiet stretches skips nothing that matters: as many watches as judging all of it."""
    chance = Random(seed)
    complaints = history("complaints", [v * chance.choice((1, 1, 1, 1.4, 1.6)) for v in calls(25, seed=seed)])
    lost = [n for n in range(len(complaints.at)) if chance.random() > 0.05]
    complaints = replace(
        complaints,
        at=array("q", [complaints.at[n] for n in lost]),
        values=array("d", [complaints.values[n] for n in lost]),
    )
    availability = history("availability", [chance.choice((99.95, 99.95, 99.9, 99.5, 40.0)) for _ in range(2000)])
    for row in (complaints, availability):
        assert len(backtest(PLAN, [row]).marks) == plainly(PLAN, row)


def test_an_empty_history() -> None:
    found = backtest(PLAN, [history("complaints", [])])
    assert (found.samples, found.first, found.warnings) == (0, None, ())


def test_times_are_exact() -> None:
    assert instant(history("cpu", [1.0]).at[0]) == MONDAY.astimezone(UTC)
