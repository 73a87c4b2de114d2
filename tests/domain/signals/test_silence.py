"""When a gap in a history would have been noticed, and how much of it is looked at."""

from array import array
from datetime import UTC, datetime, timedelta

import pytest

from common.clock import microseconds
from plans.domain import Metric, ServiceHours
from signals.domain.marks import History
from signals.domain.mutes import Muted, Where
from signals.domain.silence import Silent, _looks, missed, silences
from tests.domain.signals.given import PLAN

EVERY = timedelta(minutes=5)
MONDAY = datetime(2026, 7, 6, tzinfo=PLAN.zone)
CPU = PLAN.metric("cpu")
OFFICE = CPU.with_service_hours(
    (ServiceHours.model_validate({"days": ["mon", "tue"], "from": "08:00", "to": "18:00"}),)
)


def gaps(*minutes: int, metric: Metric = CPU, until: int = 60 * 24 * 9, mutes: tuple[Muted, ...] = ()) -> list[Silent]:
    """Samples these minutes after Monday began."""
    at = array("q", [microseconds(MONDAY + timedelta(minutes=n)) for n in minutes])
    history = History(("cpu", "east", "", "sw-3"), metric, at, array("d", [40.0] * len(at)))
    end = microseconds(MONDAY + timedelta(minutes=until))
    return list(silences(history, zone=PLAN.zone, mutes=mutes, start=None, until=end))


def after(row: Silent) -> int:
    return round((row.noticed - MONDAY).total_seconds() / 60)


def muted(since: int, until: int, **where: str) -> Muted:
    return Muted(Where(**where), MONDAY + timedelta(minutes=since), MONDAY + timedelta(minutes=until))


@pytest.mark.parametrize(
    ("case", "samples", "noticed"),
    [
        ("three lost in a row are patience", (0, 15), []),
        ("more than that is silence, noticed at the next look", (0, 25), [20]),
        ("one that has just come is no silence", (0, 19), []),
    ],
)
def test_a_gap_is_noticed_as_soon_as_patience_is_over(case: str, samples: tuple[int, ...], noticed: list[int]) -> None:
    assert [after(row) for row in gaps(*samples, until=samples[-1])] == noticed, case


def test_outside_service_hours_nothing_is_missed() -> None:
    night = (17 * 60 + 55, 32 * 60 + 10)  # Monday evening, Tuesday ten past eight
    assert gaps(*night, metric=OFFICE, until=night[-1]) == []
    assert len(gaps(*night, until=night[-1])) == 1
    (row,) = gaps(17 * 60 + 55, metric=OFFICE)
    assert after(row) == 32 * 60 + 20, "sixteen minutes into the service of Tuesday, at the next look"
    assert row.heard is None


def test_while_a_mute_holds_nothing_is_noticed() -> None:
    held = gaps(0, 90, until=90, mutes=(muted(10, 62, metric="cpu"), muted(40, 71, region="east")))
    assert [after(row) for row in held] == [75]
    assert [after(row) for row in gaps(0, 90, until=90, mutes=(muted(10, 62, region="west"),))] == [20]


@pytest.mark.parametrize("hours", [(), OFFICE.service_hours])
def test_leaving_out_closed_hours_leaves_out_no_look_that_matters(hours: tuple[ServiceHours, ...]) -> None:
    metric = CPU.with_service_hours(hours)
    start, end = MONDAY.astimezone(UTC), (MONDAY + timedelta(days=8)).astimezone(UTC)
    taken = set(_looks(metric, start, end, PLAN.zone))
    every = [start + EVERY * n for n in range(int((end - start) / EVERY) + 1)]
    wanted = {at for at in every if missed(metric, start - EVERY * 9, at, PLAN.zone)}
    assert wanted
    assert wanted <= taken
    assert not hours or len(taken) < len(every) / 2
