"""What a backtest found, as the page and the API show it: plain values, each list cut at what a person reads."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from common.clock import instant, microseconds, utc_text
from common.errors import Invalid
from plans.domain import Plan
from plans.selectors import current, plan_of
from signals.domain.backtest import Backtest
from signals.domain.backtest import backtest as led_through
from signals.domain.baseline import MEMORY
from signals.domain.episodes import Warned, beside
from signals.domain.marks import History, Key, Mark, Mean
from signals.domain.mutes import Muted
from signals.domain.silence import Silent
from signals.models import BacktestRun
from signals.muted import mutes_between
from signals.services.backtests import USUALLY, history_of, plan_given, stored_histories
from signals.services.files import Unreadable, points_in

CHART_POINTS = 1500
MOST_TOLD = 500  # rows of one kind that are kept
Histories = Sequence[History]


def plan_tried(version: int | None, text: str) -> Plan:
    if text:
        return plan_given(text)
    return current() if version is None else plan_of(version)


def points_of(file: str, plan: Plan, metric: str) -> list[tuple[datetime, float]]:
    """The samples of an uploaded file. Raises Invalid."""
    if metric not in plan.metrics:
        raise Invalid("backtest.metric", _("The plan has no metric “%(what)s”.") % {"what": metric[:64]})
    try:
        points = points_in(file.splitlines(), plan.metric(metric), zone=plan.zone)
    except Unreadable as error:
        raise Invalid("backtest.file", _("The file cannot be read: %(why)s") % {"why": error}) from None
    if not points:
        raise Invalid("backtest.file", _("The file has no samples."))
    return points


def result_of(run: BacktestRun) -> dict[str, Any]:
    """{first, second or null, beside or null, charts}: what was said by each, and what only one of them would have warned of."""
    plan = plan_tried(run.version_id, run.text)
    histories, span, mutes = _history(run, plan)
    first = led_through(plan, histories, mean=Mean(run.mean), mutes=mutes, **span)
    told: dict[str, Any] = {"first": told_of(plan, first), "second": None, "beside": None, "charts": []}
    second = None
    if run.against_version_id is not None or run.against_text or run.against_mean:
        named = run.against_version_id is not None or run.against_text
        other = plan_tried(run.against_version_id, run.against_text) if named else plan
        metrics = [history for history in histories if history.metric.key in other.metrics]
        second = led_through(other, metrics, mean=Mean(run.against_mean or run.mean), mutes=mutes, **span)
        told["second"] = told_of(other, second)
        told["beside"] = _beside(plan, first, other, second)
    told["charts"] = [
        _chart(history, plan, span["judged_from"], first, second)
        for history in _worth_drawing(histories, first, second)
    ]
    return told


def _history(run: BacktestRun, plan: Plan) -> tuple[Histories, dict[str, datetime | None], list[Muted]]:
    """The series, the span that is judged, and the mutes that held in it. After its last sample nothing is known of a file."""
    if run.file:
        points = points_of(run.file, plan, run.metric)
        one = history_of(points, plan, (run.metric, run.region, "", ""))
        return [one], {"judged_from": run.since, "until": None}, []
    until = run.until or run.asked_at
    since = run.since or until - USUALLY
    histories = stored_histories(run.world, plan, since - timedelta(days=MEMORY), until)
    return histories, {"judged_from": since, "until": until}, mutes_between(run.world_id, since, until)


def told_of(plan: Plan, found: Backtest) -> dict[str, Any]:
    """A backtest as JSON: counts, what was said (500 rows of a kind at most), and how each series was learnt."""
    rows = {"warnings": found.warnings, "silences": found.silences, "held": found.held, "flapping": found.flapping}
    return {
        "plan": plan.title.as_dict(),
        "mean": found.mean.value,
        "samples": found.samples,
        "first": found.first and utc_text(found.first),
        "last": found.last and utc_text(found.last),
        "warnings": [_warned(plan, row) for row in found.warnings[:MOST_TOLD]],
        "silences": [_silent(row) for row in found.silences[:MOST_TOLD]],
        "held": [_marked(plan, row) for row in found.held[:MOST_TOLD]],
        "flapping": [_marked(plan, row) for row in found.flapping[:MOST_TOLD]],
        "counts": {"watches": len(found.marks), **{name: len(some) for name, some in rows.items()}},
        "cut": found.cut or any(len(some) > MOST_TOLD for some in rows.values()),
        "taught": [
            {
                **_series(row.key),
                "rested": dict(row.rested),
                "left_out": [date.fromordinal(day).isoformat() for day, _why in row.left_out],
            }
            for row in found.taught
        ],
    }


def _series(key: Key) -> dict[str, str | None]:
    metric, region, hotline, node = key
    return {"metric": metric, "region": region or None, "hotline": hotline or None, "node": node or None}


def _warned(plan: Plan, row: Warned) -> dict[str, Any]:
    return {
        "region": row.region or None,
        **_line(plan, row.threshold),
        "opened": utc_text(row.opened),
        "ended": row.ended and utc_text(row.ended),
        "minutes": _minutes(row.opened, row.ended),
        "level": row.level,
        "rank": plan.ranks.get(row.level or "", 0),
        "peak": row.peak,
        "lines": sorted({mark.threshold for mark in row.marks}),
    }


def _line(plan: Plan, threshold: str) -> dict[str, Any]:
    line = plan.threshold(threshold)
    return {
        "threshold": threshold, "title": line.title.as_dict(), "clause": line.clause, "measure": line.measure,
        "unit": plan.metric(line.metric).unit,
    }  # fmt: skip


def _marked(plan: Plan, row: Mark) -> dict[str, Any]:
    """A crossing that was held back or flapped: `spoke` when it counted after all, `mute` by whose number it was held."""
    return {
        **_series(row.key),
        **_line(plan, row.threshold),
        "opened": utc_text(row.opened),
        "cleared": row.cleared and utc_text(row.cleared),
        "minutes": _minutes(row.opened, row.cleared),
        "peak": row.peak,
        "mute": row.mute,
        "spoke": row.spoke and utc_text(row.spoke),
    }


def _silent(row: Silent) -> dict[str, Any]:
    return {
        **_series(row.key),
        "since": utc_text(row.since),
        "noticed": utc_text(row.noticed),
        "heard": row.heard and utc_text(row.heard),
        "minutes": _minutes(row.since, row.heard),
    }


def _minutes(since: datetime, until: datetime | None) -> int | None:
    return None if until is None else round((until - since).total_seconds() / 60)


def _beside(plan: Plan, first: Backtest, other: Plan, second: Backtest) -> dict[str, Any]:
    apart = beside(first.warnings, second.warnings)
    return {
        "both": [[_warned(plan, a), _warned(other, b)] for a, b in apart.both[:MOST_TOLD]],
        "only_first": [_warned(plan, row) for row in apart.only_first[:MOST_TOLD]],
        "only_second": [_warned(other, row) for row in apart.only_second[:MOST_TOLD]],
        "counts": [len(apart.both), len(apart.only_first), len(apart.only_second)],
    }


# --- drawn --------------------------------------------------------------------------------------------------------------
def _worth_drawing(histories: Histories, *found: Backtest | None) -> list[History]:
    """The series in which most happened, at most four; without any, the first."""
    counts: dict[Key, int] = {}
    for one in found:
        keys = [*(mark.key for mark in one.marks), *(row.key for row in one.silences)] if one is not None else []
        for key in keys:
            counts[key] = counts.get(key, 0) + 1
    chosen = sorted((h for h in histories if h.key in counts), key=lambda h: -counts[h.key])[:4]
    return chosen or list(histories[:1])


def _chart(
    history: History, plan: Plan, since: datetime | None, first: Backtest, second: Backtest | None
) -> Mapping[str, Any]:
    """The series of the span that was judged, in means of equal stretches. `over`, `beside`: where a watch of either counted;
    `hushed`: where one stood and was held back or flapped; `unknown`: where the series was silent."""
    begin = microseconds(since) if since else 0
    rows = [(at, value) for at, value in zip(history.at, history.values, strict=True) if at >= begin]
    width = max(1, -(-len(rows) // CHART_POINTS))
    points = []
    for start in range(0, len(rows), width):
        part = rows[start : start + width]
        points.append([utc_text(instant(part[0][0])), round(sum(value for _, value in part) / len(part), 3)])
    own = [mark for mark in first.marks if mark.key == history.key]
    return {
        "series": dict(zip(("metric", "region", "hotline", "node"), history.key, strict=True)),
        "title": plan.metric(history.key[0]).title.as_dict(),
        "unit": history.metric.unit,
        "points": points,
        "over": _spans((mark.spoke, mark.cleared) for mark in own if _drawn(mark)),
        "beside": _spans((m.spoke, m.cleared) for m in second.marks if m.key == history.key and _drawn(m))
        if second is not None
        else [],
        "hushed": _spans((mark.opened, mark.spoke or mark.cleared) for mark in own if mark.spoke != mark.opened),
        "unknown": _spans((row.since, row.heard) for row in first.silences if row.key == history.key),
    }


def _drawn(mark: Mark) -> bool:
    return mark.spoke is not None and mark.purpose in ("pre_response", "major", "outage")


def _spans(rows: Iterable[tuple[datetime | None, datetime | None]]) -> list[dict[str, str | None]]:
    known = [(since, until) for since, until in rows if since is not None]
    return [{"from": utc_text(since), "to": utc_text(until) if until else None} for since, until in known[:MOST_TOLD]]
