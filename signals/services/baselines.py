"""Learning daily means from what is stored, off the hot path."""

from django.db import connection, transaction

from engine.models import World
from plans.selectors import current
from signals.domain.baseline import learn
from signals.models import Baseline, Series
from signals.rules import RULES


def baselines_learn(world: World) -> int:
    """Learn every series that an `excess` threshold concerns, anew; the number of series learnt."""
    plan = current()
    metrics = {threshold.metric for threshold in plan.thresholds.values() if threshold.measure == "excess"}
    rows = list(Series.objects.filter(world=world, metric__in=metrics).order_by("pk"))
    done = sum(_learn_one(row, plan.zone) for row in rows)
    RULES.forget()
    return done


def _learn_one(series: Series, zone: object) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT at, value FROM signals_sample WHERE series_id = %s ORDER BY at", [series.pk])
        learnt, flat = learn(cursor.fetchall(), zone)  # type: ignore[arg-type]
    if flat is None:
        return False
    rows = [Baseline(series=series, slot=slot, expected=value, days=days) for slot, (value, days) in learnt.items()]
    rows.append(Baseline(series=series, slot=Baseline.FLAT, expected=flat[0], days=flat[1]))
    with transaction.atomic():
        Baseline.objects.filter(series=series).delete()
        Baseline.objects.bulk_create(rows)
    return True
