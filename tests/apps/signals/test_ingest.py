"""What sources send, good and bad, through both doors: each bad item is named, the good are kept, nothing is half done."""

import json
from datetime import datetime, timedelta
from io import BytesIO
from time import monotonic, sleep
from typing import Any

import msgspec
import pytest
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from psycopg import errors
from rest_framework.test import APIClient

from common.actor import SYSTEM
from common.clock import microseconds, utc_text
from common.ids import token_digest
from engine import worlds
from people import services as people
from people.selectors import user_by_name
from signals.api import Samples
from signals.ingest import MOST_BYTES, PATH
from signals.models import JudgeTodo, Sample, Series, Source
from signals.services import sources
from signals.services.samples import unpacked
from signals.tokens import KNOWN_SECONDS
from tests.apps.signals.doors import Answer, Bare, Door
from tests.cast import DUTY

MINUTE = timedelta(minutes=1)


def now() -> datetime:
    return worlds.now(worlds.real()).replace(microsecond=0)


def sample(**changed: Any) -> dict[str, Any]:
    """A sample nothing is wrong with; a value of None leaves that word out."""
    said = {"metric": "cpu", "at": utc_text(now()), "value": 41, "node": "sw-3", **changed}
    return {name: value for name, value in said.items() if value is not None}


def batch(*samples: Any) -> bytes:
    return json.dumps({"samples": samples}).encode()


def stored() -> list[tuple[str, str, str, float]]:
    """Metric, region, node and value of everything kept."""
    named = {row.pk: row for row in Series.objects.all()}
    rows = [(named[row.series_id], row.value) for row in Sample.objects.order_by("at", "series_id")]
    return [(series.metric, series.region, series.node, value) for series, value in rows]


def to_judge() -> int:
    """How many samples wait for the judge."""
    return sum(len(unpacked(bytes(row.batch))) for row in JudgeTodo.objects.all())


def counters() -> tuple[int, int]:
    source = Source.objects.get(key="acd")
    return source.accepted, source.rejected


def nothing_happened() -> bool:
    return (stored(), to_judge(), counters()) == ([], 0, (0, 0))


def is_problem(answer: Answer, status: int, code: str, case: str) -> None:
    """RFC 9457: `type`, `title` and `status`, and our stable `code`."""
    assert (answer.status, answer.kind) == (status, "application/problem+json"), case
    assert (answer.body["type"], answer.body["code"]) == (f"urn:hotline-ep:{code}", code), case
    assert answer.body["status"] == status, case
    assert answer.body["title"], case


# --- one bad sample among good ones -------------------------------------------------------------------------------------
BAD: dict[str, tuple[Any, str]] = {
    "a metric the plan does not have": (lambda: sample(metric="coffee"), "unknown_metric"),
    "a metric with a NUL in it": (lambda: sample(metric="cpu\x00"), "unknown_metric"),
    "no metric": (lambda: sample(metric=None), "bad_sample"),
    "a metric that is a number": (lambda: sample(metric=7), "bad_sample"),
    "a unit of another metric": (lambda: sample(unit="min"), "unknown_unit"),
    "a unit nobody has": (lambda: sample(unit="furlong"), "unknown_unit"),
    "NaN": (lambda: sample(value=float("nan")), "not_a_number"),
    "infinity": (lambda: sample(value=float("inf")), "not_a_number"),
    "minus infinity": (lambda: sample(value=float("-inf")), "not_a_number"),
    "true": (lambda: sample(value=True), "not_a_number"),
    "null": (lambda: {**sample(), "value": None}, "not_a_number"),
    "a number in quotes": (lambda: sample(value="41"), "not_a_number"),
    "a list for a value": (lambda: sample(value=[41]), "not_a_number"),
    "no value": (lambda: sample(value=None), "bad_sample"),
    "101 %": (lambda: sample(value=101), "out_of_range"),
    "below nothing": (lambda: sample(metric="complaints", value=-1), "out_of_range"),
    "more digits than a number has": (lambda: sample(value=10**30), "out_of_range"),
    "no time zone": (lambda: sample(at="2026-11-24T03:05:00"), "no_time_zone"),
    "no time": (lambda: sample(at=None), "bad_sample"),
    "yesterday in words": (lambda: sample(at="yesterday"), "bad_sample"),
    "the 30th of February": (lambda: sample(at="2026-02-30T03:05:00Z"), "bad_sample"),
    "seconds since 1970": (lambda: sample(at=1_790_000_000), "bad_sample"),
    "six minutes ahead": (lambda: sample(at=utc_text(now() + 6 * MINUTE)), "in_the_future"),
    "the year 9999, west of everywhere": (lambda: sample(at="9999-12-31T23:59:59-12:00"), "in_the_future"),
    "91 days ago": (lambda: sample(at=utc_text(now() - timedelta(days=91))), "too_old"),
    "the year 1, east of everywhere": (lambda: sample(at="0001-01-01T00:00:00+14:00"), "too_old"),
    "a region nobody knows": (lambda: sample(region="moon"), "unknown_region"),
    "a hotline nobody knows": (lambda: sample(hotline="psychic"), "unknown_hotline"),
    "a node nobody knows": (lambda: sample(node="sw-99"), "unknown_node"),
    "a node of another region": (lambda: sample(region="north"), "node_elsewhere"),
    "a word we do not know": (lambda: sample(colour="red"), "bad_sample"),
    "not an object": (lambda: 17, "bad_sample"),
    "null for a sample": (lambda: None, "bad_sample"),
}


def test_each_bad_sample_is_named_and_its_good_neighbours_are_kept(door: Door, token: str) -> None:
    """Good and bad take turns in one batch: what is wrong with each comes back under its index."""
    start = now() - 40 * MINUTE
    samples: list[Any] = []
    for number, (make, _code) in enumerate(BAD.values()):
        samples += [sample(at=utc_text(start + number * MINUTE)), make()]
    answer = door.post(batch(*samples), token=token)
    assert answer.status == 202
    said = {list(BAD)[row["index"] // 2]: row["code"] for row in answer.body["rejected"]}
    assert said == {case: code for case, (_make, code) in BAD.items()}
    assert [row["index"] for row in answer.body["rejected"]] == list(range(1, 2 * len(BAD), 2))
    assert all(row["error"] for row in answer.body["rejected"])
    assert answer.body["accepted"] == len(BAD) == len(stored()) == to_judge()
    assert counters() == (len(BAD), len(BAD))


GOOD: dict[str, tuple[Any, tuple[str, str, str, float]]] = {
    "the product's own example": (
        lambda: sample(metric="complaints", value=42, unit="count", region="east", hotline="main"),
        ("complaints", "east", "sw-3", 42.0),
    ),
    "minutes are turned into seconds": (
        lambda: sample(metric="queue_time_mean", value=8, unit="min", node=None),
        ("queue_time_mean", "", "", 480.0),
    ),
    "a node brings its region along": (lambda: sample(), ("cpu", "east", "sw-3", 41.0)),
    "four minutes ahead: clocks differ": (
        lambda: sample(at=utc_text(now() + 4 * MINUTE), value=42),
        ("cpu", "east", "sw-3", 42.0),
    ),
    "89 days ago, on a day that has no table yet": (
        lambda: sample(at=utc_text(now() - timedelta(days=89)), value=43),
        ("cpu", "east", "sw-3", 43.0),
    ),
    "null for what is not said": (
        lambda: {**sample(value=44, node="db-1"), "region": None, "hotline": None},
        ("cpu", "east", "db-1", 44.0),
    ),
}


def test_what_is_good_is_kept(door: Door, token: str) -> None:
    for case, (make, kept) in GOOD.items():
        answer = door.post(batch(make()), token=token)
        assert (answer.status, answer.body) == (202, {"accepted": 1, "rejected": []}), case
        assert kept in stored(), case
    assert len(stored()) == len(GOOD) == to_judge()


# --- twice --------------------------------------------------------------------------------------------------------------
def test_a_sample_twice_is_kept_once(door: Door, token: str) -> None:
    """In one batch and again in the next, also on a day whose table this batch makes."""
    body = batch(*[sample(at=utc_text(now() - timedelta(days=60)))] * 2)
    for _ in range(2):
        answer = door.post(body, token=token)
        assert (answer.status, answer.body) == (202, {"accepted": 2, "rejected": []})
    assert len(stored()) == 1
    assert to_judge() <= 2, "what was judged once is not judged again"


def test_another_value_for_the_same_instant_is_refused_and_the_first_stands(door: Door, token: str) -> None:
    at = utc_text(now())
    within = door.post(batch(sample(at=at), sample(at=at, value=99)), token=token)
    assert within.body["accepted"] == 1
    later = door.post(batch(sample(at=at, value=98), sample(at=utc_text(now() - MINUTE))), token=token)
    assert later.body["accepted"] == 1
    for answer, index in ((within, 1), (later, 0)):
        (row,) = answer.body["rejected"]
        assert (row["index"], row["code"]) == (index, "other_value")
    assert sorted(value for *_place, value in stored()) == [41.0, 41.0]
    assert counters() == (2, 2), "the counters say what the answers said"


def test_the_same_instant_in_another_zone_is_the_same_sample(door: Door, token: str) -> None:
    at = now()
    elsewhere = at.astimezone(datetime.strptime("+0800", "%z").tzinfo).isoformat()
    door.post(batch(sample(at=utc_text(at)), sample(at=elsewhere)), token=token)
    assert len(stored()) == 1


# --- the request as a whole ---------------------------------------------------------------------------------------------
BROKEN: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "truncated"),
    "half of it": (batch({"metric": "cpu"})[:-3], "truncated"),
    "a comma too many": (b'{"samples": [{"metric": "cpu"},]}', "byte 31"),
    "no JSON at all": (b"metric,at,value", "byte 0"),
    "a list": (b"[]", "Expected `object`"),
    "samples that are no list": (b'{"samples": {}}', "$.samples"),
    "no samples": (b"{}", "samples"),
    "a word beside them": (b'{"samples": [], "sample": []}', "sample"),
    "NaN where no value stands": (b'{"samples": NaN}', "byte 12"),
    "nested a hundred thousand deep": (b'{"samples": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}", "deep"),
    "not UTF-8": (b'{"samples": [], "\xff": 1}', ""),
}


def test_a_broken_body_is_refused_and_says_where(door: Door, token: str) -> None:
    for case, (body, where) in BROKEN.items():
        answer = door.post(body, token=token)
        is_problem(answer, 400, "bad_json", case)
        assert where in answer.body["title"], case
    assert nothing_happened()


def test_a_sample_that_is_not_utf8_is_named_and_its_neighbour_kept(door: Door, token: str) -> None:
    spoiled = batch(sample(metric="??"), sample()).replace(b"??", b"\xff\xfe")
    answer = door.post(spoiled, token=token)
    assert (answer.status, answer.body["accepted"]) == (202, 1)
    assert [(row["index"], row["code"]) for row in answer.body["rejected"]] == [(0, "bad_sample")]


TOO_MUCH: dict[str, Any] = {
    "10 MB": lambda: b'{"samples": [' + b" " * (10 * 1024 * 1024) + b"]}",
    "one byte too many": lambda: b'{"samples": []}'.ljust(MOST_BYTES + 1),
    "20,001 samples": lambda: b'{"samples": [' + b",".join([msgspec.json.encode(sample())] * 20_001) + b"]}",
}


def test_too_much_is_refused_whole(door: Door, token: str) -> None:
    for case, body in TOO_MUCH.items():
        is_problem(door.post(body(), token=token), 413, "too_large", case)
    assert nothing_happened()


def test_as_much_as_allowed_is_taken(door: Door, token: str) -> None:
    start = now() - timedelta(days=1)
    rows = [{"metric": "cpu", "at": utc_text(start + timedelta(seconds=n)), "value": 41} for n in range(20_000)]
    answer = door.post(batch(*rows), token=token)
    assert (answer.status, answer.body) == (202, {"accepted": 20_000, "rejected": []})
    assert counters() == (20_000, 0)
    assert to_judge() == 20_000


# --- who sends ----------------------------------------------------------------------------------------------------------
def a_persons() -> str:
    return people.token_issue(user=user_by_name(DUTY), name="test", by=SYSTEM)


def a_revoked_one() -> str:
    secret = sources.source_create(key="dead", name="Dead", world=worlds.real(), by=SYSTEM)
    Source.objects.filter(token_sha256=token_digest(secret)).update(revoked_at=now())
    return secret


def a_replaced_one() -> str:
    secret = sources.source_create(key="old", name="Old", world=worlds.real(), by=SYSTEM)
    sources.source_token_rotate(key="old", by=SYSTEM, grace=timedelta(0))
    return secret


WRONG_TOKENS: dict[str, Any] = {
    "no token": lambda: None,
    "an empty token": lambda: "",
    "a token nobody has": lambda: "hes_wrong",
    "two words": lambda: "hes_wrong twice",
    "a person's token": a_persons,
    "a revoked one": a_revoked_one,
    "one that was replaced": a_replaced_one,
}


def test_only_a_sources_own_token_opens(door: Door, token: str) -> None:
    for case, secret in WRONG_TOKENS.items():
        answer = door.post(batch(sample()), token=secret())
        is_problem(answer, 401, "bad_token", case)
        assert answer.headers["www-authenticate"] == "Bearer", case
    assert nothing_happened()


def test_a_token_is_forgotten_within_seconds_of_being_revoked(bare: Bare) -> None:
    """A web process may remember what it knew for five seconds, no longer."""
    secret = sources.source_create(key="acd", name="ACD", world=worlds.real(), by=SYSTEM)
    assert bare.post(batch(sample()), token=secret).status == 202
    Source.objects.update(revoked_at=now())
    bare.ingest.tokens.known[secret].read_at -= KNOWN_SECONDS
    assert bare.post(batch(sample()), token=secret).status == 401


def test_what_is_known_of_a_token_in_use_is_read_again_before_a_sample_would_wait_for_it(bare: Bare) -> None:
    secret = sources.source_create(key="acd", name="ACD", world=worlds.real(), by=SYSTEM)
    assert bare.post(batch(sample()), token=secret).status == 202
    bare.ingest.tokens.known[secret].read_at -= KNOWN_SECONDS / 2
    Source.objects.update(revoked_at=now())
    assert bare.post(batch(sample()), token=secret).status == 202  # it waits for nobody
    deadline = monotonic() + 10
    while secret in bare.ingest.tokens.known and monotonic() < deadline:
        sleep(0.01)
    assert bare.post(batch(sample()), token=secret).status == 401


def test_a_sources_token_opens_nothing_else(cast: Any) -> None:
    client = APIClient()
    client.credentials(
        HTTP_AUTHORIZATION="Bearer " + sources.source_create(key="acd", name="ACD", world=worlds.real(), by=SYSTEM)
    )
    assert {client.get(f"/api/v1/{path}").status_code for path in ("incidents", "board", "plan", "people")} == {401}


# --- in the caller's language -------------------------------------------------------------------------------------------
LANGUAGES = {
    "en": ("The plan has no metric “coffee”.", "Send the token of a signal source"),
    "zh-CN,zh;q=0.9": ("预案没有指标“coffee”。", "请提供信号源令牌"),
    "fr, for which the product's own stands": ("预案没有指标“coffee”。", "请提供信号源令牌"),
}


def test_errors_are_in_the_callers_language(door: Door, token: str) -> None:
    for language, (metric, wanted) in LANGUAGES.items():
        asked = language.partition(", ")[0]
        answer = door.post(batch(sample(metric="coffee")), token=token, language=asked)
        assert answer.body["rejected"][0]["error"] == metric
        assert wanted in door.post(b"", token=None, language=asked).body["title"]


# --- at once, and when the database refuses -----------------------------------------------------------------------------
def test_requests_at_once_with_overlapping_samples_lose_nothing(bare: Bare) -> None:
    secret = sources.source_create(key="acd", name="ACD", world=worlds.real(), by=SYSTEM)
    start = now() - timedelta(days=50)
    moments = [utc_text(start + n * MINUTE) for n in range(60)]
    bodies = [batch(*[sample(at=at) for at in moments[n : n + 30]]) for n in range(0, 31, 5)]
    answers = bare.at_once(bodies, token=secret)
    assert [(answer.status, answer.body) for answer in answers] == [(202, {"accepted": 30, "rejected": []})] * 7
    assert len(stored()) == 60
    assert {at for row in JudgeTodo.objects.all() for _series, at, _value in unpacked(bytes(row.batch))} == {
        microseconds(datetime.fromisoformat(at)) for at in moments
    }
    assert counters() == (210, 0)


def test_at_once_with_two_values_one_stands_and_the_others_are_told(bare: Bare) -> None:
    secret = sources.source_create(key="acd", name="ACD", world=worlds.real(), by=SYSTEM)
    at = utc_text(now())
    answers = bare.at_once([batch(sample(at=at, value=value)) for value in (1, 2, 3)], token=secret)
    assert sorted(answer.body["accepted"] for answer in answers) == [0, 0, 1]
    assert len(stored()) == 1
    assert counters() == (1, 2)


def test_a_group_the_database_refuses_is_stored_request_by_request(bare: Bare) -> None:
    """What one request brings takes none of its neighbours along; nothing is lost."""
    secret = sources.source_create(key="acd", name="ACD", world=worlds.real(), by=SYSTEM)
    old = now() - timedelta(days=70)
    bare.ingest._days.add(old.date())  # a day it takes for made, which is not
    answers = bare.at_once([batch(sample(at=utc_text(old))), batch(sample())], token=secret)
    assert [answer.status for answer in answers] == [202, 202]
    assert len(stored()) == to_judge() == 2


def test_what_no_second_try_mends_is_not_called_busy(bare: Bare, caplog: pytest.LogCaptureFixture) -> None:
    secret = sources.source_create(key="acd", name="ACD", world=worlds.real(), by=SYSTEM)
    assert bare.post(batch(sample()), token=secret).status == 202
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE signals_judgetodo RENAME TO signals_gone")
    broken = bare.post(batch(sample(value=42, node="sw-1")), token=secret)
    is_problem(broken, 500, "internal", "a table that is not there")
    assert "database error: UndefinedTable, sqlstate 42P01" in [row.getMessage() for row in caplog.records]
    assert len(stored()) == 1


@pytest.mark.parametrize("error", [errors.ConnectionTimeout("at 10.0.0.1"), errors.DeadlockDetected("in a row")])
def test_what_a_second_try_may_mend_is_called_busy(
    error: Exception, bare: Bare, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    secret = sources.source_create(key="acd", name="ACD", world=worlds.real(), by=SYSTEM)

    def cut() -> None:
        raise error

    assert bare.post(batch(sample()), token=secret).status == 202
    monkeypatch.setattr(bare.ingest, "_connection", cut)
    is_problem(bare.post(batch(sample(value=42)), token=secret), 503, "try_later", "cut")
    assert f"database error: {type(error).__name__}" in caplog.text
    assert str(error) not in caplog.text


def test_a_connection_that_died_unseen_costs_no_answer(bare: Bare) -> None:
    secret = sources.source_create(key="acd", name="ACD", world=worlds.real(), by=SYSTEM)
    assert bare.post(batch(sample()), token=secret).status == 202
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )
        assert cursor.fetchone()[0] > 0
    answer = bare.post(batch(sample(value=42, node="sw-1")), token=secret)
    assert (answer.status, answer.body) == (202, {"accepted": 1, "rejected": []})
    assert len(stored()) == 2


def test_the_writer_outlives_a_fault_of_our_own(bare: Bare, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = sources.source_create(key="acd", name="ACD", world=worlds.real(), by=SYSTEM)
    with monkeypatch.context() as broken:
        broken.setattr("signals.services.samples.copied", lambda rows: 1 / 0)
        is_problem(bare.post(batch(sample()), token=secret), 500, "internal", "a fault")
    assert bare.post(batch(sample(value=42)), token=secret).status == 202
    assert len(stored()) == 1


def test_a_body_in_chunks_is_read_no_further_than_allowed(cast: Any) -> None:
    """Through Django: such a request says no length."""
    secret = sources.source_create(key="acd", name="ACD", world=worlds.real(), by=SYSTEM)
    body = BytesIO(batch(sample()) + b" " * (MOST_BYTES * 2))
    headers = [(b"authorization", f"Bearer {secret}".encode()), (b"transfer-encoding", b"chunked")]
    asked = ASGIRequest({"type": "http", "method": "POST", "path": PATH, "headers": headers, "query_string": b""}, body)
    assert Samples.as_view()(asked).status_code == 413
    assert body.tell() == MOST_BYTES + 1
