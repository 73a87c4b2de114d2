"""A watch that opens and clears again and again is one state, said once, until the series settles. No clock, no store."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from plans.domain import Metric, Threshold
from signals.domain.verdict import LOST_IN_A_ROW, Point, measured_at, run_since

# Ours: the plan says nothing of it. The fourth opening within an hour, besides the time the line asks for four times over.
TURNS: Final = 4
WITHIN: Final = timedelta(hours=1)
SETTLED: Final = timedelta(minutes=30)


class Settled(StrEnum):
    CALM = "calm"
    OVER = "over"
    NOT_YET = "not_yet"


def within(threshold: Threshold) -> timedelta:
    """How far back openings count."""
    return WITHIN + threshold.sustained_for.fixed() * TURNS


def flaps(openings: Iterable[datetime], threshold: Threshold, *, at: datetime) -> bool:
    """Whether one more opening at `at`, after these, is no news any more."""
    return sum(at - within(threshold) < opened <= at for opened in openings) + 1 >= TURNS


def settled(points: Sequence[Point], threshold: Threshold, metric: Metric, *, now: datetime) -> Settled:
    """Whether a flapping series has stayed on one side of its line for long enough. Only samples prove: silence settles nothing.

    `points` reach back SETTLED and a few lost samples besides.
    """
    known = [point for point in points if point.at <= now]
    figure = measured_at(known, threshold, metric)
    if figure is None or now - known[-1].at > metric.expected_every.fixed() * LOST_IN_A_ROW + timedelta(minutes=1):
        return Settled.NOT_YET
    over = threshold.crossed(figure)
    if not over and not threshold.cleared(figure):
        return Settled.NOT_YET
    if now - run_since(known, threshold, metric, over=over) < SETTLED:
        return Settled.NOT_YET
    return Settled.OVER if over else Settled.CALM
