"""One series against one line of a plan: when a watch would have opened, flapped and cleared.

Every change is decided by the functions that judge live (`verdict.judge`, `flapping.flaps`, `flapping.settled`) on the window they
would have read, at the instants at which they would have looked; arithmetic over the whole history only finds those instants.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Final, NamedTuple

from common.clock import instant, microseconds
from plans.domain import Threshold
from signals.domain.flapping import SETTLED, Settled, flaps, settled, within
from signals.domain.marks import History, Mark
from signals.domain.verdict import Point, Verdict, judge, span

NEARLY: Final = 1e-6  # figures this close to a line are left to the judge
MICROSECOND: Final = timedelta(microseconds=1)
Excesses = tuple[list[float], list[float]]  # at each sample: the figure, and its window's total


class Opening(NamedTuple):
    """`after`: the place of the first sample that was not there yet."""

    verdict: Verdict
    after: int


class Ending(NamedTuple):
    """How an open watch went on: cleared when, if ever; settled when, if it flapped and then stood for good."""

    cleared: datetime | None
    after: int
    settled: datetime | None = None


@dataclass
class Crossings:
    """Finds the instants at which something may change and lets the judge decide there. From `start` (None: the first sample) to
    `until`; `beside` is what each sample is compared with, for lines that compare."""

    history: History
    line: Threshold
    beside: Sequence[float | None]
    start: int | None
    until: int
    excesses: Excesses | None = None
    figures: Sequence[float] = field(init=False)
    totals: Sequence[float] | None = field(init=False, default=None)
    reach: timedelta = field(init=False)
    # One byte a sample: may the line be crossed here, may it not be, may a watch open. Wider than the judge, never narrower.
    may_be_over: bytearray = field(init=False)
    may_be_calm: bytearray = field(init=False)
    may_open: bytearray = field(init=False)

    def __post_init__(self) -> None:
        self.reach = span(self.line, self.history.metric)
        if self.line.measure == "value":
            self.figures = self.history.values
        elif self.line.measure == "share":
            self.figures = [
                math.nan if other is None or value + other <= 0 else value / (value + other)
                for value, other in zip(self.history.values, self.beside, strict=True)
            ]
        else:
            self.figures, self.totals = self.excesses or excesses_of(self.history, self.beside)
        self._see()

    def _see(self) -> None:
        line, figures = self.line.value, self.figures
        slack = NEARLY * max(1.0, abs(line))
        least, most = line - slack, line + slack
        if self.line.direction == "above":
            self.may_be_over = bytearray([figure >= least for figure in figures])
            self.may_be_calm = bytearray([figure <= most for figure in figures])
        else:
            self.may_be_over = bytearray([figure <= most for figure in figures])
            self.may_be_calm = bytearray([figure >= least for figure in figures])
        self.may_open = self.may_be_over
        if self.totals is not None and self.line.min_count:
            fewest = self.line.min_count - NEARLY * self.line.min_count
            may = zip(self.may_be_over, self.totals, strict=True)
            self.may_open = bytearray([over and total >= fewest for over, total in may])

    def marks(self) -> Iterator[Mark]:
        openings: list[datetime] = []
        place = bisect_left(self.history.at, self.start) if self.start is not None else 0
        while (opening := self._opens(place)) is not None:
            at = opening.verdict.at
            flapping = flaps(openings, self.line, at=at)
            openings = [*(before for before in openings if before > at - within(self.line)), at]
            ending = self._settles(opening.after) if flapping else self._clears(opening.after)
            yield self._mark(opening, ending, flapping=flapping)
            if ending.cleared is None:
                return
            place = ending.after

    def _opens(self, place: int) -> Opening | None:
        """The next time that a watch opens, at a sample or when a line was crossed for long enough."""
        at = self.history.at
        again: int | None = None
        while True:
            found = self.may_open.find(1, place)
            if again is not None and (at[found] if found >= 0 else self.until) >= again:
                now, place, again = again, bisect_left(at, again), None
            elif found >= 0:
                now, place = at[found], found + 1
            else:
                return None
            verdict = self._judge(now, standing=False)
            if verdict.measured is None:
                continue
            if verdict.stands:
                return Opening(verdict, place)
            if verdict.again_at is not None and verdict.again_at > verdict.at:
                again = microseconds(verdict.again_at)

    def _clears(self, place: int) -> Ending:
        at = self.history.at
        while (found := self.may_be_calm.find(1, place)) >= 0:
            place = found + 1
            verdict = self._judge(at[found], standing=True)
            if verdict.measured is not None and not verdict.stands:
                return Ending(verdict.at, place)
        return Ending(None, len(at))

    def _settles(self, place: int) -> Ending:
        """A flapping watch turns no more until the series has stayed on one side for long enough."""
        at, long = self.history.at, _microseconds(SETTLED)
        over: int | None = None  # since when it may have stayed on each side
        calm: int | None = None
        before = bisect_left(at, at[max(place - 1, 0)] - long - _microseconds(self.reach))
        for n in range(before, len(at)):
            now = at[n]
            over = (now if over is None else over) if self.may_be_over[n] else None
            calm = (now if calm is None else calm) if self.may_be_calm[n] else None
            if n < place or now - min(over or now, calm or now) < long:
                continue
            match settled(self._points(now, SETTLED), self.line, self.history.metric, now=instant(now)):
                case Settled.CALM:
                    return Ending(instant(now), n + 1)
                case Settled.OVER:
                    return self._clears(n + 1)._replace(settled=instant(now))
        return Ending(None, len(at))

    def figure_at(self, mark: Mark, when: datetime) -> float:
        """What an open watch had last shown by then."""
        at = self.history.at
        for place in range(bisect_right(at, microseconds(when)) - 1, -1, -1):
            if at[place] <= microseconds(mark.opened):
                break
            measured = self._judge(at[place], standing=True).measured
            if measured is not None:
                return measured.figure
        return mark.figure

    def _judge(self, now: int, *, standing: bool) -> Verdict:
        """The judge's word on the window it would have read."""
        return judge(self._points(now), self.line, self.history.metric, standing=standing, now=instant(now))

    def _points(self, now: int, further: timedelta = timedelta()) -> list[Point]:
        at, values = self.history.at, self.history.values
        end = bisect_right(at, now)
        begin = bisect_right(at, now - _microseconds(self.reach + further), 0, end)
        beside = self.beside if self.line.measure != "value" else None
        return [Point(instant(at[n]), values[n], beside[n] if beside else None) for n in range(begin, end)]

    def _mark(self, opening: Opening, ending: Ending, *, flapping: bool) -> Mark:
        verdict = opening.verdict
        measured = verdict.measured
        if measured is None:
            raise ValueError("a watch opens on a figure")
        shown = self.figures[max(opening.after - 1, 0) : ending.after]
        worst = max if self.line.direction == "above" else min
        return Mark(
            key=self.history.key,
            threshold=self.line.id,
            purpose=self.line.purpose,
            since=verdict.over_since or verdict.at,
            opened=verdict.at,
            cleared=ending.cleared,
            figure=measured.figure,
            peak=worst([measured.figure, *(figure for figure in shown if figure == figure)]),
            value=measured.value,
            baseline=measured.baseline,
            flapping=flapping,
            settled=ending.settled,
        )


def _microseconds(span: timedelta) -> int:
    return span // MICROSECOND


def excesses_of(history: History, beside: Sequence[float | None]) -> Excesses:
    """At each sample the excess over its window, nan without an expectation, and the window's total; nearly exact."""
    window = _microseconds(history.metric.window.fixed())
    told = list(
        accumulate((v if e is not None else 0.0 for v, e in zip(history.values, beside, strict=True)), initial=0.0)
    )
    promised = list(accumulate((e or 0.0 for e in beside), initial=0.0))
    figures: list[float] = []
    totals: list[float] = []
    at, low = history.at, 0
    for place, now in enumerate(at, start=1):
        start = now - window
        while at[low] <= start:
            low += 1
        total, expected = told[place] - told[low], promised[place] - promised[low]
        totals.append(total)
        figures.append((total - expected) / expected if expected > 1e-9 else math.nan)
    return figures, totals
