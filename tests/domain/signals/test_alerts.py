"""Alerts of Alertmanager and Zabbix: what each says in the plan's metrics."""

import json
from datetime import timedelta
from typing import Any

import pytest

from signals.domain.alerts import Alert, Meant, Unreadable, from_alertmanager, from_zabbix, in_order, meant
from signals.domain.intake import Rejected, Why
from signals.domain.mapping import DEFAULT, SourceMapping, mapping_of
from tests.domain.signals.given import NOW, PLACES, PLAN

START, END = NOW - timedelta(minutes=20), NOW - timedelta(minutes=5)
RULES = mapping_of(
    {
        "alerts": [
            {"match": {"alertname": "NodeDown"}, "metric": "availability", "firing": 0, "resolved": 100},
            {"match": {"trigger": "Queue too long"}, "metric": "queue_time_mean", "unit": "min"},
        ]
    }
)


def fired(status: str = "firing", **changed: Any) -> dict[str, Any]:
    """One alert as Alertmanager sends it."""
    return {
        "status": status,
        "labels": {"alertname": "NodeDown", "severity": "critical", "instance": "sw-3:9100"},
        "annotations": {"summary": "sw-3 does not answer"},
        "startsAt": START.isoformat(),
        "endsAt": END.isoformat() if status == "resolved" else "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus:9090/graph",
        "fingerprint": "c0ffee0123456789",
        **changed,
    }


def webhook(*alerts: dict[str, Any], **changed: Any) -> bytes:
    said = {
        "version": "4", "groupKey": "{}:{}", "truncatedAlerts": 0, "status": "firing", "receiver": "hotline",
        "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://am:9093", "alerts": alerts,
    }  # fmt: skip
    return json.dumps({**said, **changed}).encode()


def problem(status: str = "problem", **changed: Any) -> bytes:
    said = {
        "event_id": "4711", "trigger_id": "13", "host": "sw-3", "trigger": "Queue too long", "item": "acd.queue", "value": "9.5",
        "severity": "High", "status": status, "at": START.isoformat(), "tags": [{"tag": "scope", "value": "availability"}],
    }  # fmt: skip
    return json.dumps({**said, **changed}).encode()


def said(alert: Alert, mapping: SourceMapping = RULES) -> tuple[Any, ...] | Why:
    found = meant(alert, mapping=mapping, plan=PLAN, places=PLACES, now=NOW)
    return found.why if isinstance(found, Rejected) else (found.series, found.at, found.value)


SW_3 = ("availability", "east", "", "sw-3")
OWN = {"alertname": "Busy", "hotline_metric": "queue_time_mean", "region": "east"}
MEANT: dict[str, tuple[dict[str, Any], Any]] = {
    "a node is down": (fired(), (SW_3, START, 0.0)),
    "a node is back": (fired("resolved"), (SW_3, END, 100.0)),
    "it says its metric itself": (
        fired(labels=OWN, annotations={"value": "540"}),
        (("queue_time_mean", "east", "", ""), START, 540.0),
    ),
    "with a unit": (
        fired(labels={**OWN, "unit": "min"}, annotations={"value": "9"}),
        (("queue_time_mean", "east", "", ""), START, 540.0),
    ),
    "over, and nobody says what that means": (
        fired("resolved", labels=OWN, annotations={"value": "540"}),
        (("queue_time_mean", "east", "", ""), END, None),
    ),
    "over, and the sender says it": (
        fired("resolved", labels=OWN, annotations={"value": "540", "resolved_value": "60"}),
        (("queue_time_mean", "east", "", ""), END, 60.0),
    ),
    "nothing fits": (fired(labels={"alertname": "DiskFull"}), Why.NO_METRIC),
    "no value": (fired(labels=OWN, annotations={}), Why.NO_VALUE),
    "a value in words": (fired(labels=OWN, annotations={"value": "very long"}), Why.NOT_A_NUMBER),
    "a metric the plan does not have": (fired(labels={**OWN, "hotline_metric": "coffee"}), Why.METRIC),
    "a node nobody knows": (fired(labels={"alertname": "NodeDown", "node": "sw-99"}), Why.NODE),
    "it begins in the future": (fired(startsAt=(NOW + timedelta(hours=1)).isoformat()), Why.FUTURE),
    "it began last year": (fired(startsAt=(NOW - timedelta(days=300)).isoformat()), Why.PAST),
}


@pytest.mark.parametrize("case", MEANT)
def test_what_an_alert_of_alertmanager_says(case: str) -> None:
    one, wanted = MEANT[case]
    (alert,) = from_alertmanager(webhook(one))
    assert said(alert) == wanted


ZABBIX: dict[str, tuple[bytes, Any]] = {
    "a problem with a value": (problem(), (("queue_time_mean", "east", "", "sw-3"), START, 570.0)),
    "its own unit goes first": (problem(value="570 s"), (("queue_time_mean", "east", "", "sw-3"), START, 570.0)),
    "a unit of another metric": (problem(value="57 %"), Why.UNIT),
    "a tag says the metric": (
        problem(trigger="CPU", value="97.3 %", tags=[{"tag": "hotline_metric", "value": "cpu"}]),
        (("cpu", "east", "", "sw-3"), START, 97.3),
    ),
    "a macro nobody filled in": (problem(value="*UNKNOWN*"), Why.NOT_A_NUMBER),
    "recovered": (
        problem("resolved", recovered_at=END.isoformat()),
        (("queue_time_mean", "east", "", "sw-3"), END, None),
    ),
}


@pytest.mark.parametrize("case", ZABBIX)
def test_what_an_event_of_zabbix_says(case: str) -> None:
    body, wanted = ZABBIX[case]
    (alert,) = from_zabbix(body)
    assert (alert.fingerprint, alert.occurrence) == ("trigger 13", "event 4711")
    assert said(alert) == wanted


def test_a_count_is_of_its_instant_and_a_state_is_held() -> None:
    held = [
        meant(alert, mapping=DEFAULT, plan=PLAN, places=PLACES, now=NOW)
        for metric in ("cpu", "complaints")
        for alert in from_alertmanager(webhook(fired(labels={"hotline_metric": metric}, annotations={"value": "7"})))
    ]
    assert [one.held for one in held if isinstance(one, Meant)] == [True, False]


def test_of_one_matter_the_firing_comes_before_its_end() -> None:
    alerts = from_alertmanager(webhook(fired("resolved"), fired()))
    assert [alert.ended is not None for alert in in_order(alerts)] == [False, True]


BROKEN: dict[str, tuple[Any, bytes]] = {
    "nothing": (from_alertmanager, b""),
    "not UTF-8": (from_alertmanager, b'{"version": "\xff"}'),
    "version 3": (from_alertmanager, webhook(version="3")),
    "no alerts": (from_alertmanager, b'{"version": "4"}'),
    "a status we do not know": (from_alertmanager, webhook(fired("suppressed"))),
    "no zone": (from_alertmanager, webhook(fired(startsAt="2026-11-24T03:05:00"))),
    "no fingerprint": (from_alertmanager, webhook(fired(fingerprint=""))),
    "a thousand and one": (from_alertmanager, webhook(*[fired()] * 1001)),
    "Zabbix: a word we do not know": (from_zabbix, problem(colour="red")),
    "Zabbix: a number for an id": (from_zabbix, problem(event_id=4711)),
    "Zabbix: no zone": (from_zabbix, problem(at="2026-11-24T03:05:00")),
    "Zabbix: another status": (from_zabbix, problem("update")),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_no_message(case: str) -> None:
    reads, body = BROKEN[case]
    with pytest.raises(Unreadable):
        reads(body)
