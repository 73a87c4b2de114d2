"""Figures of readings as people read them."""

import pytest
from django.utils.translation import override

from signals.templatetags.readings import SHORT, gravest, over_mean, unit_name


@pytest.mark.parametrize(
    ("percent", "flat", "en", "zh"),
    [
        (34, False, "34 % over the daily mean", "超日均值 34 %"),
        (-12, False, "12 % below the daily mean", "低于日均值 12 %"),
        (0, False, "0 % over the daily mean", "超日均值 0 %"),
        (-5, True, "5 % below the flat mean; history is short", "低于总平均值 5 %（历史数据不足）"),
    ],
)
def test_a_figure_below_the_mean_says_below(percent: int, flat: bool, en: str, zh: str) -> None:
    with override("en"):
        assert over_mean(percent, flat) == en
    with override("zh-hans"):
        assert over_mean(percent, flat) == zh


def test_a_part_of_the_whole_is_not_said_over_a_mean() -> None:
    with override("en"):
        assert over_mean(30, measure="share") == "30 % of the whole"


@pytest.mark.parametrize(
    ("unit", "en", "zh"), [("count", "", ""), ("percent", "%", "%"), ("degrees", "°C", "℃"), ("seconds", "s", "秒")]
)
def test_a_unit_of_any_plan_is_written_as_people_write_it(unit: str, en: str, zh: str) -> None:
    with override("en"):
        assert unit_name(unit) == en
    with override("zh-hans"):
        assert unit_name(unit) == zh


def test_of_a_long_list_of_warnings_the_gravest_come_first_and_a_short_one_stays_as_it_is() -> None:
    rows = [{"rank": n % 3, "ended": "" if n == 4 else "later", "minutes": None if n == 4 else n} for n in range(20)]
    assert [(row["rank"], row["minutes"]) for row in gravest(rows)[:3]] == [(2, 17), (2, 14), (2, 11)]
    assert len(gravest(rows)) == SHORT
    rows[1]["ended"], rows[1]["rank"] = None, 2
    assert gravest(rows)[0] is rows[1], "what still stands, before the longest of its level"
    assert gravest(rows[:3]) == rows[:3]
    assert len(gravest([{"ended": None, "minutes": None} for _ in range(9)])) == SHORT, "kept by an earlier version"
