"""What a plan would have said to a history: which lines were crossed, when, for how long, what was told of it, and which level it would
have proposed.

Every change of state is decided by the functions that judge live, mutes, flapping and silence included; what is expected of a day
was learnt from the days before it (`baseline.Memory`), so no verdict knows the morrow. People's acts are not played: a warning lasts
as long as its watches.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from common.clock import instant, microseconds
from plans.domain import Plan, Threshold
from signals.domain.baseline import Places
from signals.domain.crossings import Crossings, excesses_of
from signals.domain.episodes import Warned, warnings
from signals.domain.learnt import Taught, expectations
from signals.domain.marks import History, Key, Mark, Mean
from signals.domain.mutes import Muted
from signals.domain.silence import Silent, silences
from signals.domain.speaking import held, spoken

MOST_MARKS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Backtest:
    """`marks` in the order in which they opened; `silences` in the order in which they were noticed."""

    plan: str
    mean: Mean
    samples: int
    first: datetime | None
    last: datetime | None
    warnings: tuple[Warned, ...]
    marks: tuple[Mark, ...]
    taught: tuple[Taught, ...]
    silences: tuple[Silent, ...] = ()
    cut: bool = False  # there were more marks than are kept

    @property
    def held(self) -> list[Mark]:
        """What a maintenance window or silence held back."""
        return list(held(self.marks))

    @property
    def flapping(self) -> list[Mark]:
        """What was said once and then no more until it settled."""
        return [mark for mark in self.marks if mark.flapping]


def backtest(
    plan: Plan,
    histories: Sequence[History],
    *,
    mean: Mean = Mean.LEARNT,
    judged_from: datetime | None = None,
    until: datetime | None = None,
    mutes: Sequence[Muted] = (),
) -> Backtest:
    """Lead a plan through histories of its own metrics, and through the mutes that held. What lies before `judged_from` is learnt
    from only; `until`: up to when it is known that no more samples came (default: the last of all)."""
    ends = [(history.at[0], history.at[-1]) for history in histories if history.at]
    if not ends:
        return Backtest(plan.key, mean, 0, None, None, (), (), ())
    first, last = min(end[0] for end in ends), max(end[1] for end in ends)
    played = _Played(
        plan=plan,
        mean=mean,
        by_key={history.key: history for history in histories},
        mutes=mutes,
        places=Places(plan.zone),
        start=microseconds(judged_from) if judged_from else None,
        until=max(last, microseconds(until)) if until else last,
    )
    marks: list[Mark] = []
    taught: list[Taught] = []
    silent: list[Silent] = []
    for history in histories:
        marks += played.marks(history, taught, most=MOST_MARKS + 1 - len(marks))
        silent += played.silences(history)
    marks.sort(key=lambda mark: mark.opened)  # at one instant in the order of the plan, as the judge finds them
    return Backtest(
        plan=plan.key,
        mean=mean,
        samples=sum(len(history.at) for history in histories),
        first=instant(first),
        last=instant(last),
        warnings=tuple(warnings(plan, marks[:MOST_MARKS])),
        marks=tuple(marks[:MOST_MARKS]),
        taught=tuple(taught),
        silences=tuple(sorted(silent, key=lambda row: row.noticed)),
        cut=len(marks) > MOST_MARKS,
    )


@dataclass(frozen=True)
class _Played:
    """What the whole of a backtest has in common."""

    plan: Plan
    mean: Mean
    by_key: dict[Key, History]
    mutes: Sequence[Muted]
    places: Places
    start: int | None
    until: int

    def lines(self, history: History) -> list[Threshold]:
        return [line for line in self.plan.thresholds.values() if line.metric == history.metric.key]

    def marks(self, history: History, taught: list[Taught], *, most: int) -> list[Mark]:
        """What crossed lines of one series, with when it spoke; how the series was learnt is added to `taught`."""
        runs = {run.line.id: run for run in self._runs(history, taught)}
        found = islice((mark for run in runs.values() for mark in run.marks()), most)
        return spoken(
            self.plan,
            found,
            self.mutes,
            until=instant(self.until),
            figure_at=lambda mark, when: runs[mark.threshold].figure_at(mark, when),
        )

    def _runs(self, history: History, taught: list[Taught]) -> Iterator[Crossings]:
        lines = self.lines(history)
        expected: Sequence[float | None] = ()
        excesses = None
        if any(line.measure == "excess" for line in lines):
            expected, lesson = expectations(history, self.plan, self.mean, self.places)
            taught.append(lesson)
            excesses = excesses_of(history, expected)
        for line in lines:
            beside = expected
            if line.measure == "share":
                beside = _newest_of(self.by_key.get((line.out_of or "", *history.key[1:])), history)
            yield Crossings(history, line, beside, self.start, self.until, excesses)

    def silences(self, history: History) -> list[Silent]:
        """A series that no line watches may be silent without a word."""
        if not self.lines(history):
            return []
        return list(silences(history, zone=self.plan.zone, mutes=self.mutes, start=self.start, until=self.until))


def _newest_of(other: History | None, history: History) -> list[float | None]:
    """At each of the history's times the newest value of another series; None before its first."""
    if other is None:
        return [None] * len(history.at)
    found: list[float | None] = []
    for at in history.at:
        place = bisect_right(other.at, at)
        found.append(other.values[place - 1] if place else None)
    return found
