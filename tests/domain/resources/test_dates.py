"""When equipment falls due (clause 8.3): pure dates."""

from datetime import date

import pytest

from resources.domain.dates import Due, fitness, inspect_by, months_after, replace_by, verdict
from resources.domain.item import escaped, faults, unescaped

TODAY = date(2026, 3, 15)


@pytest.mark.parametrize(
    ("case", "since", "months", "expected"),
    [
        ("a plain month", date(2026, 1, 15), 1, date(2026, 2, 15)),
        ("a month too short clamps to its last day", date(2026, 1, 31), 1, date(2026, 2, 28)),
        ("so it does in a leap year", date(2028, 1, 31), 1, date(2028, 2, 29)),
        ("a year from a leap day", date(2024, 2, 29), 12, date(2025, 2, 28)),
        ("every three years", date(2023, 6, 1), 36, date(2026, 6, 1)),
        ("over the turn of a year", date(2025, 11, 30), 3, date(2026, 2, 28)),
        ("and back", date(2026, 3, 31), -1, date(2026, 2, 28)),
    ],
)
def test_months_follow_the_calendar(case: str, since: date, months: int, expected: date) -> None:
    assert months_after(since, months) == expected, case


def test_inspection_and_replacement_are_two_dates() -> None:
    bought, inspected = date(2025, 1, 10), date(2025, 12, 1)
    assert inspect_by(purchased_on=bought, last_inspected_on=None, months=12) == date(2026, 1, 10)
    assert inspect_by(purchased_on=bought, last_inspected_on=inspected, months=12) == date(2026, 12, 1)
    assert replace_by(purchased_on=bought, months=24) == date(2027, 1, 10)
    assert inspect_by(purchased_on=bought, last_inspected_on=inspected, months=None) is None
    assert replace_by(purchased_on=bought, months=None) is None


@pytest.mark.parametrize(
    ("case", "by", "state", "days"),
    [
        ("without an interval nothing falls due", None, Due.NEVER, None),
        ("the day after it is expired", date(2026, 3, 14), Due.EXPIRED, -1),
        ("on its last day an item is still good", date(2026, 3, 15), Due.SOON, 0),
        ("thirty days before it is due soon", date(2026, 4, 14), Due.SOON, 30),
        ("thirty-one days before it is not", date(2026, 4, 15), Due.FINE, 31),
    ],
)
def test_how_a_date_stands(case: str, by: date | None, state: Due, days: int | None) -> None:
    found = verdict(by, TODAY)
    assert (found.state, found.days) == (state, days), case


def test_the_worse_of_the_two_dates_counts() -> None:
    late, fine = date(2026, 3, 1), date(2027, 1, 1)
    assert fitness(inspect_by=fine, replace_by=late, today=TODAY).worst == Due.EXPIRED
    assert fitness(inspect_by=late, replace_by=None, today=TODAY).worst == Due.EXPIRED
    assert fitness(inspect_by=None, replace_by=fine, today=TODAY).worst == Due.FINE
    assert fitness(inspect_by=None, replace_by=None, today=TODAY).worst == Due.NEVER


GOOD = {
    "number": "NT-1", "name_zh": "网络测试仪", "name_en": "Network tester", "specification": "", "use_conditions": "",
    "transport_conditions": "", "quantity": 5, "purchased_on": date(2025, 1, 1), "inspect_months": 12, "renew_months": None,
    "last_inspected_on": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("number", "", "number"),
        ("number", "-1", "number"),
        ("number", "=A1", "number"),
        ("number", "x" * 41, "number"),
        ("name_zh", " ", "empty"),
        ("name_en", "x" * 81, "long"),
        ("specification", "a\x01b", "unprintable"),
        ("quantity", 0, "pieces"),
        ("quantity", -3, "pieces"),
        ("inspect_months", 0, "months"),
        ("renew_months", 601, "months"),
        ("purchased_on", date(2026, 3, 16), "future"),
        ("purchased_on", date(1900, 1, 1), "ancient"),
        ("last_inspected_on", date(2026, 3, 16), "future"),
        ("last_inspected_on", date(2024, 12, 31), "before_purchase"),
    ],
)
def test_what_is_wrong_with_an_item(field: str, value: object, code: str) -> None:
    assert faults(GOOD, today=TODAY) == []
    assert [(fault.field, fault.code) for fault in faults(GOOD | {field: value}, today=TODAY)] == [(field, code)]


@pytest.mark.parametrize("text", ["=1+1", "+86 138", "-5 °C", "@home", "\tx", "\rx"])
def test_what_looks_like_a_formula_is_escaped_and_comes_back(text: str) -> None:
    assert escaped(text) == f"'{text}"
    assert unescaped(escaped(text)) == text


def test_other_values_stay_as_they_are() -> None:
    for value in ("plain", "'quoted'", 5, None, date(2026, 1, 1)):
        assert escaped(value) == value
    assert unescaped("'quoted'") == "'quoted'"
