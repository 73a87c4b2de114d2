"""The plan as its clauses say it, before any ruling: what rulings added left out, what they changed put back."""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from plans.domain.base import Span, Spec
from plans.domain.schema import Plan

SECTIONS: Final = ("level_rules", "major_rules", "thresholds", "obligations", "tiers", "terms")
_SPANS: Final = frozenset({"due", "offset_before", "sustained_for", "within", "takes"})
Row = TypeVar("Row", bound=Spec)


def as_written(plan: Plan) -> Plan:
    """A plan that nobody has ruled on. It is for reasoning only: rows may lack what a plan in force must have."""
    whole = {name: getattr(plan, name) for name in Plan.model_fields}
    return Plan.model_construct(**whole | {name: _rows(whole[name]) for name in SECTIONS})


def _rows(rows: Mapping[str, Row]) -> dict[str, Row]:
    return {key: _row(row) for key, row in rows.items() if getattr(row, "by_ruling", None) is None}


def _row(row: Row) -> Row:
    said: Mapping[str, Any] | None = getattr(row, "written", None)
    return row.model_copy(update={key: _typed(row, key, value) for key, value in said.items()}) if said else row


def _typed(row: Spec, key: str, value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    if value is None:
        return () if isinstance(getattr(row, key), tuple) else None
    return Span.parse(value) if key in _SPANS else value
