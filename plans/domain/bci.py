"""The business-continuity index (1.2): 0 (nothing works) to 100 (as promised). The formula and its weights are ours."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plans.domain.deciding import BciPart
    from plans.domain.schema import Plan


@dataclass(frozen=True, slots=True)
class Bci:
    """`value` is None when nothing is known; `unknown` names the parts it was computed without."""

    value: float | None
    parts: dict[str, float]
    unknown: tuple[str, ...]


def bci(plan: "Plan", facts: Mapping[str, float | None]) -> Bci:
    """`facts`: part of the index → what it stands at in the unit of its metric, an excess as a ratio; None or absent is unknown.

    The weighted mean of the known parts, each 0–100 on a straight line from `worst` to `best`.

    Unknown parts carry no weight rather than full marks: the caller shows them as missing. The board computes the same in
    TypeScript (`frontend/src/board/continuity.ts`); one table of cases holds the two equal.
    """
    parts = {key: marks(part, value) for key, part in plan.bci.items() if (value := facts.get(key)) is not None}
    unknown = tuple(key for key in plan.bci if key not in parts)
    if not parts:
        return Bci(None, {}, unknown)
    total = sum(plan.bci[key].weight for key in parts)
    value = sum(plan.bci[key].weight * earned for key, earned in parts.items()) / total
    return Bci(_tenth(value), parts, unknown)


def marks(part: "BciPart", value: float) -> float:
    """What a value of this part earns, 0–100."""
    share = (value - part.worst) / (part.best - part.worst)
    return _tenth(100 * min(1.0, max(0.0, share)))


def _tenth(value: float) -> float:
    """Half upwards, as the browser does it: Python's own rounding would take 6.25 to 6.2."""
    return math.floor(value * 10 + 0.5) / 10
