"""Reads of what the machines say."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F, Max, Prefetch, Q
from django.utils.translation import gettext_lazy as _

from common.clock import utc_text
from common.errors import Missing
from engine import worlds
from engine.log import stream_open, with_texts
from engine.models import Event, World
from plans.domain import Place, Plan, Threshold
from plans.domain.vocabulary import MOST_ON_TARGET
from plans.selectors import current
from signals.domain.continuity import lines_read
from signals.domain.verdict import LOST_IN_A_ROW, Point, Reason, State, Verdict, calm_run, judge, span
from signals.models import AlertState, Baseline, Mute, Series, Source, SourceCount, UnmatchedAlert, Watch
from signals.muted import covering, holding
from signals.rules import RULES, Known
from signals.windows import points_within, stored_windows

NEWEST = """
SELECT k.id, s.at, s.value FROM unnest(%s::int8[]) k(id)
CROSS JOIN LATERAL (SELECT at, value FROM signals_sample WHERE series_id = k.id AND at <= %s ORDER BY at DESC LIMIT 1) s
"""


def newest(ids: Sequence[int], now: datetime) -> dict[int, tuple[datetime, float]]:
    """Series → its newest sample up to now."""
    with connection.cursor() as cursor:
        cursor.execute(NEWEST, [list(ids), now])
        return {row[0]: (row[1], row[2]) for row in cursor.fetchall()}


def series_of(world_id: int) -> list[Series]:
    return list(Series.objects.filter(world_id=world_id).order_by("metric", "region", "hotline", "node"))


def readings(world_id: int, *, only: Sequence[int] | None = None) -> list[dict[str, Any]]:
    """The newest value of every watched series against each shown threshold, as the board holds it."""
    ids = list(Series.objects.filter(world_id=world_id).values_list("pk", flat=True)) if only is None else list(only)
    plan = RULES.fresh()
    known = sorted(RULES.of(ids).values(), key=lambda own: (own.metric.key, own.region, own.hotline, own.node))
    now = worlds.now(world_id)
    opened = {
        (row.series_id, row.threshold): row
        for row in Watch.objects.filter(series__in=[own.id for own in known], state=Watch.State.OPEN)
    }
    shown = {own.id: lines_read(plan, own.metric.key, own.thresholds) for own in known}
    stored, mutes = _newest_windows(known, shown, now), holding(world_id, now)
    return [
        _reading(own, threshold, stored[own.id], opened.get((own.id, threshold.id)), plan, now)
        | {"muted_until": _muted_until(own, mutes)}
        for own in known
        for threshold in shown[own.id]
    ]


def _muted_until(own: Known, mutes: Sequence[Mute]) -> str | None:
    found = covering(mutes, metric=own.metric.key, region=own.region, hotline=own.hotline, node=own.node)
    return utc_text(found.ends_at) if found else None


def _newest_windows(
    known: Sequence[Known], thresholds: Mapping[int, Sequence[Threshold]], now: datetime
) -> dict[int, list[tuple[datetime, float]]]:
    """Each series' newest window, long enough for these thresholds; two queries however many series there are."""
    latest = newest([own.id for own in known], now)
    spans = {
        own.id: (latest[own.id][0] - max(span(t, own.metric) for t in thresholds[own.id]), latest[own.id][0])
        for own in known
        if own.id in latest and thresholds[own.id]
    }
    return {own.id: [] for own in known} | stored_windows(spans)


def _reading(
    own: Known,
    threshold: Threshold,
    stored: Sequence[tuple[datetime, float]],
    watch: Watch | None,
    plan: Plan,
    now: datetime,
) -> dict[str, Any]:
    row = {
        "series": own.id,
        "metric": own.metric.key,
        "region": own.region or None,
        "hotline": own.hotline or None,
        "node": own.node or None,
        "at": None,
        "value": None,
        "unit": own.metric.unit,
        "baseline": None,
        "ratio": None,
        "threshold": {
            "id": threshold.id,
            "value": threshold.value,
            "direction": threshold.direction,
            "measure": threshold.measure,
        },
        "state": State.UNKNOWN.value,
        "since": watch and utc_text(watch.over_since),
        "held": watch is not None and watch.held,
        "flapping_since": watch and watch.flapping_since and utc_text(watch.flapping_since),
    }
    if not stored:
        return row
    at, value = stored[-1]
    row |= {"at": utc_text(at), "value": value}
    verdict = _verdict(own, threshold, stored, plan, now, standing=watch is not None)
    if verdict.measured is not None:
        baseline = verdict.measured.baseline
        ratio = None if threshold.measure == "value" else verdict.measured.figure
        row |= {"value": verdict.measured.value, "baseline": baseline, "ratio": ratio}
    return row | {"state": verdict.state.value}


def _verdict(
    own: Known,
    threshold: Threshold,
    stored: Sequence[tuple[datetime, float]],
    plan: Plan,
    now: datetime,
    *,
    standing: bool,
) -> Verdict:
    """Outside service hours the last word stands; inside them silence is a state of its own."""
    points = points_within(own, threshold, stored, span(threshold, own.metric), plan)
    verdict = judge(points, threshold, own.metric, standing=standing, now=now)
    if verdict.measured is None and not own.metric.in_service(now, plan.zone):
        return judge(points, threshold, own.metric, standing=standing, now=stored[-1][0])
    return verdict


# --- what escalation asks ----------------------------------------------------------------------------------------------
def open_watches(world_id: int) -> list[Watch]:
    rows = Watch.objects.filter(series__world_id=world_id, state=Watch.State.OPEN)
    return list(rows.select_related("series").order_by("opened_at", "pk"))


class Excess(NamedTuple):
    """Over the daily mean by this share (0.3 = 30 %), as of when; `flat`: over the mean of everything, for want of history;
    `days`: what that mean was learnt from; `place`: whose figure it is."""

    figure: float
    at: datetime
    flat: bool
    days: int = 0
    place: Place = Place()


def excess_now(world_id: int, regions: Sequence[str], metric: str | None = None) -> Excess | None:
    """How far this metric, or the one furthest over, is over its daily mean in these regions (none: the whole country); None:
    unknown."""
    places = {*regions, ""} if regions else None
    plan, now = RULES.fresh(), worlds.now(world_id)
    known = [
        own
        for own in RULES.of(_series_over_a_mean(world_id, metric)).values()
        if places is None or own.region in places
    ]
    # The figure of one series is the same for each of its thresholds: it is the lines that differ.
    line = {own.id: next(t for t in own.thresholds if t.measure == "excess") for own in known}
    stored = _newest_windows(known, {pk: [threshold] for pk, threshold in line.items()}, now)
    said: list[tuple[Excess, int]] = []
    for own in known:
        if not stored[own.id]:
            continue
        verdict, at = _verdict(own, line[own.id], stored[own.id], plan, now, standing=False), stored[own.id][-1][0]
        if verdict.measured is None or verdict.state is State.UNKNOWN:
            continue
        # Three complaints where one was expected are no rise of 200 %: no threshold opens on so few, so no level rests on them.
        if verdict.reason is not Reason.TOO_FEW or verdict.measured.figure <= 0:
            flat, place = not own.expectation.learnt_at(at, plan), Place(own.region, own.hotline, own.node)
            said.append((Excess(verdict.measured.figure, at, flat=flat, place=place), own.id))
    if not said:
        return None
    greatest, series = max(said, key=lambda row: row[0].figure)
    return greatest._replace(days=_days_learnt(series, greatest, plan))


def _days_learnt(series: int, excess: Excess, plan: Plan) -> int:
    slot = Baseline.FLAT if excess.flat else excess.at.astimezone(plan.zone).date().toordinal()
    return Baseline.objects.filter(series=series, slot=slot).values_list("days", flat=True).first() or 0


def _series_over_a_mean(world_id: int, metric: str | None) -> list[int]:
    metrics = {t.metric for t in current().thresholds.values() if t.measure == "excess" and metric in (None, t.metric)}
    return list(Series.objects.filter(world_id=world_id, metric__in=metrics).values_list("pk", flat=True))


LOOK_BACK = timedelta(minutes=MOST_ON_TARGET)


def on_target(world_id: int, regions: Sequence[str]) -> tuple[float, datetime] | None:
    """Minutes for which every core indicator of these regions has been on target without a break (5.3), and as of when.

    None: unknown, because an indicator with a target has no series there or one of its series is silent. At most 8 h.
    """
    plan, now = RULES.fresh(), worlds.now(world_id)
    known = _core_series(world_id, regions)
    wanted = {t.metric for t in plan.thresholds.values() if t.purpose == "target"}
    if not wanted or {own.metric.key for own in known} != wanted:
        return None
    stored = stored_windows({own.id: (now - LOOK_BACK, now) for own in known})
    runs = [
        calm_run([Point(at, value) for at, value in stored[own.id]], threshold, own.metric, now=now)
        for own in known
        for threshold in own.thresholds
        if threshold.purpose == "target"
    ]
    whole = [run for run in runs if run is not None]
    if len(whole) < len(runs):
        return None
    minutes = min((newest - since).total_seconds() / 60 for since, newest in whole)
    return minutes, min(newest for _since, newest in whole)


def core_now(world_id: int, regions: Sequence[str]) -> dict[str, tuple[float, datetime]]:
    """The worst newest value of each core indicator in these regions, and when; an unknown one is left out."""
    return _worst(world_id, _core_series(world_id, regions))


def values_now(world_id: int, regions: Sequence[str], metrics: Collection[str]) -> dict[str, tuple[float, datetime]]:
    """The same of these metrics."""
    return _worst(world_id, _series_there(world_id, regions, metrics))


def _worst(world_id: int, known: Sequence[Known]) -> dict[str, tuple[float, datetime]]:
    now = worlds.now(world_id)
    latest = newest([own.id for own in known], now)
    found: dict[str, tuple[float, datetime]] = {}
    for own in known:
        if own.id not in latest:
            continue
        at, value = latest[own.id]
        worse = min if own.metric.worse == "down" else max
        before = found.get(own.metric.key)
        if now - at <= own.metric.expected_every.fixed() * LOST_IN_A_ROW + timedelta(minutes=1):
            found[own.metric.key] = (value, at) if before is None else worse(before, (value, at))
    return found


def _core_series(world_id: int, regions: Sequence[str]) -> list[Known]:
    """Series of the indicators that have a target, in these regions (none: everywhere) and for the whole country."""
    metrics = {t.metric for t in RULES.fresh().thresholds.values() if t.purpose == "target"}
    return _series_there(world_id, regions, metrics)


def _series_there(world_id: int, regions: Sequence[str], metrics: Collection[str]) -> list[Known]:
    places = {*regions, ""} if regions else None
    ids = Series.objects.filter(world_id=world_id, metric__in=metrics).values_list("pk", flat=True)
    return [own for own in RULES.of(ids).values() if places is None or own.region in places]


def near_now(world_id: int, regions: Sequence[str]) -> list[tuple[Threshold, str]]:
    """Lines that something in these regions is near to without being over it, with the colour of warning that calls for
    (ruling on contradiction 19), yellow first."""
    places = {*regions, None} if regions else None
    return _near([row for row in readings(world_id) if places is None or row["region"] in places])


def near_outside(world_id: int, regions: Collection[str]) -> list[tuple[Threshold, str]]:
    """The same of every place but these regions."""
    return _near([row for row in readings(world_id) if row["region"] not in regions])


def _near(rows: Iterable[Mapping[str, Any]]) -> list[tuple[Threshold, str]]:
    plan = RULES.fresh()
    found: dict[str, str] = {}
    for row in rows:
        if row["state"] != State.NEAR.value or row["muted_until"]:
            continue
        threshold = plan.threshold(row["threshold"]["id"])
        figure = row["value"] if threshold.measure == "value" else row["ratio"]
        colour = None if figure is None else threshold.nearness(figure)
        if colour and found.get(threshold.id) != "yellow":
            found[threshold.id] = colour
    return sorted(
        ((plan.threshold(key), colour) for key, colour in found.items()), key=lambda row: row[1], reverse=True
    )


def calm_since(world_id: int, regions: Sequence[str]) -> datetime | None:
    """Since when no watch of these regions stands open: the newest clearing, or the beginning; None while one stands."""
    rows = Watch.objects.filter(series__world_id=world_id)
    if regions:
        rows = rows.filter(series__region__in=["", *regions])
    if rows.filter(state=Watch.State.OPEN).exists():
        return None
    last = rows.aggregate(last=Max("cleared_at"))["last"]
    return last or datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def silent_count(world_id: int) -> int:
    """How many series of a world give no data inside their service hours."""
    return Series.objects.filter(world_id=world_id, silent_since__isnull=False).count()


# --- pages ---------------------------------------------------------------------------------------------------------------
def series_by_id(pk: int) -> Series:
    found = Series.objects.select_related("world").filter(pk=pk).first()
    if found is None:
        raise Missing("series.missing", _("There is no such series."))
    return found


def sources() -> list[Source]:
    """Those that still send first, each with its counters; the product's own canary is none of them."""
    rows = Source.objects.select_related("world").exclude(world__kind=World.CANARY).prefetch_related(_counts())
    return list(rows.order_by(F("revoked_at").asc(nulls_first=True), "key"))


def _counts() -> Prefetch:
    return Prefetch("counts", queryset=SourceCount.objects.order_by("-last_at", "code"))


def source_named(key: str) -> Source:
    """One source with its counters; raises Missing."""
    found = Source.objects.select_related("world").prefetch_related(_counts()).filter(key=key).first()
    if found is None:
        raise Missing("source.missing", _("There is no such source."))
    return found


def unmatched_of(source: Source) -> list[UnmatchedAlert]:
    """Alerts nothing could be made of, the newest first."""
    return list(UnmatchedAlert.objects.filter(source=source).order_by("-last_at", "-pk"))


def alerts_of(source: Source) -> list[AlertState]:
    """What its alerts say, those that fire first."""
    rows = AlertState.objects.filter(source=source).select_related("series")
    return list(rows.order_by("-firing", "-started_at")[:100])


def history_of(source: Source, most: int = 20) -> list[Event]:
    """What was done about this source, the newest first."""
    stream = stream_open(source.world_id, "signals", "sources")
    rows = Event.objects.filter(stream=stream).filter(Q(data__source=source.pk) | Q(data__via=source.key))
    return with_texts(list(rows.order_by("-seq")[:most]))


def has_samples(world_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM signals_series k WHERE k.world_id = %s"
            " AND EXISTS (SELECT 1 FROM signals_sample s WHERE s.series_id = k.id))",
            [world_id],
        )
        return cursor.fetchone()[0]


def source_by_key(key: str) -> Source | None:
    return Source.objects.filter(key=key).first()
