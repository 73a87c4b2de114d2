"""What makes an exercise in a practice world a joint drill (8.2): people played it together, to its end."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

TOGETHER = 2  # departments


class Doubt(StrEnum):
    """Why an exercise proves no drill."""

    RUNS = "runs"  # its response has not ended
    EARLIER = "earlier"  # it ended before this turn began
    USED = "used"  # it proved another turn
    NOBODY = "nobody"  # stand-ins played alone
    ALONE = "alone"  # people of one department


@dataclass(frozen=True, slots=True)
class Acted:
    """Somebody did something in the exercise; wall time."""

    user: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Sat:
    """Somebody sat in a role's seat; `until` None: still does. Wall time."""

    user: int
    since: datetime
    until: datetime | None


def players(acts: Iterable[Acted], seats: Collection[Sat], *, stood_in: bool) -> frozenset[int]:
    """Who took part: where stand-ins play as everybody, only what was done from a seat is a person's own."""
    if not stood_in:
        return frozenset(act.user for act in acts)
    return frozenset(
        act.user
        for act in acts
        if any(
            sat.user == act.user and sat.since <= act.at and (sat.until is None or act.at <= sat.until) for sat in seats
        )
    )


def doubt(*, ended: datetime | None, since: datetime, used: bool, people: int, departments: int) -> Doubt | None:
    """Why this exercise does not prove the turn that began at `since`; None when it does."""
    if ended is None:
        return Doubt.RUNS
    if ended < since:
        return Doubt.EARLIER
    if used:
        return Doubt.USED
    if not people:
        return Doubt.NOBODY
    return Doubt.ALONE if departments < TOGETHER else None
