"""Reads of who plays whom."""

from dataclasses import dataclass

from drills.models import Seat
from engine.models import World
from people.rights import PARTAKERS, ROLES
from people.selectors import User


@dataclass(frozen=True, slots=True)
class Part:
    """One role of a drill; `by` is the person in its seat, None the stand-in."""

    role: str
    title: str
    by: User | None


def taken(world: World) -> dict[str, User]:
    """Role → the person who plays it now."""
    return {seat.role: seat.user for seat in Seat.objects.filter(world=world, until=None).select_related("user")}


def parts(world: World) -> list[Part]:
    """Every role with a part in the plan, in the order of the table of rights."""
    seats = taken(world)
    return [Part(role, str(ROLES[role]), seats.get(role)) for role in PARTAKERS]
