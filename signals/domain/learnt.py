"""What each sample of a history was expected to be by what was known before its day: learning strictly forward."""

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from plans.domain import Plan
from signals.domain.baseline import QUARTER, QUARTERS, DayBuilder, Expected, LeftOut, Memory, Places, RestsOn
from signals.domain.calendar import calendar_of
from signals.domain.marks import History, Key, Mean

NONE: Final = (None,) * QUARTERS


@dataclass(frozen=True, slots=True)
class Taught:
    """How a series was learnt: days by what their expectation rested on, and the days left out."""

    key: Key
    rested: Mapping[str, int]
    left_out: tuple[tuple[int, str], ...]


def expectations(
    history: History, plan: Plan, mean: Mean, places: Places | None = None
) -> tuple[list[float | None], Taught]:
    """What each sample was expected to be; None where nothing was known."""
    places = Places(plan.zone) if places is None else places
    memory = Memory(calendar_of(plan.calendar), count=history.metric.kind == "count")
    beside: list[float | None] = []
    rested: dict[str, int] = {}
    for day, quarters, values in _by_day(history, places):
        flat = memory.flat(day)
        fallback = None if flat is None else flat.value
        if mean is Mean.FLAT:
            expected = Expected(day, memory.calendar.kind_of(day), RestsOn.FLAT, 0, NONE)
            beside.extend([fallback] * len(values))
        else:
            expected = memory.expect(day, banded=False)
            means = [fallback if value is None else value for value in expected.quarters]
            beside.extend([means[quarter] for quarter in quarters])
        rests_on = expected.rests_on if flat is not None else RestsOn.NOTHING
        rested[rests_on] = rested.get(rests_on, 0) + 1
        built = DayBuilder()
        built.add_all(quarters, values)
        memory.close(expected, *built.seen())
    left = memory.left_out(memory.days) if mean is Mean.LEARNT else {}
    told = tuple((day, why.value) for day, why in sorted(left.items()) if why is LeftOut.DISTURBED)
    return beside, Taught(history.key, rested, told)


def _by_day(history: History, places: Places) -> Iterator[tuple[int, list[int], Sequence[float]]]:
    """Day, the quarter of each of its samples, and their values."""
    found = [places[at // QUARTER] for at in history.at]
    begin = 0
    while begin < len(found):
        day = found[begin][0]
        end = bisect_right(found, (day, math.inf), begin)
        yield day, [place[1] for place in found[begin:end]], history.values[begin:end]
        begin = end
