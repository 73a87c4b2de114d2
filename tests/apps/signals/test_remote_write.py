"""Remote write through both doors: the same rows as our own JSON, and the answers that Prometheus understands."""

from datetime import timedelta
from typing import Any

import pytest

from common.actor import SYSTEM
from engine import worlds
from signals.domain.mapping import mapping_of
from signals.models import JudgeTodo, Sample, Series, Source, SourceCount
from signals.protocols import MOST_BYTES, WRITE_PATH
from signals.services import sources
from signals.services.samples import unpacked
from tests import remote_write as sent
from tests.apps.signals.doors import Answer, Door

V1 = {
    "content_type": "application/x-protobuf",
    "content_encoding": "snappy",
    "x_prometheus_remote_write_version": "0.1.0",
}
CPU = {"__name__": "cpu", "node": "sw-3"}


def at(minutes: float = 0) -> int:
    return int((worlds.now(worlds.real()) - timedelta(minutes=minutes)).timestamp() * 1000)


def write(door: Door, body: bytes, token: str | None, **headers: str) -> Answer:
    return door.post(body, token=token, path=WRITE_PATH, **{**V1, **headers})


def stored() -> list[tuple[str, str, str, float]]:
    named = {row.pk: row for row in Series.objects.all()}
    rows = [(named[row.series_id], row.value) for row in Sample.objects.order_by("at", "series_id")]
    return [(series.metric, series.region, series.node, value) for series, value in rows]


def counts() -> dict[str, int]:
    return {row.code: row.count for row in SourceCount.objects.all()}


def test_it_is_stored_and_judged_as_everything_is(door: Door, token: str) -> None:
    moment = at()
    rows = [(CPU, 41.0, moment - 60_000), (CPU, 42.0, moment), ({"__name__": "go_gc"}, 1.0, moment)]
    for _ in range(2):  # a retry is no error and nothing new
        answer = write(door, sent.written(rows), token)
        assert (answer.status, answer.body, answer.kind) == (204, {}, "")
    assert stored() == [("cpu", "east", "sw-3", 41.0), ("cpu", "east", "sw-3", 42.0)]
    assert sum(len(unpacked(bytes(row.batch))) for row in JudgeTodo.objects.all()) == 2
    source = Source.objects.get(key="acd")
    assert (source.accepted, source.rejected) == (4, 0)
    assert source.last_seen_at is not None
    assert counts() == {"unknown_metric": 2}


def test_what_cannot_be_kept_is_told_once_and_the_rest_is_kept(door: Door, token: str) -> None:
    moment = at()
    assert write(door, sent.written([(CPU, 41.0, moment)]), token).status == 204
    rows = [(CPU, 99.0, moment), ({"__name__": "cpu", "node": "sw-99"}, 1.0, moment), (CPU, 43.0, at(1))]
    answer = write(door, sent.written(rows), token)
    assert (answer.status, answer.kind) == (400, "application/problem+json"), "400 is not sent again"
    assert [(row["index"], row["code"]) for row in answer.body["rejected"]] == [(0, "other_value"), (1, "unknown_node")]
    assert answer.body["accepted"] == 1
    assert "1 samples were kept, 2 were not" in answer.body["title"]
    assert sorted(value for *_place, value in stored()) == [41.0, 43.0]
    assert counts() == {"other_value": 1, "unknown_node": 1}
    assert SourceCount.objects.get(code="unknown_node").what == "sw-99"


HEADERS: dict[str, tuple[dict[str, str], int]] = {
    "version 2 is told to fall back": (
        {"content_type": "application/x-protobuf;proto=io.prometheus.write.v2.Request"},
        415,
    ),
    "version 1 named": ({"content_type": "application/x-protobuf;proto=prometheus.WriteRequest"}, 204),
    "JSON": ({"content_type": "application/json"}, 415),
    "zstd": ({"content_encoding": "zstd"}, 415),
    "gzip": ({"content_encoding": "gzip"}, 415),
}


def test_what_is_spoken_here(door: Door, token: str) -> None:
    body = sent.written([(CPU, 41.0, at())])
    for case, (headers, status) in HEADERS.items():
        assert write(door, body, token, **headers).status == status, case
    door.counted()
    assert counts() == {"unsupported": 4}


BROKEN: dict[str, tuple[bytes, int, str]] = {
    "not snappy": (b"samples", 400, "not_snappy"),
    "4 GB claimed": (sent.varint((1 << 32) - 1) + b"\0" * 20, 413, "too_large"),
    "cut off": (sent.snapped(sent.series(CPU, (1, 0))[:-3]), 400, "truncated"),
    "too much": (b"\0" * (MOST_BYTES + 1), 413, "too_large"),
}


def test_a_broken_body_is_refused_and_counted(door: Door, token: str) -> None:
    for case, (body, status, code) in BROKEN.items():
        answer = write(door, body, token)
        assert (answer.status, answer.body["code"]) == (status, code), case
    door.counted()
    assert counts() == {"not_snappy": 1, "too_large": 2, "truncated": 1}
    assert stored() == []


def test_a_bad_token_is_counted_against_nobody(door: Door, token: str) -> None:
    for secret in (None, "hes_wrong"):
        assert write(door, b"", secret).status == 401
    door.counted()
    assert counts() == {}
    assert Source.objects.get(key="acd").last_seen_at is None


def test_a_source_says_it_in_its_own_words(door: Door, token: str) -> None:
    mapping = mapping_of(
        {"metrics": {"acd_wait_minutes": {"metric": "queue_time_mean", "unit": "min"}}, "regions": ["site"], "places": {"sh": "east"}}
    )  # fmt: skip
    sources.source_mapping_set(key="acd", mapping=mapping, based_on=1, by=SYSTEM)
    assert write(door, sent.written([({"__name__": "acd_wait_minutes", "site": "sh"}, 8.0, at())]), token).status == 204
    assert stored() == [("queue_time_mean", "east", "", 480.0)]


def test_a_source_that_floods_waits_and_the_others_do_not(door: Door, token: str, settings: Any) -> None:
    settings.SOURCE_SAMPLES_A_SECOND, settings.SOURCE_BURST = 10.0, 100.0
    other = sources.source_create(key="calm", name="Calm", world=worlds.real(), by=SYSTEM)
    moment = at()
    first = write(door, sent.written([(CPU, 41.0, moment - n) for n in range(150)]), token)
    assert first.status == 204, "what came before the limit is kept whole"
    for _ in range(3):
        told = write(door, sent.written([(CPU, 41.0, moment - 1000)]), token)
        assert (told.status, told.kind, told.body["code"]) == (429, "application/problem+json", "flood")
        assert 1 <= int(told.headers["retry-after"]) <= 6
    assert write(door, sent.written([(CPU, 41.0, moment - 2000)]), other).status == 204
    door.counted()
    assert counts() == {"flood": 3}
    assert len(stored()) == 151


@pytest.mark.parametrize("size", [10_000])
def test_what_cannot_be_read_costs_too(size: int, door: Door, token: str, settings: Any) -> None:
    settings.SOURCE_SAMPLES_A_SECOND, settings.SOURCE_BURST = 1.0, 100.0
    assert [write(door, b"x" * size, token).status for _ in range(2)] == [400, 429]
