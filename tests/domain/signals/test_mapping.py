"""A source's mapping: what could never work is said, all at once."""

from typing import Any

import pytest

from signals.domain.mapping import DEFAULT, NotAMapping, as_said, faults, mapping_of
from tests.domain.signals.given import PLAN

FAULTY: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "nothing said": ({}, []),
    "metric and unit": (
        {"metrics": {"a": {"metric": "coffee"}, "b": {"metric": "cpu", "unit": "min"}, "c": {"metric": "cpu", "unit": "%"}}},
        [("metrics.a", "unknown_metric"), ("metrics.b", "unknown_unit")],
    ),
    "alerts": (
        {"alerts": [
            {"match": {"alertname": "Down"}, "metric": "availability", "firing": 0, "resolved": 100},
            {"match": {}, "metric": "availability"},
            {"match": {"a": "b"}, "metric": "availability", "firing": 101},
        ]},
        [("alerts.1", "matches_all"), ("alerts.2", "out_of_range")],
    ),
    "too many": ({"places": {str(n): "east" for n in range(201)}}, [("", "too_many")]),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTY)
def test_faults(case: str) -> None:
    said, wanted = FAULTY[case]
    assert [(fault.where, fault.code) for fault in faults(mapping_of(said), PLAN)] == wanted


@pytest.mark.parametrize("said", [[], {"metric": {}}, {"metrics": {"a": "cpu"}}, {"nodes": "node"}, {"alerts": [{}]}])
def test_another_shape_is_no_mapping(said: Any) -> None:
    with pytest.raises(NotAMapping):
        mapping_of(said)


def test_what_is_stored_is_read_back() -> None:
    assert mapping_of(as_said(DEFAULT)) == DEFAULT
