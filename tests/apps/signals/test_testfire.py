"""A test-fire says what every stage would do, and does nothing."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from common.actor import SYSTEM
from common.clock import utc_text
from engine import worlds
from signals.models import Baseline, Sample, Series, Source
from signals.services import sources
from signals.services.samples import series_ensure
from tests.cast import ADMIN, DUTY, Cast

ADDRESS = "/api/v1/signals/sources/acd/test-fire"
# Everything that could hold a trace of what was only tried.
TABLES = (
    "engine_event", "engine_stream", "engine_timer", "engine_reaction", "signals_series", "signals_sample", "signals_judgetodo",
    "signals_watch", "incidents_incident", "escalation_obligation", "notifications_message", "notifications_delivery",
    "notifications_send", "signals_source", "signals_sourcecount",
)  # fmt: skip


@pytest.fixture
def secret(cast: Cast) -> str:
    series = series_ensure(worlds.real(), "complaints", "east")
    Baseline.objects.create(series_id=series, slot=Baseline.FLAT, expected=100, days=28)
    return sources.source_create(key="acd", name="ACD", world=worlds.real(), by=SYSTEM)


@pytest.fixture
def heard(secret: str) -> None:
    """The sample before: a ratio is not told of one alone."""
    at = worlds.now(worlds.real()) - timedelta(minutes=5)
    with connection.cursor() as cursor:
        cursor.execute("SELECT signals_day_ensure(%s)", [at.date()])
    Sample.objects.create(series=Series.objects.get(metric="complaints"), at=at, value=162)


def everything() -> dict[str, Any]:
    with connection.cursor() as cursor:
        found = {}
        for table in TABLES:
            cursor.execute(
                f"SELECT count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t"
            )
            found[table] = cursor.fetchone()
    return found


def fire(cast: Cast, kind: str, text: str) -> list[dict[str, Any]]:
    client, before = cast.api(ADMIN), everything()
    answer = client.post(ADDRESS, {"kind": kind, "text": text}, format="json")
    assert answer.status_code == 200, answer.content.decode()
    assert everything() == before, "something of it stayed"
    return answer.json()["steps"]


def stages(steps: list[dict[str, Any]]) -> list[str]:
    return [step["stage"] for step in steps]


def test_a_crossing_sample_walks_to_its_end(cast: Cast, heard: None) -> None:
    steps = fire(cast, "prometheus", 'complaints{region="east"} 162')
    assert stages(steps)[:6] == ["token", "parse", "meaning", "series", "store", "rules"]
    meaning = steps[2]["facts"]
    assert (meaning["metric"], meaning["value"], meaning["region"]) == ("complaints", 162.0, "east")
    verdicts = {step["facts"]["threshold"]: step["facts"] for step in steps if step["stage"] == "verdict"}
    assert verdicts["complaints_pre_response"]["stands"] is True
    assert (verdicts["complaints_pre_response"]["figure"], verdicts["complaints_pre_response"]["baseline"]) == (
        0.62,
        200.0,
    )
    follows = [step["facts"]["kind"] for step in steps if step["stage"] == "consequence"]
    assert {"watch.opened", "incident.opened", "warning.started", "obligation.opened", "message.queued"} <= set(follows)
    said = " ".join(step["says"] for step in steps)
    assert "An incident opens." in said
    assert "Due: " in said
    assert "Measured 62 % over the daily mean against 30 %; samples in its window: 2." in said
    assert "It belongs to a series already known: Complaint volume, " in said
    assert "It would be stored." in said
    assert "Complaint volume: 162 at " in said
    assert "Confirm or decide" not in said
    assert "Facts about the level change: " in said
    assert "Complaints over the daily mean from unknown to 62 %" in said, "which facts, and to what"
    assert next(iter(verdicts)) == "complaints_level_i", "of what is over the line that lies furthest out first"
    assert follows[0] in ("level.proposed", "incident.opened")
    report = cast.api(DUTY).post("/api/v1/incidents", {"noticed": "Busy", "regions": ["east"]}, format="json").json()
    again = fire(cast, "prometheus", 'complaints{region="east"} 162')
    joined = next(row for row in again if row["facts"].get("kind") == "incident.joined")
    assert joined["facts"]["incident"] == report["number"]
    assert report["number"] in joined["says"], "which incident it would join"
    for machine in ("%(", "complaints_pre_response", "duty_manager", "east", "message.", "0.62"):
        assert machine not in said


def test_a_ratio_is_not_told_of_one_sample_alone(cast: Cast, secret: str) -> None:
    steps = fire(cast, "prometheus", 'complaints{region="east"} 162')
    said = next(step for step in steps if step["facts"].get("threshold") == "complaints_pre_response")
    assert said["facts"]["stands"] is False
    assert "too little of the window" in said["says"]


def test_a_calm_sample_leads_to_nothing(cast: Cast, secret: str) -> None:
    steps = fire(
        cast,
        "samples",
        json.dumps({"metric": "complaints", "region": "east", "value": 90, "at": utc_text(worlds.now(worlds.real()))}),
    )
    assert [step["says"] for step in steps if step["stage"] == "consequence"] == [
        "Nothing follows: no watch opens or clears."
    ]


def test_a_new_series_is_only_said_to_be_made(cast: Cast, secret: str) -> None:
    steps = fire(cast, "prometheus", 'cpu{instance="sw-3:9100"} 97')
    assert steps[3]["facts"]["new"] is True
    assert not Series.objects.filter(metric="cpu").exists()


STOPS: dict[str, tuple[str, str, str, str]] = {
    "no line": ("prometheus", "cpu", "parse", "It cannot be read"),
    "no JSON": ("samples", "{", "parse", "It cannot be read"),
    "no alert": ("alertmanager", '{"version": "4", "alerts": []}', "parse", "there is no alert in it"),
    "no event": ("zabbix", "{}", "parse", "It cannot be read"),
    "a metric the plan does not have": ("prometheus", "coffee 1", "meaning", "The plan has no metric “coffee”."),
    "a node nobody knows": ("prometheus", 'cpu{node="sw-99"} 1', "meaning", "There is no node “sw-99”."),
    "101 %": ("prometheus", "cpu 101", "meaning", "lies outside"),
    "last year": ("prometheus", "cpu 1 1700000000000", "meaning", "more than 90 days past"),
}


def test_it_stops_where_the_sample_would(cast: Cast, secret: str) -> None:
    for case, (kind, text, stage, sentence) in STOPS.items():
        last = fire(cast, kind, text)[-1]
        assert (last["stage"], last["passed"]) == (stage, False), case
        assert sentence in last["says"], case


def test_another_value_is_said_to_stand(cast: Cast, secret: str) -> None:
    series, at = Series.objects.get(metric="complaints"), worlds.now(worlds.real()).replace(microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT signals_day_ensure(%s)", [at.date()])
    Sample.objects.create(series=series, at=at, value=90)
    steps = fire(cast, "prometheus", f'complaints{{region="east"}} 162 {int(at.timestamp() * 1000)}')
    assert (steps[-1]["stage"], steps[-1]["passed"], steps[-1]["facts"]["stored"]) == ("store", False, 90.0)


def test_a_revoked_source_is_said_so(cast: Cast, secret: str) -> None:
    Source.objects.update(revoked_at=worlds.now(worlds.real()))
    assert stages(fire(cast, "prometheus", "cpu 1")) == ["token"]


def test_on_its_page(cast: Cast, heard: None) -> None:
    answer = cast.client(ADMIN, "zh-hans").post(
        "/signals/sources/acd/test/", {"kind": "prometheus", "text": 'complaints{region="east"} 162'}
    )
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "预备级响应" in text or "预警" in text
    assert Sample.objects.count() == 1
