"""A test-fire: one sample walks through every stage, and each says what it would do. Nothing of it stays.

It is the product's own code that runs, in a transaction that is taken back: what is shown cannot differ from what would happen.
What runs after a commit (mails, doorbells, the live feed) is not reached.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.bilingual import Both
from common.clock import microseconds, utc_text
from common.errors import Invalid, Text
from engine import worlds
from people.rights import require
from plans.domain import Place, Plan, Threshold, units
from signals.answers import SENTENCES
from signals.domain import alerts
from signals.domain.intake import Batch, Rejected, SampleIn, SeriesKey, Unreadable, Way, Why, batch_of, read
from signals.domain.verdict import judge, span
from signals.known import Known, known_of
from signals.models import Source, Watch
from signals.places import places_said
from signals.rules import RULES
from signals.services.followed import Step, followed, gravity, last_event
from signals.services.judging import judge_samples
from signals.services.samples import STORED, days_of, samples_write, series_ensure
from signals.windows import points_of

LONGEST: Final = 20_000  # characters
LINE: Final = re.compile(
    r'(?P<name>[a-zA-Z_:][\w:]*)\s*(?:\{(?P<labels>(?:\s*\w+\s*=\s*"(?:[^"\\]|\\.)*"\s*,?)*)\})?\s+(?P<value>\S+)(?:\s+(?P<at>-?\d+))?',
    re.ASCII,
)
LABEL: Final = re.compile(r'(\w+)\s*=\s*"((?:[^"\\]|\\.)*)"', re.ASCII)


@dataclass(frozen=True, slots=True)
class Sample:
    series: SeriesKey
    at: datetime
    value: float


class _TakenBack(Exception):
    """Ends the transaction of a test-fire."""


def source_test_fire(*, source: Source, kind: str, text: str, by: Actor) -> list[Step]:
    """Walk what `text` says, written as KINDS, through every stage as if this source had sent it now; it stops where it would."""
    require(by, "source.manage")
    if kind not in KINDS:
        raise Invalid("test_fire.kind", _("Choose how the sample is written."))
    if len(text) > LONGEST:
        raise Invalid("test_fire.long", _("One sample is enough; this is too long."))
    known = known_of(source)
    steps = [_token(source)]
    if not steps[-1].passed:
        return steps
    said = KINDS[kind](known, text.strip().encode())
    if isinstance(said, Step):
        return [*steps, said]
    steps.append(Step("parse", True, _("It can be read.")))
    if isinstance(said, Rejected):
        sentence = SENTENCES[said.why]
        return [*steps, Step("meaning", False, sentence, {"what": said.what}, {"code": said.why.value})]
    steps.append(_meaning(said, known.plan))
    try:
        with transaction.atomic():
            steps += _through(known, said)
            raise _TakenBack
    except _TakenBack:
        return steps


def _token(source: Source) -> Step:
    if source.revoked_at is not None:
        return Step("token", False, _("The source is revoked: it would be answered 401."))
    return Step("token", True, _("Sent with the token of “%(source)s”."), {"source": source.name})


# --- how it is written --------------------------------------------------------------------------------------------------
def _unread(error: object) -> Step:
    return Step("parse", False, _("It cannot be read: %(why)s"), {"why": error})


def _json(known: Known, body: bytes) -> Sample | Rejected | Step:
    try:
        batch: Batch = batch_of(body if body.startswith(b'{"samples"') else b'{"samples": [' + body + b"]}")
    except Unreadable as error:
        return _unread(error)
    kept, rejected = read(batch[:1], plan=known.plan, places=known.places, now=known.now)
    if not batch:
        return _unread(_("there is no sample in it"))
    return rejected[0] if rejected else Sample(kept[0].series, kept[0].at, kept[0].value)


def _exposed(known: Known, body: bytes) -> Sample | Rejected | Step:
    """A line as Prometheus shows it: complaints{region="east"} 42."""
    found = LINE.fullmatch(body.decode())
    if found is None:
        return _unread(_('write it as complaints{region="east"} 42'))
    labels = {name: re.sub(r"\\(.)", r"\1", value) for name, value in LABEL.findall(found["labels"] or "")}
    try:
        value = float(found["value"])
        at = known.now if found["at"] is None else datetime.fromtimestamp(int(found["at"]) / 1000, known.now.tzinfo)
    except (ValueError, OverflowError, OSError) as error:
        return _unread(error)
    way = known.mapping.way({**labels, "__name__": found["name"]}, plan=known.plan, places=known.places)
    if isinstance(way, Rejected):
        return way
    return _kept(known, way, value, at)


def _kept(known: Known, way: Way, value: float, at: datetime) -> Sample | Rejected:
    """By the same rules as everything that comes in; the place and the unit are settled already."""
    sample = SampleIn(way.series[0], at, value * way.factor, None, *(word or None for word in way.series[1:]))
    kept, rejected = read([sample], plan=known.plan, places=known.places, now=known.now)
    return rejected[0] if rejected else Sample(kept[0].series, kept[0].at, kept[0].value)


def _alert(known: Known, found: list[alerts.Alert]) -> Sample | Rejected | Step:
    if not found:
        return _unread(_("there is no alert in it"))
    said = alerts.meant(found[0], mapping=known.mapping, plan=known.plan, places=known.places, now=known.now)
    if isinstance(said, Rejected):
        return said
    if said.value is None:
        return Rejected(0, Why.NO_VALUE, found[0].title)
    return Sample(said.series, said.at, said.value)


def _alertmanager(known: Known, body: bytes) -> Sample | Rejected | Step:
    try:
        return _alert(known, alerts.from_alertmanager(body))
    except alerts.Unreadable as error:
        return _unread(error)


def _zabbix(known: Known, body: bytes) -> Sample | Rejected | Step:
    try:
        return _alert(known, alerts.from_zabbix(body))
    except alerts.Unreadable as error:
        return _unread(error)


KINDS: Final = {"samples": _json, "prometheus": _exposed, "alertmanager": _alertmanager, "zabbix": _zabbix}


# --- the stages behind --------------------------------------------------------------------------------------------------
def _meaning(sample: Sample, plan: Plan) -> Step:
    metric, region, hotline, node = sample.series
    return Step(
        "meaning",
        True,
        _("%(metric)s: %(value)s at %(at)s; place: %(place)s."),
        {
            "metric": plan.metric(metric).title.as_dict(),
            "value": units.said(plan.metric(metric).unit, sample.value).as_dict(),
            "at": sample.at.astimezone(plan.zone).strftime("%Y-%m-%d %H:%M:%S"),
            "place": _place(region, hotline, node),
        },
        {
            "metric": metric,
            "value": sample.value,
            "unit": plan.metric(metric).unit,
            "at": utc_text(sample.at),
            "region": region or None,
            "hotline": hotline or None,
            "node": node or None,
        },
    )


def _place(region: str, hotline: str, node: str) -> Both:
    place = Place(region, hotline, node)
    return places_said([place])[place]


def _through(known: Known, sample: Sample) -> Iterator[Step]:
    """What happens from the series on, in the caller's transaction."""
    before = last_event()
    yield (step := _series(known, sample))
    series = step.facts["series"]
    stored = _stored(series, sample)
    yield stored
    if not stored.passed:
        return
    samples_write(known.world, [(series, sample.at, sample.value)])
    plan, own = RULES.fresh(), RULES.of([series]).get(series)
    if own is None or not own.thresholds:
        yield Step("rules", None, _("No rule of the plan concerns this metric; it is kept for charts."))
        return
    yield Step(
        "rules",
        None,
        _("Rules of the plan that concern it: %(n)s."),
        {"n": len(own.thresholds)},
        {"thresholds": [threshold.id for threshold in own.thresholds]},
    )
    standing = {watch.threshold for watch in Watch.objects.filter(series_id=series, state=Watch.State.OPEN)}
    verdicts = []
    for threshold in own.thresholds:
        points = points_of(own, threshold, sample.at - span(threshold, own.metric), sample.at, plan)
        verdict = judge(points, threshold, own.metric, standing=threshold.id in standing, now=sample.at)
        verdicts.append(_verdict(threshold, verdict, len(points), own.metric.unit))
    yield from sorted(verdicts, key=partial(gravity, plan=plan))
    with worlds.standing_at(known.world.pk, worlds.now(known.world)):
        judge_samples(known.world.pk, [(series, microseconds(sample.at), sample.value)])
    yield from followed(before, known.plan)


def _series(known: Known, sample: Sample) -> Step:
    last = _last_series()
    series = series_ensure(known.world, *sample.series)
    new = last is None or series > last
    says = _("A new series is made.") if new else _("It belongs to a series already known: %(metric)s, %(place)s.")
    metric, region, hotline, node = sample.series
    said = {"metric": known.plan.metric(metric).title.as_dict(), "place": _place(region, hotline, node)}
    return Step("series", True, says, said, {"series": series, "new": new})


def _last_series() -> int | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM signals_series")
        return cursor.fetchone()[0]


def _stored(series: int, sample: Sample) -> Step:
    with connection.cursor() as cursor:
        cursor.execute(STORED, [[series], [sample.at]])
        row = cursor.fetchone()
    if row is None:
        return Step(
            "store", True, _("It would be stored."), facts={"day": str(min(days_of([(series, sample.at, 0.0)])))}
        )
    if row[2] == sample.value:
        return Step("store", False, _("It is stored already; it is answered as kept and not judged again."))
    return Step(
        "store",
        False,
        _("Another value is recorded for this series and time (%(stored)s); the first one stands."),
        {"stored": f"{row[2]:g}"},
        {"code": Why.OTHER_VALUE.value, "stored": row[2]},
    )


STATES: Final[dict[str, Text]] = {
    "normal": _("normal"),
    "near": _("near the line"),
    "over": _("over the line"),
    "unknown": _("unknown"),
}
REASONS: Final[dict[str, Text]] = {
    "calm": _("on the calm side"),
    "crossed": _("crossed for as long as the plan asks"),
    "not_long_enough": _("crossed, but not long enough yet"),
    "between_the_limits": _("not yet calm again"),
    "too_few": _("too few to count"),
    "no_data": _("no data"),
    "no_baseline": _("nothing to compare with yet"),
    "filling": _("too little of the window has been seen yet"),
}


MEASURED: Final = _(
    "%(title)s: %(state)s (%(reason)s). Measured %(figure)s against %(line)s; samples in its window: %(points)s."
)
OVER_MEAN: Final = _(
    "%(title)s: %(state)s (%(reason)s). Measured %(figure)s over the daily mean against %(line)s; samples in its window:"
    " %(points)s."
)


def _verdict(threshold: Threshold, verdict: Any, points: int, unit: str) -> Step:
    """`unit` of the metric; a share or an excess is said in percent."""
    measured, unit = verdict.measured, unit if threshold.measure == "value" else "ratio"
    return Step(
        "verdict",
        None,
        OVER_MEAN if threshold.measure == "excess" else MEASURED,
        {
            "title": threshold.title.as_dict(),
            "state": STATES.get(verdict.state.value, verdict.state.value),
            "reason": REASONS.get(verdict.reason.value, verdict.reason.value),
            "points": points,
            "figure": "—" if measured is None else units.said(unit, measured.figure).as_dict(),
            "line": units.said(unit, threshold.value).as_dict(),
        },
        {
            "threshold": threshold.id,
            "clause": threshold.clause,
            "state": verdict.state.value,
            "reason": verdict.reason.value,
            "stands": verdict.stands,
            "points": points,
            "figure": None if measured is None else measured.figure,
            "value": None if measured is None else measured.value,
            "baseline": None if measured is None else measured.baseline,
            "line": threshold.value,
            "again_at": verdict.again_at and utc_text(verdict.again_at),
        },
    )
