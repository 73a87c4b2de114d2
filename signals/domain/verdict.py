"""What a window of samples says about a threshold. Facts in, verdict with its reason out; no clock, no store.

A verdict depends on the stored window, the instant it is judged at, and whether the watch stands open (hysteresis); never on
the order in which samples came.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from operator import attrgetter
from typing import Final

from plans.domain import Metric, Threshold

# How many expected samples may be lost in a row before what lies between counts as unknown.
LOST_IN_A_ROW: Final = 3
# The share of a ratio's window that must have been seen before the ratio is told.
ENOUGH: Final = 0.5


class State(StrEnum):
    NORMAL = "normal"
    NEAR = "near"
    OVER = "over"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    CALM = "calm"
    CROSSED = "crossed"
    NOT_LONG_ENOUGH = "not_long_enough"
    BETWEEN_THE_LIMITS = "between_the_limits"
    TOO_FEW = "too_few"
    NO_DATA = "no_data"
    NO_BASELINE = "no_baseline"
    FILLING = "filling"


@dataclass(frozen=True, slots=True)
class Point:
    """A sample with what was expected of it (`excess`) or the other part of a share at that time; None when unknown."""

    at: datetime
    value: float
    beside: float | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What a threshold compares with its line: `figure`; `value` and `baseline` in the metric's unit."""

    figure: float
    value: float
    baseline: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`stands`: the watch is open after this. `again_at`: look once more then, though no sample may come."""

    state: State
    stands: bool
    reason: Reason
    at: datetime
    measured: Measured | None = None
    over_since: datetime | None = None
    again_at: datetime | None = None


def span(threshold: Threshold, metric: Metric) -> timedelta:
    """How far back a window must reach to judge."""
    lost = metric.expected_every.fixed() * (LOST_IN_A_ROW + 1)
    return max(metric.window.fixed(), threshold.sustained_for.fixed() + lost)


def judge(points: Sequence[Point], threshold: Threshold, metric: Metric, *, standing: bool, now: datetime) -> Verdict:
    """Judge a series at `now`. `points` are its samples up to now, ascending, reaching back at least `span`."""
    known = [point for point in points if point.at <= now]
    if not known:
        return Verdict(State.UNKNOWN, standing, Reason.NO_DATA, now)
    newest = known[-1].at
    if now - newest > metric.expected_every.fixed() * LOST_IN_A_ROW + timedelta(minutes=1):
        # Unknown is not normal: it opens nothing and clears nothing.
        return Verdict(State.UNKNOWN, standing, Reason.NO_DATA, now)
    measured = _measure(known, threshold, metric)
    if measured is None:
        return Verdict(State.UNKNOWN, standing, Reason.NO_BASELINE, now)
    if threshold.measure == "excess" and measured.value < threshold.min_count and not standing:
        return Verdict(State.NORMAL, False, Reason.TOO_FEW, now, measured)
    if threshold.measure == "excess" and filled(known, metric) < ENOUGH:
        # The first sample of the day alone is no window: it opens nothing and clears nothing.
        return Verdict(State.UNKNOWN, standing, Reason.FILLING, now, measured)
    if not threshold.crossed(measured.figure):
        return _below(threshold, measured, standing, now)
    since = _over_since(known, threshold, metric)
    due = since + threshold.sustained_for.fixed()
    if standing or (now >= due and _proves(since, newest, due, metric)):
        return Verdict(State.OVER, True, Reason.CROSSED, now, measured, since)
    return Verdict(State.NEAR, False, Reason.NOT_LONG_ENOUGH, now, measured, since, again_at=due)


def _proves(since: datetime, newest: datetime, due: datetime, metric: Metric) -> bool:
    """Whether samples show that the line stayed crossed until due: one alone shows an instant, not a duration."""
    return due == since or (newest > since and newest >= due - metric.expected_every.fixed())


def _below(threshold: Threshold, measured: Measured, standing: bool, now: datetime) -> Verdict:
    if standing and not threshold.cleared(measured.figure):
        return Verdict(State.OVER, True, Reason.BETWEEN_THE_LIMITS, now, measured)
    near = threshold.nearness(measured.figure) is not None
    return Verdict(State.NEAR if near else State.NORMAL, False, Reason.CALM, now, measured)


def filled(points: Sequence[Point], metric: Metric) -> float:
    """The share of the metric's window up to the newest point that samples speak for, 0–1. `points` ascending.

    A sample speaks for the time since the one before it; after a longer silence (a night, an outage) only for as long as one is
    expected to. So a window that has just begun to fill at the opening of the day is told from one of which samples were lost.
    """
    if not points:
        return 0.0
    every, window = metric.expected_every.fixed(), metric.window.fixed()
    if not window:
        return 1.0
    patience = every * (LOST_IN_A_ROW + 1)
    start = points[-1].at - window
    place = bisect_right(points, start, key=_at)  # the first within the window
    gap = points[place].at - points[place - 1].at if place else every
    covered = min(gap if gap <= patience else every, points[place].at - start)
    if window <= patience:  # no silence fits in
        covered += points[-1].at - points[place].at
    else:
        for before, after in pairwise(points[place:]):
            gap = after.at - before.at
            covered += gap if gap <= patience else every
    return min(1.0, covered / window)


_at = attrgetter("at")


def _measure(points: Sequence[Point], threshold: Threshold, metric: Metric) -> Measured | None:
    """The newest figure; None while there is nothing to compare it with."""
    return _MEASURES[threshold.measure](points, metric)


def _value(points: Sequence[Point], metric: Metric) -> Measured | None:
    return Measured(points[-1].value, points[-1].value)


def _excess(points: Sequence[Point], metric: Metric) -> Measured | None:
    """Over the plan's window, each sample against what was expected of that very one: a lost sample changes nothing much."""
    start = points[-1].at - metric.window.fixed()
    window = [point for point in points if point.at > start and point.beside is not None]
    expected = sum(point.beside or 0.0 for point in window)
    if expected <= 0:
        return None
    total = sum(point.value for point in window)
    # Rounded: 130 over 100 is 0.3 more, not 0.30000000000000004.
    return Measured(round((total - expected) / expected, 9), total, expected)


def _share(points: Sequence[Point], metric: Metric) -> Measured | None:
    """This metric of itself and its other part."""
    newest = points[-1]
    if newest.beside is None or newest.value + newest.beside <= 0:
        return None
    return Measured(newest.value / (newest.value + newest.beside), newest.value, newest.value + newest.beside)


_MEASURES: Final[dict[str, Callable[[Sequence[Point], Metric], Measured | None]]] = {
    "value": _value,
    "excess": _excess,
    "share": _share,
}


def calm_run(
    points: Sequence[Point], threshold: Threshold, metric: Metric, *, now: datetime
) -> tuple[datetime, datetime] | None:
    """The unbroken run on the calm side up to now, (first sample, newest sample); None when nothing fresh is known.

    Only samples prove: a gap longer than a few lost ones breaks the run. A run of no length: the newest is over the line.
    """
    known = [point for point in points if point.at <= now]
    if not known or now - known[-1].at > metric.expected_every.fixed() * LOST_IN_A_ROW + timedelta(minutes=1):
        return None
    patience = metric.expected_every.fixed() * (LOST_IN_A_ROW + 1)
    newest = since = known[-1].at
    for point in reversed(known):
        if since - point.at > patience or threshold.crossed(point.value):
            break
        since = point.at
    return since, newest


def measured_at(points: Sequence[Point], threshold: Threshold, metric: Metric) -> float | None:
    """The newest figure that is compared with the line; None while there is nothing to compare."""
    measured = _measure(points, threshold, metric) if points else None
    return None if measured is None else measured.figure


def _over_since(points: Sequence[Point], threshold: Threshold, metric: Metric) -> datetime:
    """Since when the line is crossed without a break; how long is asked only where it matters."""
    if threshold.sustained_for.is_zero:
        return points[-1].at
    return run_since(points, threshold, metric, over=True)


def run_since(points: Sequence[Point], threshold: Threshold, metric: Metric, *, over: bool) -> datetime:
    """Since when the figure is on this side of the line without a break; a gap longer than a few lost samples is a break."""
    patience = metric.expected_every.fixed() * (LOST_IN_A_ROW + 1)
    since = points[-1].at
    for end in range(len(points), 0, -1):
        if since - points[end - 1].at > patience:
            break
        measured = _measure(points[:end], threshold, metric)
        if measured is None or threshold.crossed(measured.figure) is not over:
            break
        since = points[end - 1].at
    return since
