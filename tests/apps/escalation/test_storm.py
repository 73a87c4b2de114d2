"""Many sources at once are one warning that says how many; what falls silent and what is over is told once to whom it concerns."""

import time
from datetime import timedelta

import pytest

from common.actor import SYSTEM
from engine import worlds
from engine.models import Alarm, Event, SetAside
from escalation.models import EarlyWarning
from escalation.services import no_data
from escalation.services.no_data import FELL_SILENT, HEARD_AGAIN
from incidents import services as incidents
from incidents.domain.reports import ReportIn
from incidents.models import JoinedTrigger
from incidents.selectors import open_incidents
from notifications.models import Delivery, Message
from people.directory import node_set
from people.selectors import regions
from plans.domain import load
from plans.services import SHIPPED
from signals.domain.mutes import Where
from signals.models import Baseline, Series
from signals.rules import RULES
from signals.selectors import excess_now
from signals.services import judging, mutes, silence
from signals.services.samples import samples_write, series_ensure
from tests.cast import DUTY, GM, TECH, Cast

EVERY = timedelta(minutes=5)
MANY = 500


def nodes(count: int, region: str = "east") -> list[int]:
    own = next(row for row in regions() if row.key == region)
    for n in range(count):
        node_set(
            key=f"{region}-{n}", name_zh=f"节点{n}", name_en=f"Node {n}", region=own, business="enquiry", daily_calls=500, by=SYSTEM
        )  # fmt: skip
    return [series_ensure(worlds.real(), "cpu", region, "", f"{region}-{n}") for n in range(count)]


def busy(series: list[int], *values: float, ago: timedelta = timedelta()) -> None:
    """Samples five minutes apart, the last one now, of all these series in one batch."""
    end = worlds.now(worlds.real()).replace(microsecond=0) - ago
    rows = [(pk, end - EVERY * (len(values) - 1 - n), value) for n, value in enumerate(values) for pk in series]
    samples_write(worlds.real(), rows)
    judging.judge_pending()


def told(kind: str) -> set[str]:
    rows = Delivery.objects.filter(message__kind=kind, channel="inapp")
    return set(rows.values_list("user__username", flat=True))


def test_five_hundred_nodes_in_one_batch_are_one_warning_that_says_how_many(cast: Cast) -> None:
    series = nodes(MANY)
    begun = time.monotonic()
    busy(series, 95.0, 96.0)
    took = time.monotonic() - begun
    (incident,) = open_incidents(worlds.real())
    assert not SetAside.objects.exists()
    assert incident.title.endswith("499 more)") or "499" in incident.title
    assert JoinedTrigger.objects.filter(incident=incident).count() == MANY
    assert Message.objects.filter(kind="tier.pre_response").count() == 1
    assert EarlyWarning.objects.count() == 1
    joined = Event.objects.filter(stream=incident.stream, kind="incident.joined")
    assert [event.data["more"] for event in joined] == [MANY - 2]
    assert Event.objects.filter(stream=incident.stream).count() < 60
    assert took < 15, f"{took:.1f} s"


@pytest.mark.parametrize(("said", "regions_then", "reach"), [("", ["south"], "node"), ("nationwide", [], "nationwide")])
def test_a_report_without_a_place_is_where_the_machines_are_and_nationwide_only_where_somebody_said_so(
    cast: Cast, said: str, regions_then: list[str], reach: str
) -> None:
    report = ReportIn(noticed="Nobody gets through", reach=said)
    incident = incidents.incident_report(report=report, by=cast.actor(DUTY), world=worlds.real())
    busy(nodes(1, "south"), 95.0, 96.0)
    incident.refresh_from_db()
    assert JoinedTrigger.objects.filter(incident=incident).exists()
    assert (incident.regions, incident.reach) == (regions_then, reach)


def test_three_complaints_where_one_was_expected_raise_no_level(cast: Cast) -> None:
    """4.1 with ruling 19: a few by night are no rise; they are neither over a threshold nor the figure of the card."""
    world = worlds.real()
    east, nation = series_ensure(world, "complaints", "east", "", ""), series_ensure(world, "complaints", "", "", "")
    for series, expected in ((east, 0.1), (nation, 4.0)):
        Baseline.objects.create(series_id=series, slot=Baseline.FLAT, expected=expected, days=28)
    RULES.forget()
    now = worlds.now(world).replace(microsecond=0)
    times = [now - EVERY * n for n in range(24, -1, -1)]
    samples_write(world, [(east, at, 0.4) for at in times])
    assert excess_now(world.pk, ["east"]) is None
    samples_write(world, [(nation, at, 4.0) for at in times])
    told = excess_now(world.pk, ["east"])
    assert told is not None
    assert told.figure == pytest.approx(0, abs=0.01)
    west = series_ensure(world, "complaints", "west", "", "")
    Baseline.objects.create(series_id=west, slot=Baseline.FLAT, expected=2.0, days=28)
    RULES.forget()
    samples_write(world, [(west, at, 4.0) for at in times])
    told = excess_now(world.pk, ["west"])
    assert told is not None
    assert told.figure == pytest.approx(1, abs=0.01)


def test_what_joins_the_storm_later_changes_no_message(cast: Cast) -> None:
    series = nodes(40)
    busy(series[:20], 95.0, 96.0)
    messages = Message.objects.count()
    busy(series[20:], 95.0, 96.0)
    assert len(open_incidents(worlds.real())) == 1
    assert Message.objects.count() == messages


def test_two_regions_are_two_warnings(cast: Cast) -> None:
    busy(nodes(15) + nodes(15, "west"), 95.0, 96.0)
    assert sorted(row.regions[0] for row in open_incidents(worlds.real())) == ["east", "west"]


def test_a_few_are_still_told_one_by_one(cast: Cast) -> None:
    busy(nodes(4), 95.0, 96.0)
    assert [row.data["more"] for row in Event.objects.filter(kind="incident.joined")] == [0, 0, 0]


# --- all clear ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("false_alarm", [True, False])
def test_whoever_was_warned_hears_once_that_it_is_over(false_alarm: bool, cast: Cast) -> None:
    busy(nodes(3), 95.0, 96.0)
    (incident,) = open_incidents(worlds.real())
    warned = told("tier.pre_response") | told("tier.warning_yellow")
    assert {GM, TECH} <= warned
    incidents.incident_dismiss(number=incident.number, reason="A test", false_alarm=false_alarm, by=cast.actor(DUTY))
    assert told("all_clear") == warned
    message = Message.objects.get(kind="all_clear")
    assert message.subject["en"].startswith("False alarm" if false_alarm else "All clear")


def test_a_report_of_which_nobody_was_told_ends_quietly(cast: Cast) -> None:
    report = incidents.ReportIn(noticed="noise")
    incident = incidents.incident_report(report=report, by=cast.actor(DUTY), world=worlds.real())
    incidents.incident_dismiss(number=incident.number, reason="Nothing", false_alarm=True, by=cast.actor(DUTY))
    assert not Message.objects.filter(kind="all_clear").exists()
    assert not Alarm.objects.filter(kind="message.nobody").exists()


# --- no data ------------------------------------------------------------------------------------------------------------
def look() -> None:
    now = worlds.now(worlds.real())
    silence.look(worlds.real().pk, now, now)


def test_what_falls_silent_has_one_alarm_and_one_message_and_its_end_reaches_the_same_people(cast: Cast) -> None:
    series = nodes(30)
    busy(series, 40.0, ago=timedelta(hours=1))
    look()
    look()
    assert Series.objects.filter(silent_since__isnull=False).count() == 30
    message = Message.objects.get(kind=FELL_SILENT)
    assert message.subject["en"] == "No data from 30 series"
    assert "22 more" in message.body["en"]
    assert {DUTY, TECH} <= told(FELL_SILENT)
    (alarm,) = Alarm.objects.filter(kind="signals.no_data", cleared_at=None)
    assert alarm.params["n"] == 30
    assert not open_incidents(worlds.real()), "no data is no crossing"
    busy(series[:10], 40.0)
    assert not told(HEARD_AGAIN), "twenty are still silent"
    assert Alarm.objects.get(kind="signals.no_data", cleared_at=None).params["n"] == 20
    busy(series[10:], 40.0)
    assert told(HEARD_AGAIN) == told(FELL_SILENT)
    assert Message.objects.filter(kind=HEARD_AGAIN).count() == 1
    assert not Alarm.objects.filter(kind="signals.no_data", cleared_at=None).exists()


def test_what_a_maintenance_window_covers_may_be_silent_until_it_is_over(cast: Cast) -> None:
    series = nodes(2)
    busy(series, 40.0, ago=timedelta(hours=1))
    mute = mutes.mute_set(
        world=worlds.real(),
        kind="maintenance",
        where=Where(node="east-0"),
        reason="Restart",
        ends_at=worlds.now(worlds.real()) + timedelta(hours=1),
        by=cast.actor(TECH),
    )
    look()
    assert list(Series.objects.filter(silent_since__isnull=False).values_list("node", flat=True)) == ["east-1"]
    mutes.mute_end(mute_id=mute.pk, by=cast.actor(TECH))
    look()
    assert Series.objects.filter(silent_since__isnull=False).count() == 2


def test_a_silent_series_of_a_metric_that_left_the_plan_is_named_by_its_key() -> None:
    plan = load(SHIPPED.read_text(encoding="utf-8"), SHIPPED.name)
    row = {"metric": "fax_pages", "node": None, "hotline": None, "region": "east"}
    places = {"nodes": {}, "hotlines": {}, "regions": {"east": {"zh": "华东", "en": "East"}}}
    assert no_data._one(row, plan, places) == {"zh": "fax_pages · 华东", "en": "fax_pages · East"}
