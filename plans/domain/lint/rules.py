"""Level and major rules: contradictory, overlapping, shadowed, unreachable; situations that no rule decides."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from plans.domain.base import Text
from plans.domain.conditions import Value, alternatives, tests_of
from plans.domain.deciding import LevelRule, MajorRule
from plans.domain.lint.findings import Draft, listed
from plans.domain.lint.regions import Box, Space, first_uncovered, meet
from plans.domain.lint.spoken import (
    bounds_text,
    called,
    cell_text,
    cited,
    facts_text,
    tests_text,
    unreachable,
    value_in,
    value_text,
)
from plans.domain.schema import Plan
from plans.domain.table import ValueClass
from plans.domain.vocabulary import MAJOR

Cell = dict[str, int]  # fact → mask of its classes
MOST_CELLS = 20_000  # of one gap; beyond, nobody could read what it says


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule with the boxes it hits in; `rank` is the gravity it proposes."""

    path: str
    row: LevelRule | MajorRule
    rank: int
    boxes: list[Box]


def rules(plan: Plan) -> Iterator[Draft]:
    """Everything that reasoning about the rules alone can find."""
    space = Space(plan.table)
    ranked = [
        _Rule(f"level_rules.{row.id}", row, plan.ranks[row.level], space.boxes(plan.table.rules[row.id]))
        for row in plan.level_rules.values()
        if row.level is not None
    ]
    majors = [
        _Rule(f"major_rules.{row.id}", row, 1, space.boxes(plan.table.major[row.id]))
        for row in plan.major_rules.values()
    ]
    yield from _pairs(plan, space, ranked)
    yield from _pairs(plan, space, majors)
    yield from _raises(plan, space, ranked)
    yield from _levels(plan, ranked)
    yield from _no_level(plan, space, majors, ranked)
    yield from _gaps(plan, space)
    yield from _dimensions(plan)


# --- one rule beside the others ---------------------------------------------------------------------------------------
def _pairs(plan: Plan, space: Space, found: Sequence[_Rule]) -> Iterator[Draft]:
    """Rules that never hit, or never change a result because others decide the same facts at least as gravely."""
    for index, rule in enumerate(found):
        if not rule.boxes:
            yield unreachable(plan, rule.path, rule.row.clauses, tests_text(plan, rule.row))
            continue
        graver = [other for other in found if other is not rule and other.rank >= rule.rank and other.boxes]
        if first_uncovered(rule.boxes, [box for other in graver for box in other.boxes], space.full) is not None:
            continue
        alone = [other for other in graver if first_uncovered(rule.boxes, other.boxes, space.full) is None]
        twins = [other for other in alone if first_uncovered(other.boxes, rule.boxes, space.full) is None]
        if twins:
            same = [other for other in twins if other.rank == rule.rank]
            if not same:
                yield _beside("contradictory", plan, space, rule, twins[0])
            elif any(found.index(other) < index for other in same):
                yield _beside("overlapping", plan, space, rule, same[0])
        elif alone:
            limits = [other for other in alone if other.rank == rule.rank and _only_a_limit_differs(plan, rule, other)]
            kind = "limits_differ" if limits else "shadowed"
            yield _beside(kind, plan, space, rule, (limits or sorted(alone, key=lambda other: other.rank))[0])
        else:
            touching = [other for other in graver if any(meet(a, b) for a in rule.boxes for b in other.boxes)]
            yield _beside("shadowed", plan, space, rule, *touching)


def _beside(kind: str, plan: Plan, space: Space, rule: _Rule, *others: _Rule) -> Draft:
    facts = _example(plan, space, space.known(rule.boxes[0]))
    if kind == "limits_differ":
        between = first_uncovered(others[0].boxes, rule.boxes, space.full) or rule.boxes[0]
        facts = _example(plan, space, space.known(between))
    words: dict[str, Text | str] = {
        "rule": called(plan, rule.path),
        "others": listed(called(plan, other.path) for other in others),
        "tests": tests_text(plan, rule.row),
        "other_tests": listed(tests_text(plan, other.row) for other in others),
    }
    clauses = cited(rule.row.clauses, *(other.row.clauses for other in others))
    return Draft(kind, (rule.path, *(other.path for other in others)), clauses, words, facts_text(plan, facts), facts)


def _only_a_limit_differs(plan: Plan, one: _Rule, two: _Rule) -> bool:
    """Two clauses that set the same line at different values."""
    ways = [alternatives(row.when) for row in (one.row, two.row)]
    if set(one.row.clauses) == set(two.row.clauses) or any(len(way) != 1 for way in ways):
        return False
    (first,), (second,) = ways
    only = (first - second, second - first)
    if any(len(tests) != 1 for tests in only):
        return False
    (a,), (b,) = only
    return a.fact == b.fact and a.fact in plan.facts and plan.facts[a.fact].kind == "number" and a.op[0] == b.op[0]


def _raises(plan: Plan, space: Space, ranked: Sequence[_Rule]) -> Iterator[Draft]:
    """Rules that raise, where there is nothing to raise: no level they meet lies below the top."""
    top = [box for rule in ranked if rule.rank == plan.table.top for box in rule.boxes]
    lower = [box for rule in ranked if rule.rank < plan.table.top for box in rule.boxes]
    for row in plan.level_rules.values():
        if row.raises is None:
            continue
        shared = [
            both for box in space.boxes(plan.table.rules[row.id]) for other in lower if (both := meet(box, other))
        ]
        if first_uncovered(shared, top, space.full) is None:
            yield unreachable(plan, f"level_rules.{row.id}", row.clauses, tests_text(plan, row))


def _levels(plan: Plan, ranked: Sequence[_Rule]) -> Iterator[Draft]:
    """Levels that no rule gives."""
    given = {rule.rank for rule in ranked if rule.boxes}
    raised = any(row.raises for row in plan.level_rules.values())
    for level in plan.levels.values():
        rank = plan.ranks[level.id]
        if rank not in given and not (raised and any(other < rank for other in given)):
            yield unreachable(plan, f"levels.{level.id}", level.clauses, level.summary)


# --- nothing decided --------------------------------------------------------------------------------------------------
def _no_level(plan: Plan, space: Space, majors: Sequence[_Rule], ranked: Sequence[_Rule]) -> Iterator[Draft]:
    """A fault that is major and has no level."""
    levels = [box for rule in ranked for box in rule.boxes]
    for rule in majors:
        left = first_uncovered(rule.boxes, levels, space.full)
        if left is not None:
            facts = _example(plan, space, space.known(left))
            words: dict[str, Text | str] = {"rule": called(plan, rule.path), "tests": tests_text(plan, rule.row)}
            yield Draft("no_level", (rule.path,), rule.row.clauses, words, facts_text(plan, facts), facts)


def _gaps(plan: Plan, space: Space) -> Iterator[Draft]:
    """Trouble for which a clause that decides levels, or the plan as a whole, names none.

    Trouble is what the plan itself calls one: a yes-or-no fact that holds, a number beyond the last mark its text names.
    """
    for fact, spec in plan.facts.items():
        demand = _demand(plan, fact)
        if demand is None:
            yield from _holes(plan, space, fact)
            continue
        open_in: dict[str, list[Cell]] = {}
        if fact in plan.table.mask_of:
            citing = dict.fromkeys(c for row in plan.level_rules.values() if fact in _used(row) for c in row.clauses)
            for clause in citing:
                own = [row.id for row in plan.level_rules.values() if clause in row.clauses]
                open_in[clause] = _open_cells(plan, space, fact, demand, own)
        cells = [cell for found in open_in.values() for cell in found]
        clauses = tuple(clause for clause, found in open_in.items() if found)
        if not open_in and not any(fact in _used(row) for row in plan.major_rules.values()):
            lines = [c for key in spec.thresholds if key in plan.thresholds for c in plan.thresholds[key].clauses]
            cells, clauses = [{}], tuple(dict.fromkeys([*spec.clauses, *lines]))
        if cells:
            said = listed(_unique(cell_text(plan, space, fact, cell) for cell in cells))
            facts = {fact: demand} | _example(plan, space, cells[0])
            words: dict[str, Text | str] = {"cells": said, "fact": spec.title}
            yield Draft("gap", (f"facts.{fact}",), clauses or _all_clauses(plan), words, facts_text(plan, facts), facts)


def _holes(plan: Plan, space: Space, fact: str) -> Iterator[Draft]:
    """Values that no rule decides of a fact by which alone rules decide: words of a scale beyond its mildest, numbers between
    those that are decided, or beyond them on the side that its lines are watched for."""
    own = [row for row in plan.level_rules.values() if row.level and _alone(plan, row.id, fact)]
    ways = [way for row in own for way in _alone(plan, row.id, fact)]

    def decided(bits: int) -> bool:
        return any(way & bits == way for way in ways)

    found = _words_left(plan, fact, decided) if plan.facts[fact].values else _numbers_left(plan, space, fact, decided)
    if own and found:
        said, example = found
        words: dict[str, Text | str] = {"cells": said, "fact": plan.facts[fact].title}
        clauses, facts = cited(*(row.clauses for row in own)), {fact: example}
        yield Draft("gap", (f"facts.{fact}",), clauses, words, facts_text(plan, facts), facts)


def _alone(plan: Plan, rule: str, fact: str) -> list[int]:
    """The ways of a rule that ask for nothing but this fact."""
    mask = plan.table.mask_of.get(fact, 0)
    return [way for way in plan.table.rules[rule] if way & ~mask == 0]


def _words_left(plan: Plan, fact: str, decided: Callable[[int], bool]) -> tuple[Text, Value] | None:
    left = [word for word in list(plan.facts[fact].values)[1:] if not decided(plan.table.bits(fact, word))]
    return (listed(value_text(plan, fact, "is", word) for word in left), left[0]) if left else None


def _numbers_left(plan: Plan, space: Space, fact: str, decided: Callable[[int], bool]) -> tuple[Text, Value] | None:
    spec, classes = plan.facts[fact], plan.table.classes.get(fact, ())
    there = _indices(space.told.get(fact, 0))
    sure = [index for index in there if decided(classes[index].bits)]
    if not sure:
        return None
    lines = {plan.thresholds[key].direction for key in spec.thresholds if key in plan.thresholds}
    first = min(there) if lines == {"below"} else min(sure)
    last = max(there) if lines == {"above"} else max(sure)
    left = [index for index in there if first <= index <= last and index not in sure]
    if not left:
        return None
    said = listed(bounds_text(plan, fact, [classes[index] for index in run]) for run in _runs(left))
    return said, value_in(classes[left[0]], spec)


def _runs(indices: Sequence[int]) -> list[list[int]]:
    """Classes that follow one another, together."""
    runs: list[list[int]] = []
    for index in indices:
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return runs


def _demand(plan: Plan, fact: str) -> Value | None:
    spec = plan.facts[fact]
    if spec.kind == "switch":
        return True
    return spec.steps[-1] + 1 if spec.steps else None


def _open_cells(plan: Plan, space: Space, fact: str, demand: Value, own: Sequence[str]) -> list[Cell]:
    """The values of the facts that go with `fact` in these rules for which none of them decides, all else unknown."""
    table = plan.table
    here = table.bits(fact, demand)
    ways = [way for key in own if plan.level_rules[key].level is not None for way in table.rules[key]]
    with_it = [way for way in ways if way & table.mask_of[fact] and way & table.mask_of[fact] & ~here == 0]
    beside = [g for g in table.mask_of if g != fact and any(way & table.mask_of[g] for way in with_it)]
    scales = [g for g in beside if plan.facts[g].kind != "number"]
    numbers = [g for g in beside if plan.facts[g].kind == "number"]

    def decided(*rows: ValueClass) -> bool:
        true = here | sum(row.bits for row in rows)
        return any(way & true == way for way in ways)

    if math.prod(len(table.classes[g]) for g in scales) > MOST_CELLS:
        return []
    cells: list[Cell] = []
    whole = True
    for chosen in product(*(_indices(space.told[g]) for g in scales)):
        rows = [table.classes[g][index] for g, index in zip(scales, chosen, strict=True)]
        cell: Cell = {g: 1 << index for g, index in zip(scales, chosen, strict=True)}
        if decided(*rows):
            whole = False
            continue
        for g in numbers:
            undecided = sum(1 << i for i in _indices(space.told[g]) if not decided(*rows, table.classes[g][i]))
            if undecided != space.told[g]:
                cell[g] = undecided
        cells.append(cell)
    return [{}] if whole and cells else _merged(cells, space)


def _indices(mask: int) -> list[int]:
    return [index for index in range(mask.bit_length()) if mask >> index & 1]


def _merged(cells: list[Cell], space: Space) -> list[Cell]:
    """Cells that differ in one scale only, put together; a scale that makes no difference left out."""
    for cell in cells:
        for fact in list(cell):
            twins = [c for c in cells if {**c, fact: 0} == {**cell, fact: 0}]
            union = sum({c[fact] for c in twins})
            if union == space.told[fact]:
                rest = [c for c in cells if c not in twins]
                return _merged([{k: v for k, v in cell.items() if k != fact}, *rest], space)
    return cells


# --- dimensions -------------------------------------------------------------------------------------------------------
def _dimensions(plan: Plan) -> Iterator[Draft]:
    """Where a clause names the dimensions of deciding: those that its rules do not use, and what they use besides."""
    clauses = dict.fromkeys(c for spec in plan.facts.values() if spec.dimension for c in spec.clauses)
    for clause in clauses:
        own = [row for row in plan.level_rules.values() if clause in row.clauses]
        used = {fact for row in own for fact in _used(row) if fact != MAJOR}
        declared = [fact for fact, spec in plan.facts.items() if spec.dimension and clause in spec.clauses]
        idle = [fact for fact in declared if fact not in used]
        besides = [
            fact for fact in plan.facts if fact in used and plan.facts[fact].kind == "number" and fact not in declared
        ]
        if own and (idle or besides):
            words: dict[str, Text | str] = {
                "idle": listed(plan.facts[fact].title for fact in idle),
                "besides": listed(plan.facts[fact].title for fact in besides),
            }
            facts = {fact: _gravest(plan, fact) for fact in idle}
            yield Draft("dimensions", (f"clauses.{clause}",), (clause,), words, facts_text(plan, facts), facts)


def _gravest(plan: Plan, fact: str) -> Value:
    spec = plan.facts[fact]
    if spec.kind == "scale":
        return list(spec.values)[-1]
    return True if spec.kind == "switch" else (spec.steps[-1] + 1 if spec.steps else 1)


# --- words ------------------------------------------------------------------------------------------------------------
def _used(row: LevelRule | MajorRule) -> set[str]:
    return {test.fact for test in tests_of(row.when)}


def _all_clauses(plan: Plan) -> tuple[str, ...]:
    return cited(*(row.clauses for row in plan.level_rules.values()))


def _unique(texts: Any) -> list[Text]:
    return list({text.en: text for text in texts}.values())


def _example(plan: Plan, space: Space, box: Box) -> dict[str, Value]:
    """The mildest facts of a box, as values."""
    facts: dict[str, Value] = {}
    for fact, mask in box.items():
        rows = space.table.classes[fact]
        index = next((i for i in range(len(rows)) if mask >> i & 1), None)
        if index is not None:
            facts[fact] = value_in(rows[index], plan.facts[fact])
    return facts
