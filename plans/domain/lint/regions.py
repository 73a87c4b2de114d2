"""Exact sets of facts: boxes over classes of values, and what is left of one when others are taken away.

A rule tells the values of a fact apart only by the tests they pass, so every fact has a handful of classes and any set of facts
is a union of boxes over them. Nothing here is sampled.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from plans.domain.table import Classes

MOST_STEPS: Final = 20_000  # about half a second; seventy times what the plan that ships takes
Box = Mapping[str, int]  # fact → mask of its classes; a fact that is not named may have any


class Entangled(Exception):
    """These rules take more reasoning than anybody waits for."""


class Full(dict[str, int]):
    """Every class of every fact, and how many steps of reasoning over them are left."""

    left = MOST_STEPS

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Entangled


class Space:
    """The classes of every fact of a table that its range leaves possible; the class after the last is "unknown", which
    passes no test."""

    def __init__(self, table: "Classes") -> None:
        self.table = table
        self.told = table.possible  # fact → the classes of a value that somebody knows
        self.unknown = {fact: 1 << len(rows) for fact, rows in table.classes.items()}
        self.full = Full({fact: told | self.unknown[fact] for fact, told in self.told.items()})

    def boxes(self, ways: Sequence[int]) -> list[Box]:
        """The boxes in which a rule with these ways (masks of tests) hits; a way that nothing can meet gives none."""
        found = (self._box(way) for way in ways)
        return [box for box in found if box is not None]

    def known(self, box: Box) -> Box:
        """The part of a box in which every fact it names is known."""
        return {fact: mask & self.told[fact] for fact, mask in box.items()}

    def _box(self, way: int) -> Box | None:
        box: dict[str, int] = {}
        for fact, rows in self.table.classes.items():
            wanted = way & self.table.mask_of[fact]
            if wanted:
                hit = sum(1 << index for index, row in enumerate(rows) if row.bits & wanted == wanted)
                box[fact] = hit & self.told[fact]
        return None if 0 in box.values() else box


def minus(box: Box, other: Box, full: Mapping[str, int]) -> list[Box]:
    """`box` without `other`, as boxes that do not overlap."""
    if any(not box.get(fact, full[fact]) & mask for fact, mask in other.items()):
        return [box]
    pieces: list[Box] = []
    rest = dict(box)
    for fact, mask in other.items():
        here = rest.get(fact, full[fact])
        if here & ~mask:
            pieces.append({**rest, fact: here & ~mask})
        rest[fact] = here & mask
    return pieces


def uncovered(box: Box, others: Sequence[Box], full: Mapping[str, int]) -> Box | None:
    """A part of `box` that none of the others touches; None when together they cover it whole. Raises Entangled."""
    if isinstance(full, Full):
        full.spend()
    for index, other in enumerate(others):
        pieces = minus(box, other, full)
        if pieces != [box]:
            rest = others[index + 1 :]
            found = (uncovered(piece, rest, full) for piece in pieces)
            return next((piece for piece in found if piece is not None), None)
    return box


def first_uncovered(boxes: Sequence[Box], others: Sequence[Box], full: Mapping[str, int]) -> Box | None:
    """A part of the union of `boxes` outside the union of `others`."""
    found = (uncovered(box, others, full) for box in boxes)
    return next((piece for piece in found if piece is not None), None)


def meet(one: Box, two: Box) -> Box | None:
    """What two boxes share."""
    both = {**one, **{fact: mask & one.get(fact, mask) for fact, mask in two.items()}}
    return both if all(both.values()) else None
