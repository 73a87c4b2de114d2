"""When an incident may end (6.4) and a warning be lifted (5.3): each condition met, unmet or unknown."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from plans.domain.base import Text
from plans.domain.conditions import Fact, judge

if TYPE_CHECKING:
    from plans.domain.schema import EndingCondition, Plan


class Met(StrEnum):
    MET = "met"
    UNMET = "unmet"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class EndFacts:
    """`complaints_of_mean` is the complaint volume over its daily mean: 0.85 = 85 % of it."""

    stable_hours: Fact | None = None
    complaints_of_mean: Fact | None = None
    no_secondary_risk: Fact | None = None
    resources_withdrawn: Fact | None = None
    assessed_safe: Fact | None = None


@dataclass(frozen=True, slots=True)
class LiftFacts:
    on_target_minutes: Fact | None = None
    complaints_of_mean: Fact | None = None
    no_secondary_risk: Fact | None = None


@dataclass(frozen=True, slots=True)
class ConditionVerdict:
    id: str
    title: Text
    met: Met
    fact: Fact | None
    waivable: bool
    waived: bool
    clauses: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        fact = self.fact and {"value": self.fact.value, "at": self.fact.at.isoformat(), "source": self.fact.source}
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


def incident_end(plan: "Plan", facts: EndFacts, *, waived: frozenset[str] = frozenset()) -> EndVerdict:
    """May the response end? `waived` names conditions HQ set aside with a reason; only waivable ones count."""
    return _verdict(plan.ending, facts, waived)


def warning_lift(plan: "Plan", facts: LiftFacts) -> EndVerdict:
    """May the warning be lifted?"""
    return _verdict(plan.lifting, facts, frozenset())


def _verdict(
    conditions: "Mapping[str, EndingCondition]", facts: EndFacts | LiftFacts, waived: frozenset[str]
) -> EndVerdict:
    said = tuple(
        _condition(row, getattr(facts, row.fact), waived=row.waivable and row.id in waived)
        for row in conditions.values()
    )
    return EndVerdict(all(c.waived or c.met is Met.MET for c in said), said)


def _condition(row: "EndingCondition", fact: Fact | None, *, waived: bool) -> ConditionVerdict:
    met = {True: Met.MET, False: Met.UNMET, None: Met.UNKNOWN}[judge(row.test, fact)]
    return ConditionVerdict(row.id, row.title, met, fact, row.waivable, waived, row.clauses)
