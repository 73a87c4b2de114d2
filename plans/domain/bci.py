"""The business-continuity index (1.2): 0 (nothing works) to 100 (as promised). The formula and its weights are ours."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plans.domain.schema import BciPart, Plan


@dataclass(frozen=True, slots=True)
class BciFacts:
    """Percent, percent, seconds, ratio over the daily mean; None is unknown."""

    availability: float | None = None
    call_success_rate: float | None = None
    queue_time_mean: float | None = None
    complaints_excess: float | None = None


@dataclass(frozen=True, slots=True)
class Bci:
    """`value` is None when nothing is known; `unknown` names the parts it was computed without."""

    value: float | None
    parts: dict[str, float]
    unknown: tuple[str, ...]


def bci(plan: "Plan", facts: BciFacts) -> Bci:
    """The weighted mean of the known parts, each 0–100 on a straight line from `worst` to `best`.

    Unknown parts carry no weight rather than full marks: the caller shows them as missing. The board computes the same in
    TypeScript (`frontend/src/board/continuity.ts`); one table of cases holds the two equal.
    """
    known = {key: part for key, part in plan.bci.items() if getattr(facts, key) is not None}
    parts = {key: marks(part, getattr(facts, key)) for key, part in known.items()}
    unknown = tuple(key for key in plan.bci if key not in known)
    if not known:
        return Bci(None, {}, unknown)
    total = sum(part.weight for part in known.values())
    value = sum(part.weight * parts[key] for key, part in known.items()) / total
    return Bci(_tenth(value), parts, unknown)


def marks(part: "BciPart", value: float) -> float:
    """What a value of this part earns, 0–100."""
    share = (value - part.worst) / (part.best - part.worst)
    return _tenth(100 * min(1.0, max(0.0, share)))


def _tenth(value: float) -> float:
    """Half upwards, as the browser does it: Python's own rounding would take 6.25 to 6.2."""
    return math.floor(value * 10 + 0.5) / 10
