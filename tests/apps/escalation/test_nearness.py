"""Near a threshold without being over it (4.3, rulings 18 and 19): somebody owes a warning, and only where it is near."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from engine.models import Event
from engine.sweep import sweep
from escalation import selectors
from escalation.services import nearness
from signals.models import Baseline
from signals.services.samples import series_ensure
from tests.cast import DUTY, GM, TECH
from tests.flows.test_api_story import Hotline, hotline  # noqa: F401 - a fixture

NEAR_CPU, CALM_CPU = [80] * 6, [50] * 6
WARNING = {"colour": "blue", "reach": "East", "duration": "Two hours", "measures": "More agents"}


def reported(house: Hotline, *regions: str) -> str:
    number = house.post(DUTY, "incidents", {"noticed": "It queues", "regions": list(regions)}, expect=201)["number"]
    sweep()
    return number


def owing(house: Hotline, who: str) -> set[str]:
    by = house.cast.actor(who)
    return {row.rule for row, _plan in selectors.mine(by, user_id=by.id or 0, world_id=house.world.pk)}


def test_what_is_reported_near_a_threshold_owes_a_warning_which_stops_the_clock(hotline: Hotline) -> None:  # noqa: F811
    hotline.samples("cpu", *NEAR_CPU, node="sw-3")
    number = reported(hotline, "east")
    owed = hotline.owed(number)["warning.issue"]
    assert owed["owners"] == ["duty_manager", "hq"]
    assert "warning.issue" in owing(hotline, DUTY) & owing(hotline, GM)
    assert "warning.issue" not in owing(hotline, TECH)
    line = Event.objects.get(kind="condition.near").data["lines"]
    assert [(row["threshold"], row["colour"]) for row in line] == [("cpu_pre_response", "blue")]
    room = hotline.cast.client(DUTY).get(f"/incidents/{number}/").content.decode()
    assert "#act-warn" in room
    assert 'id="act-warn"' in room
    hotline.forward(minutes=6)
    assert hotline.owed(number)["warning.issue"]["state"] == "overdue"
    hotline.post(DUTY, f"incidents/{number}/warn", WARNING)
    assert "warning.issue" not in hotline.owed(number)


def test_what_comes_near_later_is_seen_within_minutes_and_said_once(hotline: Hotline) -> None:  # noqa: F811
    hotline.samples("cpu", *CALM_CPU, node="sw-3")
    number = reported(hotline, "east")
    assert "warning.issue" not in hotline.owed(number)
    hotline.forward(minutes=4)
    hotline.samples("cpu", *NEAR_CPU, node="sw-3")
    hotline.forward(minutes=1.5)
    assert "warning.issue" in hotline.owed(number)
    hotline.post(DUTY, f"incidents/{number}/verify", {"outcome": "confirmed"})
    hotline.forward(minutes=11)
    assert Event.objects.filter(kind="condition.near").count() == 1


def test_what_is_near_elsewhere_is_not_this_incidents_matter(hotline: Hotline) -> None:  # noqa: F811
    series = series_ensure(hotline.world, "complaints", "west")
    Baseline.objects.create(series_id=series, slot=Baseline.FLAT, expected=10, days=28)
    hotline.samples("complaints", *[12.6] * 15, region="west")
    assert "warning.issue" not in hotline.owed(reported(hotline, "east"))
    assert "warning.issue" in hotline.owed(reported(hotline, "west"))


def test_where_no_incident_is_open_the_first_page_says_so_to_who_may_warn(hotline: Hotline) -> None:  # noqa: F811
    words = "Near a threshold where no incident is open"
    assert words not in hotline.cast.client(DUTY).get("/").content.decode()
    hotline.samples("cpu", *NEAR_CPU, node="sw-3")
    for who, told in ((DUTY, True), (GM, True), (TECH, False)):
        assert (words in hotline.cast.client(who).get("/").content.decode()) is told, who
    assert "接近阈值而尚无事件" in hotline.cast.client(DUTY, "zh-hans").get("/").content.decode()
    reported(hotline, "west")
    assert words in hotline.cast.client(DUTY).get("/").content.decode(), "another region's incident"
    reported(hotline, "east")
    assert words not in hotline.cast.client(DUTY).get("/").content.decode(), "now the obligation says it"


def test_the_first_page_reads_a_worlds_series_once_in_ten_seconds(
    hotline: Hotline,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elapsed = [0.0]
    monkeypatch.setattr("dashboard.home.NEAR_SECONDS", 10.0)
    monkeypatch.setattr("dashboard.home._near_known", {})
    monkeypatch.setattr("dashboard.home.time.monotonic", lambda: elapsed[0])
    words, duty = "Near a threshold where no incident is open", hotline.cast.client(DUTY)
    duty.get("/")
    hotline.samples("cpu", *NEAR_CPU, node="sw-3")
    with CaptureQueriesContext(connection) as asked:
        elapsed[0] = 9.9
        assert words not in duty.get("/").content.decode()
    assert not any("signals_sample" in row["sql"] for row in asked.captured_queries)
    elapsed[0] = 10.0
    assert words in duty.get("/").content.decode()
    reported(hotline, "east")
    assert words not in duty.get("/").content.decode(), "other regions are covered now; nothing old is shown"


def test_a_response_ends_it_and_nothing_is_looked_at_any_more(hotline: Hotline) -> None:  # noqa: F811
    hotline.samples("cpu", *NEAR_CPU, node="sw-3")
    one, other = reported(hotline, "east"), reported(hotline, "east")
    assert "warning.issue" in hotline.owed(one).keys() & hotline.owed(other).keys()
    hotline.post(DUTY, f"incidents/{one}/verify", {"outcome": "confirmed"})
    hotline.post(GM, f"incidents/{one}/decide-level", {"level": "III", "reason": "One node"})
    hotline.post(GM, f"incidents/{one}/start")
    assert "warning.issue" not in hotline.owed(one)
    hotline.post(DUTY, f"incidents/{other}/dismiss", {"reason": "Nothing there"})
    assert "warning.issue" not in hotline.owed(other)
    before = Event.objects.count()
    for number in (one, other):
        incident = selectors.Incident.objects.get(number=number)
        with transaction.atomic():
            nearness.look(incident.pk, hotline.now(), hotline.now())
    assert Event.objects.count() == before
