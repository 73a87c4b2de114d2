"""What a further trigger joins: whatever stands for the same region, or where either is the whole country's matter."""

import pytest

from incidents.domain.triggers import concerns, regions_after

EAST, WEST, NATION = ("east",), ("west",), ()


@pytest.mark.parametrize(
    ("standing", "joining", "wanted"),
    [
        (EAST, EAST, True),
        (EAST, WEST, False),
        (("east", "west"), WEST, True),
        (NATION, EAST, True),
        (EAST, NATION, True),
        (NATION, NATION, True),
    ],
)
def test_a_trigger_joins_the_same_region_or_what_is_nationwide(
    standing: tuple[str, ...], joining: tuple[str, ...], wanted: bool
) -> None:
    assert concerns(standing, joining) is wanted


def test_what_a_nationwide_trigger_joined_is_nationwide() -> None:
    assert regions_after(["east"], None, nationwide=False) == []
    assert regions_after(["east"], "west", nationwide=False) == ["east", "west"]
    assert regions_after([], "west", nationwide=True) == []


def test_what_joins_a_report_of_which_nobody_knew_where_says_where() -> None:
    assert regions_after([], "west", nationwide=False) == ["west"]
