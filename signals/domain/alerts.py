"""Alerts of other programs: Alertmanager's webhook (version 4) and Zabbix's, and what each says in the plan's own metrics."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from plans.domain import Plan, Rejection
from signals.domain.intake import AHEAD, BEHIND, REJECTIONS, Rejected, SeriesKey, Why, shown
from signals.domain.mapping import SourceMapping, To
from signals.domain.places import Directory

MOST_ALERTS: Final = 1_000
MOST_ID: Final = 200
METRIC, VALUE, RESOLVED, UNIT = (
    "hotline_metric",
    "value",
    "resolved_value",
    "unit",
)  # words by which an alert says it itself


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert of one sender. `fingerprint` is the matter, `occurrence` this time that it fires; `ended` None: it fires.

    `labels` are what rules and places are found by; `notes` hold values.
    """

    fingerprint: str
    occurrence: str
    title: str
    started: datetime
    ended: datetime | None = None
    labels: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Meant:
    """What an alert says: from `at` on this series has this value; None: nothing is known of it from then on.

    `held`: it stays so until the alert says otherwise, as a state does; a count is of its instant.
    """

    series: SeriesKey
    at: datetime
    value: float | None
    held: bool


class Unreadable(Exception):
    """The body as a whole is no such message; the text says why and where."""


# --- Alertmanager -------------------------------------------------------------------------------------------------------
class _Fired(msgspec.Struct):
    status: str
    labels: dict[str, str]
    startsAt: datetime
    fingerprint: str
    annotations: dict[str, str] = {}
    endsAt: datetime | None = None


class _Webhook(msgspec.Struct):
    version: str
    alerts: list[_Fired]


_webhook = msgspec.json.Decoder(_Webhook).decode


def from_alertmanager(body: bytes) -> list[Alert]:
    """The alerts of a webhook's message; raises Unreadable."""
    try:
        said = _webhook(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(str(error)[:200]) from None
    if said.version != "4":
        raise Unreadable(f"version {said.version[:20]}, expected 4")
    if len(said.alerts) > MOST_ALERTS:
        raise Unreadable(f"more than {MOST_ALERTS} alerts")
    return [_fired(one, f"$.alerts[{number}]") for number, one in enumerate(said.alerts)]


def _fired(one: _Fired, where: str) -> Alert:
    if one.status not in ("firing", "resolved"):
        raise Unreadable(f"{where}.status: {one.status[:20]}, expected firing or resolved")
    if one.startsAt.tzinfo is None or (one.endsAt is not None and one.endsAt.tzinfo is None):
        raise Unreadable(f"{where}: a time without its zone")
    if not 0 < len(one.fingerprint) <= MOST_ID:
        raise Unreadable(f"{where}.fingerprint: 1 to {MOST_ID} characters")
    ended = (one.endsAt or one.startsAt) if one.status == "resolved" else None
    title = one.labels.get("alertname") or one.fingerprint
    return Alert(
        fingerprint=one.fingerprint,
        occurrence=one.startsAt.astimezone(UTC).isoformat(),
        title=title,
        started=one.startsAt,
        ended=ended,
        labels=one.labels,
        notes=one.annotations,
    )


# --- Zabbix -------------------------------------------------------------------------------------------------------------
class _Problem(msgspec.Struct, forbid_unknown_fields=True):
    """Our own body, which the script in docs/sources.md sends."""

    event_id: str
    trigger_id: str
    host: str
    trigger: str
    status: str
    at: datetime
    recovered_at: datetime | None = None
    item: str = ""
    value: str = ""
    severity: str = ""
    tags: list[dict[str, str]] = []


_problem = msgspec.json.Decoder(_Problem).decode


def from_zabbix(body: bytes) -> list[Alert]:
    """The one alert of a media type's message; raises Unreadable."""
    try:
        said = _problem(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(str(error)[:200]) from None
    if said.status not in ("problem", "resolved"):
        raise Unreadable(f"$.status: {said.status[:20]}, expected problem or resolved")
    if said.at.tzinfo is None or (said.recovered_at is not None and said.recovered_at.tzinfo is None):
        raise Unreadable("a time without its zone")
    if not 0 < len(said.event_id) <= 64 or not 0 < len(said.trigger_id) <= 64:
        raise Unreadable("$.event_id and $.trigger_id: 1 to 64 characters")
    labels = {tag["tag"]: tag.get("value", "") for tag in said.tags if tag.get("tag")}
    labels |= {"host": said.host, "trigger": said.trigger, "severity": said.severity, "item": said.item}
    ended = (said.recovered_at or said.at) if said.status == "resolved" else None
    return [
        Alert(
            fingerprint=f"trigger {said.trigger_id}",
            occurrence=f"event {said.event_id}",
            title=said.trigger,
            started=said.at,
            ended=ended,
            labels={name: value for name, value in labels.items() if value},
            notes={VALUE: said.value} if said.value else {},
        )
    ]


# --- what they say ------------------------------------------------------------------------------------------------------
def meant(alert: Alert, *, mapping: SourceMapping, plan: Plan, places: Directory, now: datetime) -> Meant | Rejected:
    """What an alert says, by the source's rules, else by its own label `hotline_metric`; or why nothing can be made of it."""
    rule = next((rule for rule in mapping.alerts if rule.fits(alert.labels)), None)
    if rule is not None:
        to, fixed = To(rule.metric, rule.unit), rule.firing if alert.ended is None else rule.resolved
    elif METRIC in alert.labels:
        to, fixed = To(alert.labels[METRIC], alert.labels.get(UNIT) or alert.notes.get(UNIT)), None
    else:
        return Rejected(0, Why.NO_METRIC, shown(alert.title))
    way = mapping.way_to(to, alert.labels, plan=plan, places=places)
    if isinstance(way, Rejected):
        return way
    at = alert.ended or alert.started
    if at > now + AHEAD:
        return Rejected(0, Why.FUTURE)
    if at < now - BEHIND:
        return Rejected(0, Why.PAST)
    value = _value(alert, to, fixed, plan)
    if isinstance(value, Rejected):
        return value
    return Meant(way.series, at.astimezone(UTC), value, held=plan.metric(to.metric).kind == "gauge")


def _value(alert: Alert, to: To, fixed: float | None, plan: Plan) -> float | Rejected | None:
    """In the metric's own unit. None: it is over and nobody said which value that means."""
    metric, unit, said = plan.metric(to.metric), to.unit, fixed
    if said is None:
        text = alert.notes.get(VALUE if alert.ended is None else RESOLVED, "").strip()
        if not text:
            return None if alert.ended is not None else Rejected(0, Why.NO_VALUE, shown(alert.title))
        said, unit = _number(text, to.unit)
        if said is None:
            return Rejected(0, Why.NOT_A_NUMBER, shown(text))
    value = metric.parse_value(said, unit)
    return Rejected(0, REJECTIONS[value], shown(str(unit or said))) if isinstance(value, Rejection) else value


def _number(text: str, unit: str | None) -> tuple[float | None, str | None]:
    """A figure as people and monitoring write it, "97.3 %": its own unit goes before the rule's."""
    figure, _space, own = text.partition(" ")
    if figure.endswith("%"):
        figure, own = figure[:-1], "%"
    try:
        return float(figure), own.strip() or unit
    except ValueError:
        return None, None


def in_order(alerts: Sequence[Alert]) -> list[Alert]:
    """In the order in which they came to be; of one matter the firing before its end."""
    return sorted(alerts, key=lambda alert: (alert.started, alert.ended is not None))


def as_said(alert: Alert) -> dict[str, Any]:
    """What is kept of an alert nothing could be made of, for whoever writes a rule for it."""
    return {name[:80]: value[:200] for name, value in list(alert.labels.items())[:40]}
