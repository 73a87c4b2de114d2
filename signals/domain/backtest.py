"""What a plan would have said to a history: which lines were crossed, when, for how long, and which level it would have proposed.

Every change of state is decided by the judge's own `verdict.judge` on the window it would have read, at the instants at which it
would have looked; arithmetic over the whole history only finds those instants. What is expected of a day was learnt from the days
before it (`baseline.Memory`), so no verdict knows the morrow. People's acts are not played: a warning lasts as long as its watches.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import accumulate, islice
from typing import Final

from common.clock import instant, microseconds
from plans.domain import Fact, LevelFacts, Metric, Plan, Threshold, level_proposed
from signals.domain.baseline import QUARTER, QUARTERS, DayBuilder, Expected, LeftOut, Memory, Places, RestsOn
from signals.domain.calendar import calendar_of
from signals.domain.verdict import Point, Verdict, judge, span

# Thresholds that open a warning by themselves; the others add facts to what stands (as escalation does).
OPENS: Final = frozenset({"pre_response", "outage", "major"})
MOST_MARKS: Final = 20_000
NEARLY: Final = 1e-6  # figures this close to a line are left to the judge
NONE: Final = (None,) * QUARTERS
Excesses = tuple[list[float], list[float]]  # at each sample: the figure, and its window's total
Key = tuple[str, str, str, str]  # metric, region, hotline, node


class Mean(StrEnum):
    """What an excess is measured against."""

    LEARNT = "learnt"
    FLAT = "flat"


@dataclass(frozen=True, slots=True)
class History:
    """A series: times in microseconds since 1970, ascending, each once; values in the metric's unit."""

    key: Key
    metric: Metric
    at: Sequence[int]
    values: Sequence[float]

    @property
    def region(self) -> str:
        return self.key[1]


@dataclass(frozen=True, slots=True)
class Mark:
    """A watch that would have stood. `figure` is what opened it (a ratio, or the value of a `value` line), `peak` the farthest one
    while it stood; `value` and `baseline` in the metric's unit."""

    key: Key
    threshold: str
    purpose: str
    since: datetime
    opened: datetime
    cleared: datetime | None
    figure: float
    peak: float
    value: float
    baseline: float | None


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning that would have begun by itself, with everything that joined it; `level` the gravest proposed meanwhile."""

    region: str
    threshold: str
    opened: datetime
    ended: datetime | None
    level: str | None
    level_at: datetime | None
    peak: float
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Taught:
    """How a series was learnt: days by what their expectation rested on, and the days left out."""

    key: Key
    rested: Mapping[str, int]
    left_out: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Backtest:
    plan: str
    mean: Mean
    samples: int
    first: datetime | None
    last: datetime | None
    warnings: tuple[Warned, ...]
    marks: tuple[Mark, ...]
    taught: tuple[Taught, ...]
    cut: bool = False  # there were more marks than are kept


def backtest(
    plan: Plan,
    histories: Sequence[History],
    *,
    mean: Mean = Mean.LEARNT,
    judged_from: datetime | None = None,
) -> Backtest:
    """Lead a plan through histories of its own metrics. What lies before `judged_from` is learnt from only."""
    by_key = {history.key: history for history in histories}
    marks: list[Mark] = []
    taught: list[Taught] = []
    places = Places(plan.zone)
    start = microseconds(judged_from) if judged_from else None
    for history in histories:
        lines = [line for line in plan.thresholds.values() if line.metric == history.metric.key]
        expected: Sequence[float | None] = ()
        excesses: Excesses | None = None
        if any(line.measure == "excess" for line in lines):
            expected, lesson = expectations(history, plan, mean, places)
            taught.append(lesson)
        for line in lines:
            other = by_key.get((line.out_of or "", *history.key[1:])) if line.measure == "share" else None
            beside = _newest_of(other, history) if line.measure == "share" else expected
            if line.measure == "excess" and excesses is None:
                excesses = _excesses(history, expected)
            run = _Run(history, line, beside, start, excesses)
            marks.extend(islice(run.marks(), MOST_MARKS + 1 - len(marks)))
    marks.sort(key=lambda mark: mark.opened)  # at one instant in the order of the plan, as the judge finds them
    ends = [(history.at[0], history.at[-1]) for history in histories if history.at]
    return Backtest(
        plan=plan.key,
        mean=mean,
        samples=sum(len(history.at) for history in histories),
        first=instant(min(end[0] for end in ends)) if ends else None,
        last=instant(max(end[1] for end in ends)) if ends else None,
        warnings=tuple(_warnings(plan, marks[:MOST_MARKS])),
        marks=tuple(marks[:MOST_MARKS]),
        taught=tuple(taught),
        cut=len(marks) > MOST_MARKS,
    )


# --- what was expected --------------------------------------------------------------------------------------------------
def expectations(
    history: History, plan: Plan, mean: Mean, places: Places | None = None
) -> tuple[list[float | None], Taught]:
    """What each sample was expected to be by what was known before its day; None where nothing was known."""
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


def _newest_of(other: History | None, history: History) -> list[float | None]:
    """At each of the history's times the newest value of another series; None before its first."""
    if other is None:
        return [None] * len(history.at)
    found: list[float | None] = []
    for at in history.at:
        place = bisect_right(other.at, at)
        found.append(other.values[place - 1] if place else None)
    return found


# --- one series against one line ----------------------------------------------------------------------------------------
@dataclass
class _Run:
    """Finds the instants at which something may change and lets the judge decide there."""

    history: History
    line: Threshold
    beside: Sequence[float | None]
    start: int | None
    excesses: Excesses | None = None
    figures: Sequence[float] = field(init=False)
    totals: Sequence[float] | None = field(init=False, default=None)

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
            self.figures, self.totals = self.excesses or _excesses(self.history, self.beside)

    def marks(self) -> Iterator[Mark]:
        at = self.history.at
        may_open, may_clear = self._candidates()
        place = bisect_left(at, self.start) if self.start is not None else 0
        opened: Verdict | None = None
        began = 0
        again: int | None = None
        while True:
            found = (may_open if opened is None else may_clear).find(1, place)
            if again is not None and (at[found] if found >= 0 else at[-1]) >= again:
                now, place, again = again, bisect_left(at, again), None
            elif found >= 0:
                now, place = at[found], found + 1
            else:
                break
            verdict = self._judge(now, standing=opened is not None)
            if verdict.measured is None:
                continue
            if verdict.again_at is not None and verdict.again_at > verdict.at:
                again = microseconds(verdict.again_at)
            if opened is None and verdict.stands:
                opened, began = verdict, max(place - 1, 0)
            elif opened is not None and not verdict.stands:
                yield self._mark(opened, began, place - 1, verdict.at)
                opened = None
        if opened is not None:
            yield self._mark(opened, began, len(at) - 1, None)

    def _candidates(self) -> tuple[bytearray, bytearray]:
        """One byte a sample: may a watch open here, may one clear here. Wider than the judge, never narrower."""
        line, figures = self.line.value, self.figures
        slack = NEARLY * max(1.0, abs(line))
        if self.line.direction == "above":
            may_open = bytearray([figure >= line - slack for figure in figures])
            may_clear = bytearray([figure <= line + slack for figure in figures])
        else:
            may_open = bytearray([figure <= line + slack for figure in figures])
            may_clear = bytearray([figure >= line - slack for figure in figures])
        if self.totals is not None and self.line.min_count:
            least = self.line.min_count - NEARLY * self.line.min_count
            may_open = bytearray([a and total >= least for a, total in zip(may_open, self.totals, strict=True)])
        return may_open, may_clear

    def _judge(self, now: int, *, standing: bool) -> Verdict:
        """The judge's word on the window it would have read."""
        at, values = self.history.at, self.history.values
        end = bisect_right(at, now)
        begin = bisect_right(at, now - int(self.reach.total_seconds() * 1_000_000), 0, end)
        beside = self.beside if self.line.measure != "value" else None
        points = [Point(instant(at[n]), values[n], beside[n] if beside else None) for n in range(begin, end)]
        return judge(points, self.line, self.history.metric, standing=standing, now=instant(now))

    def _mark(self, opened: Verdict, began: int, end: int, cleared: datetime | None) -> Mark:
        measured = opened.measured
        if measured is None:
            raise ValueError("a watch opens on a figure")
        while_open = [figure for figure in self.figures[began : end + 1] if figure == figure]
        worst = max if self.line.direction == "above" else min
        return Mark(
            key=self.history.key,
            threshold=self.line.id,
            purpose=self.line.purpose,
            since=opened.over_since or opened.at,
            opened=opened.at,
            cleared=cleared,
            figure=measured.figure,
            peak=worst([measured.figure, *while_open]),
            value=measured.value,
            baseline=measured.baseline,
        )


def _excesses(history: History, beside: Sequence[float | None]) -> Excesses:
    """At each sample the excess over its window, nan without an expectation, and the window's total; nearly exact."""
    window = int(history.metric.window.fixed().total_seconds() * 1_000_000)
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


# --- what would have followed -------------------------------------------------------------------------------------------
@dataclass
class _Episode:
    region: str
    first: Mark
    facts: dict[str, Fact] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    level: str | None = None
    level_at: datetime | None = None

    def stands(self, at: datetime) -> bool:
        return any(mark.cleared is None or mark.cleared > at for mark in self.marks)


def _warnings(plan: Plan, marks: Iterable[Mark]) -> Iterator[Warned]:
    """Marks in the order in which they opened; those of one place, or under a nationwide one, share a warning while it stands."""
    episodes: list[_Episode] = []
    standing: list[_Episode] = []
    for mark in marks:
        standing = [episode for episode in standing if episode.stands(mark.opened)]
        episode = next((e for e in standing if e.region in ("", mark.key[1])), None)
        if episode is None:
            if mark.purpose not in OPENS:
                continue
            episode = _Episode(mark.key[1], mark)
            episodes.append(episode)
            standing.append(episode)
        _join(plan, episode, mark)
    for episode in episodes:
        ends = [mark.cleared for mark in episode.marks]
        ended = None if None in ends else max(end for end in ends if end is not None)
        peak = max(
            (m.peak for m in episode.marks if m.threshold == episode.first.threshold), default=episode.first.peak
        )
        yield Warned(
            episode.region,
            episode.first.threshold,
            episode.first.opened,
            ended,
            episode.level,
            episode.level_at,
            peak,
            tuple(episode.marks),
        )


def _join(plan: Plan, episode: _Episode, mark: Mark) -> None:
    """The facts that a watch brings, and what the plan proposes on all of them."""
    episode.marks.append(mark)
    fact = plan.fed_by(mark.threshold)
    told: dict[str, str | float | bool] = {"reach": _reach(mark.key)}
    if fact is not None:
        told[fact] = True if plan.facts[fact].kind == "switch" else mark.figure
    for name, value in told.items():
        if name in plan.facts and plan.facts[name].fits(value):
            episode.facts[name] = Fact(value, mark.opened, "signals")
    level = level_proposed(plan, LevelFacts(**episode.facts))
    if level is not None and plan.ranks[level] > plan.ranks.get(episode.level or "", 0):
        episode.level, episode.level_at = level, mark.opened


def _reach(key: Key) -> str:
    return "node" if key[3] else "region" if key[1] else "nationwide"


# --- two beside each other ----------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Beside:
    """Warnings of two backtests over the same history, paired where they overlap in the same place."""

    both: tuple[tuple[Warned, Warned], ...]
    only_first: tuple[Warned, ...]
    only_second: tuple[Warned, ...]

    @property
    def differs(self) -> bool:
        return bool(self.only_first or self.only_second or any(a.level != b.level for a, b in self.both))


def beside(first: Backtest, second: Backtest) -> Beside:
    """What one plan would have said and the other not."""
    rest = list(second.warnings)
    both: list[tuple[Warned, Warned]] = []
    alone: list[Warned] = []
    for one in first.warnings:
        match = next((other for other in rest if other.region == one.region and _overlap(one, other)), None)
        if match is None:
            alone.append(one)
        else:
            rest.remove(match)
            both.append((one, match))
    return Beside(tuple(both), tuple(alone), tuple(rest))


def _overlap(one: Warned, other: Warned) -> bool:
    starts_first, later = (one, other) if one.opened <= other.opened else (other, one)
    return starts_first.ended is None or later.opened <= starts_first.ended
