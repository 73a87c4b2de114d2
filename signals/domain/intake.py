"""Reading a batch of samples: which can be kept, and for each of the others what is wrong with it."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from plans.domain import Plan, Rejection
from signals.domain.places import Directory

MOST_SAMPLES: Final = 20_000
AHEAD: Final = timedelta(minutes=5)  # a source's clock and ours may differ by this much
BEHIND: Final = timedelta(days=90)  # what is kept; older samples would have nowhere to go


class Why(StrEnum):
    """Why a sample was not kept."""

    SHAPE = "bad_sample"
    METRIC = "unknown_metric"
    UNIT = "unknown_unit"
    NOT_A_NUMBER = "not_a_number"
    RANGE = "out_of_range"
    REGION = "unknown_region"
    HOTLINE = "unknown_hotline"
    NODE = "unknown_node"
    ELSEWHERE = "node_elsewhere"
    NO_ZONE = "no_time_zone"
    FUTURE = "in_the_future"
    PAST = "too_old"
    OTHER_VALUE = "other_value"
    # Only of other protocols than our own JSON
    RECENT = "too_recent"
    TEXT = "bad_text"
    HISTOGRAM = "histogram"
    NO_METRIC = "no_metric"
    NO_VALUE = "no_value"


class SampleIn(msgspec.Struct, forbid_unknown_fields=True):
    """One sample as it is sent; `at` is RFC 3339 with its zone."""

    metric: str
    at: datetime
    value: float | int
    unit: str | None = None
    region: str | None = None
    hotline: str | None = None
    node: str | None = None


class BatchIn(msgspec.Struct, forbid_unknown_fields=True):
    """What most batches are: every sample well shaped."""

    samples: list[SampleIn]


class RawBatchIn(msgspec.Struct, forbid_unknown_fields=True):
    """Samples to be decoded one by one, so that a misshapen one does not take its neighbours along."""

    samples: list[msgspec.Raw]


Batch = Sequence[SampleIn | msgspec.Raw]
SeriesKey = tuple[str, str, str, str]  # metric, region, hotline, node


@dataclass(slots=True)
class Kept:
    index: int
    series: SeriesKey
    at: datetime
    value: float


class Way(NamedTuple):
    """How samples of one metric, unit and place are kept: `value` × `factor` must lie within the limits."""

    series: SeriesKey
    factor: float
    low: float
    high: float


# (metric, unit, region, hotline, node) as sent → its way. Only what can be kept is remembered, so it stays small.
Ways = dict[tuple[str, str | None, str | None, str | None, str | None], Way]


@dataclass(frozen=True, slots=True)
class Rejected:
    index: int
    why: Why
    what: str = ""


REJECTIONS: Final = {
    Rejection.UNKNOWN_UNIT: Why.UNIT,
    Rejection.NOT_A_NUMBER: Why.NOT_A_NUMBER,
    Rejection.OUT_OF_RANGE: Why.RANGE,
}
_decode = msgspec.json.Decoder(SampleIn).decode
_decode_batch = msgspec.json.Decoder(BatchIn).decode


class Unreadable(Exception):
    """The body as a whole is no batch; the text says why and where."""


def batch_of(body: bytes) -> Batch:
    """The samples of a body, as far as they can be decoded together; raises Unreadable."""
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _decode_batch(body).samples
    try:
        return msgspec.json.decode(body, type=RawBatchIn).samples
    except RecursionError:
        raise Unreadable("nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        samples = _bare_words(body)
        if samples is None:
            raise Unreadable(str(error)[:200]) from None
        return samples


def _bare_words(body: bytes) -> list[msgspec.Raw] | None:
    """A batch with NaN or Infinity as bare words, which is no JSON but what many libraries write for it: the words become
    text, so that the sample is named and its neighbours are kept. None when that is not what is wrong."""
    if b"NaN" not in body and b"Infinity" not in body:
        return None
    try:
        said = json.loads(body, parse_constant=str)
        if not isinstance(said, dict) or said.keys() != {"samples"} or not isinstance(said["samples"], list):
            return None
        return [msgspec.Raw(json.dumps(sample).encode()) for sample in said["samples"]]
    except (ValueError, RecursionError):
        return None


def read(
    samples: Batch, *, plan: Plan, places: Directory, now: datetime, ways: Ways | None = None
) -> tuple[list[Kept], list[Rejected]]:
    """Sort a batch into what can be kept and what is wrong. The same series and time twice: once, or OTHER_VALUE.

    `ways` is a memory that calls with the same plan and places may share.
    """
    ways = {} if ways is None else ways
    kept: list[Kept] = []
    rejected: list[Rejected] = []
    seen: dict[tuple[SeriesKey, datetime], float] = {}
    earliest, latest = now - BEHIND, now + AHEAD
    for index, raw in enumerate(samples):
        sample = raw if isinstance(raw, SampleIn) else _decoded(raw)
        if isinstance(sample, str):
            rejected.append(Rejected(index, Why.NOT_A_NUMBER if "$.value" in sample else Why.SHAPE, sample[:200]))
            continue
        way = ways.get((sample.metric, sample.unit, sample.region, sample.hotline, sample.node))
        value = _quickly(sample, way, earliest, latest) if way is not None else None
        if way is None or value is None:
            said = _one(sample, plan, places, earliest, latest)
            if isinstance(said, Rejected):
                rejected.append(Rejected(index, said.why, said.what))
                continue
            way, value = said
            ways[sample.metric, sample.unit, sample.region, sample.hotline, sample.node] = way
        at = sample.at.astimezone(UTC)
        before = seen.setdefault((way.series, at), value)
        if before != value:
            rejected.append(Rejected(index, Why.OTHER_VALUE))
        else:
            kept.append(Kept(index, way.series, at, value))
    return kept, rejected


def _decoded(raw: msgspec.Raw) -> SampleIn | str:
    """The sample, or what is wrong with its shape."""
    try:
        return _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return str(error)


def _quickly(sample: SampleIn, way: Way, earliest: datetime, latest: datetime) -> float | None:
    """The canonical value of a sample like one before; None when something may be wrong and is to be looked at closely."""
    if sample.at.tzinfo is None or not earliest <= sample.at <= latest:
        return None
    try:
        value = sample.value * way.factor
    except OverflowError:
        return None
    return value if way.low <= value <= way.high else None


def _one(
    sample: SampleIn, plan: Plan, places: Directory, earliest: datetime, latest: datetime
) -> tuple[Way, float] | Rejected:
    metric = plan.metrics.get(sample.metric)
    if metric is None:
        return Rejected(0, Why.METRIC, shown(sample.metric))
    value = metric.parse_value(sample.value, sample.unit)
    if isinstance(value, Rejection):
        return Rejected(0, REJECTIONS[value], str(sample.unit or sample.value)[:40])
    if sample.at.tzinfo is None:
        return Rejected(0, Why.NO_ZONE)
    if sample.at > latest:
        return Rejected(0, Why.FUTURE)
    if sample.at < earliest:
        return Rejected(0, Why.PAST)
    way = way_of(sample.metric, sample.unit, sample.region, sample.hotline, sample.node, plan=plan, places=places)
    return way if isinstance(way, Rejected) else (way, value)


def checked(
    sample: SampleIn, *, plan: Plan, places: Directory, earliest: datetime, latest: datetime
) -> tuple[SeriesKey, float] | Rejected:
    """One sample's series and canonical value, or what is wrong with it."""
    said = _one(sample, plan, places, earliest, latest)
    return said if isinstance(said, Rejected) else (said[0].series, said[1])


def way_of(
    key: str,
    unit: str | None,
    region: str | None,
    hotline: str | None,
    node: str | None,
    *,
    plan: Plan,
    places: Directory,
) -> Way | Rejected:
    """How samples of this metric, unit and place are kept, or what is wrong with these words. A node brings its region along."""
    metric = plan.metrics.get(key)
    if metric is None:
        return Rejected(0, Why.METRIC, shown(key))
    factor = metric.factor_of(unit)
    if factor is None:
        return Rejected(0, Why.UNIT, shown(str(unit)))
    if region and region not in places.regions:
        return Rejected(0, Why.REGION, shown(region))
    if hotline and hotline not in places.hotlines:
        return Rejected(0, Why.HOTLINE, shown(hotline))
    if node:
        if node not in places.region_of:
            return Rejected(0, Why.NODE, shown(node))
        if region and places.region_of[node] != region:
            return Rejected(0, Why.ELSEWHERE, node)
        region = places.region_of[node]
    return Way((key, region or "", hotline or "", node or ""), factor, *metric.range)


def shown(text: str) -> str:
    """As much of what was sent as an error repeats."""
    return text[:40]
