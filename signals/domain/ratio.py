"""When a ratio over a window may be told: not before enough of the window has been seen."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from plans.domain import Metric
from signals.domain.verdict import LOST_IN_A_ROW, Point

ENOUGH: Final = 0.5  # of the window


def filled(points: Sequence[Point], metric: Metric, *, now: datetime) -> float:
    """The share of the metric's window up to the newest point that samples speak for, 0–1. `points` ascending.

    A sample speaks for the time since the one before it; after a longer silence (a night, an outage) only for as long as one is
    expected to. So a window that has just begun to fill at the opening of the day is told from one whose source sends rarely.
    """
    known = [point.at for point in points if point.at <= now]
    if not known:
        return 0.0
    every = metric.expected_every.fixed()
    patience = every * (LOST_IN_A_ROW + 1)
    start = known[-1] - metric.window.fixed()
    covered = timedelta(0)
    for place in range(len(known) - 1, -1, -1):
        at = known[place]
        if at <= start:
            break
        gap = at - known[place - 1] if place else every
        covered += min(gap if gap <= patience else every, at - start)
    window = metric.window.fixed()
    return min(1.0, covered / window) if window else 1.0
