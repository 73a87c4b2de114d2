"""Sources: by whom they are made, given new tokens, read otherwise and ended; through the API and on pages."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from rest_framework.test import APIClient

from common.actor import SYSTEM
from common.clock import utc_text
from common.errors import Conflict, Invalid, Missing
from common.ids import token_digest
from engine import worlds
from engine.log import log_verify, stream_open
from engine.models import Event
from signals.domain.mapping import DEFAULT, mapping_of
from signals.known import known_by
from signals.models import Source
from signals.services import sources
from tests.cast import ADMIN, AUDITOR, DUTY, OUTSIDER, Cast

SOURCES = "/api/v1/signals/sources"


@pytest.fixture
def secret(cast: Cast) -> str:
    return sources.source_create(key="acd", name="ACD", world=worlds.real(), by=SYSTEM)


def opens(secret: str) -> bool:
    return known_by(secret) is not None


def post(token: str) -> int:
    body = {"samples": [{"metric": "cpu", "at": utc_text(worlds.now(worlds.real())), "value": 41, "node": "sw-3"}]}
    return (
        APIClient()
        .post("/api/v1/signals/samples", body, format="json", headers={"Authorization": f"Bearer {token}"})
        .status_code
    )


def logged(kind: str) -> Event:
    return Event.objects.filter(kind=kind).latest("seq")


# --- rotation -----------------------------------------------------------------------------------------------------------
def test_both_tokens_open_until_the_old_one_ends(cast: Cast, secret: str) -> None:
    by = cast.actor(ADMIN)
    second = sources.source_token_rotate(key="acd", by=by, grace=timedelta(hours=1))
    assert (post(secret), post(second)) == (202, 202)
    event = logged("source.token_set")
    assert (event.actor_id, event.authority) == (by.id, "sysadmin")
    assert event.data["former_until"] is not None
    Source.objects.update(former_until=worlds.now(worlds.real()) - timedelta(seconds=1))
    assert (post(secret), post(second)) == (401, 202)
    third = sources.source_token_rotate(key="acd", by=by, grace=timedelta(hours=1))
    assert [opens(one) for one in (secret, second, third)] == [False, True, True], "never more than two"
    assert secret not in str(Event.objects.values_list("data")), "the log names no token"
    assert log_verify(stream_open(worlds.real(), "signals", "sources")) is None


def test_one_that_leaked_is_dead_at_once(cast: Cast, secret: str) -> None:
    second = sources.source_token_rotate(key="acd", by=SYSTEM, grace=timedelta(0))
    assert [opens(one) for one in (secret, second)] == [False, True]


@pytest.mark.parametrize("grace", [timedelta(seconds=-1), timedelta(days=8)])
def test_a_grace_has_a_limit(grace: timedelta, cast: Cast, secret: str) -> None:
    with pytest.raises(Invalid):
        sources.source_token_rotate(key="acd", by=SYSTEM, grace=grace)
    assert opens(secret)


def test_the_database_refuses_a_former_token_without_end(cast: Cast, secret: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Source.objects.update(former_sha256=token_digest("x"))


def test_a_revoked_source_opens_nothing_and_does_nothing_more(cast: Cast, secret: str) -> None:
    second = sources.source_token_rotate(key="acd", by=SYSTEM, grace=timedelta(hours=1))
    sources.source_revoke(key="acd", reason="Replaced", by=cast.actor(ADMIN))
    assert [post(one) for one in (secret, second)] == [401, 401]
    assert logged("source.revoked").actor_id == cast.user(ADMIN).pk
    for act in (
        lambda: sources.source_token_rotate(key="acd", by=SYSTEM),
        lambda: sources.source_revoke(key="acd", reason="again", by=SYSTEM),
        lambda: sources.source_mapping_set(key="acd", mapping=DEFAULT, based_on=1, by=SYSTEM),
    ):
        with pytest.raises(Conflict):
            act()


def test_nobody_is_there_by_another_key(cast: Cast) -> None:
    with pytest.raises(Missing):
        sources.source_revoke(key="nobody", reason="x", by=SYSTEM)


# --- the API ------------------------------------------------------------------------------------------------------------
def test_the_api_from_birth_to_end(cast: Cast) -> None:
    admin = cast.api(ADMIN)
    made = admin.post(SOURCES, {"key": "prom", "name": "Prometheus"}, format="json", headers={"Idempotency-Key": "k1"})
    assert (made.status_code, made.json()["key"]) == (201, "prom")
    assert post(made.json()["token"]) == 202
    again = admin.post(SOURCES, {"key": "prom", "name": "Prometheus"}, format="json", headers={"Idempotency-Key": "k1"})
    assert (again.status_code, again.json()["token"]) == (201, None), "a token is shown once"
    turned = admin.post(f"{SOURCES}/prom/rotate-token", {"grace_minutes": 0}, format="json").json()["token"]
    assert (post(made.json()["token"]), post(turned)) == (401, 202)
    said = {"based_on": 1, "mapping": {"metrics": {"load": {"metric": "cpu", "unit": "ratio"}}}}
    changed = admin.patch(f"{SOURCES}/prom/mapping", said, format="json")
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert changed.json()["mapping"]["nodes"] == ["node"], "what is not said stays as it is by itself"
    assert admin.patch(f"{SOURCES}/prom/mapping", said, format="json").status_code == 409, "based on an old one"
    shown = admin.get(f"{SOURCES}/prom").json()
    assert (shown["accepted"], shown["counts"], shown["unmatched"]) == (2, [], [])
    assert admin.post(f"{SOURCES}/prom/revoke", {"reason": " "}, format="json").status_code == 400
    ended = admin.post(f"{SOURCES}/prom/revoke", {"reason": "Replaced"}, format="json")
    assert ended.json()["revoked_at"]
    assert post(turned) == 401
    assert admin.get(f"{SOURCES}/nobody").status_code == 404


FAULTY: dict[str, tuple[Any, str]] = {
    "a metric the plan does not have": ({"metrics": {"a": {"metric": "coffee"}}}, "unknown_metric"),
    "a unit of another": ({"metrics": {"a": {"metric": "cpu", "unit": "min"}}}, "unknown_unit"),
    "another shape": ({"nodes": "node"}, "bad_mapping"),
    "a word we do not know": ({"colour": []}, "bad_mapping"),
}


def test_a_mapping_that_cannot_work_is_refused_with_each_reason(cast: Cast, secret: str) -> None:
    for case, (mapping, code) in FAULTY.items():
        answer = cast.api(ADMIN).patch(f"{SOURCES}/acd/mapping", {"based_on": 1, "mapping": mapping}, format="json")
        assert answer.status_code == 400, case
        assert [row["code"] for row in answer.json()["errors"]] == [code], case
    assert mapping_of(Source.objects.get().mapping) == DEFAULT


@pytest.mark.parametrize("who", [DUTY, AUDITOR, OUTSIDER])
def test_others_change_nothing(who: str, cast: Cast, secret: str) -> None:
    client, before = cast.api(who), Source.objects.values().get()
    asked = [
        client.post(SOURCES, {"key": "mine", "name": "Mine"}, format="json"),
        client.post(f"{SOURCES}/acd/rotate-token", {}, format="json"),
        client.post(f"{SOURCES}/acd/revoke", {"reason": "x"}, format="json"),
        client.patch(f"{SOURCES}/acd/mapping", {"based_on": 1, "mapping": {}}, format="json"),
        client.post(f"{SOURCES}/acd/test-fire", {"kind": "prometheus", "text": "cpu 1"}, format="json"),
    ]
    assert {answer.status_code for answer in asked} == {403}
    assert Source.objects.values().get() == before
    assert client.get(SOURCES).status_code == (403 if who == OUTSIDER else 200)


# --- pages --------------------------------------------------------------------------------------------------------------
def test_the_pages_from_birth_to_end(cast: Cast) -> None:
    admin = cast.client(ADMIN)
    refused = admin.post("/signals/sources/new/", {"key": "no spaces", "name": "Typed"})
    assert refused.status_code == 400
    assert "Typed" in refused.content.decode()
    assert admin.post("/signals/sources/new/", {"key": "new", "name": "New"}).status_code == 400
    made = admin.post("/signals/sources/new/", {"key": "acd", "name": "Distributor"})
    assert "hes_" in made.content.decode()
    assert made["Cache-Control"] == "no-store"
    assert admin.post("/signals/sources/new/", {"key": "acd", "name": "Twice"}).status_code == 400
    assert "never heard" in admin.get("/signals/sources/").content.decode()
    page = admin.get("/signals/sources/acd/").content.decode()
    assert "hes_" not in page
    assert "/api/v1/signals/prometheus/write" in page
    turned = admin.post("/signals/sources/acd/rotate-token/", {"grace": "1440"})
    assert "hes_" in turned.content.decode()
    assert "Its old token opens too" in admin.get("/signals/sources/acd/").content.decode()
    assert admin.post("/signals/sources/acd/rotate-token/", {"grace": "soon"}).status_code == 400
    assert admin.post("/signals/sources/acd/revoke/", {"reason": "Replaced"}).status_code == 302
    ended = admin.get("/signals/sources/acd/").content.decode()
    assert "Revoked: Replaced" in ended
    assert cast.user(ADMIN).display_name in ended


LINES = {
    "metrics": "acd_wait = queue_time_mean min\n\nload = cpu",
    "regions": "site, region",
    "hotlines": "hotline",
    "nodes": "node",
    "hints": "instance",
    "places": "10.0.0.3:9100 = sw-3",
    "alerts": "alertname=NodeDown -> availability firing=0 resolved=100\n'trigger=Queue too long' -> queue_time_mean unit=min",
}
WRONG: dict[str, tuple[dict[str, str], str]] = {
    "no sign": ({"metrics": "a"}, "Line 1: write it as name = word."),
    "twice": ({"places": "a = east\na = north"}, "Line 2: a stands there twice."),
    "no arrow": ({"alerts": "alertname=X availability"}, "Line 1: write it as"),
    "a quote that never ends": ({"alerts": "alertname='X -> availability"}, "Line 1: write it as"),
    "a value in words": ({"alerts": "alertname=X -> availability firing=down"}, "Line 1: write it as"),
    "a metric the plan does not have": ({"metrics": "a = coffee"}, "a: The plan has no metric “coffee”."),
    "matches everything": ({"alerts": "-> availability"}, "1: A rule for alerts needs"),
    "an old version": ({"based_on": "7"}, "Somebody changed the mapping"),
}


def test_a_mapping_is_written_line_by_line(cast: Cast, secret: str) -> None:
    admin, address = cast.client(ADMIN), "/signals/sources/acd/mapping/"
    for case, (changed, sentence) in WRONG.items():
        answer = admin.post(address, {**LINES, "based_on": "1", **changed})
        assert answer.status_code == 400, case
        text = answer.content.decode()
        assert sentence in text, case
        assert changed.get("metrics", "10.0.0.3:9100 = sw-3") in text, f"{case}: what was typed stays"
    assert admin.post(address, {**LINES, "based_on": "1"}).status_code == 302
    mapping = mapping_of(Source.objects.get().mapping)
    assert mapping.metrics["acd_wait"].unit == "min"
    assert mapping.regions == ("site", "region")
    assert [(rule.match, rule.firing, rule.unit) for rule in mapping.alerts] == [
        ({"alertname": "NodeDown"}, 0.0, None),
        ({"trigger": "Queue too long"}, None, "min"),
    ]
    shown = admin.get(address).content.decode()
    assert "trigger=Queue too long" in shown
    assert admin.post(address, {**LINES, "based_on": "2"}).status_code == 302, "as it is shown it can be sent back"
    assert Source.objects.get().version == 2
