"""What a window means: instant and sustained, two limits, lost samples, silence."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.domain import load
from plans.services import SHIPPED
from signals.domain.verdict import Point, Reason, State, Verdict, judge

PLAN = load(SHIPPED.read_text(encoding="utf-8"), SHIPPED.name)
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def points(*values: float | None, every: int, beside: float | None = None) -> list[Point]:
    """One sample each `every` minutes, the last one now; None is a lost one."""
    times = [NOW - timedelta(minutes=every * back) for back in range(len(values) - 1, -1, -1)]
    return [Point(at, value, beside) for at, value in zip(times, values, strict=True) if value is not None]


def verdict(threshold: str, window: list[Point], *, standing: bool = False, now: datetime = NOW) -> Verdict:
    spec = PLAN.threshold(threshold)
    return judge(window, spec, PLAN.metric(spec.metric), standing=standing, now=now)


COMPLAINTS, QUEUE, CPU, LINES = (
    "complaints_pre_response",
    "queue_time_pre_response",
    "cpu_pre_response",
    "hotlines_major",
)


@pytest.mark.parametrize(
    ("case", "window", "standing", "stands", "reason"),
    [
        ("62 % over the daily mean", points(162, 162, 162, every=5, beside=100), False, True, Reason.CROSSED),
        (
            "exactly 30 % over is not yet more than 30 %",
            points(130, 130, every=5, beside=100),
            False,
            False,
            Reason.CALM,
        ),
        (
            "one high sample among calm ones is weighed over the window",
            points(100, 100, 150, every=5, beside=100),
            False,
            False,
            Reason.CALM,
        ),
        (
            "a lost sample does not halve the volume",
            points(150, None, 150, every=5, beside=100),
            False,
            True,
            Reason.CROSSED,
        ),
        (
            "nine complaints where three are usual are too few to cry wolf",
            points(9, every=5, beside=3),
            False,
            False,
            Reason.TOO_FEW,
        ),
        (
            "25 % over keeps an open watch open",
            points(125, 125, every=5, beside=100),
            True,
            True,
            Reason.BETWEEN_THE_LIMITS,
        ),
        ("20 % over clears it", points(120, 120, every=5, beside=100), True, False, Reason.CALM),
        ("the first of the day alone opens nothing", points(300, every=5, beside=100), False, False, Reason.FILLING),
        ("nor does it clear anything", points(90, every=5, beside=100), True, True, Reason.FILLING),
    ],
)
def test_complaints(case: str, window: list[Point], standing: bool, stands: bool, reason: Reason) -> None:
    said = verdict(COMPLAINTS, window, standing=standing)
    assert (said.stands, said.reason) == (stands, reason)


def test_without_a_baseline_nothing_is_said() -> None:
    said = verdict(COMPLAINTS, points(500, 500, every=5))
    assert (said.state, said.reason) == (State.UNKNOWN, Reason.NO_BASELINE)


OVER = 490.0  # seconds: more than eight minutes


@pytest.mark.parametrize(
    ("case", "window", "stands"),
    [
        ("over 8 min for 30 min", points(*[OVER] * 31, every=1), True),
        ("over 8 min for 29 min", points(*[OVER] * 30, every=1), False),
        ("two lost samples in between", points(*[OVER] * 10, None, None, *[OVER] * 19, every=1), True),
        ("a minute of relief in between", points(*[OVER] * 15, 300.0, *[OVER] * 15, every=1), False),
        ("22 minutes of silence in between", points(*[OVER] * 10, *[None] * 21, *[OVER] * 11, every=1), False),
        ("exactly 8 min is not over", points(*[480.0] * 31, every=1), False),
    ],
)
def test_queue_time_is_sustained(case: str, window: list[Point], stands: bool) -> None:
    assert verdict(QUEUE, window).stands is stands


def test_a_crossing_not_yet_long_enough_says_when_to_look_again() -> None:
    said = verdict(QUEUE, points(*[OVER] * 11, every=1))
    assert (said.state, said.stands, said.reason) == (State.NEAR, False, Reason.NOT_LONG_ENOUGH)
    assert said.again_at == NOW + timedelta(minutes=20)


def test_one_sample_does_not_prove_that_it_stayed() -> None:
    """The look-again at the due time finds nothing new: 95 % at one instant is no five minutes."""
    one = points(95.0, every=5)
    assert verdict(CPU, one, now=NOW + timedelta(minutes=5)).reason is Reason.NOT_LONG_ENOUGH
    assert verdict(CPU, points(95.0, 95.0, every=5)).stands


def test_the_look_again_opens_without_a_sample_of_that_very_instant() -> None:
    window = points(*[OVER] * 30, every=1)
    assert not verdict(QUEUE, window).stands
    assert verdict(QUEUE, window, now=NOW + timedelta(minutes=1)).stands


def test_unknown_is_not_normal_and_never_clears() -> None:
    said = verdict(CPU, points(95.0, 95.0, every=5), standing=True, now=NOW + timedelta(hours=1))
    assert (said.state, said.stands, said.reason) == (State.UNKNOWN, True, Reason.NO_DATA)
    assert verdict(CPU, [], standing=False).state is State.UNKNOWN


def test_a_share_needs_its_other_part() -> None:
    assert verdict(LINES, points(3, every=1, beside=7)).stands
    assert not verdict(LINES, points(2, every=1, beside=8)).stands
    assert verdict(LINES, points(3, every=1)).state is State.UNKNOWN


@given(
    values=st.lists(st.floats(0, 100), min_size=1, max_size=20),
    standing=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_a_verdict_is_the_same_for_any_order_of_arrival(values: list[float], standing: bool, seed: int) -> None:
    """The window is stored by time and a sample once: whatever came twice or late reads the same."""
    stored = points(*values, every=5)
    arrived = stored + stored[: len(stored) // 2]
    random.Random(seed).shuffle(arrived)
    window = sorted({point.at: point for point in arrived}.values(), key=lambda point: point.at)
    assert verdict(CPU, window, standing=standing) == verdict(CPU, stored, standing=standing)
