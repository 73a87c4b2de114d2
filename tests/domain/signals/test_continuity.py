"""The business-continuity index out of readings; the same cases hold the browser's own computation (frontend/tests)."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from plans.domain.deciding import BciPart
from signals.domain.continuity import continuity

FILE = json.loads((Path(__file__).parent / "continuity.json").read_text(encoding="utf-8"))
PLAN: Any = SimpleNamespace(
    bci={
        row["key"]: BciPart.model_validate({"id": row["key"]} | {k: row[k] for k in row if k not in ("key", "unit")})
        for row in FILE["rules"]
    }
)


def reading(metric: str, region: str | None, state: str, value: float | None, ratio: float | None, *place: str) -> Any:
    hotline, node = place or (None, None)
    return {
        "metric": metric, "region": region, "state": state, "value": value, "ratio": ratio, "hotline": hotline, "node": node,
        "at": "2026-11-24T03:05:00.000000Z",
    }  # fmt: skip


@pytest.mark.parametrize("case", FILE["cases"], ids=lambda case: case["name"])
def test_the_index_of_readings(case: dict[str, Any]) -> None:
    found = continuity(PLAN, [reading(*row) for row in case["readings"]], region=case["region"])
    assert found.value == case["value"]
    assert {part.key: part.marks for part in found.parts} == case["marks"]
    assert set(found.unknown) == {key for key, earned in case["marks"].items() if earned is None}
