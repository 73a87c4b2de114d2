"""Backtests that people ask for: a row, worked off the request by a process of its own, its result kept.

One is worked at a time. The row is claimed with a lease and a fence, as all work that waits; a process that dies leaves it to the next
sweep, and after three deaths it is given up.
"""

import logging
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.actor import Actor
from common.clock import utc_text
from common.errors import HotlineError, Invalid, TooLarge
from engine.log import log_append, stream_open
from engine.models import World
from people.rights import require
from people.selectors import resolve
from plans.domain import Plan
from plans.selectors import PlanVersion, changing_text, in_force
from signals.domain.marks import Mean
from signals.events import BacktestAsked
from signals.models import BacktestRun
from signals.services.backtest_results import plan_tried, points_of, result_of

log = logging.getLogger(__name__)
LEASE = timedelta(minutes=3)
MOST_TRIES = 3
MOST_TEXT = 1_500_000  # characters of an uploaded file
LONGEST = timedelta(days=400)
CLAIM = """
UPDATE signals_backtestrun SET state = 'running', fence = fence + 1, lease_until = clock_timestamp() + %s
WHERE id = (SELECT id FROM signals_backtestrun
            WHERE state IN ('waiting', 'running') AND (state = 'waiting' OR lease_until < clock_timestamp())
              AND NOT EXISTS (SELECT 1 FROM signals_backtestrun WHERE state = 'running' AND lease_until >= clock_timestamp())
            ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, fence
"""
_started: list["subprocess.Popen[bytes]"] = []


@dataclass(frozen=True, slots=True)
class Tried:
    """A plan that is tried: a version (None: the one in force, or none to set beside), or a text of its own."""

    version: int | None
    text: str

    @classmethod
    def now(cls, version: int | None, text: str) -> "Tried":
        """What is tried of a draft is what it says now."""
        return cls(version, text or (changing_text(version) if version is not None else ""))

    @property
    def named(self) -> bool:
        return self.version is not None or bool(self.text)

    def plan(self) -> Plan:
        """Raises Invalid for a text with faults, Missing for a version nobody has."""
        return plan_tried(self.version, self.text)


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
    first, other = Tried.now(version, text), Tried.now(against_version, against_text)
    plan = first.plan()
    if other.named:
        other.plan()
    if file:
        resolve(region=region or None)
        points_of(file, plan, metric)
    run = BacktestRun(world=world, asked_by_id=by.id, since=since, until=until, file=file, metric=metric, region=region)
    run.version_id, run.text, run.mean = first.version if first.named else in_force().pk, first.text, Mean(mean)
    run.against_version_id, run.against_text = other.version, other.text
    run.against_mean = Mean(against_mean) if against_mean else ""
    return _asked(run, by)


def _asked(run: BacktestRun, by: Actor) -> BacktestRun:
    """Keep it for the workers, and in the log."""
    run.save(force_insert=True)
    said = BacktestAsked(
        run=run.pk,
        version=run.version_id,
        against=run.against_version_id,
        since=utc_text(run.since) if run.since else None,
        until=utc_text(run.until) if run.until else None,
        uploaded=bool(run.file),
    )
    log_append(stream_open(run.world, "signals", "backtests"), said, by=by)
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
