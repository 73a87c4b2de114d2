"""What the judge needs to know of series, thresholds and baselines, kept for a short while in each process."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from django.db import connection

from plans.domain import Metric, Plan, Threshold
from plans.domain.metrics import ServiceHours
from plans.selectors import current
from signals.domain.baseline import slot_of
from signals.models import Baseline, Series

KEPT_SECONDS: Final = 10.0
QUARTER: Final = 900_000_000  # microseconds
MOST_SLOTS: Final = 10_000
_slots: dict[int, int] = {}  # quarter of an hour since 1970 → slot of the week in company time


@dataclass(frozen=True, slots=True)
class Expectation:
    """What one sample of a series should be at a time; `learnt` slots first, the flat mean where there is none."""

    flat: float | None = None
    slots: dict[int, float] = field(default_factory=dict)

    def at(self, when: datetime, plan: Plan) -> float | None:
        return self.slots.get(slot_of(when, plan.zone), self.flat)

    def at_microseconds(self, when: int, plan: Plan) -> float | None:
        """The same for microseconds since 1970. A slot lasts a quarter of an hour, in every zone."""
        quarter = when // QUARTER
        slot = _slots.get(quarter)
        if slot is None:
            if len(_slots) >= MOST_SLOTS:
                _slots.clear()
            slot = _slots[quarter] = slot_of(datetime.fromtimestamp(quarter * 900, UTC), plan.zone)
        return self.slots.get(slot, self.flat)


@dataclass(frozen=True, slots=True)
class Known:
    """One series with everything that concerns it."""

    id: int
    world_id: int
    metric: Metric
    thresholds: tuple[Threshold, ...]
    region: str
    hotline: str
    node: str
    expectation: Expectation
    silent: bool


@dataclass
class Rules:
    """A process's short memory; what changed elsewhere is seen after ten seconds at the latest."""

    database: str = ""
    since: float = 0.0
    plan: Plan | None = None
    series: dict[int, Known] = field(default_factory=dict)

    def fresh(self) -> Plan:
        name = str(connection.settings_dict["NAME"])
        if self.plan is None or name != self.database or time.monotonic() - self.since > KEPT_SECONDS:
            self.plan, self.series = current(), {}
            _slots.clear()  # the plan names the time zone
            self.database, self.since = name, time.monotonic()
        return self.plan

    def of(self, ids: Iterable[int]) -> dict[int, Known]:
        """The known series among these ids; one round for those not yet known."""
        plan = self.fresh()
        wanted = set(ids)
        if missing := wanted - self.series.keys():
            self._learn(missing, plan)
        return {pk: self.series[pk] for pk in wanted if pk in self.series}

    def forget(self) -> None:
        self.since = 0.0

    def _learn(self, ids: set[int], plan: Plan) -> None:
        expected: dict[int, dict[int, float]] = {}
        for pk, slot, value in Baseline.objects.filter(series__in=ids).values_list("series_id", "slot", "expected"):
            expected.setdefault(pk, {})[slot] = value
        for row in Series.objects.filter(pk__in=ids):
            metric = plan.metrics.get(row.metric)
            if metric is None:
                continue
            slots = expected.get(row.pk, {})
            self.series[row.pk] = Known(
                id=row.pk,
                world_id=row.world_id,
                metric=metric_of(metric, row),
                thresholds=tuple(t for t in plan.thresholds.values() if t.metric == row.metric),
                region=row.region,
                hotline=row.hotline,
                node=row.node,
                expectation=Expectation(slots.pop(Baseline.FLAT, None), slots),
                silent=row.silent_since is not None,
            )


def metric_of(metric: Metric, series: Series) -> Metric:
    """The metric with the series' own service hours, when it has some."""
    if series.service_hours is None:
        return metric
    return metric.with_service_hours(tuple(ServiceHours.model_validate(row) for row in series.service_hours))


RULES = Rules()
