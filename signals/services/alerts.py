"""Alerts of other programs become samples: each says what is so from an instant on, until it says otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from engine import worlds
from engine.models import World
from engine.timers import timer_set, timer_stands
from plans.domain import Plan
from plans.selectors import current
from signals.domain.alerts import Alert, Meant, as_said, in_order, meant
from signals.domain.intake import Rejected, SeriesKey, Why
from signals.known import Known
from signals.models import AlertState, Source, UnmatchedAlert
from signals.services import counts
from signals.services.samples import Row, samples_write, series_ensure

HOLD = "signals.alerts"
EVERY = timedelta(minutes=1)
MOST_UNMATCHED = 500  # kept of one source


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one alert: taken, repeated (the sender had said so before), or why nothing was made of it."""

    alert: Alert
    code: str
    what: str = ""


TAKEN, REPEATED = "taken", "repeated"


@transaction.atomic
def alerts_receive(known: Known, alerts: Sequence[Alert]) -> list[Outcome]:
    """Take a message of alerts, in the order in which they came to be. The same message again changes nothing.

    Raises nothing for an alert that fits nowhere: it is kept as unmatched, counted, and told.
    """
    source = Source.objects.select_for_update(no_key=True).get(pk=known.source.pk)
    now = worlds.now(known.world)
    standing = {
        row.fingerprint: row
        for row in AlertState.objects.filter(source=source, fingerprint__in=[alert.fingerprint for alert in alerts])
    }
    rows: list[Row] = []
    outcomes = [_one(known, alert, standing, rows, now) for alert in in_order(alerts)]
    rows = list({(series, at): (series, at, value) for series, at, value in rows}.values())
    differing = samples_write(known.world, rows)
    _count(source, outcomes, len(rows) - len(differing), len(differing))
    Source.objects.filter(pk=source.pk).update(alerts_heard_at=now)
    if any(outcome.code in (TAKEN, REPEATED) for outcome in outcomes) and not timer_stands(HOLD, [known.world.pk]):
        timer_set(known.world.pk, HOLD, known.world.pk, now + EVERY)
    return outcomes


def _one(known: Known, alert: Alert, standing: dict[str, AlertState], rows: list[Row], now: datetime) -> Outcome:
    row = standing.get(alert.fingerprint)
    if row is not None and _said_before(row, alert):
        return Outcome(alert, REPEATED)
    said = meant(alert, mapping=known.mapping, plan=known.plan, places=known.places, now=now)
    if isinstance(said, Rejected):
        return Outcome(alert, said.why if _unmatched(known.source, alert, said) else "unmatched_full", said.what)
    standing[alert.fingerprint] = kept = _kept(known, alert, said, row)
    UnmatchedAlert.objects.filter(source=known.source, fingerprint=alert.fingerprint).delete()
    value = _worst(known.plan, said.series, _beside(kept)) if kept.held else said.value
    if value is not None:
        rows.append((kept.series_id, said.at, value))
    return Outcome(alert, TAKEN)


def _said_before(row: AlertState, alert: Alert) -> bool:
    """Whether this is what the sender said already, or older than that: two Alertmanagers of one cluster both speak."""
    if row.occurrence == alert.occurrence:
        return alert.ended is None or not row.firing
    return alert.started <= row.started_at


def _kept(known: Known, alert: Alert, said: Meant, row: AlertState | None) -> AlertState:
    values = {
        "occurrence": alert.occurrence[:80],
        "title": _plain(alert.title),
        "series_id": _series(known, said.series),
        "firing": alert.ended is None,
        "value": said.value,
        "held": said.held,
        "started_at": alert.started,
        "ended_at": alert.ended,
        "written_at": said.at,
    }
    if row is None:
        return AlertState.objects.create(source=known.source, fingerprint=alert.fingerprint, **values)
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=[*values])
    return row


def _series(known: Known, key: SeriesKey) -> int:
    if key not in known.series:
        known.series[key] = series_ensure(known.world, *key)
    return known.series[key]


def _beside(row: AlertState) -> list[AlertState]:
    """All alerts that speak of one series."""
    return list(AlertState.objects.filter(series_id=row.series_id, source__revoked_at=None, held=True))


def _worst(plan: Plan, series: SeriesKey, rows: Sequence[AlertState]) -> float | None:
    """What several alerts say of one series together: the gravest of those that fire, else the gravest of the others."""
    firing = [row for row in rows if row.firing] or rows
    values = [row.value for row in firing if row.value is not None]
    gravest = min if plan.metric(series[0]).worse == "down" else max
    return gravest(values, default=None)


def _unmatched(source: Source, alert: Alert, said: Rejected) -> bool:
    """Keep an alert nothing could be made of; False when there are too many kinds of them."""
    seen = {
        "title": _plain(alert.title),
        "labels": {_plain(name): _plain(value) for name, value in as_said(alert).items()},
        "code": said.why.value,
        "what": _plain(said.what),
        "firing": alert.ended is None,
    }
    rows = UnmatchedAlert.objects.filter(source=source)
    if rows.filter(fingerprint=alert.fingerprint).update(**seen, times=F("times") + 1, last_at=Now()):
        return True
    if rows.count() >= MOST_UNMATCHED:
        return False
    UnmatchedAlert.objects.create(source=source, fingerprint=_plain(alert.fingerprint), **seen)
    return True


def _plain(text: str) -> str:
    """As the database can hold it."""
    return text[:200].replace("\x00", "�")


def _count(source: Source, outcomes: Sequence[Outcome], stored: int, differing: int) -> None:
    codes: dict[str, tuple[int, str]] = {}
    for outcome in outcomes:
        if outcome.code not in (TAKEN, REPEATED):
            codes[outcome.code] = (codes.get(outcome.code, (0, ""))[0] + 1, outcome.what)
    if differing:
        codes[Why.OTHER_VALUE] = (differing, "")
    counts.counted(source.pk, stored, sum(count for count, _what in codes.values()), codes)


# --- what stands is so until it is said otherwise -----------------------------------------------------------------------
HELD = """
SELECT a.series_id FROM signals_alertstate a JOIN signals_source s ON s.id = a.source_id
WHERE s.world_id = %s AND a.held AND s.revoked_at IS NULL AND s.alerts_heard_at > %s GROUP BY a.series_id
"""


def hold(ref: int, due_at: datetime, now: datetime) -> None:
    """Write again what alerts of a world (`ref`) say, as often as their metrics are expected.

    A source not heard of for settings.ALERT_HELD speaks for nothing any more: its series fall silent, which is told (DESIGN.md,
    rule 10).
    """
    world = World.objects.get(pk=ref)
    with connection.cursor() as cursor:
        cursor.execute(HELD, [ref, due_at - settings.ALERT_HELD])
        series = [row[0] for row in cursor.fetchall()]
    if not series:
        return
    timer_set(ref, HOLD, ref, max(due_at + EVERY, now))
    plan, rows = current(), []
    by_series: dict[int, list[AlertState]] = {}
    found = AlertState.objects.select_for_update(no_key=True, of=("self",)).select_related("series")
    for row in found.filter(series__in=series, held=True).order_by("pk"):
        by_series.setdefault(row.series_id, []).append(row)
    for pk, own in sorted(by_series.items()):
        metric = plan.metrics.get(own[0].series.metric)
        if metric is None or due_at - max(row.written_at for row in own) < metric.expected_every.fixed():
            continue
        value = _worst(plan, (metric.key, "", "", ""), own)
        if value is not None:
            rows.append((pk, due_at, value))
            AlertState.objects.filter(pk__in=[row.pk for row in own]).update(written_at=due_at)
    samples_write(world, rows)
