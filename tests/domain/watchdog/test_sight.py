"""When the product counts as blind."""

from datetime import UTC, datetime, timedelta

import pytest

from watchdog.domain.sight import Canary, Stage, blind_since, canary_due

NOW = datetime(2026, 11, 27, 3, tzinfo=UTC)


def ago(seconds: int) -> datetime:
    return NOW - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("case", "last", "due"),
    [
        ("none was ever posted", None, True),
        ("the last one a moment ago", Canary(ago(59), Stage.ARRIVED, ago(58)), False),
        ("a minute ago, whatever became of it", Canary(ago(60), Stage.JUDGE), True),
    ],
)
def test_a_canary_a_minute(case: str, last: Canary | None, due: bool) -> None:
    assert canary_due(last, NOW) is due, case


@pytest.mark.parametrize(
    ("case", "sighted", "blind"),
    [
        ("nothing was ever proven: nothing is lost yet", None, False),
        ("the next canary is still on its way", ago(90), False),
        ("it should have arrived by now", ago(91), True),
    ],
)
def test_blind_is_who_proved_nothing_for_longer_than_a_canary_takes(
    case: str, sighted: datetime | None, blind: bool
) -> None:
    assert (blind_since(sighted, NOW) is not None) is blind, case


@pytest.mark.parametrize(
    ("posted", "arrived", "lost"), [(31, None, True), (30, None, False), (600, 571, False), (600, 569, True)]
)
def test_a_canary_that_takes_too_long_proves_nothing(posted: int, arrived: int | None, *, lost: bool) -> None:
    assert Canary(ago(posted), Stage.SENDER, None if arrived is None else ago(arrived)).lost(NOW) is lost
