"""Which decisions two plans take differently: exact regions of facts, each with an example (nothing is sampled).

The tests of both plans together part each fact into classes. For every gravity the facts that a plan proposes at least that level
for are a union of boxes over these classes, so where two plans differ is found by taking boxes from boxes, as the linter does.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from plans.domain.base import Text
from plans.domain.conditions import Fact, Test, Value, alternatives
from plans.domain.deciding import FactSpec
from plans.domain.levels import LevelFacts, Reason, level_card, major_verdict
from plans.domain.lint.regions import MOST_STEPS, Box, Entangled, Space, first_uncovered, meet, uncovered
from plans.domain.lint.spoken import value_text
from plans.domain.schema import Plan
from plans.domain.table import Classes, ValueClass, expanded

MOST: Final = 24  # differences that are told; who needs more reads the rules
APART: Final = "~"  # marks a fact of the second plan that is another one than the first plan's of that name
NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
EVERYTHING: Final[Box] = {}


@dataclass(frozen=True, slots=True)
class Difference:
    """Facts on which the first plan decides `before` and the second `after`; None is no level, or not major.

    `region` is told by its bounds, `unless_else` says that other facts may decide otherwise there; `example` leaves out what may
    be unknown. `hits_before` and `hits_after` are the rules that decide the example.
    """

    before: str | None
    after: str | None
    region: Text
    unless_else: bool
    example: Mapping[str, Value]
    example_text: Text
    hits_before: tuple[Reason, ...]
    hits_after: tuple[Reason, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "before": self.before, "after": self.after, "region": self.region.as_dict(), "unless_else": self.unless_else,
            "example": dict(self.example), "example_text": self.example_text.as_dict(),
            "hits_before": [hit.as_dict() for hit in self.hits_before],
            "hits_after": [hit.as_dict() for hit in self.hits_after],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decisions:
    """`levels` and `majors`: where they differ. `whole` is false when there are more differences, or the rules are too
    entangled to be compared in time; `apart` are facts of one name that the two plans measure differently."""

    levels: tuple[Difference, ...]
    majors: tuple[Difference, ...]
    whole: bool
    apart: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        return {
            "levels": [row.as_dict() for row in self.levels],
            "majors": [row.as_dict() for row in self.majors],
            "whole": self.whole,
            "apart": list(self.apart),
        }


def decisions(first: Plan, second: Plan) -> Decisions:
    """Where the proposed level, or the judgement of major, differs between two plans."""
    both = _Both(first, second)
    levels, levels_whole = both.differences(both.levels)
    majors, majors_whole = both.differences(both.majors)
    return Decisions(levels, majors, levels_whole and majors_whole, both.apart)


@dataclass(frozen=True, slots=True)
class _Side:
    """One plan's answers: (answer, boxes in which at least that much is decided), the mildest first."""

    steps: tuple[tuple[str | None, list[Box]], ...]

    def beyond(self, index: int) -> list[Box]:
        return self.steps[index + 1][1] if index + 1 < len(self.steps) else []


class _Both:
    """The classes that the tests of both plans make together, and the boxes of both plans over them."""

    def __init__(self, first: Plan, second: Plan) -> None:
        self.plans = (first, second)
        shared = first.facts.keys() & second.facts.keys()
        self.apart = tuple(
            sorted(name for name in shared if _measure(first.facts[name]) != _measure(second.facts[name]))
        )
        self.facts: dict[str, FactSpec] = dict(first.facts)
        self.facts |= {self._named(name): spec for name, spec in second.facts.items()}
        rules = [self._ways(first, apart=False), self._ways(second, apart=True)]
        every = [way for kinds in rules for ways in kinds for way in ways.values()]
        self.space = Space(Classes(self.facts, [way for found in every for way in found]))
        boxes = [
            [
                {key: self.space.boxes([self.space.table.mask(way) for way in found]) for key, found in ways.items()}
                for ways in kinds
            ]
            for kinds in rules
        ]
        self.levels = (_levels(first, boxes[0][0]), _levels(second, boxes[1][0]))
        self.majors = (_majors(boxes[0][1]), _majors(boxes[1][1]))

    def _named(self, name: str) -> str:
        return name + APART if name in self.apart else name

    def _ways(
        self, plan: Plan, *, apart: bool
    ) -> tuple[dict[str, list[frozenset[Test]]], dict[str, list[frozenset[Test]]]]:
        """Level rules and major rules, each with the ways to meet it."""
        majors = {rule.id: alternatives(rule.when) for rule in plan.major_rules.values()}
        every = [way for ways in majors.values() for way in ways]
        levels = {rule.id: expanded(rule.when, every) for rule in plan.level_rules.values()}
        if apart and self.apart:
            return self._renamed(levels), self._renamed(majors)
        return levels, majors

    def _renamed(self, rules: dict[str, list[frozenset[Test]]]) -> dict[str, list[frozenset[Test]]]:
        return {
            key: [frozenset(test.model_copy(update={"fact": self._named(test.fact)}) for test in way) for way in ways]
            for key, ways in rules.items()
        }

    # --- where they differ --------------------------------------------------------------------------------------------
    def differences(self, sides: tuple[_Side, _Side]) -> tuple[tuple[Difference, ...], bool]:
        found: dict[tuple[Any, ...], Difference] = {}
        self.space.full.left = MOST_STEPS
        try:
            for difference, key in self._found(sides):
                found.setdefault(key, difference)
                if len(found) == MOST:
                    return _simplest(found.values()), False
        except Entangled:
            return _simplest(found.values()), False
        return _simplest(found.values()), True

    def _found(self, sides: tuple[_Side, _Side]) -> Iterator[tuple[Difference, tuple[Any, ...]]]:
        """Each with what it is known again by: one that differs by side conditions only is told once."""
        one, two = sides
        for i in reversed(range(len(one.steps))):
            for j in reversed(range(len(two.steps))):
                before, inside = one.steps[i]
                after, too = two.steps[j]
                if before == after:
                    continue
                outside = [*one.beyond(i), *two.beyond(j)]
                for box in self._boxes(inside, too, outside):
                    told = self._told(box)
                    yield self._difference(before, after, box, told), (before, after, told[0].en)

    def _boxes(self, inside: Sequence[Box], too: Sequence[Box], outside: Sequence[Box]) -> Iterator[Box]:
        """Boxes as wide as they can be of what lies in both and not outside.

        Every point of it lies in one of them, side conditions left out: within what was told, more of the same is not told
        again.
        """
        full = self.space.full
        shared = [both for a in inside for b in too if (both := meet(a, b)) is not None]
        told: list[Box] = []
        while (piece := first_uncovered(shared, [*outside, *told], full)) is not None:
            wide = self._widened(piece, inside, too, outside)
            told.append({fact: mask for fact, mask in wide.items() if not mask & self._unknown(fact)})
            yield wide

    def _unknown(self, fact: str) -> int:
        """The class of a fact that nobody knows."""
        return self.space.unknown[fact]

    def _widened(self, piece: Box, inside: Sequence[Box], too: Sequence[Box], outside: Sequence[Box]) -> Box:
        """The piece with every fact given up, or widened class by class, that it does not need."""
        full = self.space.full

        def fits(box: Box) -> bool:
            return (
                uncovered(box, inside, full) is None
                and uncovered(box, too, full) is None
                and all(meet({**full, **box}, other) is None for other in outside)
            )

        box = dict(piece)
        for fact in list(box):
            rest = {name: mask for name, mask in box.items() if name != fact}
            if fits(rest):
                box = rest
                continue
            for bit in (1 << n for n in range(full[fact].bit_length())):
                wider = {**box, fact: box[fact] | bit}
                if not box[fact] & bit and fits(wider):
                    box = wider
        return box

    # --- words --------------------------------------------------------------------------------------------------------
    def _told(self, box: Box) -> tuple[Text, bool, dict[str, Value]]:
        """A box in words, whether other facts may decide otherwise, and an example of it."""
        parts: list[Text] = []
        example: dict[str, Value] = {}
        aside = False
        for fact, mask in box.items():
            if mask & self._unknown(fact):
                aside = True
                continue
            parts.append(self._bounds(fact, mask))
            rows = self._rows(fact, mask)
            example[fact] = _value_in(rows[0], self.facts[fact])
        return Text(zh="，".join(p.zh for p in parts) or "—", en=", ".join(p.en for p in parts) or "—"), aside, example

    def _rows(self, fact: str, mask: int) -> list[ValueClass]:
        return [row for index, row in enumerate(self.space.table.classes[fact]) if mask >> index & 1]

    def _bounds(self, fact: str, mask: int) -> Text:
        spec, rows = self.facts[fact], self._rows(fact, mask)
        plan = self.plans[1] if fact.endswith(APART) or fact not in self.plans[0].facts else self.plans[0]
        name = fact.removesuffix(APART)
        if spec.kind == "scale":
            words = [word for word in spec.values if any(row.holds(fact, word, tuple(spec.values)) for row in rows)]
            shown = [spec.shown(word) for word in words]
            zh, en = "、".join(row.zh for row in shown), " / ".join(row.en for row in shown)
            return Text(zh=f"{spec.title.zh} {zh}", en=f"{spec.title.en} {en}")
        if spec.kind == "switch":
            return value_text(plan, name, "is", rows[0].low[1] if rows[0].low else False)
        return _joined([_half_lines(plan, name, run) for run in _runs(self.space.table.classes[fact], mask)])

    def _difference(
        self, before: str | None, after: str | None, box: Box, told: tuple[Text, bool, dict[str, Value]]
    ) -> Difference:
        region, aside, example = told
        first = {
            fact: value for fact, value in example.items() if not fact.endswith(APART) and fact in self.plans[0].facts
        }
        second = {
            fact.removesuffix(APART): value
            for fact, value in example.items()
            if fact.endswith(APART) or (fact in self.plans[1].facts and fact not in self.apart)
        }
        texts = [self._exactly(fact, value) for fact, value in example.items()]
        shown = Text(zh="；".join(t.zh for t in texts) or "—", en="; ".join(t.en for t in texts) or "—")
        hits = (_hits(self.plans[0], first), _hits(self.plans[1], second))
        return Difference(before, after, region, aside, example, shown, *hits)

    def _exactly(self, fact: str, value: Value) -> Text:
        plan = self.plans[1] if fact.endswith(APART) or fact not in self.plans[0].facts else self.plans[0]
        return value_text(plan, fact.removesuffix(APART), "is", value)


def _simplest(found: Iterable[Difference]) -> tuple[Difference, ...]:
    """What rests on the fewest facts first."""
    return tuple(sorted(found, key=lambda difference: len(difference.example)))


def _measure(spec: FactSpec) -> tuple[Any, ...]:
    """What two facts of one name must share to be one fact."""
    return spec.kind, spec.unit, tuple(spec.values)


def _levels(plan: Plan, boxes: Mapping[str, list[Box]]) -> _Side:
    """No level, then each level with the boxes in which the plan proposes at least it: by a rule, or raised to it."""
    rows = plan.level_rules.values()
    ruled = [(plan.ranks[row.level], box) for row in rows if row.level is not None for box in boxes[row.id]]
    raising = [(row.raises, box) for row in rows if row.raises for box in boxes[row.id]]
    steps: list[tuple[str | None, list[Box]]] = [(None, [EVERYTHING])]
    for level in reversed(plan.levels):
        rank = plan.ranks[level]
        found = [box for own, box in ruled if own >= rank]
        lifted = [
            both
            for by, box in raising
            for own, other in ruled
            if own < rank <= own + by and (both := meet(box, other)) is not None
        ]
        steps.append((level, [*found, *lifted]))
    return _Side(tuple(steps))


def _majors(boxes: Mapping[str, list[Box]]) -> _Side:
    return _Side(((None, [EVERYTHING]), ("major", [box for found in boxes.values() for box in found])))


def _hits(plan: Plan, example: Mapping[str, Value]) -> tuple[Reason, ...]:
    facts = LevelFacts(**{name: Fact(value, NEVER, "example") for name, value in example.items()})
    return (*level_card(plan, facts, now=NEVER).hits, *major_verdict(plan, facts).reasons)


def _runs(classes: Sequence[ValueClass], mask: int) -> list[list[ValueClass]]:
    """The classes of a mask, parted where one between them is missing."""
    runs: list[list[ValueClass]] = []
    for index, row in enumerate(classes):
        if mask >> index & 1:
            if index and mask >> index - 1 & 1:
                runs[-1].append(row)
            else:
                runs.append([row])
    return runs


def _half_lines(plan: Plan, fact: str, run: Sequence[ValueClass]) -> Text:
    low, high = run[0].low, run[-1].high
    texts = [value_text(plan, fact, bound[0], bound[1]) for bound in (low, high) if bound is not None]
    if low is not None and high is not None:
        if low[1] == high[1]:
            return value_text(plan, fact, "is", low[1])
        title, shown = plan.facts[fact].title, plan.facts[fact].shown(high[1])
        sign = {"<=": "≤"}.get(high[0], high[0])
        return (
            Text(zh=f"{texts[0].zh}，{sign} {shown.zh}", en=f"{texts[0].en} and {sign} {shown.en}")
            if title
            else texts[0]
        )
    return texts[0] if texts else plan.facts[fact].title


def _joined(texts: Sequence[Text]) -> Text:
    return Text(zh="，或".join(t.zh for t in texts), en=", or ".join(t.en for t in texts))


def _value_in(row: ValueClass, spec: FactSpec) -> Value:
    """A value of a class that the fact can really have."""
    low, high = row.low, row.high
    bound = low or high
    if bound is None:
        return 0.0
    if isinstance(bound[1], bool | str):
        return bound[1]
    if low is not None and low[0] == ">=":
        return low[1]
    if high is not None and high[0] == "<=":
        return high[1]
    least, most = spec.range
    if low is not None:
        beyond = float(low[1]) + max(abs(float(low[1])) * 0.1, 0.01)
        top = float(high[1]) if high else most
        return round(beyond if top is None or beyond < top else (float(low[1]) + top) / 2, 6)
    top = float(high[1]) if high else 0.0
    below = top - max(abs(top) * 0.1, 0.01)
    return round(below if least is None or below >= least else (least + top) / 2, 6)
