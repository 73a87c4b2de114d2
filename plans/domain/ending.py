"""When an incident may end (6.4) and a warning be lifted (5.3): each condition met, unmet or unknown."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from pydantic import FiniteFloat, StrictBool

from plans.domain import units
from plans.domain.base import Clauses, Duration, Id, Spec, Text
from plans.domain.conditions import Fact, Op, Test, Value
from plans.domain.vocabulary import SAID_FACTS, SEEN_FACTS

if TYPE_CHECKING:
    from plans.domain.schema import Plan


Facts = Mapping[str, Fact]  # by the name that a condition has for it; what is absent is unknown


class EndingCondition(Spec):
    """One condition of ending or lifting; `waivable` ones may be set aside by HQ with a reason.

    `fact` is a metric, a metric with `_of_mean`, a fact of the plan, or a word of `vocabulary`; with `asked` it is a yes or no that
    the person is asked in these words who reports that the condition holds.
    `lasts`: it must have held for so long; `releases`: what must have been given back for it to hold.
    """

    id: Id
    title: Text
    fact: str
    op: Op
    value: StrictBool | FiniteFloat | str
    asked: Text | None = None
    waivable: bool = False
    lasts: Duration | None = None
    releases: tuple[str, ...] = ()
    clauses: Clauses
    rulings: tuple[int, ...] = ()

    @cached_property
    def test(self) -> Test:
        return Test(fact=self.fact, op=self.op, value=self.value)


class Met(StrEnum):
    MET = "met"
    UNMET = "unmet"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """Where the fact of a condition comes from."""

    SEEN = "seen"  # the product sees it: how long all has been calm
    MEASURED = "measured"  # the newest reading of a metric, the worst of the incident's regions
    OF_MEAN = "of_mean"  # a metric over its daily mean: 0.85 = 85 % of it
    RECORDED = "recorded"  # a fact of the plan, as it is on record
    SAID = "said"  # a person says so when he asks for the end


OF_MEAN: Final = "_of_mean"


def kind_of(plan: "Plan", row: EndingCondition) -> Kind | None:
    """None: no fact of this name is known to the plan or the product."""
    if row.asked is not None:
        return Kind.SAID
    if row.fact in SEEN_FACTS:
        return Kind.SEEN
    if row.fact in plan.metrics:
        return Kind.MEASURED
    if row.fact.endswith(OF_MEAN) and row.fact.removesuffix(OF_MEAN) in plan.metrics:
        return Kind.OF_MEAN
    if row.fact in plan.facts:
        return Kind.RECORDED
    return Kind.SAID if row.fact in SAID_FACTS else None


def said_of(plan: "Plan", conditions: Mapping[str, EndingCondition]) -> dict[str, EndingCondition]:
    """Fact → the first condition that asks a person for it."""
    return {row.fact: row for row in reversed(list(conditions.values())) if kind_of(plan, row) is Kind.SAID}


@dataclass(frozen=True, slots=True)
class ConditionVerdict:
    id: str
    title: Text
    met: Met
    fact: Fact | None
    shown: Text | None
    waivable: bool
    waived: bool
    clauses: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        fact = self.fact and {
            "value": self.fact.value, "at": self.fact.at.isoformat(), "source": self.fact.source,
            "shown": self.shown and self.shown.as_dict(),
        }  # fmt: skip
        return {
            "id": self.id, "title": self.title.as_dict(), "met": self.met.value, "fact": fact,
            "waivable": self.waivable, "waived": self.waived, "clauses": list(self.clauses),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class EndVerdict:
    """`allowed` only when every condition is met or lawfully waived; an unknown one is not met."""

    allowed: bool
    conditions: tuple[ConditionVerdict, ...]

    @property
    def open(self) -> tuple[ConditionVerdict, ...]:
        return tuple(c for c in self.conditions if c.met is not Met.MET and not c.waived)

    def as_dict(self) -> dict[str, Any]:
        return {"allowed": self.allowed, "conditions": [condition.as_dict() for condition in self.conditions]}


def incident_end(plan: "Plan", facts: Facts, *, waived: frozenset[str] = frozenset()) -> EndVerdict:
    """May the response end? `waived` names conditions HQ set aside with a reason; only waivable ones count."""
    return _verdict(plan, plan.ending, facts, waived)


def warning_lift(plan: "Plan", facts: Facts) -> EndVerdict:
    """May the warning be lifted?"""
    return _verdict(plan, plan.lifting, facts, frozenset())


def _verdict(
    plan: "Plan", conditions: Mapping[str, EndingCondition], facts: Facts, waived: frozenset[str]
) -> EndVerdict:
    said = tuple(
        _condition(plan, row, facts.get(row.fact), waived=row.waivable and row.id in waived)
        for row in conditions.values()
    )
    return EndVerdict(all(c.waived or c.met is Met.MET for c in said), said)


def _condition(plan: "Plan", row: EndingCondition, fact: Fact | None, *, waived: bool) -> ConditionVerdict:
    scale = tuple(plan.facts[row.fact].values) if kind_of(plan, row) is Kind.RECORDED else ()
    holds = None if fact is None else row.test.holds(fact.value, scale)
    met = {True: Met.MET, False: Met.UNMET, None: Met.UNKNOWN}[holds]
    shown = None if fact is None else _shown(plan, row, fact.value)
    return ConditionVerdict(row.id, row.title, met, fact, shown, row.waivable, waived, row.clauses)


def _shown(plan: "Plan", row: EndingCondition, value: Value) -> Text:
    """What the fact stands at, in words."""
    kind = kind_of(plan, row)
    if kind is Kind.RECORDED:
        return plan.facts[row.fact].shown(value)
    if isinstance(value, bool | str):
        return Text(zh="已确认", en="confirmed") if value else Text(zh="未确认", en="not confirmed")
    if kind is Kind.OF_MEAN:
        return Text(zh=f"日均值的{value * 100:.0f}%", en=f"{value * 100:.0f} % of the daily mean")
    if kind is Kind.MEASURED:
        return units.said(plan.metrics[row.fact].unit, value)
    return units.said(SEEN_FACTS.get(row.fact), float(int(value)))
