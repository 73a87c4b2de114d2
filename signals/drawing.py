"""What the pages and the API draw of the signals: charts, titles and tiles."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from common.bilingual import in_language
from common.clock import utc_text
from common.errors import Missing
from engine import worlds
from people.selectors import names
from plans.domain import Plan
from signals.domain.baseline import place_of
from signals.domain.verdict import State
from signals.expected import drawn, how_learnt
from signals.models import Series, Watch
from signals.points import series_points
from signals.rules import RULES, Known
from signals.selectors import readings, series_of

CHART_POINTS = 2000
RANGES = (1, 7, 30, 90)  # days a chart may show


def days_of(text: str | None) -> int:
    """One of the ranges; the shortest for anything else."""
    return next((days for days in RANGES if str(days) == text), RANGES[0])


def chart(series: Series, since: datetime, until: datetime) -> dict[str, Any]:
    """A series for drawing: at most 2,000 points, means of equal spans when there are more."""
    plan = RULES.fresh()
    own = RULES.of([series.pk]).get(series.pk)
    if own is None:
        raise Missing("series.missing", _("There is no such series."))
    stored = series_points(series.pk, since, until, (until - since) / CHART_POINTS)
    watches = Watch.objects.filter(series=series, opened_at__lte=until).exclude(cleared_at__lt=since)
    own.expectation.read({place_of(row.at, plan.zone)[0] for row in stored})
    expected = [(utc_text(row.at), own.expectation.at(row.at, plan)) for row in stored]
    return {
        "title": in_language(own.metric.title.as_dict()),
        "unit": own.metric.unit,
        "points": [[utc_text(row.at), row.mean] for row in stored],
        "baseline": [[at, value] for at, value in expected if value is not None],
        "thresholds": [
            {"label": in_language(t.title.as_dict()), "value": t.value, "direction": t.direction}
            for t in own.thresholds
            if t.measure == "value"
        ],
        "over": [
            {"from": utc_text(w.over_since), "to": w.cleared_at and utc_text(w.cleared_at)}
            for w in watches.order_by("over_since")
        ],
        "unknown": [{"from": utc_text(series.silent_since), "to": None}] if series.silent_since else [],
        "learnt": how_learnt(series, plan, worlds.now(series.world_id)),
        **drawn(own, plan, [row.at for row in stored]),
    }


def series_title(series: Series) -> dict[str, str]:
    """The metric's name with its place, in both languages."""
    plan, places = RULES.fresh(), names()
    title = plan.metric(series.metric).title.as_dict()
    keys = (("nodes", series.node), ("hotlines", series.hotline), ("regions", series.region))
    where = [places[kind].get(key, {"zh": key, "en": key}) for kind, key in keys if key]
    if not where:
        return title
    return {code: f"{title[code]} · " + " · ".join(place[code] for place in where) for code in ("zh", "en")}


def tiles(world_id: int, *, only: Sequence[int] | None = None) -> list[dict[str, Any]]:
    """Readings as the page shows them: crossed first, each with its title and its threshold's name."""
    plan = RULES.fresh()
    titles = {row.pk: series_title(row) for row in series_of(world_id) if row.metric in plan.metrics}
    order = [State.OVER.value, State.NEAR.value, State.UNKNOWN.value, State.NORMAL.value]
    rows = sorted(readings(world_id, only=only), key=lambda row: order.index(row["state"]))
    known = RULES.of({row["series"] for row in rows})
    return [
        {
            **row,
            "title": titles[row["series"]],
            "line": plan.threshold(row["threshold"]["id"]).title.as_dict(),
            "percent": None if row["ratio"] is None else round(row["ratio"] * 100),
            "flat": _by_flat_mean(known, row, plan),
        }
        for row in rows
    ]


def _by_flat_mean(known: Mapping[int, Known], row: Mapping[str, Any], plan: Plan) -> bool:
    """Whether the excess of a reading was told against the flat mean, for want of a learnt one."""
    own = known.get(row["series"])
    if own is None or row["baseline"] is None or plan.threshold(row["threshold"]["id"]).measure != "excess":
        return False
    return not own.expectation.learnt_at(datetime.fromisoformat(row["at"]), plan)
