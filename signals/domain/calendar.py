"""What kind of day a date is for who calls: its weekday, a public holiday, or a weekend that was made a working day (补班).

The days come from the library `holidays`, whose tables hold what governments announced and, beyond that, compute the days the law
fixes. What a company knows earlier or otherwise stands in its plan (`calendar`) and goes first.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import IntEnum
from functools import lru_cache
from typing import Any, Final

import holidays

from plans.domain import CompanyCalendar

ONE: Final = timedelta(days=1)
LONGEST_WEEKEND: Final = 3  # days off in a row that may lie between two holidays


class DayKind(IntEnum):
    """The first seven are weekdays as `date.weekday()` counts them."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6
    HOLIDAY = 7
    MADE_UP = 8

    @property
    def works(self) -> bool:
        return self <= DayKind.FRIDAY or self is DayKind.MADE_UP

    @property
    def rare(self) -> bool:
        """Too seldom for a memory of weeks."""
        return self >= DayKind.HOLIDAY


@dataclass
class Calendar:
    """The kinds of days of one company."""

    country: str | None = None
    subdivision: str | None = None
    workdays: frozenset[date] = frozenset()
    days_off: frozenset[date] = frozenset()
    _kinds: dict[date, DayKind] = field(default_factory=dict)
    _known: Any = None

    def __post_init__(self) -> None:
        if self.country is not None:
            self._known = holidays.country_holidays(self.country, subdiv=self.subdivision)

    def kind(self, day: date) -> DayKind:
        """The first working day after a holiday is called on like a Monday, and counts as one."""
        found = self._kinds.get(day)
        if found is None:
            found = self._kinds[day] = self._kind(day)
        return found

    def kind_of(self, ordinal: int) -> DayKind:
        """The same of `date.toordinal()`."""
        return self.kind(date.fromordinal(ordinal))

    def name(self, day: date) -> str:
        """What the library calls a holiday, in its own language; empty when it is none of its."""
        return str(self._known.get(day) or "") if self._known is not None else ""

    def adjusted_known(self, year: int) -> bool:
        """Whether the year's exchanged days are announced and in the tables: only countries that exchange days have some."""
        if self._known is None or self.country != "CN":
            return True
        return any(self.is_made_up(date(year, 1, 1) + ONE * n) for n in range(366))

    def is_made_up(self, day: date) -> bool:
        if day in self.days_off or day.weekday() < 5:
            return False
        if day in self.workdays:
            return True
        if self._known is None or day in self._known:  # looking a day up loads its year
            return False
        return day in getattr(self._known, "weekend_workdays", ())

    def is_holiday(self, day: date) -> bool:
        if day in self.workdays:
            return False
        return day in self.days_off or (self._known is not None and day in self._known)

    def is_off(self, day: date) -> bool:
        return self.is_holiday(day) or (day.weekday() >= 5 and not self.is_made_up(day))

    def _kind(self, day: date) -> DayKind:
        if self.is_holiday(day) or self._between_holidays(day):
            return DayKind.HOLIDAY
        if self.is_made_up(day):
            return DayKind.MADE_UP
        if day.weekday() < 5 and self._after_holiday(day):
            return DayKind.MONDAY
        return DayKind(day.weekday())

    def _between_holidays(self, day: date) -> bool:
        """A weekend inside a longer festival."""
        return self.is_off(day) and all(self._holiday_next(day, step) for step in (ONE, -ONE))

    def _holiday_next(self, day: date, step: timedelta) -> bool:
        for n in range(1, LONGEST_WEEKEND):
            other = day + step * n
            if not self.is_off(other):
                return False
            if self.is_holiday(other):
                return True
        return False

    def _after_holiday(self, day: date) -> bool:
        for n in range(1, LONGEST_WEEKEND + 1):
            before = day - ONE * n
            if not self.is_off(before):
                return False
            if self.is_holiday(before):
                return True
        return False


def calendar_of(company: CompanyCalendar | None) -> Calendar:
    """The calendar a plan names; without one every day is its weekday."""
    if company is None:
        return _calendar(None, None, (), ())
    return _calendar(company.country, company.subdivision, company.workdays, company.days_off)


@lru_cache(maxsize=8)
def _calendar(
    country: str | None, subdivision: str | None, workdays: Iterable[date], days_off: Iterable[date]
) -> Calendar:
    return Calendar(country, subdivision, frozenset(workdays), frozenset(days_off))
