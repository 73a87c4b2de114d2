"""Where the turns of a readiness obligation lie, and what of them another version of the plan keeps."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from plans.domain import ObligationRule, first_due, next_due

# What a person proves, sees or counts by. A row that differs in one of these is another obligation.
CARRIED: Final = ("title", "owners", "clauses", "due", "repeat", "offset_before", "ladder", "evidence", "anchors")
# What the grid itself hangs on.
COUNTED: Final = ("due", "repeat", "offset_before")
# An interval of less than this is no entry of a calendar that looks months ahead.
LEAST_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Begins:
    """From when a clock counts, and when its turn is due; None has no clock."""

    anchored_at: datetime
    due_at: datetime | None


def same(before: ObligationRule, after: ObligationRule) -> bool:
    """Whether what stands by one row stands by the other."""
    return all(getattr(before, name) == getattr(after, name) for name in CARRIED)


def begins(rule: ObligationRule, now: datetime, zone: tzinfo) -> Begins:
    return Begins(now, first_due(rule, now, zone))


def begins_again(
    before: ObligationRule, after: ObligationRule, stood: Begins, now: datetime, zone: tzinfo, *, done: bool = False
) -> Begins:
    """Where a row that reads differently begins.

    Another owner gets no other day: with the same interval the grid stays. Another interval counts from now. No due time
    is set into the past, and a turn that was `done` is not asked for again.
    """
    if any(getattr(before, name) != getattr(after, name) for name in COUNTED):
        return begins(after, now, zone)
    due_at = stood.due_at
    while due_at is not None and (due_at <= now or (done and due_at == stood.due_at)):
        due_at = next_due(after, due_at, anchored_at=stood.anchored_at, zone=zone)
    if due_at is None:
        return begins(after, now, zone)
    return Begins(stood.anchored_at, due_at)


def turns_ahead(rule: ObligationRule, stood: Begins, until: datetime, zone: tzinfo) -> Iterator[datetime]:
    """The due times after the turn that stands, up to an instant; none of what comes round within a week."""
    due_at = stood.due_at
    if due_at is None:
        return
    while (following := next_due(rule, due_at, anchored_at=stood.anchored_at, zone=zone)) is not None:
        if following > until or (following - due_at).days < LEAST_DAYS:
            return
        yield following
        due_at = following
