"""Which open turns of an obligation a proof covers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Turn:
    id: int
    due_at: datetime | None
    overdue: bool


def covered(open_turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """A proof covers every turn that is overdue; when none is, the turn now running.

    So a report two minutes late settles the late turn and leaves the next one, already running, owed (4.4): lateness
    never shifts the grid, and one report never pays in advance.
    """
    late = tuple(turn for turn in open_turns if turn.overdue)
    return late or tuple(open_turns[:1])
