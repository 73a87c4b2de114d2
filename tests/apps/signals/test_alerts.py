"""Alerts of other programs: taken once, held while they stand, and never lost silently."""

import json
from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from common.actor import SYSTEM
from common.clock import utc_text
from engine import worlds
from engine.sweep import sweep
from engine.timers import timer_stands
from signals.domain.mapping import mapping_of
from signals.models import AlertState, Sample, Series, Source, SourceCount, UnmatchedAlert, Watch
from signals.services import sources
from signals.services.alerts import HOLD, hold
from tests.cast import ADMIN, Cast

RULES = {"alerts": [{"match": {"alertname": "NodeDown"}, "metric": "availability", "firing": 0, "resolved": 100}]}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def am(cast: Cast) -> APIClient:
    client = APIClient()
    secret = sources.source_create(key="am", name="Alertmanager", world=worlds.real(), by=SYSTEM)
    sources.source_mapping_set(key="am", mapping=mapping_of(RULES), based_on=1, by=SYSTEM)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}", HTTP_ACCEPT_LANGUAGE="en")
    return client


def fired(name: str = "NodeDown", minutes: float = 3, ended: float | None = None, **labels: str) -> dict[str, Any]:
    now = worlds.now(worlds.real())
    said = {"alertname": name, "instance": "sw-3:9100", **labels}
    return {
        "status": "firing" if ended is None else "resolved",
        "labels": said,
        "annotations": {},
        "startsAt": utc_text((now - minutes * MINUTE).replace(second=0, microsecond=0)),
        "endsAt": "0001-01-01T00:00:00Z" if ended is None else utc_text(now - ended * MINUTE),
        "fingerprint": json.dumps(said),
    }


def send(client: APIClient, *alerts: dict[str, Any], path: str = "alertmanager") -> dict[str, Any]:
    answer = client.post(f"/api/v1/signals/{path}", {"version": "4", "alerts": alerts}, format="json")
    assert answer.status_code == 200, answer.content.decode()
    return answer.json()


def values() -> list[float]:
    return [row.value for row in Sample.objects.order_by("at")]


def test_a_node_is_down_and_back(am: APIClient) -> None:
    down = fired()
    assert send(am, down) == {"taken": 1, "repeated": 0, "unmatched": []}
    assert send(am, down) == {"taken": 0, "repeated": 1, "unmatched": []}, "Alertmanager repeats"
    assert values() == [0.0]
    assert send(am, {**down, **fired(ended=1), "startsAt": down["startsAt"]})["taken"] == 1
    assert send(am, down)["repeated"] == 1, "another Alertmanager of the cluster is late"
    assert values() == [0.0, 100.0]
    (series,) = Series.objects.all()
    assert (series.metric, series.node) == ("availability", "sw-3")
    assert AlertState.objects.get().firing is False
    source = Source.objects.get(key="am")
    assert (source.accepted, source.rejected) == (2, 0)


def test_what_stands_is_held_and_opens_what_lasts(am: APIClient) -> None:
    """An alert is sent once; availability below half for five minutes is an outage (1.2)."""
    send(am, fired(minutes=8))
    world, now = worlds.real(), worlds.now(worlds.real())
    assert timer_stands(HOLD, [world.pk])
    hold(world.pk, now, now)
    assert values() == [0.0, 0.0]
    hold(world.pk, now + MINUTE, now + MINUTE)
    assert len(values()) == 2, "no more often than the metric is expected"
    while sweep():
        pass
    assert {watch.threshold for watch in Watch.objects.filter(state="open")} >= {"availability_outage"}


def test_a_source_not_heard_of_speaks_for_nothing(am: APIClient, settings: Any) -> None:
    send(am, fired())
    later = worlds.now(worlds.real()) + settings.ALERT_HELD + MINUTE
    hold(worlds.real().pk, later, later)
    assert values() == [0.0]


def test_of_several_alerts_on_one_series_the_gravest_counts(am: APIClient) -> None:
    other = fired(minutes=2, job="other")
    send(am, fired(minutes=3), other)
    send(am, {**fired(minutes=3, ended=1)})
    assert values()[-1] == 0.0, "the other still fires"


def test_what_fits_nowhere_is_kept_and_told_until_a_rule_fits(am: APIClient, cast: Cast) -> None:
    full = fired("DiskFull")
    for _ in range(2):
        said = send(am, full)
        assert [(row["code"], row["error"]) for row in said["unmatched"]] == [
            ("no_metric", "No rule of this source fits the alert, and it has no label hotline_metric: DiskFull")
        ]
    kept = UnmatchedAlert.objects.get()
    assert (kept.title, kept.times, kept.labels["instance"], kept.firing) == ("DiskFull", 2, "sw-3:9100", True)
    assert SourceCount.objects.get(code="no_metric").count == 2
    page = cast.client(ADMIN).get("/signals/sources/am/").content.decode()
    assert "DiskFull" in page
    rule = {"match": {"alertname": "DiskFull"}, "metric": "availability", "firing": 0, "resolved": 100}
    sources.source_mapping_set(key="am", mapping=mapping_of({"alerts": [rule]}), based_on=2, by=SYSTEM)
    assert send(am, full)["taken"] == 1
    assert not UnmatchedAlert.objects.exists()


def test_too_many_kinds_are_counted_only(am: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signals.services.alerts.MOST_UNMATCHED", 3)
    said = send(am, *[fired(f"A{n}") for n in range(5)])
    assert [row["code"] for row in said["unmatched"]].count("unmatched_full") == 2
    assert UnmatchedAlert.objects.count() == 3


def test_zabbix(am: APIClient) -> None:
    mapping = mapping_of({"alerts": [{"match": {"trigger": "CPU too high"}, "metric": "cpu"}]})
    sources.source_mapping_set(key="am", mapping=mapping, based_on=2, by=SYSTEM)
    now = worlds.now(worlds.real())
    said = {
        "event_id": "4711", "trigger_id": "13", "host": "sw-3", "trigger": "CPU too high", "item": "system.cpu.util",
        "value": "97.3 %", "severity": "High", "status": "problem", "at": utc_text(now - 3 * MINUTE), "tags": [],
    }  # fmt: skip
    for taken, repeated in ((1, 0), (0, 1)):
        answer = am.post("/api/v1/signals/zabbix", said, format="json").json()
        assert (answer["taken"], answer["repeated"]) == (taken, repeated)
    over = {**said, "status": "resolved", "recovered_at": utc_text(now - MINUTE)}
    assert am.post("/api/v1/signals/zabbix", over, format="json").json()["taken"] == 1
    assert values() == [97.3], "nobody said which value its end means"
    assert AlertState.objects.get().value is None
    hold(worlds.real().pk, now + 6 * MINUTE, now + 6 * MINUTE)
    assert values() == [97.3], "and so nothing is held"


REFUSED: dict[str, tuple[bytes, int, str]] = {
    "no message": (b"{}", 400, "bad_alerts"),
    "not JSON": (b"alerts", 400, "bad_alerts"),
    "too large": (b" " * (2 * 1024 * 1024 + 1), 413, "too_large"),
}


def test_a_broken_message_is_refused_and_counted(am: APIClient) -> None:
    for path in ("alertmanager", "zabbix"):
        for case, (body, status, code) in REFUSED.items():
            answer = am.post(f"/api/v1/signals/{path}", body, content_type="application/json")
            assert (answer.status_code, answer.json()["code"]) == (status, code), case
            assert answer["Content-Type"] == "application/problem+json"
    assert {row.code: row.count for row in SourceCount.objects.all()} == {"bad_alerts": 4, "too_large": 2}


def test_what_no_text_of_the_database_holds_is_taken_all_the_same(am: APIClient) -> None:
    said = send(am, fired("NUL\x00", note="a\x00b"))
    assert len(said["unmatched"]) == 1
    assert UnmatchedAlert.objects.get().title == "NUL�"
