"""Learning the daily means, off the hot path: every night, each series by a timer of its own.

The world's timer falls due after midnight of company time and sets one for each series; what fails with one keeps no other from
learning, and a process that dies leaves its timer to the next. A late sample of a day that was closed is not learnt from.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection, transaction

from engine import worlds
from engine.models import World
from engine.timers import timer_set, timer_stands
from plans.domain import Plan
from plans.selectors import current
from signals.domain.baseline import RARE_MEMORY, Day, Expected, Flat, Places, RestsOn, days_in
from signals.domain.calendar import DayKind
from signals.expected import memory_of
from signals.models import Baseline, Series
from signals.rules import RULES

LEARN = "signals.learn"  # of a world
LEARN_SERIES = "signals.learn_series"
LEARN_ANEW = "signals.learn_anew"
NIGHTLY = time(0, 20)
APART = timedelta(milliseconds=250)  # between two series of a night
AHEAD = 8  # days for which an expectation is written, should the nights to come learn nothing
KEPT = 100  # days: charts reach back that far, holidays longer
WRITTEN = ["expected", "days", "kind", "rests_on", "quarters", "level", "spread"]
ENDED = ["seen", "samples", "total", "ratio", "far", "too_short"]


def learning_begin(world: World) -> None:
    """Let a world learn every night from now on; what stands already stays."""
    if not timer_stands(LEARN, [world.pk]):
        timer_set(world.pk, LEARN, world.pk, _next_night(worlds.now(world), current()))


def look(ref: int, due_at: datetime, now: datetime) -> None:
    """The night of a world has come: each of its series learns in its turn."""
    plan = current()
    timer_set(ref, LEARN, ref, _next_night(max(due_at, now), plan))
    ids = Series.objects.filter(world_id=ref, metric__in=list(plan.metrics)).order_by("pk").values_list("pk", flat=True)
    for turn, pk in enumerate(ids):
        timer_set(ref, LEARN_SERIES, pk, max(due_at, now) + APART * turn)


def look_at_series(ref: int, due_at: datetime, now: datetime) -> None:
    """One series takes in the days that ended since it last learnt."""
    series = Series.objects.filter(pk=ref).first()
    plan = current()
    if series is not None and series.metric in plan.metrics and _learn(series, plan, _day(now, plan)):
        RULES.forget()


def baselines_learn(world: World) -> int:
    """Learn every series of a world anew from what is stored, as after loading history; the number of series learnt.

    Days whose samples are gone by now are remembered as they were learnt.
    """
    plan = current()
    today = _day(worlds.now(world), plan)
    rows = list(Series.objects.filter(world=world, metric__in=list(plan.metrics)).order_by("pk"))
    done = 0
    for row in rows:
        with transaction.atomic():
            Baseline.objects.filter(series=row).exclude(slot__gte=0, slot__lt=_oldest(row, plan)).delete()
            done += _learn(row, plan, today)
    RULES.forget()
    return done


def learn_soon(world: World, series: Sequence[int]) -> None:
    """Let these series learn anew in a moment, one after another, off the request that loaded their history."""
    now = worlds.now(world)
    for turn, pk in enumerate(sorted(series)):
        timer_set(world.pk, LEARN_ANEW, pk, now + APART * turn)


def look_anew(ref: int, due_at: datetime, now: datetime) -> None:
    """History of a series was loaded: its days are learnt anew; the former mean serves until the new one rests on enough."""
    series, plan = Series.objects.filter(pk=ref).first(), current()
    if series is not None and series.metric in plan.metrics:
        Baseline.objects.filter(series=series, slot__gte=_oldest(series, plan)).delete()
        _learn(series, plan, _day(now, plan))
        RULES.forget()


def _learn(series: Series, plan: Plan, today: int) -> bool:
    """Close the days before `today` and write what those to come should bring; False when there was nothing to learn from."""
    memory = memory_of(series, plan, today)
    since = memory.days[-1].day + 1 if memory.days else today - RARE_MEMORY
    promised = {row.day: row for row in _promised(series, since, today)}
    ended: list[tuple[Expected, Day]] = []
    for day, built in sorted(days_in(_samples(series, since, today, plan), Places(plan.zone)).items()):
        expected = promised.get(day) or memory.expect(day)
        ended.append((expected, memory.close(expected, *built.seen())))
    flat = memory.flat(today)
    if flat is None:
        return False
    coming = [memory.expect(day) for day in range(today, today + AHEAD)]
    rows = [_row(series, expected, flat.value, day) for expected, day in ended]
    _write([row for row in rows if row.slot >= today - RARE_MEMORY], [*WRITTEN, *ENDED])
    _write([_row(series, expected, flat.value) for expected in coming], WRITTEN)
    _write_flat(series, flat)
    Baseline.objects.filter(series=series, slot__gt=Baseline.FLAT, slot__lt=today - KEPT).exclude(
        kind__gte=DayKind.HOLIDAY, slot__gte=today - RARE_MEMORY
    ).delete()
    return True


def _write_flat(series: Series, flat: Flat) -> None:
    """A series that was silent for weeks keeps its former mean until the new one rests on half as many days."""
    before = Baseline.objects.filter(series=series, slot=Baseline.FLAT).values_list("days", flat=True).first()
    if before is None or 2 * flat.days >= before:
        _write([Baseline(series=series, slot=Baseline.FLAT, expected=flat.value, days=flat.days)], ["expected", "days"])


def _promised(series: Series, since: int, today: int) -> Iterable[Expected]:
    """What had been expected of days that were not closed yet."""
    rows = Baseline.objects.filter(series=series, slot__gte=since, slot__lt=today, seen__isnull=True)
    for row in rows.exclude(quarters=None):
        yield Expected(
            row.slot,
            DayKind(row.kind),
            RestsOn(row.rests_on),
            row.days,
            tuple(row.quarters or ()),
            row.level,
            row.spread,
        )


def _oldest(series: Series, plan: Plan) -> int:
    """The day of the oldest sample; 0 without any."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(at) FROM signals_sample WHERE series_id = %s", [series.pk])
        at = cursor.fetchone()[0]
    return 0 if at is None else _day(at, plan)


def _samples(series: Series, since: int, until: int, plan: Plan) -> Sequence[tuple[int, float]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (extract(epoch FROM at) * 1000000)::int8, value FROM signals_sample"
            " WHERE series_id = %s AND at >= %s AND at < %s ORDER BY at",
            [series.pk, midnight(since, plan), midnight(until, plan)],
        )
        return cursor.fetchall()


def _row(series: Series, expected: Expected, flat: float, day: Day | None = None) -> Baseline:
    known = any(value is not None for value in expected.quarters)
    row = Baseline(
        series=series,
        slot=expected.day,
        expected=flat if expected.mean is None else expected.mean,
        days=expected.days,
        kind=expected.kind,
        rests_on=expected.rests_on,
        quarters=list(expected.quarters) if known else None,
        level=expected.level,
        spread=expected.spread,
    )
    if day is not None:
        row.seen, row.samples, row.total = list(day.seen), day.samples, day.total
        row.ratio, row.far, row.too_short = day.ratio, day.far, day.too_short
    return row


def _write(rows: Sequence[Baseline], fields: list[str]) -> None:
    Baseline.objects.bulk_create(
        rows, batch_size=100, update_conflicts=True, unique_fields=["series", "slot"], update_fields=fields
    )


# --- days of the company --------------------------------------------------------------------------------------------------
def midnight(day: int, plan: Plan) -> datetime:
    """When a day begins in company time."""
    return datetime.combine(date.fromordinal(day), time(0), plan.zone).astimezone(UTC)


def _day(at: datetime, plan: Plan) -> int:
    return at.astimezone(plan.zone).toordinal()


def _next_night(now: datetime, plan: Plan) -> datetime:
    local = now.astimezone(plan.zone)
    tonight = datetime.combine(local.date(), NIGHTLY, plan.zone)
    return (
        tonight if tonight > local else datetime.combine(local.date() + timedelta(days=1), NIGHTLY, plan.zone)
    ).astimezone(UTC)
