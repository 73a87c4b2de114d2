"""Metrics and thresholds: what machines may say, in which units, and which lines it may cross."""

import math
from datetime import datetime, time, tzinfo
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import Field, FiniteFloat, PositiveFloat, model_validator

from plans.domain.base import SHANGHAI, Clauses, Duration, Spec, Text, Written

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]


class Rejection(StrEnum):
    """Why a value cannot be this metric's."""

    UNKNOWN_UNIT = "unknown_unit"
    NOT_A_NUMBER = "not_a_number"
    OUT_OF_RANGE = "out_of_range"


class ServiceHours(Spec):
    """A stretch of the week in company time during which the metric is expected; `to` is outside it."""

    days: Annotated[tuple[Weekday, ...], Field(min_length=1)] = WEEKDAYS  # type: ignore[assignment]
    from_: Annotated[Clock, Field(alias="from")]
    to: Clock

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.from_ >= self.to:
            raise ValueError("expected `from` before `to`; write a night as two stretches")
        return self

    def covers(self, weekday: int, at: time) -> bool:
        clock = f"{at.hour:02}:{at.minute:02}"
        return WEEKDAYS[weekday] in self.days and self.from_ <= clock < self.to


class Metric(Spec):
    """One kind of sample. `unit` is the canonical unit; `units` maps every accepted name to its factor."""

    id: str
    title: Text
    unit: str
    units: dict[str, PositiveFloat] = Field(default_factory=dict)
    kind: Literal["count", "gauge"]
    range: tuple[FiniteFloat, FiniteFloat]
    window: Duration
    expected_every: Duration
    service_hours: tuple[ServiceHours, ...] = ()
    worse: Literal["up", "down", "none"]
    clauses: Clauses

    @property
    def key(self) -> str:
        return self.id

    def factor_of(self, unit: str | None) -> float | None:
        """What a value in this unit is multiplied with to be in the canonical one, which no unit means; None: not its unit."""
        return 1.0 if unit in (None, "", self.unit) else self.units.get(str(unit))

    def parse_value(self, value: Any, unit: str | None = None) -> float | Rejection:
        """The value in the canonical unit; no unit means the canonical one."""
        factor = self.factor_of(unit)
        if factor is None:
            return Rejection.UNKNOWN_UNIT
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
            return Rejection.NOT_A_NUMBER
        if isinstance(value, int) and value.bit_length() > 64:  # beyond any metric, and float() would overflow
            return Rejection.OUT_OF_RANGE
        canonical = float(value) * factor
        low, high = self.range
        return canonical if math.isfinite(canonical) and low <= canonical <= high else Rejection.OUT_OF_RANGE

    def in_service(self, at: datetime, zone: tzinfo = SHANGHAI) -> bool:
        """Whether samples are expected at this instant; no hours given means day and night."""
        local = at.astimezone(zone)
        return not self.service_hours or any(h.covers(local.weekday(), local.time()) for h in self.service_hours)

    def with_service_hours(self, hours: tuple[ServiceHours, ...]) -> "Metric":
        """The same metric with a company's own hours."""
        return self.model_copy(update={"service_hours": hours})


class Near(Spec):
    """Shares of the threshold from which a warning is near (ruling 19)."""

    blue: Annotated[float, Field(gt=0, lt=1)]
    yellow: Annotated[float, Field(gt=0, lt=1)]


class Threshold(Spec):
    """A line and its hysteresis. `excess` compares a window with its daily mean (0.30 = 30 % over); `share` is
    metric ÷ (metric + `out_of`); `value` is the metric itself, in its canonical unit."""

    id: str
    title: Text
    metric: str
    measure: Literal["value", "excess", "share"]
    out_of: str | None = None
    direction: Literal["above", "below"]
    inclusive: bool = False
    value: FiniteFloat
    clear_at: FiniteFloat
    sustained_for: Duration
    min_count: Annotated[int, Field(ge=0)] = 0
    near: Near | None = None
    purpose: Literal["pre_response", "level", "major", "target", "outage"]
    clauses: Clauses
    rulings: tuple[int, ...] = ()
    by_ruling: int | None = None
    written: Written = None

    @model_validator(mode="after")
    def _sane(self) -> Self:
        inside = self.clear_at <= self.value if self.direction == "above" else self.clear_at >= self.value
        if not inside:
            raise ValueError("expected `clear_at` on the calm side of `value`")
        if self.sustained_for.months:
            raise ValueError("expected `sustained_for` without months or years")
        if self.measure == "share" and self.out_of is None:
            raise ValueError("expected `out_of`: the metric that makes up the rest of the share")
        return self

    @property
    def clear_below(self) -> float:
        """The calm limit of an `above` threshold; a `below` threshold clears above it."""
        return self.clear_at

    @property
    def clause(self) -> str:
        return self.clauses[0]

    def crossed(self, value: float) -> bool:
        """Whether a value of this measure is over the line."""
        if value == self.value:
            return self.inclusive
        return (value > self.value) == (self.direction == "above")

    def cleared(self, value: float) -> bool:
        """Whether a value is calm again; between the two limits nothing changes."""
        return not self.crossed(value) and (
            value <= self.clear_at if self.direction == "above" else value >= self.clear_at
        )

    def nearness(self, value: float) -> Literal["blue", "yellow"] | None:
        """The warning colour a value below the line is near to (only for `above` thresholds)."""
        if self.near is None or self.direction == "below" or self.crossed(value):
            return None
        if value >= self.near.yellow * self.value:
            return "yellow"
        return "blue" if value >= self.near.blue * self.value else None
