"""What is known of an incident's level dimensions: which words a fact may take, and how it is kept."""

import math
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from common.clock import utc_text
from plans.domain.vocabulary import LEVEL_FACTS, NUMBERS, SCALES

Value = str | bool | float
Kept = dict[str, dict[str, Any]]

# Bounds of the numbers; None is open. An excess of -1 means no complaint at all.
BOUNDS: Final[dict[str, tuple[float, float | None]]] = {
    "complaints_excess": (-1, None),
    "recovery_hours": (0, 24 * 365),
    "node_daily_calls": (0, None),
    "hotlines_down_share": (0, 1),
}


class Wrong(StrEnum):
    UNKNOWN_FACT = "unknown"
    NOT_A_CHOICE = "invalid_choice"
    NOT_A_NUMBER = "not_a_number"
    NOT_YES_OR_NO = "not_boolean"
    OUT_OF_BOUNDS = "out_of_bounds"


def wrongs(facts: Mapping[str, Value | None]) -> dict[str, Wrong]:
    """What is wrong with each fact; a value of None says that it is no longer known and is always right."""
    found = {name: _wrong(name, value) for name, value in facts.items()}
    return {name: wrong for name, wrong in found.items() if wrong is not None}


def _wrong(name: str, value: Value | None) -> Wrong | None:
    if name not in LEVEL_FACTS:
        return Wrong.UNKNOWN_FACT
    if value is None:
        return None
    if name in SCALES:
        return None if value in SCALES[name] else Wrong.NOT_A_CHOICE
    if name not in NUMBERS:
        return None if isinstance(value, bool) else Wrong.NOT_YES_OR_NO
    if isinstance(value, bool | str) or not math.isfinite(value):
        return Wrong.NOT_A_NUMBER
    low, high = BOUNDS[name]
    return None if value >= low and (high is None or value <= high) else Wrong.OUT_OF_BOUNDS


def plain(kept: Kept) -> dict[str, Value]:
    """Fact → value."""
    return {name: row["value"] for name, row in kept.items()}


def changed(kept: Kept, facts: Mapping[str, Value | None]) -> tuple[dict[str, Value | None], dict[str, Value | None]]:
    """Before and after of those facts that are not what they were; None is unknown."""
    known: Mapping[str, Value | None] = plain(kept)
    after = {name: value for name, value in facts.items() if known.get(name) != value}
    return {name: known.get(name) for name in after}, after


def recorded(kept: Kept, facts: Mapping[str, Value | None], *, at: datetime, source: str) -> Kept:
    """The facts with new ones written over them, each with when and by which authority; an unknown one goes.

    A fact said again keeps its value and gets the newer time: the decision card shows how old it is.
    """
    said = {name: {"value": v, "at": utc_text(at), "source": source} for name, v in facts.items() if v is not None}
    return {name: row for name, row in {**kept, **said}.items() if name in said or name not in facts}
