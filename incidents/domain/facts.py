"""What is known of an incident's level dimensions: which words a fact may take, and how it is kept."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from common.clock import utc_text
from plans.domain import FactSpec, Place

Value = str | bool | float
Kept = dict[str, dict[str, Any]]
NOWHERE: Final[Mapping[str, Place]] = {}


class Wrong(StrEnum):
    UNKNOWN_FACT = "unknown"
    NOT_A_CHOICE = "invalid_choice"
    NOT_A_NUMBER = "not_a_number"
    NOT_YES_OR_NO = "not_boolean"
    OUT_OF_BOUNDS = "out_of_bounds"


def wrongs(facts: Mapping[str, Value | None], known: Mapping[str, FactSpec]) -> dict[str, Wrong]:
    """What is wrong with each fact by its plan; a value of None says that it is no longer known and is always right."""
    found = {name: _wrong(known.get(name), value) for name, value in facts.items()}
    return {name: wrong for name, wrong in found.items() if wrong is not None}


def _wrong(spec: FactSpec | None, value: Value | None) -> Wrong | None:
    if spec is None:
        return Wrong.UNKNOWN_FACT
    if value is None:
        return None
    if not spec.fits(value):
        return {"scale": Wrong.NOT_A_CHOICE, "switch": Wrong.NOT_YES_OR_NO, "number": Wrong.NOT_A_NUMBER}[spec.kind]
    return None if spec.within(value) else Wrong.OUT_OF_BOUNDS


def plain(kept: Kept) -> dict[str, Value]:
    """Fact → value."""
    return {name: row["value"] for name, row in kept.items()}


def changed(kept: Kept, facts: Mapping[str, Value | None]) -> tuple[dict[str, Value | None], dict[str, Value | None]]:
    """Before and after of those facts that are not what they were; None is unknown."""
    known: Mapping[str, Value | None] = plain(kept)
    after = {name: value for name, value in facts.items() if known.get(name) != value}
    return {name: known.get(name) for name in after}, after


def recorded(
    kept: Kept, facts: Mapping[str, Value | None], *, at: datetime, source: str, places: Mapping[str, Place] = NOWHERE
) -> Kept:
    """The facts with new ones written over them, each with when and by which authority, and where it was measured; an unknown
    one goes.

    A fact said again keeps its value and gets the newer time: the decision card shows how old it is.
    """
    said: Kept = {
        name: {"value": v, "at": utc_text(at), "source": source} for name, v in facts.items() if v is not None
    }
    for name in said.keys() & places.keys():
        said[name]["place"] = places[name].as_dict()
    return {name: row for name, row in {**kept, **said}.items() if name in said or name not in facts}
