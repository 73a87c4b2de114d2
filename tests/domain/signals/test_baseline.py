"""What a day should bring, by the days before it: shape, slow trend, disturbed days, holidays, and an honest beginning."""

from collections.abc import Callable
from datetime import date
from random import Random

import pytest

from plans.domain import CompanyCalendar
from signals.domain.baseline import QUARTERS, Expected, LeftOut, Memory, RestsOn, band, trimmed
from signals.domain.calendar import DayKind, calendar_of

CHINA = calendar_of(CompanyCalendar(country="CN"))
MONDAY = date(2026, 5, 11).toordinal()  # after the May holidays, with none before the Dragon Boat Festival of 19 June
WEEKDAY_LEVELS = (1.15, 1.0, 1.0, 1.0, 1.0, 0.6, 0.5)


def usual(quarter: int) -> float:
    return 20.0 + 10.0 * (quarter // 24)


def lived(
    days: int, scale: Callable[[int], float] = lambda day: 1.0, *, first: int = MONDAY, noise: float = 0.0
) -> tuple[Memory, list[Expected]]:
    """Days of a series whose shape is `usual` by weekday, each times `scale`; and what had been expected of each."""
    chance, memory, expected = Random(7), Memory(CHINA), []
    for day in range(first, first + days):
        expected.append(memory.expect(day))
        level = scale(day - first) * WEEKDAY_LEVELS[date.fromordinal(day).weekday()]
        seen = tuple(usual(q) * level * (1 + chance.gauss(0, noise)) for q in range(QUARTERS))
        memory.close(expected[-1], seen, 3 * QUARTERS, 3 * sum(seen))
    return memory, expected


def off(expected: Expected, level: float) -> float:
    """How far the expectation lies from the truth over the day, as a share of it."""
    told = sum(value or 0.0 for value in expected.quarters)
    return told / sum(usual(q) * level for q in range(QUARTERS)) - 1


def test_the_beginning_says_what_it_rests_on() -> None:
    _, expected = lived(22)
    rests = [row.rests_on for row in expected]
    assert rests[0] is RestsOn.NOTHING, "nothing is known before the first day"
    assert rests[1:3] == [RestsOn.FLAT, RestsOn.FLAT]
    assert rests[3] is RestsOn.LIKE, "three working days tell of a fourth"
    assert rests[5] is RestsOn.FLAT, "and nothing of a Saturday"
    assert rests[21] is RestsOn.OWN, "the fourth Monday rests on three"
    assert expected[2].days == 2
    assert expected[1].mean is None, "the flat mean is not dressed up as a curve"


def test_each_weekday_and_quarter_has_its_own_mean() -> None:
    memory, _ = lived(42, noise=0.05)
    for day in range(MONDAY + 42, MONDAY + 49):
        told = memory.expect(day)
        assert told.rests_on is RestsOn.OWN
        for quarter in (0, 40, 95):
            truth = usual(quarter) * WEEKDAY_LEVELS[date.fromordinal(day).weekday()]
            assert told.quarters[quarter] == pytest.approx(truth, rel=0.15), (date.fromordinal(day), quarter)


def test_a_disturbed_day_moves_nothing_and_is_named() -> None:
    disturbed = 38  # a Thursday
    memory, _ = lived(42, lambda day: 2.0 if day == disturbed else 1.0, noise=0.02)
    assert memory.left_out(memory.days) == {MONDAY + disturbed: LeftOut.DISTURBED}
    assert off(memory.expect(MONDAY + 45), 1.0) == pytest.approx(0, abs=0.03)


def test_a_disturbed_hour_moves_nothing_though_its_day_counts() -> None:
    memory, _ = lived(35)
    told = memory.expect(MONDAY + 35)
    seen = tuple((value or 0.0) * (5.0 if 40 <= q < 44 else 1.0) for q, value in enumerate(told.quarters))
    memory.close(told, seen, 288, sum(seen) * 3)
    assert memory.expect(MONDAY + 42).quarters[41] == pytest.approx(usual(41) * 1.15, rel=0.02)


def test_a_level_that_lasts_is_no_disturbance() -> None:
    memory, _ = lived(63, lambda day: 1.5 if day >= 42 else 1.0, noise=0.02)
    assert not memory.left_out(memory.days)
    assert off(memory.expect(MONDAY + 63), 1.5 * 1.15) == pytest.approx(0, abs=0.06)


def test_a_slow_trend_is_followed() -> None:
    """2 % a week: after eight weeks a mean of them would lie 8 % behind."""
    memory, _ = lived(84, lambda day: 1.02 ** (day / 7), noise=0.02)
    assert off(memory.expect(MONDAY + 84), 1.02**12 * 1.15) == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize(
    ("case", "day", "kind"),
    [
        ("an ordinary Wednesday", date(2026, 5, 13), DayKind.WEDNESDAY),
        ("a Saturday that was made a working day", date(2026, 2, 14), DayKind.MADE_UP),
        ("New Year's Eve", date(2026, 2, 16), DayKind.HOLIDAY),
        ("a weekend inside the Spring Festival", date(2026, 2, 21), DayKind.HOLIDAY),
        ("a weekend before a festival", date(2026, 2, 15), DayKind.SUNDAY),
        ("the first working day after it is like a Monday", date(2026, 2, 24), DayKind.MONDAY),
        ("the days the law fixes are known of years not announced yet", date(2029, 10, 1), DayKind.HOLIDAY),
        ("and New Year's Eve by the moon", date(2029, 2, 12), DayKind.HOLIDAY),
    ],
)
def test_kinds_of_days_in_china(case: str, day: date, kind: DayKind) -> None:
    assert CHINA.kind(day) is kind, case


def test_exchanged_days_of_a_year_are_known_or_said_not_to_be() -> None:
    assert (CHINA.adjusted_known(2026), CHINA.adjusted_known(2040)) == (True, False)


def test_what_the_company_knows_goes_before_the_tables() -> None:
    own = calendar_of(CompanyCalendar(country="CN", workdays=(date(2040, 9, 29),), days_off=(date(2040, 5, 9),)))
    assert own.kind(date(2040, 9, 29)) is DayKind.MADE_UP
    assert own.kind(date(2040, 5, 9)) is DayKind.HOLIDAY
    assert calendar_of(None).kind(date(2026, 10, 1)) is DayKind.THURSDAY, "without a calendar a day is its weekday"


def test_holidays_are_learnt_apart_and_made_up_days_like_working_ones() -> None:
    """Three days of the May holidays at half the calls: the Dragon Boat Festival is expected like them, the Fridays are not."""
    first = date(2026, 4, 6).toordinal()
    quiet = {date(2026, 5, n).toordinal() - first for n in range(1, 6)}
    memory, _ = lived(60, lambda day: 0.5 if day in quiet else 1.0, first=first)
    festival, friday = date(2026, 6, 19).toordinal(), date(2026, 6, 12).toordinal()
    assert memory.expect(festival).rests_on is RestsOn.OWN
    assert (memory.expect(festival).mean or 0) < 0.7 * (memory.expect(friday).mean or 0)
    assert off(memory.expect(friday), 1.0) == pytest.approx(0, abs=0.02)


def test_a_made_up_saturday_is_expected_like_a_working_day() -> None:
    first = date(2026, 4, 13).toordinal()
    memory, _ = lived(20, first=first)
    told = memory.expect(date(2026, 5, 9).toordinal())
    assert (told.kind, told.rests_on) == (DayKind.MADE_UP, RestsOn.LIKE)
    assert off(told, 1.0) == pytest.approx(0, abs=0.06)


def test_a_day_of_an_hour_teaches_nothing() -> None:
    memory, _ = lived(35)
    seen = tuple(500.0 if q < 4 else None for q in range(QUARTERS))
    memory.close(memory.expect(MONDAY + 35), seen, 12, 6000.0)
    assert memory.left_out(memory.days) == {MONDAY + 35: LeftOut.TOO_SHORT}


def test_the_flat_mean_leaves_nothing_out() -> None:
    memory, _ = lived(2, lambda day: 1.0 + day)
    flat = memory.flat(MONDAY + 2)
    assert flat is not None
    assert flat.days == 2
    assert flat.value == pytest.approx(sum(usual(q) for q in range(QUARTERS)) * (1.15 + 2.0) / (2 * QUARTERS))


def test_the_middle_of_values() -> None:
    assert trimmed([1.0, 2.0, 100.0]) == 2.0
    assert trimmed([0.0, 2.0, 2.0, 2.0, 100.0]) == 2.0


def test_the_band_holds_what_an_ordinary_quarter_brings() -> None:
    memory, _ = lived(56, noise=0.05)
    told = memory.expect(MONDAY + 56)
    chance, inside = Random(3), 0
    for value in told.quarters:
        limits = band(value or 0.0, told.spread, count=True)
        assert limits is not None
        inside += limits[0] <= (value or 0.0) * (1 + chance.gauss(0, 0.05)) <= limits[1]
    assert inside >= 92
    assert band(10.0, None, count=True) is None
    assert band(1.0, 2.0, count=True) == (0.0, 7.0), "a count is never expected below nothing"
