"""The report through the API and the page: what is wrong is named, what is sent twice is made once, what was typed is only text."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from common.clock import utc_text
from engine import worlds
from engine.models import Event
from incidents.models import Incident
from tests.cast import DUTY, GM, OUTSIDER, Cast

INCIDENTS = "/api/v1/incidents"
REPORT: dict[str, Any] = {"noticed": "Nobody gets through", "regions": ["east"], "systems": "down"}


def post(client: APIClient, body: dict[str, Any], **headers: str) -> Any:
    """Written by Python's own JSON, which writes what a careless program would."""
    return client.post(INCIDENTS, json.dumps(body), content_type="application/json", headers=headers)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "nothing said": ({"noticed": "", "symptoms": []}, "noticed"),
    "only spaces": ({"noticed": "   "}, "noticed"),
    "a symptom there is not": ({"symptoms": ["headache"]}, "symptoms.0"),
    "a region nobody knows": ({"regions": ["moon"]}, "regions"),
    "a hotline nobody knows": ({"hotlines": ["psychic"]}, "hotlines"),
    "a node nobody knows": ({"nodes": ["sw-99"]}, "nodes"),
    "a category the plan does not have": ({"category": "weather"}, "category"),
    "a business the plan does not have": ({"business": "poetry"}, "business"),
    "a state there is not": ({"systems": "tired"}, "systems"),
    "a reach there is not": ({"reach": "galaxy"}, "reach"),
    "a time to come": ({"noticed_at": "2999-01-01T00:00:00Z"}, "noticed_at"),
    "a time long gone": ({"noticed_at": "1970-01-01T00:00:00Z"}, "noticed_at"),
    "a time before all times": ({"noticed_at": "0001-01-01T00:00:00+14:00"}, "noticed_at"),
    "a time in words": ({"noticed_at": "tea time"}, "noticed_at"),
    "minutes below nothing": ({"queue_minutes": -1}, "queue_minutes"),
    "NaN minutes": ({"queue_minutes": "NaN"}, "queue_minutes"),
    "more callers than people": ({"queue_length": 10**30}, "queue_length"),
    "a NUL character": ({"noticed": "a\x00b"}, "noticed"),
    "a lone surrogate": ({"noticed": "a\ud800b"}, "noticed"),
    "a title of a thousand": ({"title": "x" * 1000}, "title"),
    "words without end": ({"caller_words": "x" * 4001}, "caller_words"),
    "a list for words": ({"noticed": ["a"]}, "noticed"),
    "an object for a list": ({"regions": {"east": True}}, "regions"),
    "null for words": ({"noticed": None}, "noticed"),
    "a field there is not": ({"place": "moon"}, "place"),
}


def test_each_wrong_report_names_its_field_and_opens_nothing(cast: Cast) -> None:
    client = cast.api(DUTY)
    for case, (changed, field) in WRONG.items():
        answer = post(client, {**REPORT, **changed})
        assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json"), case
        assert field in {row["field"] for row in answer.json()["errors"]}, (case, answer.json())
    assert not Incident.objects.exists()


def test_one_word_or_one_symptom_is_enough(cast: Cast) -> None:
    client = cast.api(DUTY)
    for body in ({"noticed": "忙音"}, {"symptoms": ["busy"]}, {"title": "Busy"}):
        assert client.post(INCIDENTS, body, format="json").status_code == 201
    assert Incident.objects.count() == 3


def test_five_minutes_ahead_is_a_clock_that_differs(cast: Cast) -> None:
    now = utc_text(worlds.now(worlds.real()))
    assert cast.api(DUTY).post(INCIDENTS, {**REPORT, "noticed_at": now}, format="json").status_code == 201


def test_the_same_report_under_its_key_makes_one_incident(cast: Cast) -> None:
    client, key = cast.api(DUTY), {"Idempotency-Key": "night-1"}
    body = {**REPORT, "title": "Night"}
    assert post(client, {**body, "unread": {"big": 10**30}}, **key).status_code == 400  # and the key is free still
    first = post(client, body, **key)
    again = post(client, body, **key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["number"] == again.json()["number"]
    assert again["Idempotency-Replayed"] == "true"
    other = post(client, {**body, "noticed": "Something else"}, **key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key.reused")
    assert Incident.objects.count() == 1
    assert Event.objects.filter(kind="incident.opened").count() == 1


@pytest.mark.parametrize("who", [OUTSIDER, "exec", "audit"])
def test_who_may_not_report_opens_nothing(who: str, cast: Cast) -> None:
    assert cast.api(who).post(INCIDENTS, REPORT, format="json").status_code == 403
    assert not Incident.objects.exists()


def test_markup_that_was_typed_stays_text_on_every_page(cast: Cast) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>{{ 7|add:7 }}"
    body = {**REPORT, "noticed": evil, "title": evil[:60], "caller_words": evil}
    number = cast.api(DUTY).post(INCIDENTS, body, format="json").json()["number"]
    for address in (f"/incidents/{number}/", "/incidents/", "/board/", "/"):
        for who in (DUTY, GM):
            page = cast.client(who).get(address).content.decode()
            assert "<script>alert" not in page, address
            assert "<img src=x" not in page, address
    room = cast.client(DUTY).get(f"/incidents/{number}/").content.decode()
    assert "&lt;script&gt;alert" in room


NUMBERS = (
    "limit=x",
    "limit=-1",
    "limit=" + "9" * 5000,
    "before=%00",
    "before=nothing",
    "world=%00",
    "world=nowhere",
    "phase=tired",
)


def test_a_wrong_word_in_the_address_is_named(cast: Cast) -> None:
    client = cast.api(DUTY)
    number = client.post(INCIDENTS, REPORT, format="json").json()["number"]
    for query in NUMBERS:
        answer = client.get(f"{INCIDENTS}?{query}")
        assert answer.status_code in (400, 404), query[:40]
        assert answer["Content-Type"] == "application/problem+json", query[:40]
    for after in ("x", "-1", "9" * 5000):
        assert client.get(f"{INCIDENTS}/{number}/events?after={after}").status_code == 400, after[:40]
    assert client.get(f"{INCIDENTS}/%00").status_code in (400, 404)


def test_a_form_with_a_nul_is_refused_and_says_where(cast: Cast) -> None:
    number = cast.api(DUTY).post(INCIDENTS, REPORT, format="json").json()["number"]
    client = cast.client(GM)
    before = Event.objects.count()
    for address, body in (
        (f"/incidents/{number}/decide-level/", {"level": "II", "reason": "a\x00b"}),
        (f"/incidents/{number}/dismiss/", {"reason": "a\x00b"}),
        (f"/incidents/{number}/dismiss/", {"reason": "fine", "idempotency_key": "a\x00b"}),
        ("/report/", {"noticed": "a\x00b"}),
    ):
        assert client.post(address, body).status_code == 400, address
    for address in ("/incidents/%00/", "/incidents/?world=%00", "/board/?world=%00"):
        assert client.get(address).status_code in (400, 404), address
    assert Event.objects.count() == before
