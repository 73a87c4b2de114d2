from datetime import UTC, datetime, timedelta

import pytest

from notifications.domain.known import Knew, Stage, Way, knew

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def after(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


WAYS = (
    Way("inapp", delivered_at=NOW, read_at=after(6), answered_at=after(9)),
    Way("sms", sent_at=after(1), delivered_at=after(2)),
    Way("voice", sent_at=after(4)),
)


@pytest.mark.parametrize(
    ("case", "at", "stage"),
    [
        ("lying in the product is no knowledge", NOW, Stage(Knew.WRITTEN, NOW)),
        ("a provider has it", after(1), Stage(Knew.SENT, after(1))),
        ("the telephone has it, and stays the first to have it", after(5), Stage(Knew.REACHED, after(2))),
        ("read", after(8), Stage(Knew.READ, after(6))),
        ("answered", after(9), Stage(Knew.ANSWERED, after(9))),
        ("by now", None, Stage(Knew.ANSWERED, after(9))),
    ],
)
def test_the_furthest_by_any_way_at_the_instant(case: str, at: datetime | None, stage: Stage) -> None:
    assert knew(WAYS, written_at=NOW, at=at) == stage, case
