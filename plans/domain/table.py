"""The level rules compiled to bit masks, so that a card can try hundreds of "what if" in under a millisecond.

Every distinct test is one bit. A state is the set of bits known true (`true`) and the set that cannot be told
(`unknown`). Facts only matter through the tests they pass, so each fact has a handful of classes.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plans.domain.conditions import AllOf, AnyOf, Test, Value, alternatives
from plans.domain.vocabulary import MAJOR

if TYPE_CHECKING:
    from plans.domain.deciding import FactSpec
    from plans.domain.schema import Plan


@dataclass(frozen=True, slots=True)
class ValueClass:
    """All values of a fact that pass the same tests, told by their bounds; a scale's bounds are its own words."""

    bits: int
    low: tuple[str, Value] | None
    high: tuple[str, Value] | None

    def holds(self, fact: str, value: Value, scale: Sequence[str]) -> bool:
        """Whether a value lies between the bounds."""
        bounds = (bound for bound in (self.low, self.high) if bound is not None)
        return all(Test(fact=fact, op=op, value=limit).holds(value, scale) for op, limit in bounds)  # type: ignore[arg-type]

    def reaches(self, least: float | None, most: float | None) -> bool:
        """Whether any of its values lies between these, themselves included."""
        if least is not None and self.high is not None:
            op, value = self.high
            if float(value) < least or (op == "<" and float(value) == least):
                return False
        if most is not None and self.low is not None:
            op, value = self.low
            return float(value) < most or (op != ">" and float(value) == most)
        return True


class Classes:
    """Distinct tests as bits, and the classes into which they divide the values of each fact."""

    def __init__(self, facts: Mapping[str, "FactSpec"], ways: Iterable[frozenset[Test]]) -> None:
        self._bit: dict[Test, int] = {}
        self._of_fact: dict[str, list[tuple[Test, int]]] = defaultdict(list)
        self._facts = facts
        self._scales = {name: tuple(spec.values) for name, spec in facts.items()}
        for test in (test for way in ways for test in way):
            if test not in self._bit:
                self._bit[test] = 1 << len(self._bit)
                self._of_fact[test.fact].append((test, self._bit[test]))
        self.mask_of = {fact: sum(bit for _, bit in tests) for fact, tests in self._of_fact.items()}
        self.classes = {fact: self._classes(fact) for fact in self._of_fact}
        self.possible = {fact: self._possible(fact) for fact in self._of_fact}

    def mask(self, way: frozenset[Test]) -> int:
        """The tests of one of the ways this was made of."""
        return sum(self._bit[test] for test in way)

    def _possible(self, fact: str) -> int:
        """The classes that have a value within the fact's range, as a mask."""
        low, high = self._facts[fact].range
        return sum(1 << index for index, row in enumerate(self.classes[fact]) if row.reaches(low, high))

    def bits(self, fact: str, value: Value) -> int:
        """The tests of a fact that this value passes."""
        return sum(bit for test, bit in self._of_fact[fact] if test.holds(value, self._scales[fact]))

    def class_of(self, fact: str, value: Value) -> int:
        """The index of the class that a value lies in: tests alone do not tell, a rule may ask for one value among others."""
        bits, scale = self.bits(fact, value), self._scales[fact]
        same = [index for index, row in enumerate(self.classes[fact]) if row.bits == bits]
        return same[0] if len(same) == 1 else next(i for i in same if self.classes[fact][i].holds(fact, value, scale))

    def _classes(self, fact: str) -> tuple[ValueClass, ...]:
        if self._facts[fact].kind == "switch":
            return tuple(ValueClass(self.bits(fact, v), ("is", v), ("is", v)) for v in (False, True))
        points = self._scale_points(fact) if self._scales[fact] else self._number_points(fact)
        merged: list[ValueClass] = []
        for value, low, high in points:
            bits = self.bits(fact, value)
            if merged and merged[-1].bits == bits:
                merged[-1] = ValueClass(bits, merged[-1].low, high)
            else:
                merged.append(ValueClass(bits, low, high))
        return tuple(merged)

    def _scale_points(self, fact: str) -> list[tuple[Value, tuple[str, Value], tuple[str, Value]]]:
        return [(word, (">=", word), ("<=", word)) for word in self._scales[fact]]

    def _number_points(self, fact: str) -> list[tuple[Value, tuple[str, Value] | None, tuple[str, Value] | None]]:
        """One sample at and one between all the limits that the rules name."""
        limits = sorted({float(test.value) for test, _ in self._of_fact[fact]})
        points: list[tuple[Value, tuple[str, Value] | None, tuple[str, Value] | None]] = []
        before: float | None = None
        for limit in limits:
            middle = limit - 1 if before is None else (before + limit) / 2
            points.append((middle, None if before is None else (">", before), ("<", limit)))
            points.append((limit, (">=", limit), ("<=", limit)))
            before = limit
        if before is not None:
            points.append((before + 1, (">", before), None))
        return points


class Table(Classes):
    """One plan's rules. Ranks: 0 no level, then the mildest level upwards."""

    def __init__(self, plan: "Plan") -> None:
        self.top = len(plan.levels)
        majors = {rule.id: alternatives(rule.when) for rule in plan.major_rules.values()}
        every = [way for ways in majors.values() for way in ways]
        rules = {rule.id: expanded(rule.when, every) for rule in plan.level_rules.values()}
        super().__init__(plan.facts, [way for ways in (*majors.values(), *rules.values()) for way in ways])
        self.major = {key: [self.mask(way) for way in ways] for key, ways in majors.items()}
        self.rules = {key: [self.mask(way) for way in ways] for key, ways in rules.items()}
        # No test of a fact: a person's own judgement that a fault is major. A state without it is what the facts alone say.
        self.judged_major = 1 << len(self._bit)
        self.hitting = {rule.id: self.rules[rule.id] + self._judged(rule.when) for rule in plan.level_rules.values()}
        ranked = [
            (mask, plan.ranks[rule.level])
            for rule in plan.level_rules.values()
            if rule.level is not None
            for mask in self.hitting[rule.id]
        ]
        self._ranked = sorted(ranked, key=lambda pair: -pair[1])
        raising = [
            (mask, rule.raises) for rule in plan.level_rules.values() if rule.raises for mask in self.hitting[rule.id]
        ]
        self._raises = sorted(raising, key=lambda pair: -pair[1])  # the first that hits decides, as above

    def _judged(self, condition: Test | AllOf | AnyOf) -> list[int]:
        """The ways of a condition that ask for a major fault, with the judgement in place of what would prove it."""
        ways = alternatives(condition)
        asking = [way for way in ways if any(test.fact == MAJOR for test in way)]
        plain = [frozenset(test for test in way if test.fact != MAJOR) for way in asking]
        return [self.mask(way) | self.judged_major for way in plain]

    def rank(self, true: int) -> int:
        """The gravity proposed when exactly these tests hold."""
        rank = 0
        for mask, proposed in self._ranked:
            if mask & true == mask:
                rank = proposed
                break
        if rank in (0, self.top):
            return rank
        for mask, by in self._raises:
            if mask & true == mask:
                return min(self.top, rank + by)
        return rank


def expanded(condition: Test | AllOf | AnyOf, majors: Sequence[frozenset[Test]]) -> list[frozenset[Test]]:
    """Alternatives with the derived fact `major` replaced by the ways that make it true."""
    result: list[frozenset[Test]] = []
    for way in alternatives(condition):
        plain = frozenset(test for test in way if test.fact != MAJOR)
        result += [plain] if len(plain) == len(way) else [plain | major for major in majors]
    return result
