"""The decision card (4.2): which level the plan proposes on what is known, why, and what would change it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any

from plans.domain.base import Text
from plans.domain.conditions import Fact, Place, Value
from plans.domain.deciding import FactSpec, LevelRule, MajorRule
from plans.domain.schema import Plan
from plans.domain.table import Table


@dataclass(frozen=True, init=False)
class LevelFacts:
    """What is known about an incident, by the plan's names of facts; a fact that is not here, or None, is unknown.

    `judged_major`: a person said that it is major, whatever the facts show so far (3.1).
    """

    known: Mapping[str, Fact]
    judged_major: bool

    def __init__(self, **known: Fact | None) -> None:
        object.__setattr__(self, "known", {name: fact for name, fact in known.items() if fact is not None})
        object.__setattr__(self, "judged_major", False)

    def with_(self, **moved: Fact | None) -> "LevelFacts":
        """The same with some facts moved; None makes one unknown."""
        return LevelFacts(**{**self.known, **moved}).judged(major=self.judged_major)

    def judged(self, *, major: bool) -> "LevelFacts":
        """The same facts with a person's word on them."""
        same = LevelFacts(**self.known)
        object.__setattr__(same, "judged_major", major)
        return same


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that hit: `level` it proposes, or `raises` by so many steps; neither for a major-fault rule."""

    rule: str
    level: str | None
    raises: int | None
    clauses: tuple[str, ...]
    rulings: tuple[int, ...]
    reason: Text

    def as_dict(self) -> dict[str, Any]:
        return {
            "rule": self.rule, "level": self.level, "raises": self.raises, "clauses": list(self.clauses),
            "rulings": list(self.rulings), "reason": self.reason.as_dict(),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class MajorVerdict:
    """`major` is None while an unknown fact could still make it true; `unknown` names those facts."""

    major: bool | None
    reasons: tuple[Reason, ...]
    unknown: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return {"major": self.major, "reasons": [r.as_dict() for r in self.reasons], "unknown": list(self.unknown)}


@dataclass(frozen=True, slots=True)
class Dimension:
    fact: str
    title: Text
    value: Value | None
    at: datetime | None
    age_seconds: float | None
    source: str | None
    known: bool
    named_by_plan: bool
    shown: Text | None
    days: int | None = None
    place: Place | None = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "fact": self.fact, "title": self.title.as_dict(), "known": self.known, "value": self.value,
            "at": self.at and self.at.isoformat(), "age_seconds": self.age_seconds, "source": self.source, "days": self.days,
            "dimension": self.named_by_plan, "shown": self.shown and self.shown.as_dict(),
            "place": self.place and self.place.as_dict(),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shift:
    """A fact moving over a line: `complaints_excess` `>=` 0.5. `known` tells whether it has a value today, `alone` whether beyond the
    line there is this one value only."""

    fact: str
    op: str
    value: Value
    known: bool
    title: Text
    shown: Text
    alone: bool = False

    def as_dict(self) -> dict[str, Any]:
        return {
            "fact": self.fact, "op": self.op, "value": self.value, "known": self.known,
            "title": self.title.as_dict(), "shown": self.shown.as_dict(), "alone": self.alone,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """One or two shifts that together would make the plan propose `level` (None: no level) instead."""

    level: str | None
    shifts: tuple[Shift, ...]

    def as_dict(self) -> dict[str, Any]:
        return {"level": self.level, "shifts": [shift.as_dict() for shift in self.shifts]}


@dataclass(frozen=True, slots=True)
class Missing:
    """An unknown fact that could raise the level, up to `level`; `alone` when it needs no other fact for that."""

    fact: str
    title: Text
    level: str | None
    alone: bool

    def as_dict(self) -> dict[str, Any]:
        return {"fact": self.fact, "title": self.title.as_dict(), "level": self.level, "alone": self.alone}


@dataclass(frozen=True, slots=True)
class Card:
    """`proposed` rests on known facts only; `certain` says that no unknown fact could raise it further.

    `dimensions` are the plan's four, `measures` the other facts its rules use; `missing` is ordered by weight.
    """

    proposed: str | None
    certain: bool
    dimensions: tuple[Dimension, ...]
    measures: tuple[Dimension, ...]
    hits: tuple[Reason, ...]
    would_change: tuple[Change, ...]
    missing: tuple[Missing, ...]
    major: MajorVerdict

    @property
    def missing_most(self) -> Missing | None:
        """The unknown fact whose knowing could move the proposal furthest; None when none could move it."""
        return self.missing[0] if self.missing else None

    @property
    def clauses(self) -> tuple[str, ...]:
        """Every clause that a hitting rule cites, each once."""
        return tuple(dict.fromkeys(clause for hit in self.hits for clause in hit.clauses))

    def as_dict(self) -> dict[str, Any]:
        return {
            "proposed": self.proposed,
            "certain": self.certain,
            "clauses": list(self.clauses),
            "dimensions": [row.as_dict() for row in self.dimensions],
            "measures": [row.as_dict() for row in self.measures],
            "hits": [hit.as_dict() for hit in self.hits],
            "would_change": [change.as_dict() for change in self.would_change],
            "missing": [row.as_dict() for row in self.missing],
            "missing_most": self.missing_most and self.missing_most.as_dict(),
            "major": self.major.as_dict(),
        }


@dataclass(frozen=True, slots=True)
class _State:
    """The facts as the table sees them."""

    table: Table
    passed: dict[str, int]  # known fact → the tests it passes
    here: dict[str, int]  # known fact → its class
    true: int
    unknown: int

    @classmethod
    def of(cls, plan: Plan, facts: LevelFacts) -> "_State":
        table = plan.table
        used = {name: fact.value for name, fact in facts.known.items() if name in table.mask_of}
        passed = {name: table.bits(name, value) for name, value in used.items()}
        here = {name: table.class_of(name, value) for name, value in used.items()}
        unknown = sum(mask for name, mask in table.mask_of.items() if name not in passed)
        judged = table.judged_major if facts.judged_major else 0
        return cls(table, passed, here, sum(passed.values()) | judged, unknown)


def level_card(plan: Plan, facts: LevelFacts, *, now: datetime) -> Card:
    """Judge the facts by the plan's level rules; raises ValueError for a value that the plan's fact cannot have."""
    for name, fact in facts.known.items():
        if name in plan.facts and not plan.facts[name].fits(fact.value):
            raise ValueError(f"{name} cannot be {fact.value!r}")
    state = _State.of(plan, facts)
    rank = state.table.rank(state.true)
    rows = [_dimension(plan, name, facts.known.get(name), now) for name in plan.facts]
    return Card(
        proposed=plan.level_at(rank),
        certain=state.table.rank(state.true | state.unknown) == rank,
        dimensions=tuple(row for row in rows if row.named_by_plan),
        measures=tuple(row for row in rows if not row.named_by_plan),
        hits=_hits(plan.level_rules, state.table.hitting, state.true),
        would_change=tuple(_changes(plan, state, rank)),
        missing=_missing(plan, state, rank),
        major=major_verdict(plan, facts),
    )


def major_verdict(plan: Plan, facts: LevelFacts) -> MajorVerdict:
    """Major or ordinary (3.2, ruling 15)."""
    state = _State.of(plan, facts)
    reasons = _hits(plan.major_rules, state.table.major, state.true)
    if reasons:
        return MajorVerdict(True, reasons, ())
    reachable = state.true | state.unknown
    open_masks = [m for masks in state.table.major.values() for m in masks if m & reachable == m]
    unknown = tuple(
        name
        for name, mask in state.table.mask_of.items()
        if name not in state.passed and any(mask & way for way in open_masks)
    )
    return MajorVerdict(None if open_masks else False, (), unknown)


def _hits(
    rules: "dict[str, LevelRule] | dict[str, MajorRule]", masks: dict[str, list[int]], true: int
) -> tuple[Reason, ...]:
    return tuple(
        Reason(
            rule.id,
            getattr(rule, "level", None),
            getattr(rule, "raises", None),
            rule.clauses,
            rule.rulings,
            rule.reason,
        )
        for rule in rules.values()
        if any(mask & true == mask for mask in masks[rule.id])
    )


def level_proposed(plan: Plan, facts: LevelFacts) -> str | None:
    """The card's proposal alone, for who asks it thousands of times."""
    state = _State.of(plan, facts)
    return plan.level_at(state.table.rank(state.true))


def _dimension(plan: Plan, name: str, fact: Fact | None, now: datetime) -> Dimension:
    spec = plan.facts[name]
    if fact is None:
        return Dimension(name, spec.title, None, None, None, None, False, spec.dimension, None)
    age = (now - fact.at).total_seconds()
    shown = spec.shown(fact.value)
    said = (fact.value, fact.at, age, fact.source, True, spec.dimension, shown)
    return Dimension(name, spec.title, *said, days=fact.days, place=fact.place)


@dataclass(frozen=True, slots=True)
class _Move:
    """A fact moving to another class, `keep` and `add` being what that does to the tests that hold."""

    fact: str
    keep: int
    add: int
    shift: Shift


def _moves(plan: Plan, state: _State) -> list[_Move]:
    """Every way one fact could move, the nearest class first."""
    result: list[_Move] = []
    for fact, classes in state.table.classes.items():
        here, keep, spec = state.here.get(fact), ~state.table.mask_of[fact], plan.facts[fact]
        could = [i for i in range(len(classes)) if state.table.possible[fact] >> i & 1]
        others = [i for i in could if i != here and (here is not None or classes[i].bits)]
        for index in sorted(others, key=lambda i: abs(i - (here or 0))):
            row, up = classes[index], here is None or index > here
            bound = (row.low or row.high) if up else (row.high or row.low)
            if bound is not None:
                op, value = bound
                alone = _ends(spec, op, value)
                shift = Shift(fact, op, value, here is not None, spec.title, spec.shown(value), alone=alone)
                result.append(_Move(fact, keep, row.bits, shift))
    return result


def _ends(spec: FactSpec, op: str, value: Value) -> bool:
    """Whether a bound leaves one word of a scale: nothing is graver than the gravest."""
    scale = tuple(spec.values)
    return value in {">=": scale[-1:], "<=": scale[:1]}.get(op, ())


def _changes(plan: Plan, state: _State, rank: int) -> list[Change]:
    """The fewest shifts to every other level: single ones where they suffice, else pairs; the graver level first."""
    moves, ranked = _moves(plan, state), state.table.rank
    found: dict[tuple[int, tuple[str, ...]], Change] = {}
    for move in moves:
        other = ranked(state.true & move.keep | move.add)
        if other != rank:
            found.setdefault((other, (move.fact,)), Change(plan.level_at(other), (move.shift,)))
    left = set(range(state.table.top + 1)) - {other for other, _ in found} - {rank}
    for one, two in combinations(moves, 2) if left else ():
        if one.fact == two.fact:
            continue
        other = ranked((state.true & one.keep | one.add) & two.keep | two.add)
        if other in left:
            found.setdefault((other, (one.fact, two.fact)), Change(plan.level_at(other), (one.shift, two.shift)))
    return [found[key] for key in sorted(found, key=lambda key: -key[0])]


def _missing(plan: Plan, state: _State, rank: int) -> tuple[Missing, ...]:
    """Unknown facts by what they could do: alone before together, the graver level before the milder."""
    table, reachable = state.table, state.true | state.unknown
    ceiling = table.rank(reachable)
    weighed: list[tuple[tuple[float, ...], Missing]] = []
    for fact in table.mask_of.keys() - state.passed.keys():
        could = [table.rank(state.true | row.bits) for row in table.classes[fact]]
        alone = max(could)
        without = table.rank(reachable & ~table.mask_of[fact])
        matters = any(m & table.mask_of[fact] and m & reachable == m and m & ~state.true for m in _masks(table))
        if alone > rank:
            weight = (-alone, -sum(other > rank for other in could) / len(could))
            weighed.append((weight, Missing(fact, plan.facts[fact].title, plan.level_at(alone), True)))
        elif ceiling > rank and matters:
            weighed.append(((0, without), Missing(fact, plan.facts[fact].title, plan.level_at(ceiling), False)))
    return tuple(row for _, row in sorted(weighed, key=lambda item: (item[0], item[1].fact)))


def _masks(table: Table) -> Iterator[int]:
    return (mask for masks in table.rules.values() for mask in masks)
