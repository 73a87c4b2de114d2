"""What the quiet band lets pass unread must be what no window could open anything for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.clock import microseconds
from plans.domain import Threshold
from signals.domain.baseline import QUARTER
from signals.domain.quiet import Extent, Peak, band_of
from signals.domain.verdict import Point, judge
from tests.domain.signals.test_verdict import NOW, PLAN

LINE = PLAN.threshold("complaints_pre_response")
METRIC = PLAN.metric(LINE.metric)


def line(**changes: Any) -> Threshold:
    return LINE.model_copy(update=changes)


@st.composite
def lines(draw: st.DrawFn) -> list[Threshold]:
    """A few lines of every measure and direction, each cleared on its calm side, inclusive or not."""
    made = []
    for n in range(draw(st.integers(1, 5))):
        at, back = draw(st.integers(0, 20)), draw(st.integers(0, 5))
        measure, direction = draw(st.sampled_from([("value", "above"), ("value", "below"), ("excess", "above")]))
        limits = {"value": at / 10, "clear_at": (at - back) / 10} if measure == "excess" else {
            "value": float(at), "clear_at": float(at - back if direction == "above" else at + back)
        }  # fmt: skip
        few = draw(st.sampled_from([0, 10, 30]))
        inclusive = draw(st.booleans())
        made.append(
            line(id=f"l{n}", measure=measure, direction=direction, inclusive=inclusive, min_count=few, **limits)
        )
    return made


@given(
    lines(),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=8),
    st.integers(0, 20),
)
def test_what_is_said_to_be_calm_opens_no_window(
    given_lines: list[Threshold], samples: list[tuple[int, int]], mean: int
) -> None:
    rows = sorted({NOW - timedelta(minutes=back): float(value) for back, value in samples}.items())
    expected = float(mean) if mean else None
    extent = Extent.of((microseconds(at), value) for at, value in rows)
    calm = band_of(given_lines).holds(extent, lambda quarter: expected)
    peak = Peak.of(extent, lambda quarter: expected)
    for own in given_lines:
        if not calm and peak.opens(own):
            continue
        beside = expected if own.measure == "excess" else None
        for upto in range(1, len(rows) + 1):
            window = [Point(at, value, beside) for at, value in rows[:upto]]
            assert not judge(window, own, METRIC, standing=False, now=window[-1].at).stands


@pytest.mark.parametrize(("value", "held"), [(12.0, True), (12.5, False)])
def test_of_many_lines_the_tightest_decides(value: float, held: bool) -> None:
    band = band_of([line(measure="excess", value=v, clear_at=v - 0.1, min_count=10) for v in (0.3, 0.9, 5.0)])
    assert band.holds(Extent.of([(microseconds(NOW), value)]), lambda quarter: 10.0) is held


def test_each_quarter_of_an_hour_has_a_mean_of_its_own() -> None:
    night, day = datetime(2026, 11, 24, 3, tzinfo=UTC), datetime(2026, 11, 24, 9, tzinfo=UTC)
    means = {microseconds(night) // QUARTER: 10.0, microseconds(day) // QUARTER: 100.0}
    band = band_of([LINE])
    assert band.holds(Extent.of([(microseconds(night), 9.0), (microseconds(day), 99.0)]), means.get)
    assert not band.holds(Extent.of([(microseconds(night), 99.0), (microseconds(day), 9.0)]), means.get)


def test_where_few_are_needed_a_calm_sample_counts_only_when_all_of_them_are_seen() -> None:
    few = line(measure="excess", value=0.3, clear_at=0.2, min_count=30)
    extent = Extent.of([(microseconds(NOW), 10.0)])
    assert not band_of([few]).holds(extent, lambda quarter: 10.0)
    assert not Peak.of(extent, lambda quarter: 10.0).opens(few)


@pytest.mark.parametrize(("value", "opens"), [(12.5, False), (13.0, True), (13.5, True)])
def test_between_its_limits_a_line_that_does_not_stand_is_not_opened(value: float, *, opens: bool) -> None:
    own = line(measure="excess", value=0.3, clear_at=0.1, inclusive=True)
    assert Peak.of(Extent.of([(microseconds(NOW), value)]), lambda quarter: 10.0).opens(own) is opens


@pytest.mark.parametrize(
    ("mean", "value", "over"), [(0.0, 0.0, float("-inf")), (0.0, 1.0, float("inf")), (None, 9.0, float("-inf"))]
)
def test_where_nothing_was_expected_anything_is_beyond_measure_and_where_nothing_was_learnt_nothing_is(
    mean: float | None, value: float, over: float
) -> None:
    assert Peak.of(Extent.of([(microseconds(NOW), value)]), lambda quarter: mean).over == over


@pytest.mark.parametrize(("inclusive", "held"), [(False, True), (True, False)])
def test_on_the_limit_itself_an_inclusive_line_is_crossed(*, inclusive: bool, held: bool) -> None:
    band = band_of([line(measure="excess", value=0.5, clear_at=0.5, min_count=0, inclusive=inclusive)])
    assert band.holds(Extent.of([(microseconds(NOW), 15.0)]), lambda quarter: 10.0) is held
