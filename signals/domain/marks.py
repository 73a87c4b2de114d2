"""A history, and what one line of a plan makes of it. Times of a history are microseconds since 1970."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from plans.domain import Metric

Key = tuple[str, str, str, str]  # metric, region, hotline, node


class Mean(StrEnum):
    """What an excess is measured against."""

    LEARNT = "learnt"
    FLAT = "flat"


@dataclass(frozen=True, slots=True)
class History:
    """A series: times ascending, each once; values in the metric's unit."""

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
    while it stood; `value` and `baseline` in the metric's unit.

    `flapping`: it was the opening that is one too many, said once; `settled`: when it stood for good after all. `mute`: the number of
    what held it back. `spoke`: since when it counts, None for never, and `said` its figure then.
    """

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
    flapping: bool = False
    settled: datetime | None = None
    mute: int | None = None
    spoke: datetime | None = None
    said: float = 0.0

    def stands(self, at: datetime) -> bool:
        """Whether it counts and is not cleared just after `at`."""
        return self.spoke is not None and (self.cleared is None or self.cleared > at)
