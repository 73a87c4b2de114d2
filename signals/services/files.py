"""Samples in a CSV file: a column `at` and a column of values."""

import csv
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo

from django.utils.dateparse import parse_datetime

from plans.domain import Metric, Rejection, ServiceHours

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Unreadable(Exception):
    """The file cannot be read; the text says where and why."""


def points_in(
    lines: Iterable[str], metric: Metric, *, zone: tzinfo, column: str = "", unit: str | None = None, utc: bool = False
) -> list[tuple[datetime, float]]:
    """The samples, ascending, each time once (the last line of a time stands). Times without a zone are company time, or UTC.

    Raises Unreadable naming the line that cannot be read.
    """
    found: dict[datetime, float] = {}
    rows = csv.DictReader(lines)
    try:
        names = [name for name in rows.fieldnames or [] if name != "at"]
        column = column or (names[0] if names else "")
        if "at" not in (rows.fieldnames or []) or column not in names:
            raise Unreadable(f"The file needs a column `at` and a column of values; it has: {rows.fieldnames}.")
        for row in rows:
            at = _instant(row["at"])
            value = metric.parse_value(_number(row[column]), unit)
            if at is None or isinstance(value, Rejection):
                raise Unreadable(f"Line {rows.line_num} cannot be read: at={row['at']!r}, {column}={row[column]!r}.")
            found[at if at.tzinfo else at.replace(tzinfo=UTC if utc else zone)] = value
    except csv.Error as error:
        raise Unreadable(f"Line {rows.line_num} cannot be read: {error}.") from None
    return sorted(found.items())


def service_hours(text: str | None) -> list[dict[str, object]] | None:
    """ "mon-fri 07:00-21:05" as the plan writes service hours; raises Unreadable."""
    if not text:
        return None
    try:
        days, hours = text.split()
        first, _, last = days.partition("-")
        start, _, end = hours.partition("-")
        named = list(DAYS[DAYS.index(first) : DAYS.index(last or first) + 1])
        said: dict[str, object] = {"days": named, "from": start, "to": end}
        ServiceHours.model_validate(said)
    except ValueError:
        raise Unreadable('Write service hours as "mon-fri 07:00-21:05".') from None
    return [said]


def _number(text: str | None) -> float | str:
    """What a cell says; a line that breaks off has none."""
    try:
        return float(text or "")
    except ValueError:
        return text or ""


def _instant(text: str | None) -> datetime | None:
    """None also for a day that no calendar has."""
    try:
        return parse_datetime(text or "")
    except ValueError:
        return None
