"""The small language of rules over facts: `all`, `any`, and one test of one fact.

Three-valued throughout: a test of an unknown fact is unknown, and unknown is never taken for false.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Discriminator, Field, FiniteFloat, StrictBool, Tag

from plans.domain.base import Spec

Value = bool | float | str
Op = Literal[">=", ">", "<=", "<", "is"]
_COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    "<": lambda a, b: a < b,
    "is": lambda a, b: a == b,
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was measured, by the keys of the company's map; none of them: of the whole company."""

    region: str = ""
    hotline: str = ""
    node: str = ""

    def as_dict(self) -> dict[str, str | None]:
        return {"region": self.region or None, "hotline": self.hotline or None, "node": self.node or None}

    @classmethod
    def of(cls, said: Mapping[str, str | None]) -> "Place":
        """As `as_dict` wrote it."""
        return cls(said["region"] or "", said["hotline"] or "", said["node"] or "")


@dataclass(frozen=True, slots=True)
class Fact:
    """A known value, when it was true, and who or what says so. `days`: of how many days' history, where it was learnt; `place`:
    where, of a figure that was measured."""

    value: Value
    at: datetime
    source: str
    days: int | None = None
    place: Place | None = None


class Test(Spec):
    """One fact against one value; on a named scale `>=` means at least as grave."""

    __test__ = False  # pytest: not a test class
    fact: str
    op: Op
    value: StrictBool | FiniteFloat | str

    def holds(self, value: Value, scale: Sequence[str] = ()) -> bool:
        """Whether a known value passes; `scale` lists the words of a fact that has some, from mild to grave."""
        return _COMPARE[self.op](_rank(value, scale), _rank(self.value, scale))


class AllOf(Spec):
    all: Annotated[tuple["Condition", ...], Field(min_length=1)]


class AnyOf(Spec):
    any: Annotated[tuple["Condition", ...], Field(min_length=1)]


def _shape(value: Any) -> str:
    if isinstance(value, AllOf) or (isinstance(value, Mapping) and "all" in value):
        return "all"
    if isinstance(value, AnyOf) or (isinstance(value, Mapping) and "any" in value):
        return "any"
    return "test"


Condition = Annotated[
    Annotated[Test, Tag("test")] | Annotated[AllOf, Tag("all")] | Annotated[AnyOf, Tag("any")],
    Discriminator(_shape),
]
AllOf.model_rebuild()
AnyOf.model_rebuild()


def _rank(value: Value, scale: Sequence[str]) -> float:
    return float(scale.index(value)) if isinstance(value, str) else float(value)


def judge(test: Test, fact: Fact | None) -> bool | None:
    """True, false, or None when the fact is unknown."""
    return None if fact is None else test.holds(fact.value)


def tests_of(condition: Test | AllOf | AnyOf) -> Iterable[Test]:
    """Every single test inside a condition."""
    if isinstance(condition, Test):
        return (condition,)
    parts = condition.all if isinstance(condition, AllOf) else condition.any
    return (test for part in parts for test in tests_of(part))


def alternatives(condition: Test | AllOf | AnyOf) -> list[frozenset[Test]]:
    """The condition as a list of ways to meet it, each a set of tests that must all hold."""
    if isinstance(condition, Test):
        return [frozenset({condition})]
    if isinstance(condition, AnyOf):
        return [way for part in condition.any for way in alternatives(part)]
    ways: list[frozenset[Test]] = [frozenset()]
    for part in condition.all:
        ways = [way | more for way in ways for more in alternatives(part)]
    return ways


def ways(condition: Test | AllOf | AnyOf) -> int:
    """How many alternatives a condition expands to, counted without expanding it."""
    if isinstance(condition, Test):
        return 1
    if isinstance(condition, AnyOf):
        return sum(ways(part) for part in condition.any)
    return math.prod(ways(part) for part in condition.all)
