"""When an item falls due. Inspection and replacement are two dates (clause 8.3, ruling on contradiction 30)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from plans.domain import Span

SOON = timedelta(days=30)


class Due(StrEnum):
    """How a date stands. An item without an interval has no date: that is `NEVER`, not fine and not late."""

    NEVER = "never"
    FINE = "fine"
    SOON = "soon"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`days` until the date, negative once it is past; None without a date."""

    state: Due
    by: date | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Fitness:
    inspection: Verdict
    replacement: Verdict

    @property
    def worst(self) -> Due:
        return max(self.inspection.state, self.replacement.state, key=list(Due).index)


def months_after(since: date, months: int) -> date:
    """The date some months later; a month too short clamps to its last day (31 January + 1 month = 28 February)."""
    return Span(months=months).after(datetime(since.year, since.month, since.day, tzinfo=UTC), UTC).date()


def inspect_by(*, purchased_on: date, last_inspected_on: date | None, months: int | None) -> date | None:
    """Counted from the last inspection, before the first from the purchase."""
    return months_after(last_inspected_on or purchased_on, months) if months else None


def replace_by(*, purchased_on: date, months: int | None) -> date | None:
    return months_after(purchased_on, months) if months else None


def verdict(by: date | None, today: date) -> Verdict:
    """On its last day an item is still good."""
    if by is None:
        return Verdict(Due.NEVER)
    days = (by - today).days
    state = Due.EXPIRED if days < 0 else Due.SOON if days <= SOON.days else Due.FINE
    return Verdict(state, by, days)


def fitness(*, inspect_by: date | None, replace_by: date | None, today: date) -> Fitness:
    return Fitness(verdict(inspect_by, today), verdict(replace_by, today))
