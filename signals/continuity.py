"""The business-continuity index (1.2) of a world or a region as it stands, and how it went in the past hour."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from common.clock import utc_text
from engine import worlds
from plans.domain import Plan
from signals.domain.continuity import Continuity, continuity
from signals.models import Series
from signals.rules import RULES
from signals.selectors import readings

PAST: Final = timedelta(hours=1)
STEP: Final = timedelta(minutes=5)
SAMPLES = (
    "SELECT series_id, at, value FROM signals_sample WHERE series_id = ANY(%s) AND at > %s AND at <= %s ORDER BY at"
)


def series_of_index(world_id: int, region: str | None, plan: Plan) -> list[int]:
    """The series the index of a plan may be read from: the region's own, or the country's and its regions'."""
    metrics = {part.metric for part in plan.bci.values()}
    rows = Series.objects.filter(world_id=world_id, metric__in=metrics, hotline="", node="")
    return list((rows if region is None else rows.filter(region=region)).values_list("pk", flat=True))


def index_now(world_id: int, region: str | None = None) -> dict[str, Any]:
    """The index with its parts, what is missing and the past hour, as the API shows it."""
    plan = RULES.fresh()
    found = continuity(plan, readings(world_id, only=series_of_index(world_id, region, plan)), region=region)
    return {
        "region": region,
        "at": utc_text(worlds.now(world_id)),
        "value": found.value,
        "parts": _parts(plan, found),
        "unknown": list(found.unknown),
        "trend": trend(world_id, region, plan),
    }


def rules_of_index(plan: Plan) -> list[dict[str, Any]]:
    """What the index is made of, for the page that computes it while it is open."""
    return [
        {
            "key": key,
            "title": part.title.as_dict(),
            "metric": part.metric,
            "measure": part.measure,
            "unit": "ratio" if part.measure == "excess" else plan.metrics[part.metric].unit,
            "weight": part.weight,
            "best": part.best,
            "worst": part.worst,
        }
        for key, part in plan.bci.items()
    ]


def _parts(plan: Plan, found: Continuity) -> list[dict[str, Any]]:
    about = {row["key"]: row for row in rules_of_index(plan)}
    return [
        {**about[part.key], "value": part.value, "marks": part.marks, "region": part.region, "at": part.at}
        for part in found.parts
    ]


def trend(world_id: int, region: str | None, plan: Plan) -> list[dict[str, Any]]:
    """The index every five minutes of the past hour, oldest first, with what was known then. One query; cheap enough to poll."""
    now = worlds.now(world_id)
    steps = [now - PAST + STEP * n for n in range(1, PAST // STEP + 1)]
    found = _as_known(world_id, region, steps, plan)
    return [{"at": utc_text(until), "value": one.value} for until, one in zip(steps, found, strict=True)]


def parts_at(world_id: int, region: str | None, at: datetime) -> dict[str, float | None]:
    """What each part of the index stood at, at an instant, as far as its samples are still stored. One query."""
    (found,) = _as_known(world_id, region, [at], RULES.fresh())
    return {part.key: part.value for part in found.parts}


def _as_known(world_id: int, region: str | None, steps: Sequence[datetime], plan: Plan) -> list[Continuity]:
    """The index with what was known at each of these instants, which are in order."""
    if not plan.bci:
        return [continuity(plan, (), region=region) for _step in steps]
    known = RULES.of(series_of_index(world_id, region, plan))
    window = max(STEP, *(plan.metrics[part.metric].window.fixed() for part in plan.bci.values()))
    with connection.cursor() as cursor:
        cursor.execute(SAMPLES, [list(known), steps[0] - STEP - window, steps[-1]])
        stored = cursor.fetchall()
    by_series: dict[int, list[tuple[datetime, float]]] = defaultdict(list)
    for series, at, value in stored:
        by_series[series].append((at, value))
    rows = [[_reading(known[pk], points, until, plan) for pk, points in by_series.items()] for until in steps]
    return [continuity(plan, found, region=region) for found in rows]


def _reading(own: Any, points: Sequence[tuple[datetime, float]], until: datetime, plan: Plan) -> Any:
    """A series as it was read at an instant: its mean of the step, or its excess over its metric's window."""
    counted = own.metric.kind == "count"
    start = until - (own.metric.window.fixed() if counted else STEP)
    inside = [(at, value) for at, value in points if start < at <= until]
    row = {"metric": own.metric.key, "region": own.region, "hotline": "", "node": "", "at": utc_text(until)}
    if not inside:
        return {**row, "state": "unknown", "value": None, "ratio": None}
    total = sum(value for _at, value in inside)
    if not counted:
        return {**row, "state": "normal", "value": total / len(inside), "ratio": None}
    compared = [(value, own.expectation.at(at, plan)) for at, value in inside]
    expected = sum(mean for _value, mean in compared if mean is not None)
    met = sum(value for value, mean in compared if mean is not None)
    return {**row, "state": "normal", "value": total, "ratio": (met - expected) / expected if expected > 0 else None}
