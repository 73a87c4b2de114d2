"""A year of 5-minute samples of 20 series through the default plan, beside judging every sample with the judge itself.

Learning walks forward day by day in both; reading the history (a file, the database) is not in these figures.
"""

import random
import time
from array import array
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from common.clock import instant, microseconds
from plans.domain import Metric, Plan, Threshold, load
from signals.domain.backtest import backtest
from signals.domain.callcentre import HOURS
from signals.domain.flapping import SETTLED, Settled, flaps, settled
from signals.domain.learnt import expectations
from signals.domain.marks import History, Mean
from signals.domain.verdict import Point, judge, span

PLAN = Path(__file__).parent.parent / "plans" / "data" / "hotline.yaml"
STEP = 300_000_000
YEAR = 365 * 288
REGIONS = ("east", "north", "south", "west")
# Metric → value at rest, how far it strays, and what it shows in trouble; trouble begins once in 2,000 samples and lasts an hour.
GAUGES = {
    "queue_time_mean": (40.0, 12.0, 600.0),
    "call_success_rate": (98.6, 0.3, 80.0),
    "availability": (99.97, 0.02, 40.0),
    "cpu": (50.0, 8.0, 97.0),
}
SHORT = 42  # days that judging every sample is tried on; a year of it would take minutes


def histories(plan: Plan, *, samples: int = YEAR) -> list[History]:
    """Four regions of five series each: complaints by the hours of the day, and four gauges."""
    begin = microseconds(datetime(2025, 11, 24, tzinfo=UTC))
    chance = random.Random(20261125)
    at = array("q", range(begin, begin + samples * STEP, STEP))
    made: list[History] = []
    for region in REGIONS:
        made.append(
            History(("complaints", region, "", ""), plan.metric("complaints"), at, _complaints(chance, samples))
        )
        for name in GAUGES:
            made.append(
                History((name, region, "", ""), plan.metric(name), at, _gauge(chance, plan.metric(name), samples))
            )
    return made


def _gauge(chance: random.Random, metric: Metric, samples: int) -> "array[float]":
    rest, noise, trouble = GAUGES[metric.key]
    low, high = metric.range
    values = array("d")
    left = 0
    for _ in range(samples):
        left = 12 if chance.random() < 0.0005 else max(0, left - 1)
        values.append(trouble if left else min(high, max(low, chance.gauss(rest, noise))))
    return values


def _complaints(chance: random.Random, samples: int) -> "array[float]":
    """Whole numbers a tenth around the mean of their hour; an hour of half as much again once in two weeks."""
    values = array("d")
    left = 0
    for n in range(samples):
        left = 12 if chance.random() < 1 / 4032 else max(0, left - 1)
        mean = 3 * HOURS[n // 12 % 24] * (1.5 if left else 1.0)
        values.append(float(max(0, round(chance.gauss(mean, 0.1 * mean)))))
    return values


def plainly(plan: Plan, history: History) -> int:
    """Every sample judged against every line as it comes; the number of watches opened."""
    beside, _ = expectations(history, plan, Mean.LEARNT)
    points = [Point(instant(at), value, e) for at, value, e in zip(history.at, history.values, beside, strict=True)]
    lines = [line for line in plan.thresholds.values() if line.metric == history.metric.key]
    return sum(_opened(points, line, history.metric) for line in lines)


def _opened(points: list[Point], line: Threshold, metric: Metric) -> int:
    reach, low, far = span(line, metric), 0, 0
    openings: list[datetime] = []
    standing = flapping = False
    for n, point in enumerate(points):
        while points[low].at <= point.at - reach:
            low += 1
        while points[far].at <= point.at - reach - SETTLED:
            far += 1
        if flapping:
            now = settled(points[far : n + 1], line, metric, now=point.at)
            standing, flapping = now is not Settled.CALM, now is Settled.NOT_YET
            continue
        verdict = judge(points[low : n + 1], line, metric, standing=standing, now=point.at)
        if verdict.stands and not standing:
            flapping = flaps(openings, line, at=point.at)
            openings.append(point.at)
        standing = verdict.stands
    return len(openings)


def _short(history: History) -> History:
    return replace(history, at=history.at[: SHORT * 288], values=history.values[: SHORT * 288])


def main() -> None:
    plan = load(PLAN.read_text(encoding="utf-8"), PLAN.name)
    made = histories(plan)
    whole, found = _timed(lambda: backtest(plan, made))
    short = [_short(history) for history in made]
    ours, _ = _timed(lambda: backtest(plan, short))
    plain, _ = _timed(lambda: [plainly(plan, history) for history in short])
    total = sum(len(history.at) for history in made)
    print(
        f"backtest: {total:,} samples of {len(made)} series in {whole:.1f} s of one processor, {len(found.marks)} watches",
        flush=True,
    )
    print(f"  {SHORT} days: ours {ours:.2f} s, every sample judged {plain:.2f} s, × {plain / ours:.1f}", flush=True)
    if whole > 10.0:
        raise SystemExit("a year of 20 series takes more than 10 s")


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.process_time()
    result = work()
    return time.process_time() - began, result


if __name__ == "__main__":
    main()
