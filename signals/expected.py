"""What was expected of a series, how that was learnt, and what the flat mean would have said: for pages and programs."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from common.bilingual import in_language
from common.clock import utc_text
from plans.domain import Plan, Threshold
from signals.domain.baseline import MEMORY, RARE_MEMORY, Day, LeftOut, Memory, RestsOn, band, place_of
from signals.domain.calendar import DayKind, calendar_of
from signals.models import Baseline, Series
from signals.rules import Known

CLOSED = ("slot", "kind", "seen", "samples", "total", "level", "rests_on", "ratio", "far", "too_short")
YEAR_AHEAD = timedelta(days=60)  # when the exchanged days of the next year should be known


def memory_of(series: Series, plan: Plan, today: int) -> Memory:
    """What a series was taught by the days before `today`."""
    rows = (
        Baseline.objects.filter(series=series, slot__lt=today, seen__isnull=False)
        .filter(Q(slot__gte=today - MEMORY) | Q(slot__gte=today - RARE_MEMORY, kind__gte=DayKind.HOLIDAY))
        .order_by("slot")
        .values_list(*CLOSED)
    )
    memory = Memory(calendar_of(plan.calendar), count=plan.metric(series.metric).kind == "count")
    memory.days.extend(
        Day(slot, DayKind(kind), tuple(seen), samples, total, level, RestsOn(rests_on), ratio, far, too_short)
        for slot, kind, seen, samples, total, level, rests_on, ratio, far, too_short in rows
    )
    return memory


def left_out(series: Series, plan: Plan, today: int) -> dict[date, LeftOut]:
    """The days of the memory that teach nothing, and why."""
    memory = memory_of(series, plan, today)
    recent = [row for row in memory.days if row.day >= today - MEMORY]
    return {date.fromordinal(day): why for day, why in memory.left_out(recent).items()}


def how_learnt(series: Series, plan: Plan, now: datetime) -> dict[str, Any]:
    """What today's expectation rests on.

    `rests_on`: own (days of this kind), like (working days, or days off), flat (the flat mean), nothing. `days` it rests on;
    `flat` {value, days} or null; `level` against the beginning of the memory, 1.02 is 2 % more; `left_out` [{day, why}].
    `adjusted_known`: whether the calendar knows the exchanged working days of the year that begins or lasts in 60 days.
    """
    today = now.astimezone(plan.zone).toordinal()
    rows = {row.slot: row for row in Baseline.objects.filter(series=series, slot__in=[Baseline.FLAT, today])}
    flat, told = rows.get(Baseline.FLAT), rows.get(today)
    calendar = calendar_of(plan.calendar)
    rests_on = RestsOn.NOTHING if flat is None else RestsOn(told.rests_on) if told is not None else RestsOn.FLAT
    flat_days = flat.days if flat is not None else 0
    return {
        "rests_on": rests_on.value,
        "kind": calendar.kind_of(today).name.lower(),
        "days": told.days if told is not None and rests_on in (RestsOn.OWN, RestsOn.LIKE) else flat_days,
        "flat": None if flat is None else {"value": flat.expected, "days": flat.days},
        "level": told.level if told is not None and rests_on is RestsOn.OWN else None,
        "left_out": [
            {"day": day.isoformat(), "why": why.value} for day, why in sorted(left_out(series, plan, today).items())
        ],
        "calendar": calendar.country,
        "adjusted_known": calendar.adjusted_known((now.astimezone(plan.zone) + YEAR_AHEAD).year),
    }


def drawn(own: Known, plan: Plan, ats: Sequence[datetime]) -> dict[str, Any]:
    """For the chart: the band of an undisturbed day, the flat mean, and where the lines of ratios lie in the metric's unit."""
    flat = own.expectation.flat
    places = [place_of(at, plan.zone) for at in ats]
    days = {
        row.slot: row
        for row in Baseline.objects.filter(series=own.id, slot__in={day for day, _quarter in places}).only(
            "slot", "quarters", "spread"
        )
    }
    bands: list[list[Any]] = []
    for at, (day, quarter) in zip(ats, places, strict=True):
        row = days.get(day)
        value = row.quarters[quarter] if row is not None and row.quarters is not None else None
        limits = None if row is None or value is None else band(value, row.spread, count=own.metric.kind == "count")
        if limits is not None:
            bands.append([utc_text(at), *limits])
    expected = [(utc_text(at), own.expectation.at(at, plan)) for at in ats]
    return {
        "band": bands,
        "flat": flat,
        "limits": [
            {
                "label": in_language(line.title.as_dict()),
                "points": [[at, value * (1 + line.value)] for at, value in expected if value is not None],
                "flat": None if flat is None else flat * (1 + line.value),
            }
            for line in _ratios(own)
        ],
        "labels": {"band": _("Expected band"), "flat": _("Flat mean"), "flat_limit": _("Threshold by the flat mean")},
    }


def _ratios(own: Known) -> list[Threshold]:
    """One line for each height: several lines of a plan may lie upon one another."""
    found: dict[float, Threshold] = {}
    for line in own.thresholds:
        if line.measure == "excess":
            found.setdefault(line.value, line)
    return list(found.values())
