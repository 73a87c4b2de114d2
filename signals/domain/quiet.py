"""The quiet band of a series: what can be said of samples without reading their window. No clock, no store.

Of many lines on one metric the tightest decide, whatever their number: a sample that is calm for them is calm for all.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from plans.domain import Threshold
from signals.domain.baseline import QUARTER

Sample = tuple[int, float]  # microseconds since 1970, value
FEW: Final = 3  # where means are small a window passes `min_count` by a calm sample: then it is looked at whole


@dataclass(frozen=True, slots=True)
class Extent:
    """How far some samples reach: the highest of each quarter of an hour since 1970, the lowest of all."""

    tops: dict[int, float]
    bottom: float

    @classmethod
    def of(cls, samples: Iterable[Sample]) -> "Extent":
        tops: dict[int, float] = {}
        bottom = float("inf")
        for at, value in samples:
            quarter = at // QUARTER
            if value > tops.get(quarter, float("-inf")):
                tops[quarter] = value
            if value < bottom:
                bottom = value
        return cls(tops, bottom)


ROUNDED: Final = 1e-8  # a figure is told to nine places: one that lies closer to its line may be told as on it


@dataclass(frozen=True, slots=True)
class Peak:
    """How far all samples that any window can hold reach: their ends, and the most that one of them was over its mean."""

    top: float
    bottom: float
    over: float

    @classmethod
    def of(cls, extent: Extent, expected: Callable[[int], float | None]) -> "Peak":
        """`expected`: as for `Band.holds`."""
        means = ((expected(quarter), highest) for quarter, highest in extent.tops.items())
        over = max((_over(mean, highest) for mean, highest in means if mean is not None), default=NEVER)
        return cls(max(extent.tops.values()), extent.bottom, over)

    def opens(self, line: Threshold) -> bool:
        """Whether a window of these samples may cross the line: a mean of some lies between the least and the greatest of them."""
        if line.measure == "excess":
            return self.over > line.value - ROUNDED
        if line.measure == "share":
            return self.top > 0
        return line.crossed(self.top if line.direction == "above" else self.bottom)


NEVER: Final = float("-inf")


def _over(mean: float, value: float) -> float:
    if mean > 0:
        return value / mean - 1
    return float("inf") if value > 0 else NEVER


@dataclass(frozen=True, slots=True)
class Band:
    """The tightest of some lines: of those above, those below, shares, and those that compare with a daily mean."""

    above: Threshold | None
    below: Threshold | None
    share: bool
    excess: bool
    min_count: float  # of all that compare with the mean
    clear_at: float
    edge: bool  # a window that lies on `clear_at` itself crosses: the line there is inclusive and has no hysteresis

    def holds(self, extent: Extent, expected: Callable[[int], float | None]) -> bool:
        """Whether none of these samples can open anything: each lies on the calm side by itself.

        `expected`: a quarter of an hour since 1970 → what one sample should be then; None where nothing was learnt, which
        opens nothing. Others may wait in the window for nothing but a count.
        """
        top = max(extent.tops.values())
        if self.above is not None and not self.above.cleared(top):
            return False
        if self.below is not None and not self.below.cleared(extent.bottom):
            return False
        if self.share and top > 0:
            return False
        return not self.excess or all(
            self._calm(expected(quarter), highest) for quarter, highest in extent.tops.items()
        )

    def _calm(self, expected: float | None, value: float) -> bool:
        if expected is None:
            return True
        limit = expected * (1 + self.clear_at)
        return expected * FEW > self.min_count and (value < limit or (value == limit and not self.edge))


def band_of(lines: Iterable[Threshold]) -> Band:
    """The band of a series under these lines."""
    lines = list(lines)
    # At the limit itself an inclusive line without hysteresis is crossed, the others are calm.
    above = [line for line in lines if line.measure == "value" and line.direction == "above"]
    below = [line for line in lines if line.measure == "value" and line.direction == "below"]
    excess = [line for line in lines if line.measure == "excess"]
    clear_at = min((line.clear_at for line in excess), default=0.0)
    return Band(
        above=min(above, key=lambda line: (line.clear_at, not line.crossed(line.clear_at)), default=None),
        below=max(below, key=lambda line: (line.clear_at, line.crossed(line.clear_at)), default=None),
        share=any(line.measure == "share" for line in lines),
        excess=bool(excess),
        min_count=max((line.min_count for line in excess), default=0),
        clear_at=clear_at,
        edge=any(line.clear_at == clear_at and line.crossed(clear_at) for line in excess),
    )
