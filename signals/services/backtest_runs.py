"""Backtests that people ask for: a row, worked off the request by a process of its own, its result kept.

One is worked at a time. The row is claimed with a lease and a fence, as all work that waits; a process that dies leaves it to the next
sweep, and after three deaths it is given up.
"""

import logging
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.actor import Actor
from common.clock import instant, microseconds, utc_text
from common.errors import HotlineError, Invalid, TooLarge
from engine.log import log_append, stream_open
from engine.models import World
from people.rights import require
from people.selectors import resolve
from plans.domain import Plan
from plans.selectors import PlanVersion, changing_text, current, in_force, plan_of
from signals.domain.backtest import Backtest, History, Mean, Warned, beside
from signals.domain.backtest import backtest as led_through
from signals.domain.baseline import MEMORY
from signals.events import BacktestAsked
from signals.models import BacktestRun
from signals.services.backtests import USUALLY, history_of, plan_given, stored_histories
from signals.services.files import Unreadable, points_in

log = logging.getLogger(__name__)
LEASE = timedelta(minutes=3)
MOST_TRIES = 3
MOST_TEXT = 1_500_000  # characters of an uploaded file
LONGEST = timedelta(days=400)
CHART_POINTS = 1500
MOST_TOLD = 500  # warnings of one run that are kept
CLAIM = """
UPDATE signals_backtestrun SET state = 'running', fence = fence + 1, lease_until = clock_timestamp() + %s
WHERE id = (SELECT id FROM signals_backtestrun
            WHERE state IN ('waiting', 'running') AND (state = 'waiting' OR lease_until < clock_timestamp())
              AND NOT EXISTS (SELECT 1 FROM signals_backtestrun WHERE state = 'running' AND lease_until >= clock_timestamp())
            ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, fence
"""
_started: list["subprocess.Popen[bytes]"] = []


@transaction.atomic
def backtest_ask(
    *,
    world: World,
    by: Actor,
    version: int | None = None,
    text: str = "",
    mean: str = "learnt",
    against_version: int | None = None,
    against_text: str = "",
    against_mean: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    file: str = "",
    metric: str = "",
    region: str = "",
) -> BacktestRun:
    """Ask for a plan to be tried on a world's stored history, or on a file; the plan in force where none is named.

    `mean` learnt or flat; `against_*` what to set beside it, if anything. Raises Invalid (a plan with faults, a file that cannot be
    read, a span that is none), Missing (no such version), TooLarge, NotAllowed.
    """
    by = require(by, "backtest.ask")
    _check(since, until, file)
    # What is tried of a draft is what it says now.
    text = text or (changing_text(version) if version is not None else "")
    against_text = against_text or (changing_text(against_version) if against_version is not None else "")
    first = _plan(version, text)
    if against_version is not None or against_text:
        _plan(against_version, against_text)
    if file:
        resolve(region=region or None)
        _points(file, first, metric)
    run = BacktestRun.objects.create(
        world=world,
        asked_by_id=by.id,
        version_id=version if version is not None or text else in_force().pk,
        text=text,
        mean=Mean(mean),
        against_version_id=against_version,
        against_text=against_text,
        against_mean=Mean(against_mean) if against_mean else "",
        since=since,
        until=until,
        file=file,
        metric=metric,
        region=region,
    )
    said = BacktestAsked(
        run=run.pk,
        version=run.version_id,
        against=against_version,
        since=utc_text(since) if since else None,
        until=utc_text(until) if until else None,
        uploaded=bool(file),
    )
    log_append(stream_open(world, "signals", "backtests"), said, by=by)
    return run


def runs_start() -> int:
    """Start the process of a run that waits, unless one is under way; the number started. Called by every sweep."""
    _started[:] = [child for child in _started if child.poll() is None]
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [LEASE])  # type: ignore[list-item]
        row = cursor.fetchone()
    if row is None:
        return 0
    pk, fence = row
    if fence > MOST_TRIES:
        _failed(pk, fence, str(gettext_lazy("The process that worked on it died three times.")))
        return 0
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "backtest_run", str(pk), str(fence)]
    _started.append(subprocess.Popen(command, cwd=settings.BASE_DIR, stdin=subprocess.DEVNULL))
    return 1


def run_work(pk: int, fence: int) -> None:
    """Work a claimed run and keep its result; nothing when it was claimed anew meanwhile."""
    run = (
        BacktestRun.objects.select_related("world").filter(pk=pk, fence=fence, state=BacktestRun.State.RUNNING).first()
    )
    if run is None:
        return
    try:
        result = result_of(run)
    except HotlineError as error:
        _failed(pk, fence, error.sentence())
        return
    except Exception as error:
        log.exception("backtest %s failed", pk)
        _failed(pk, fence, type(error).__name__)
        raise
    BacktestRun.objects.filter(pk=pk, fence=fence).update(
        state=BacktestRun.State.DONE, result=result, done_at=Now(), lease_until=None
    )


def _failed(pk: int, fence: int, error: str) -> None:
    BacktestRun.objects.filter(pk=pk, fence=fence).update(
        state=BacktestRun.State.FAILED, error=error, done_at=Now(), lease_until=None
    )


def _check(since: datetime | None, until: datetime | None, file: str) -> None:
    if len(file) > MOST_TEXT:
        raise TooLarge("backtest.file", _("The file is larger than 1.5 MB; use `manage.py backtest` for it."))
    if since is not None and until is not None and not timedelta(0) < until - since <= LONGEST:
        raise Invalid("backtest.span", _("The end must come after the beginning, by 400 days at most."))


def _plan(version: int | None, text: str) -> Plan:
    if text:
        return plan_given(text)
    return current() if version is None else plan_of(version)


def _points(file: str, plan: Plan, metric: str) -> list[tuple[datetime, float]]:
    if metric not in plan.metrics:
        raise Invalid("backtest.metric", _("The plan has no metric “%(what)s”.") % {"what": metric[:64]})
    try:
        points = points_in(file.splitlines(), plan.metric(metric), zone=plan.zone)
    except Unreadable as error:
        raise Invalid("backtest.file", _("The file cannot be read: %(why)s") % {"why": error}) from None
    if not points:
        raise Invalid("backtest.file", _("The file has no samples."))
    return points


# --- the result -----------------------------------------------------------------------------------------------------------
def result_of(run: BacktestRun) -> dict[str, Any]:
    """{first, second or null, beside or null}: what was warned of by each, and what only one of them would have said."""
    plan = _plan(run.version_id, run.text)
    histories, since = _histories(run, plan)
    first = led_through(plan, histories, mean=Mean(run.mean), judged_from=since)
    told: dict[str, Any] = {"first": told_of(plan, first), "second": None, "beside": None, "charts": []}
    second = None
    if run.against_version_id is not None or run.against_text or run.against_mean:
        other = _plan(run.against_version_id, run.against_text) if run.against_version_id or run.against_text else plan
        metrics = [history for history in histories if history.metric.key in other.metrics]
        second = led_through(other, metrics, mean=Mean(run.against_mean or run.mean), judged_from=since)
        apart = beside(first, second)
        told["second"] = told_of(other, second)
        told["beside"] = {
            "both": [[_warned(plan, a), _warned(other, b)] for a, b in apart.both[:MOST_TOLD]],
            "only_first": [_warned(plan, row) for row in apart.only_first[:MOST_TOLD]],
            "only_second": [_warned(other, row) for row in apart.only_second[:MOST_TOLD]],
            "counts": [len(apart.both), len(apart.only_first), len(apart.only_second)],
        }
    told["charts"] = [
        _chart(history, plan, since, first, second) for history in _worth_drawing(histories, first, second)
    ]
    return told


def _histories(run: BacktestRun, plan: Plan) -> tuple[list[History], datetime | None]:
    if run.file:
        points = _points(run.file, plan, run.metric)
        return [history_of(points, plan, (run.metric, run.region, "", ""))], run.since
    until = run.until or run.asked_at
    since = run.since or until - USUALLY
    return stored_histories(run.world, plan, since - timedelta(days=MEMORY), until), since


def told_of(plan: Plan, found: Backtest) -> dict[str, Any]:
    """A backtest as JSON: counts, warnings (500 at most), and how each series was learnt."""
    return {
        "plan": plan.title.as_dict(),
        "mean": found.mean.value,
        "samples": found.samples,
        "first": found.first and utc_text(found.first),
        "last": found.last and utc_text(found.last),
        "warnings": [_warned(plan, row) for row in found.warnings[:MOST_TOLD]],
        "counts": {"warnings": len(found.warnings), "watches": len(found.marks)},
        "cut": found.cut or len(found.warnings) > MOST_TOLD,
        "taught": [
            {
                "metric": row.key[0],
                "region": row.key[1] or None,
                "hotline": row.key[2] or None,
                "node": row.key[3] or None,
                "rested": dict(row.rested),
                "left_out": [date.fromordinal(day).isoformat() for day, _why in row.left_out],
            }
            for row in found.taught
        ],
    }


def _warned(plan: Plan, row: Warned) -> dict[str, Any]:
    line = plan.threshold(row.threshold)
    return {
        "region": row.region or None,
        "threshold": row.threshold,
        "title": line.title.as_dict(),
        "clause": line.clause,
        "opened": utc_text(row.opened),
        "ended": row.ended and utc_text(row.ended),
        "minutes": row.ended and round((row.ended - row.opened).total_seconds() / 60),
        "level": row.level,
        "peak": row.peak,
        "measure": line.measure,
        "lines": sorted({mark.threshold for mark in row.marks}),
    }


def _worth_drawing(histories: Sequence[History], *found: Backtest | None) -> list[History]:
    """The series in which most happened, at most four; without any, the first."""
    counts: dict[tuple[str, str, str, str], int] = {}
    for one in found:
        for mark in one.marks if one is not None else ():
            counts[mark.key] = counts.get(mark.key, 0) + 1
    chosen = sorted((h for h in histories if h.key in counts), key=lambda h: -counts[h.key])[:4]
    return chosen or list(histories[:1])


def _chart(
    history: History, plan: Plan, since: datetime | None, first: Backtest, second: Backtest | None
) -> Mapping[str, Any]:
    """The series of the span that was judged, in means of equal stretches, with where a watch of either stood open."""
    begin = microseconds(since) if since else 0
    rows = [(at, value) for at, value in zip(history.at, history.values, strict=True) if at >= begin]
    width = max(1, -(-len(rows) // CHART_POINTS))
    points = []
    for start in range(0, len(rows), width):
        part = rows[start : start + width]
        points.append([utc_text(instant(part[0][0])), round(sum(value for _, value in part) / len(part), 3)])
    return {
        "series": dict(zip(("metric", "region", "hotline", "node"), history.key, strict=True)),
        "title": plan.metric(history.key[0]).title.as_dict(),
        "unit": history.metric.unit,
        "points": points,
        "over": _spans(history, first),
        "beside": _spans(history, second) if second is not None else [],
    }


def _spans(history: History, found: Backtest) -> list[dict[str, str | None]]:
    return [
        {"from": utc_text(mark.opened), "to": utc_text(mark.cleared) if mark.cleared else None}
        for mark in found.marks
        if mark.key == history.key and mark.purpose in ("pre_response", "major", "outage")
    ][:MOST_TOLD]


def as_dict(run: BacktestRun) -> dict[str, Any]:
    """A run as programs get it."""
    return {
        "id": run.pk,
        "world": run.world.key,
        "state": run.state,
        "asked_at": utc_text(run.asked_at),
        "done_at": run.done_at and utc_text(run.done_at),
        "version": run.version_id,
        "against_version": run.against_version_id,
        "mean": run.mean,
        "against_mean": run.against_mean or None,
        "since": run.since and utc_text(run.since),
        "until": run.until and utc_text(run.until),
        "metric": run.metric or None,
        "region": run.region or None,
        "error": run.error or None,
        "result": run.result,
    }


def versions() -> list[PlanVersion]:
    """What may be tried, the newest first."""
    return list(PlanVersion.objects.order_by("-pk").only("pk", "plan_key", "number", "status"))
