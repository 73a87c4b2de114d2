"""Prometheus remote write: what is read of it, and what is refused before it costs anything."""

import tracemalloc
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals.domain.intake import Why
from signals.domain.mapping import DEFAULT, SourceMapping, mapping_of
from signals.domain.remote_write import MOST_RAW, Unwritable, Ways, Written, unsnapped, write_read
from tests import remote_write as sent
from tests.domain.signals.given import NOW, PLACES, PLAN

AT = int(NOW.timestamp() * 1000)
CPU = {"__name__": "cpu", "node": "sw-3"}


def read(*parts: bytes, mapping: SourceMapping = DEFAULT, ways: Ways | None = None) -> Written:
    return write_read(b"".join(parts), mapping=mapping, plan=PLAN, places=PLACES, now=NOW, ways=ways)


def kept(said: Written) -> list[tuple[Any, ...]]:
    return [(*k.series, k.value, (k.at - NOW).total_seconds()) for k in said.kept]


MAPPED = mapping_of(
    {
        "metrics": {"acd_queue_minutes": {"metric": "queue_time_mean", "unit": "min"}},
        "regions": ["site"],
        "nodes": ["machine", "node"],
        "places": {"shanghai": "east", "10.0.0.3:9100": "sw-3", "core-switch": "sw-3"},
    }
)  # fmt: skip
GOOD: dict[str, tuple[dict[str, str], SourceMapping, tuple[str, str, str, str], float]] = {
    "the plan's own key": ({"__name__": "complaints", "region": "east"}, DEFAULT, ("complaints", "east", "", ""), 42),
    "a node brings its region along": (CPU, DEFAULT, ("cpu", "east", "", "sw-3"), 42),
    "labels nobody asked for": ({**CPU, "job": "node", "cluster": "一"}, DEFAULT, ("cpu", "east", "", "sw-3"), 42),
    "an instance that is a node": (
        {"__name__": "cpu", "instance": "sw-3:9100"},
        DEFAULT,
        ("cpu", "east", "", "sw-3"),
        42,
    ),
    "an exporter's own instance, which is no place": (
        {"__name__": "complaints", "region": "north", "instance": "acd:9100"},
        DEFAULT,
        ("complaints", "north", "", ""),
        42,
    ),
    "an instance beside a place": (
        {"__name__": "complaints", "region": "north", "instance": "sw-3:9100"},
        DEFAULT,
        ("complaints", "north", "", ""),
        42,
    ),
    "another name and unit": ({"__name__": "acd_queue_minutes"}, MAPPED, ("queue_time_mean", "", "", ""), 2520),
    "another label and word": (
        {"__name__": "complaints", "site": "shanghai"},
        MAPPED,
        ("complaints", "east", "", ""),
        42,
    ),
    "an address that is a node": (
        {"__name__": "cpu", "instance": "10.0.0.3:9100"},
        MAPPED,
        ("cpu", "east", "", "sw-3"),
        42,
    ),
    "the first label that says something": (
        {"__name__": "cpu", "machine": "core-switch", "node": "gw-1"},
        MAPPED,
        ("cpu", "east", "", "sw-3"),
        42,
    ),
}


@pytest.mark.parametrize("case", GOOD)
def test_what_labels_mean(case: str) -> None:
    labels, mapping, place, value = GOOD[case]
    said = read(sent.series(labels, (42, AT)), mapping=mapping)
    assert kept(said) == [(*place, value, 0.0)]
    assert not said.rejected


BAD: dict[str, tuple[bytes, Why]] = {
    "a node nobody knows": (sent.series({"__name__": "cpu", "node": "sw-99"}, (1, AT)), Why.NODE),
    "a node of another region": (sent.series({**CPU, "region": "north"}, (1, AT)), Why.ELSEWHERE),
    "101 %": (sent.series(CPU, (101, AT)), Why.RANGE),
    "NaN that is no marker": (sent.series(CPU, (float("nan"), AT)), Why.NOT_A_NUMBER),
    "infinity": (sent.series(CPU, (float("inf"), AT)), Why.NOT_A_NUMBER),
    "six minutes ahead": (sent.series(CPU, (1, AT + 360_000)), Why.FUTURE),
    "last year": (sent.series(CPU, (1, AT - 365 * 86_400_000)), Why.PAST),
    "before 1970": (sent.series(CPU, (1, -1)), Why.PAST),
    "a time beyond every calendar": (sent.series(CPU, (1, (1 << 63) - 1)), Why.FUTURE),
    "a name that is not UTF-8": (
        sent.part(1, sent.label("__name__", b"\xff\xfe") + sent.sample(1, AT)),
        Why.TEXT,
    ),
    "a label twice": (
        sent.part(1, sent.label("__name__", "cpu") + sent.label("__name__", "cpu") + sent.sample(1, AT)),
        Why.TEXT,
    ),
    "a native histogram": (sent.part(1, sent.label("__name__", "cpu") + sent.part(4, b"")), Why.HISTOGRAM),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_sample_is_named_and_its_neighbours_are_kept(case: str) -> None:
    raw, why = BAD[case]
    said = read(sent.series(CPU, (1, AT - 1000)), raw, sent.series(CPU, (2, AT)))
    assert [(row.index, row.why) for row in said.rejected] == [(1, why)]
    assert [k.index for k in said.kept] == [0, 2]


def test_what_a_whole_prometheus_sends_along_is_passed_over() -> None:
    said = read(
        sent.series({"__name__": "go_goroutines", "instance": "localhost:9090"}, (7, AT)), sent.series(CPU, (1, AT))
    )
    assert (len(said.kept), said.ignored, said.rejected) == (1, 1, [])


def test_the_end_of_a_series_is_no_value() -> None:
    said = read(sent.part(1, sent.label("__name__", "cpu") + sent.stale(AT)))
    assert (said.kept, said.rejected, said.stale) == ([], [], 1)


def test_twice_is_once_or_another_value_and_disorder_is_none() -> None:
    said = read(sent.series(CPU, (1, AT), (2, AT - 60_000), (1, AT), (3, AT)))
    assert kept(said) == [
        ("cpu", "east", "", "sw-3", 1, 0),
        ("cpu", "east", "", "sw-3", 2, -60),
        ("cpu", "east", "", "sw-3", 1, 0),
    ]
    assert [(row.index, row.why) for row in said.rejected] == [(3, Why.OTHER_VALUE)]


def test_metadata_exemplars_and_fields_of_later_versions_are_passed_over() -> None:
    exemplar = sent.part(3, b"\x01\x02")
    later = b"\x28\x07" + b"\x31" + b"\0" * 8 + b"\x3d" + b"\0" * 4
    raw = sent.part(1, sent.label("__name__", "cpu") + sent.sample(1, AT) + exemplar + later)
    said = read(sent.part(3, b"metadata"), raw, later)
    assert len(said.kept) == 1


def test_labels_seen_before_are_remembered_and_never_without_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signals.domain.remote_write.MOST_REMEMBERED", 3)
    ways = Ways()
    for number in range(9):
        read(sent.series({**CPU, "n": str(number)}, (1, AT - number)), ways=ways)
        assert len(ways.by_labels) <= 3


def test_what_is_known_by_its_bytes_is_read_as_what_is_not() -> None:
    """The second time nothing is walked through; what comes out is the same, with every fault in it."""
    ways = Ways()
    alike = {**CPU, "job": "another"}  # other labels of the same series
    parts = [
        sent.series(CPU, (1, AT)), sent.series(CPU, (2, AT - 1000)), sent.series(alike, (2, AT)), sent.series(alike, (1, AT)),
        sent.series(CPU, (101, AT)), sent.series(CPU, (float("nan"), AT)), sent.part(1, sent.label("__name__", "cpu") + sent.stale(AT)),
        sent.series({"__name__": "go_gc"}, (1, AT)), sent.series({"__name__": "cpu", "node": "sw-99"}, (1, AT)),
        sent.series(CPU, (1, AT), (3, AT - 2000)), sent.series(CPU, (1, 1 << 40)),
    ]  # fmt: skip
    first, second = read(*parts, ways=ways), read(*parts, ways=ways)
    assert first == second == read(*parts)
    assert [(row.index, row.why) for row in first.rejected] == [
        (2, Why.OTHER_VALUE), (4, Why.RANGE), (5, Why.NOT_A_NUMBER), (8, Why.NODE), (11, Why.PAST),
    ]  # fmt: skip


# --- the body as a whole ------------------------------------------------------------------------------------------------
WHOLE = sent.series(CPU, (1, AT))
REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "not_snappy"),
    "JSON": (b'{"samples": []}', "not_snappy"),
    "not compressed": (WHOLE, "not_snappy"),
    "half of it": (sent.snapped(WHOLE * 20)[:-5], "not_snappy"),
    "a header that never ends": (b"\xff" * 40, "not_snappy"),
    "4 GB claimed": (sent.varint((1 << 32) - 1) + b"\0" * 20, "too_large"),
    "one byte too many claimed": (sent.varint(MOST_RAW + 1) + b"\0" * 20, "too_large"),
    "less claimed than there is": (sent.varint(3) + sent.snapped(WHOLE)[1:], "not_snappy"),
    "a message cut off": (sent.snapped(WHOLE[:-3]), "truncated"),
    "a length beyond its end": (sent.snapped(b"\x0a\xff\xff\xff\x0f" + WHOLE), "truncated"),
    "a group, which nobody writes": (sent.snapped(b"\x0b"), "truncated"),
    "a number of eleven bytes": (sent.snapped(b"\x80" * 11), "truncated"),
    "labels after samples": (
        sent.snapped(sent.part(1, sent.sample(1, AT) + sent.label("__name__", "cpu"))),
        "labels_apart",
    ),
    "20,001 samples": (sent.snapped(sent.series(CPU, *[(1, AT - n) for n in range(20_001)])), "too_large"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_broken_body_is_refused_with_its_reason(case: str) -> None:
    body, code = REFUSED[case]
    with pytest.raises(Unwritable) as refused:
        read(unsnapped(body))
    assert refused.value.code == code


def test_a_claim_of_4_gb_is_refused_before_anything_is_allocated() -> None:
    tracemalloc.start()
    try:
        with pytest.raises(Unwritable):
            unsnapped(sent.varint((1 << 32) - 1) + b"\0" * 1000)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


@given(st.binary(max_size=300))
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    for raw in (lambda: body, lambda: unsnapped(body)):
        with suppress(Unwritable):
            read(raw())


@given(st.data())
def test_a_spoiled_message_is_read_or_refused(data: st.DataObject) -> None:
    raw = bytearray(WHOLE * 3)
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        said = read(bytes(raw))
    except Unwritable:
        return
    assert all(NOW - timedelta(days=90) <= k.at <= NOW + timedelta(minutes=5) for k in said.kept)
