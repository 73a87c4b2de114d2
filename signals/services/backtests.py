"""Backtests over stored or uploaded history: any plan's text or version, in any world, without touching what is in force."""

from array import array
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.utils.translation import gettext_lazy as _

from common.clock import microseconds
from common.errors import Invalid
from engine import worlds
from engine.models import World
from plans.domain import Plan, PlanErrors, ServiceHours, load
from plans.fault_words import fault_line
from plans.selectors import PlanVersion, current, plan_of
from signals.domain.backtest import Backtest
from signals.domain.backtest import backtest as led_through
from signals.domain.baseline import MEMORY
from signals.domain.marks import History, Key, Mean
from signals.models import Series
from signals.muted import mutes_between
from signals.rules import metric_of

USUALLY = timedelta(days=30)  # judged when nobody says since when
MOST_SAMPLES = 5_000_000


def backtest(
    world: World,
    plan: "Plan | PlanVersion | str | None" = None,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    series: Sequence[int] | None = None,
    mean: Mean = Mean.LEARNT,
) -> Backtest:
    """What a plan would have said to a world's stored history from `since` to `until` (default: the last 30 days up to now), with the
    maintenance windows and silences that held in it.

    `plan` is a version, a plan, the text of one, or None for the plan in force. What lies before `since` is learnt from. Takes
    seconds for millions of samples: not for a request, see `backtest_ask`. Raises Invalid for a text with faults and for a
    span that holds too much.
    """
    judged = plan_given(plan)
    until = until or worlds.now(world)
    since = since or until - USUALLY
    histories = stored_histories(world, judged, since - timedelta(days=MEMORY), until, series)
    mutes = mutes_between(world.pk, since, until)
    return led_through(judged, histories, mean=mean, judged_from=since, until=until, mutes=mutes)


def plan_given(plan: "Plan | PlanVersion | str | None") -> Plan:
    """Raises Invalid with every fault of a text."""
    if plan is None:
        return current()
    if isinstance(plan, PlanVersion):
        return plan_of(plan.pk)
    if isinstance(plan, Plan):
        return plan
    try:
        return load(plan, "plan.yaml")
    except PlanErrors as faulty:
        errors = [{"field": e.where, "code": "plan.fault", "message": fault_line(e)} for e in faulty.errors]
        sentence = _("The plan has %(count)s faults; mend them before it is tried on history.")
        raise Invalid("plan.faulty", sentence, errors=errors, count=len(errors)) from faulty


def stored_histories(
    world: World, plan: Plan, since: datetime, until: datetime, only: Sequence[int] | None = None
) -> list[History]:
    """The samples of every series that a line of the plan watches or is a share of. Raises Invalid when there are too many."""
    watched = {line.metric for line in plan.thresholds.values()} | {line.out_of for line in plan.thresholds.values()}
    rows = Series.objects.filter(world=world, metric__in=[name for name in watched if name in plan.metrics])
    if only is not None:
        rows = rows.filter(pk__in=only)
    found: list[History] = []
    left = MOST_SAMPLES
    for row in rows.order_by("metric", "region", "hotline", "node"):
        at, values = _stored(row.pk, since, until, left)
        left -= len(at)
        if left < 0:
            sentence = _("More than %(most)s samples lie in this span; choose a shorter one or fewer series.")
            raise Invalid("backtest.too_much", sentence, most=MOST_SAMPLES)
        key = (row.metric, row.region, row.hotline, row.node)
        found.append(History(key, metric_of(plan.metric(row.metric), row.service_hours), at, values))
    return found


def _stored(series: int, since: datetime, until: datetime, most: int) -> "tuple[array[int], array[float]]":
    at, values = array("q"), array("d")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (extract(epoch FROM at) * 1000000)::int8, value FROM signals_sample"
            " WHERE series_id = %s AND at > %s AND at <= %s ORDER BY at LIMIT %s",
            [series, since, until, most + 1],
        )
        for when, value in cursor.fetchall():
            at.append(when)
            values.append(value)
    return at, values


def history_of(
    points: Iterable[tuple[datetime, float]], plan: Plan, key: Key, hours: list[dict[str, object]] | None = None
) -> History:
    """Samples of a file as a series; `hours` replace the metric's own service hours."""
    metric = plan.metric(key[0])
    if hours is not None:
        metric = metric.with_service_hours(tuple(ServiceHours.model_validate(row) for row in hours))
    rows = list(points)
    return History(key, metric, array("q", [microseconds(at) for at, _ in rows]), array("d", [v for _, v in rows]))
