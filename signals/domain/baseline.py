"""The daily mean of a series (日均值): what a quarter of an hour of a day should bring, learnt day by day from those before it.

A day that ended is folded into the memory once and never looked at again, so the same steps serve the night's learning, a history
loaded at once, and a backtest that must not know the morrow.

Shape: the trimmed mean, quarter by quarter, of the days of the same kind in eight weeks, each divided by the level of its time.
Level: the median of the ten newest days against what their shape promised; it follows a slow trend. A day far from what was expected
is left out and named, until five in a row say the same: then that is the new level. Holidays and made-up working days are kinds of
their own with a longer memory.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from statistics import fmean, median
from typing import Final

from signals.domain.calendar import Calendar, DayKind

QUARTERS: Final = 96
QUARTER: Final = 900_000_000  # microseconds
MEMORY: Final = 56  # days
RARE_MEMORY: Final = 400  # days, of holidays and made-up working days
FEWEST_DAYS: Final = 3  # of one kind; with fewer the days like it serve, then the flat mean
MOST_DAYS: Final = 12  # of one kind
LEVEL_DAYS: Final = 10
FEWEST_QUARTERS: Final = 8  # of a day that counts
FAR: Final = math.log(1.2)  # a day within 20 % of what was expected is no disturbed one, however quiet the others are
DEVIATIONS: Final = 4.0
NEW_LEVEL: Final = 5  # days in a row that are far off to the same side
ROBUST: Final = 1.4826  # median deviation → standard deviation of a normal one
BAND: Final = 3.0

Means = tuple[float | None, ...]  # one a quarter of an hour; None: no samples


class RestsOn(StrEnum):
    """What an expectation was learnt from, the best first."""

    OWN = "own"  # days of the same kind
    LIKE = "like"  # working days, or days off
    FLAT = "flat"  # the mean of everything
    NOTHING = "nothing"


class LeftOut(StrEnum):
    """Why a day teaches nothing."""

    NO = ""
    DISTURBED = "disturbed"
    TOO_SHORT = "too_short"


@dataclass(frozen=True, slots=True)
class Expected:
    """Of one day: what one sample is expected to be in each quarter of an hour. `level` is 1 at the beginning of the memory.

    `spread` × √expected (counts) or × 1 (gauges) is one standard deviation of a quarter's mean; None: not known.
    """

    day: int  # date.toordinal()
    kind: DayKind
    rests_on: RestsOn
    days: int
    quarters: Means
    level: float = 1.0
    spread: float | None = None

    @property
    def mean(self) -> float | None:
        known = [value for value in self.quarters if value is not None]
        return fmean(known) if known else None


@dataclass(frozen=True, slots=True)
class Day:
    """A day that ended: what it brought, what was expected of it, and whether it may teach."""

    day: int
    kind: DayKind
    seen: Means
    samples: int
    total: float
    level: float  # the level it was expected at
    rests_on: RestsOn = RestsOn.NOTHING
    ratio: float | None = None  # seen ÷ expected over the quarters that have both
    far: int = 0  # +1, −1: farther off than chance
    too_short: bool = False


@dataclass(frozen=True, slots=True)
class Flat:
    """The mean of every sample of the memory, and the days it rests on."""

    value: float
    days: int


@dataclass
class Memory:
    """What a series has taught so far, ascending by day. `count` says whether the metric is a count (else a gauge)."""

    calendar: Calendar
    count: bool = True
    days: list[Day] = field(default_factory=list)

    def expect(self, day: int, *, banded: bool = True) -> Expected:
        """What a day will bring, by the days before it; without `banded` no spread is looked for."""
        kind = self.calendar.kind_of(day)
        recent = self.days[self._place(day - MEMORY) : self._place(day)]
        rare = self.days[self._place(day - RARE_MEMORY) : self._place(day)] if kind.rare else recent
        left = self.left_out(rare if kind.rare else recent)
        level = _level(recent, left)
        for rests_on, found in (
            (RestsOn.OWN, [row for row in rare if row.kind is kind and row.day not in left]),
            (RestsOn.LIKE, [row for row in recent if row.kind.works == kind.works and row.day not in left]),
        ):
            if len(found) >= FEWEST_DAYS:
                chosen = found[-MOST_DAYS:]
                shape = _shape(chosen)
                quarters = tuple(None if value is None else value * level for value in shape)
                spread = _spread(chosen, shape, count=self.count) if banded else None
                return Expected(day, kind, rests_on, len(chosen), quarters, level, spread)
        flat = self.flat(day)
        rests_on = RestsOn.NOTHING if flat is None else RestsOn.FLAT
        return Expected(day, kind, rests_on, flat.days if flat else 0, (None,) * QUARTERS, level)

    def close(self, expected: Expected, seen: Means, samples: int, total: float) -> Day:
        """Take in a day that ended; days are closed in their order."""
        short = sum(value is not None for value in seen) < FEWEST_QUARTERS
        ratio = None if short else _ratio(seen, expected.quarters)
        far = 0
        if ratio is not None and expected.rests_on is RestsOn.OWN:
            far = self._far(ratio, expected.day)
        row = Day(
            expected.day, expected.kind, seen, samples, total, expected.level, expected.rests_on, ratio, far, short
        )
        self.days.append(row)
        del self.days[: self._place(row.day - RARE_MEMORY)]
        return row

    def left_out(self, rows: Sequence[Day]) -> dict[int, LeftOut]:
        """Which of these days teach nothing, and why."""
        left = {row.day: LeftOut.TOO_SHORT for row in rows if row.too_short}
        run: list[Day] = []
        for row in [*(row for row in rows if not row.too_short), None]:
            if row is not None and row.far and (not run or run[-1].far == row.far):
                run.append(row)
                continue
            if len(run) < NEW_LEVEL:
                left |= {each.day: LeftOut.DISTURBED for each in run}
            run = [row] if row is not None and row.far else []
        return left

    def flat(self, day: int) -> Flat | None:
        """The plain mean, nothing left out: what a rule without a baseline compares with."""
        rows = [row for row in self.days[self._place(day - MEMORY) : self._place(day)] if row.samples]
        samples = sum(row.samples for row in rows)
        return Flat(sum(row.total for row in rows) / samples, len(rows)) if samples else None

    def _far(self, ratio: float, day: int) -> int:
        usual = [row.ratio for row in self.days[self._place(day - MEMORY) :] if row.ratio and not row.far]
        logs = [abs(math.log(value)) for value in usual]
        limit = max(FAR, DEVIATIONS * ROBUST * median(logs)) if logs else FAR
        off = math.log(ratio) if ratio > 0 else -math.inf
        return 0 if abs(off) <= limit else (1 if off > 0 else -1)

    def _place(self, day: int) -> int:
        """How many rows lie before a day."""
        return bisect_right(self.days, day - 1, key=lambda row: row.day)


def _level(recent: Sequence[Day], left: Mapping[int, LeftOut]) -> float:
    told = [
        row.level * row.ratio
        for row in recent
        if row.rests_on is RestsOn.OWN and row.ratio is not None and row.day not in left
    ]
    return median(told[-LEVEL_DAYS:]) if told else 1.0


def _shape(days: Sequence[Day]) -> Means:
    """Each day divided by the level of its time; quarters that fewer than half of the days have are not expected at all."""
    scaled = [
        row.seen if row.level == 1.0 else [None if v is None else v / row.level for v in row.seen] for row in days
    ]
    shape: list[float | None] = []
    for column in zip(*scaled, strict=True):
        known = [value for value in column if value is not None]
        shape.append(trimmed(known) if 2 * len(known) >= len(column) else None)
    return tuple(shape)


def trimmed(values: list[float]) -> float:
    """The mean without the fifth at either end; of four and fewer the median."""
    if len(values) < 5:
        return median(values)
    values.sort()
    cut = len(values) // 5
    return fmean(values[cut : len(values) - cut])


def _spread(days: Sequence[Day], shape: Means, *, count: bool) -> float | None:
    off = [
        abs(value / row.level - mean) / (math.sqrt(mean) if count else 1.0)
        for row in days
        for value, mean in zip(row.seen, shape, strict=True)
        if value is not None and mean is not None and (mean > 0 or not count)
    ]
    return ROBUST * median(off) if off else None


def _ratio(seen: Means, expected: Means) -> float | None:
    both = [(s, e) for s, e in zip(seen, expected, strict=True) if s is not None and e is not None]
    promised = math.fsum(e for _, e in both)
    return math.fsum(s for s, _ in both) / promised if len(both) >= FEWEST_QUARTERS and promised > 0 else None


def band(expected: float, spread: float | None, *, count: bool) -> tuple[float, float] | None:
    """Where the mean of a quarter of an hour lies on an undisturbed day but for about one in a hundred; counts not below 0."""
    if spread is None:
        return None
    width = BAND * spread * (math.sqrt(max(expected, 0.0)) if count else 1.0)
    low = expected - width
    return (max(low, 0.0) if count else low), expected + width


# --- from samples to days -----------------------------------------------------------------------------------------------
def place_of(at: datetime, zone: tzinfo) -> tuple[int, int]:
    """(day, quarter of it) in company time."""
    local = at.astimezone(zone)
    return local.toordinal(), (local.hour * 60 + local.minute) // 15


@dataclass
class DayBuilder:
    """Gathers the samples of one day."""

    sums: list[float] = field(default_factory=lambda: [0.0] * QUARTERS)
    counts: list[int] = field(default_factory=lambda: [0] * QUARTERS)

    def add(self, quarter: int, value: float) -> None:
        self.sums[quarter] += value
        self.counts[quarter] += 1

    def add_all(self, quarters: Sequence[int], values: Sequence[float]) -> None:
        for quarter, value in zip(quarters, values, strict=True):
            self.sums[quarter] += value
            self.counts[quarter] += 1

    def seen(self) -> tuple[Means, int, float]:
        """The quarters' means, the number of samples and their sum."""
        means = tuple(total / n if n else None for total, n in zip(self.sums, self.counts, strict=True))
        return means, sum(self.counts), math.fsum(self.sums)


class Places(dict[int, tuple[int, int]]):
    """Quarter of an hour since 1970 → (day, quarter of it) in company time; such a quarter lies in one day, in every zone."""

    def __init__(self, zone: tzinfo) -> None:
        super().__init__()
        self.zone = zone

    def __missing__(self, quarter: int) -> tuple[int, int]:
        found = self[quarter] = place_of(datetime.fromtimestamp(quarter * 900, UTC), self.zone)
        return found


def days_in(samples: Iterable[tuple[int, float]], places: Places) -> dict[int, DayBuilder]:
    """Samples (microseconds since 1970, value) gathered by their day."""
    found: dict[int, DayBuilder] = {}
    for at, value in samples:
        day, quarter = places[at // QUARTER]
        if day not in found:
            found[day] = DayBuilder()
        found[day].add(quarter, value)
    return found
