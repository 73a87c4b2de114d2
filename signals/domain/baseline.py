"""The daily mean of a series (日均值), learnt by weekday and quarter of an hour; robust against single disturbed days."""

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from statistics import fmean, median
from typing import Final

QUARTERS: Final = 96
FEWEST_DAYS: Final = 3  # of one weekday; with fewer the flat mean serves
Learnt = dict[int, tuple[float, int]]


def slot_of(at: datetime, zone: tzinfo) -> int:
    """weekday × 96 + quarter of an hour, in company time."""
    local = at.astimezone(zone)
    return local.weekday() * QUARTERS + (local.hour * 60 + local.minute) // 15


def learn(samples: Iterable[tuple[datetime, float]], zone: tzinfo) -> tuple[Learnt, tuple[float, int] | None]:
    """Slot → (expected value of one sample, days it rests on), and the flat mean with its days; None without samples.

    Each day gives a slot one mean; the slot's expectation is the median of its days, so that one disturbed day moves nothing.
    """
    by_day: dict[int, dict[int, list[float]]] = {}
    days: set[int] = set()
    every: list[float] = []
    for at, value in samples:
        local = at.astimezone(zone)
        day = local.toordinal()
        slot = local.weekday() * QUARTERS + (local.hour * 60 + local.minute) // 15
        by_day.setdefault(slot, {}).setdefault(day, []).append(value)
        days.add(day)
        every.append(value)
    if not every:
        return {}, None
    learnt = {slot: _expected(found) for slot, found in by_day.items() if len(found) >= FEWEST_DAYS}
    return learnt, (fmean(every), len(days))


def _expected(days: Mapping[int, list[float]]) -> tuple[float, int]:
    means = [fmean(values) for values in days.values()]
    return median(means), len(means)
