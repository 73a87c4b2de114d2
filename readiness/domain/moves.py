"""The states of a turn, and every legal move between them."""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    OPEN = "open"
    OVERDUE = "overdue"
    FULFILLED = "fulfilled"
    SUPERSEDED = "superseded"
    WAIVED = "waived"


STANDING: Final = (State.OPEN, State.OVERDUE)
ENDED: Final = (State.FULFILLED, State.SUPERSEDED, State.WAIVED)
TRANSITIONS: Final = tuple(
    (before.value, after.value)
    for before, after in (
        (State.OPEN, State.OVERDUE),
        *((State.OPEN, end) for end in ENDED),
        *((State.OVERDUE, end) for end in ENDED),
    )
)
