"""Who may let an obligation go: never who owes it, and nobody who stands below him."""

from collections.abc import Iterable, Sequence
from typing import Final

# Roles of rights, from below. Headquarters waives what others owe, its leader what its members owe, top management what he owes.
STANDING: Final = ("hq_member", "hq_commander", "executive")


def waivers(owed_by: Iterable[str]) -> Sequence[str]:
    """The roles of rights above all of those that owe it; none for what top management itself owes."""
    highest = max((STANDING.index(role) for role in owed_by if role in STANDING), default=-1)
    return STANDING[highest + 1 :]
