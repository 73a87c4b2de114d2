"""What the judge needs to know of series, thresholds and baselines, kept for a short while in each process."""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import connection

from common.clock import microseconds
from plans.domain import Metric, Plan, Threshold
from plans.domain.metrics import ServiceHours
from plans.selectors import current
from signals.domain.baseline import QUARTER, place_of
from signals.domain.flapping import within
from signals.domain.quiet import Band, band_of
from signals.domain.verdict import span
from signals.models import Baseline

KEPT_SECONDS: Final = 10.0
MOST_SLOTS: Final = 10_000
_slots: dict[int, tuple[int, int]] = {}  # quarter of an hour since 1970 → (day, quarter of it) in company time
# Series, then FLAT and the days around each world's now: sent together, for a sample waits for them. Which day it is there need
# not be known to the second.
LEARN = f"""
SELECT id, world_id, metric, region, hotline, node, service_hours, silent_since IS NOT NULL FROM signals_series WHERE id = ANY(%(ids)s);
SELECT b.series_id, b.slot, b.expected, b.quarters, d.day FROM signals_baseline b
JOIN signals_series k ON k.id = b.series_id JOIN engine_world w ON w.id = k.world_id
CROSS JOIN LATERAL (SELECT (CASE WHEN w.paused THEN w.world_anchor
    ELSE w.world_anchor + (clock_timestamp() - w.wall_anchor) * w.rate END AT TIME ZONE %(zone)s)::date - DATE '0001-01-01' + 1 AS day) d
WHERE b.series_id = ANY(%(ids)s) AND (b.slot = {Baseline.FLAT} OR b.slot BETWEEN d.day - 1 AND d.day + 1)
"""  # noqa: S608 - a number of ours


@dataclass(frozen=True, slots=True)
class Expectation:
    """What one sample of a series should be at a time: the day's own quarter of an hour, the flat mean where that knows nothing.

    `slots` are the days that know more than the flat mean, of those in `days`; any other day is read when it is first asked for.
    """

    flat: float | None = None
    slots: dict[int, Sequence[float | None] | None] = field(default_factory=dict)
    series: int = 0
    days: range = range(0)

    def learnt_at(self, when: datetime, plan: Plan) -> bool:
        """Whether the day's own mean serves at this time, rather than the flat one or none."""
        day, quarter = place_of(when, plan.zone)
        self.read([day])
        quarters = self.slots.get(day)
        return quarters is not None and quarters[quarter] is not None

    def read(self, days: Iterable[int]) -> None:
        """Read these days at once, for who asks for many."""
        if missing := self.lacks(days):
            self.slots.update(dict.fromkeys(missing))
            rows = Baseline.objects.filter(series=self.series, slot__in=missing).values_list("slot", "quarters")
            self.slots.update(dict(rows))

    def lacks(self, days: Iterable[int]) -> set[int]:
        """Those of these days that would have to be read."""
        if self.flat is None:
            return set()
        return {day for day in days if day not in self.slots and day not in self.days}

    def at(self, when: datetime, plan: Plan) -> float | None:
        return self.in_quarter(microseconds(when) // QUARTER, plan)

    def in_quarter(self, quarter: int, plan: Plan) -> float | None:
        """The same for a quarter of an hour since 1970. It lies in one day, in every zone."""
        if self.flat is None:
            return None  # a series that was never learnt
        place = _place(quarter, plan)
        day = place[0]
        quarters = self.slots.get(day)
        if quarters is None and day not in self.days and day not in self.slots:
            row = Baseline.objects.filter(series=self.series, slot=day).values_list("quarters", flat=True).first()
            quarters = self.slots[day] = row
        value = None if quarters is None else quarters[place[1]]
        return self.flat if value is None else value


def _place(quarter: int, plan: Plan) -> tuple[int, int]:
    place = _slots.get(quarter)
    if place is None:
        if len(_slots) >= MOST_SLOTS:
            _slots.clear()
        place = _slots[quarter] = place_of(datetime.fromtimestamp(quarter * 900, UTC), plan.zone)
    return place


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a metric, and what is asked of them at every sample."""

    all: tuple[Threshold, ...]
    band: Band
    spans: dict[str, timedelta]  # how far back the verdict of each reads
    openings: timedelta  # how far back openings count, at most

    @classmethod
    def of(cls, metric: Metric, plan: Plan) -> "Lines":
        lines = tuple(line for line in plan.thresholds.values() if line.metric == metric.key)
        return cls(
            all=lines,
            band=band_of(lines),
            spans={line.id: span(line, metric) for line in lines},
            openings=max((within(line) for line in lines), default=timedelta()),
        )


@dataclass(frozen=True, slots=True)
class Known:
    """One series with everything that concerns it."""

    id: int
    world_id: int
    metric: Metric
    lines: Lines
    region: str
    hotline: str
    node: str
    expectation: Expectation
    silent: bool

    @property
    def thresholds(self) -> tuple[Threshold, ...]:
        return self.lines.all


@dataclass
class Rules:
    """A process's short memory; what changed elsewhere is seen after ten seconds at the latest."""

    database: str = ""
    since: float = 0.0
    plan: Plan | None = None
    series: dict[int, Known] = field(default_factory=dict)
    lines: dict[str, Lines] = field(default_factory=dict)

    def fresh(self) -> Plan:
        name = str(connection.settings_dict["NAME"])
        if self.plan is None or name != self.database or time.monotonic() - self.since > KEPT_SECONDS:
            self.plan, self.series, self.lines = current(), {}, {}
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

    def foresee(self, quarters: Mapping[int, Iterable[int]], plan: Plan) -> None:
        """Read at once what was expected of many series in these quarters of an hour: by series, since 1970.

        What comes late by days would otherwise be asked for day by day and series by series.
        """
        wanted: dict[int, set[int]] = {}
        for pk, own in quarters.items():
            if missing := self.series[pk].expectation.lacks({_place(quarter, plan)[0] for quarter in own}):
                wanted[pk] = missing
                self.series[pk].expectation.slots.update(dict.fromkeys(missing))
        if wanted:
            days = set().union(*wanted.values())
            rows = Baseline.objects.filter(series__in=wanted, slot__in=days).values_list(
                "series_id", "slot", "quarters"
            )
            for pk, day, own_quarters in rows:
                self.series[pk].expectation.slots[day] = own_quarters

    def forget(self) -> None:
        self.since = 0.0

    def _learn(self, ids: set[int], plan: Plan) -> None:
        with connection.cursor() as cursor:
            cursor.execute(LEARN, {"ids": list(ids), "zone": plan.time_zone})
            rows = cursor.fetchall()
            cursor.nextset()
            expected = _expectations(cursor.fetchall())
        for pk, world_id, key, region, hotline, node, hours, silent in rows:
            metric = plan.metrics.get(key)
            if metric is None:
                continue
            # Neither depends on the hours of service, all that a series has of its own.
            if key not in self.lines:
                self.lines[key] = Lines.of(metric, plan)
            self.series[pk] = Known(
                id=pk,
                world_id=world_id,
                metric=metric_of(metric, None if hours is None else json.loads(hours)),
                lines=self.lines[key],
                region=region,
                hotline=hotline,
                node=node,
                expectation=expected.get(pk) or Expectation(),
                silent=silent,
            )


def _expectations(rows: Iterable[tuple[int, int, float, Sequence[float | None] | None, int]]) -> dict[int, Expectation]:
    flat: dict[int, tuple[float, int]] = {}
    slots: dict[int, dict[int, Sequence[float | None] | None]] = {}
    for pk, slot, mean, quarters, today in rows:
        if slot == Baseline.FLAT:
            flat[pk] = mean, today
        elif quarters is not None:
            slots.setdefault(pk, {})[slot] = quarters
    return {
        pk: Expectation(mean, slots.get(pk, {}), pk, range(today - 1, today + 2)) for pk, (mean, today) in flat.items()
    }


def metric_of(metric: Metric, service_hours: list[dict[str, Any]] | None) -> Metric:
    """The metric with the series' own service hours, when it has some."""
    if service_hours is None:
        return metric
    return metric.with_service_hours(tuple(ServiceHours.model_validate(row) for row in service_hours))


RULES = Rules()
