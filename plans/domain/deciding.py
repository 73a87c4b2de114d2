"""What a level is decided on: the levels themselves, facts, the rules over them, and the index beside them."""

import math
from typing import Annotated, Any, Literal

from pydantic import Field, FiniteFloat, PositiveFloat, field_validator, model_validator

from plans.domain.base import Clauses, Id, Spec, Text, Written
from plans.domain.conditions import Condition, Value
from plans.domain.units import said


class Level(Spec):
    """A response level; the file lists them from the gravest down. `led_by` are the roles that its response is left to."""

    id: Id
    title: Text
    summary: Text
    led_by: tuple[str, ...] = ()
    clauses: Clauses


class FactSpec(Spec):
    """A fact that levels are decided on: with `values` a scale of words from mild to grave, with `unit` a number, with
    neither a yes or no. `dimension` marks those that the plan itself names.

    `range` bounds a number, null being open; `steps` are the marks of it that the plan's text names; `thresholds` are the
    lines that machines watch it by; people are asked for it on forms unless `asked` is false.
    """

    id: Id
    title: Text
    dimension: bool = False
    unit: Id | None = None
    values: dict[str, Text] = Field(default_factory=dict)
    range: tuple[FiniteFloat | None, FiniteFloat | None] = (None, None)
    steps: tuple[FiniteFloat, ...] = ()
    thresholds: tuple[str, ...] = ()
    asked: bool = True
    clauses: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_kind(self) -> "FactSpec":
        if self.unit is not None and self.values:
            raise ValueError("expected either `unit` or `values`")
        if self.steps and self.unit is None:
            raise ValueError("expected `steps` only beside a `unit`")
        return self

    @property
    def kind(self) -> Literal["scale", "number", "switch"]:
        if self.values:
            return "scale"
        return "switch" if self.unit is None else "number"

    def fits(self, value: Value) -> bool:
        """Whether the fact can have this value."""
        if self.kind == "scale":
            return isinstance(value, str) and value in self.values
        if self.kind == "switch":
            return isinstance(value, bool)
        return not isinstance(value, bool | str) and math.isfinite(value)

    def shown(self, value: Value) -> Text:
        """A fitting value in words."""
        if isinstance(value, str):
            return self.values.get(value, Text(zh=value, en=value))
        if isinstance(value, bool):
            return Text(zh="是", en="yes") if value else Text(zh="否", en="no")
        return said(self.unit, value)

    def within(self, value: Value) -> bool:
        """Whether a fitting value lies in the range."""
        low, high = self.range
        return isinstance(value, str) or ((low is None or value >= low) and (high is None or value <= high))


class LevelRule(Spec):
    """Proposes `level`, or with `raises` lifts whatever the other rules proposed by that many steps."""

    id: Id
    level: str | None = None
    raises: Annotated[int, Field(ge=1, le=2)] | None = None
    when: Condition
    reason: Text
    clauses: Clauses
    rulings: tuple[int, ...] = ()
    by_ruling: int | None = None
    written: Written = None

    @model_validator(mode="after")
    def _one_effect(self) -> "LevelRule":
        if (self.level is None) == (self.raises is None):
            raise ValueError("expected either `level` or `raises`")
        return self


class MajorRule(Spec):
    id: Id
    when: Condition
    reason: Text
    clauses: Clauses
    rulings: tuple[int, ...] = ()
    by_ruling: int | None = None
    written: Written = None


class BciPart(Spec):
    """A share of the index: full marks at `best`, none at `worst`, straight in between.

    It is read from a `metric`, as it is or as its `excess` over the daily mean within the metric's window. Left out, the key tells
    (versions of before): `complaints_excess` is the excess of `complaints`.
    """

    id: Id
    title: Text
    metric: str
    measure: Literal["value", "excess"] = "value"
    weight: PositiveFloat
    best: FiniteFloat
    worst: FiniteFloat

    @model_validator(mode="before")
    @classmethod
    def _of_its_key(cls, row: Any) -> Any:
        if not isinstance(row, dict) or "metric" in row or not isinstance(row.get("id"), str):
            return row
        metric = row["id"].removesuffix("_excess")
        return {"metric": metric, "measure": "value" if metric == row["id"] else "excess"} | row

    @field_validator("worst")
    @classmethod
    def _apart(cls, worst: float, info: Any) -> float:
        if worst == info.data.get("best"):
            raise ValueError("expected `worst` to differ from `best`")
        return worst
