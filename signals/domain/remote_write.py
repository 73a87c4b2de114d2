"""Prometheus remote write, version 1: a `prometheus.WriteRequest` in protobuf, compressed as one snappy block.

Read by hand rather than by the library of protobuf: of a series seen before the labels are not looked at again, only compared
as bytes, which makes it about twice as fast (docs/decisions/0011).
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import cramjam

from plans.domain import Plan
from signals.domain.intake import AHEAD, BEHIND, MOST_SAMPLES, Kept, Rejected, SeriesKey, Way, Why
from signals.domain.mapping import SourceMapping
from signals.domain.places import Directory

MOST_RAW: Final = 16 * 1024 * 1024  # bytes after decompression
MOST_REMEMBERED: Final = 50_000  # label sets
MOST_LABELS: Final = 64
STALE_NAN: Final = struct.pack("<Q", 0x7FF0000000000002)  # a series ended here; not a value
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
LENGTH, FIXED64, VARINT, FIXED32 = 2, 1, 0, 5
_double = struct.Struct("<d").unpack_from

# Label bytes as sent → how such samples are kept, or why not.
Ways = dict[bytes, Way | Rejected]


class Unwritable(Exception):
    """The body as a whole cannot be read; `code` is one of the keys of `signals.answers.UNWRITABLE`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True)
class Written:
    """What a request brought. `ignored`: samples of metrics the plan does not have, which a whole Prometheus sends along;
    `stale`: ends of series. `total` is all of it."""

    kept: list[Kept] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    ignored: int = 0
    stale: int = 0
    total: int = 0


def unsnapped(body: bytes) -> bytes:
    """The decompressed block; raises Unwritable. Its length is read first, and only that much is ever allocated."""
    try:
        length, _pos = _varint(body, 0)
    except (IndexError, Unwritable):
        raise Unwritable("not_snappy") from None
    if length > MOST_RAW:
        raise Unwritable("too_large")
    try:
        raw = bytes(cramjam.snappy.decompress_raw(body))
    except (cramjam.DecompressionError, ValueError):
        raise Unwritable("not_snappy") from None
    if len(raw) != length:
        raise Unwritable("not_snappy")
    return raw


def write_read(
    raw: bytes, *, mapping: SourceMapping, plan: Plan, places: Directory, now: datetime, ways: Ways | None = None
) -> Written:
    """Sort a request's samples as `intake.read` does; raises Unwritable. `ways` may be shared by calls with the same facts."""
    ways = {} if ways is None else ways
    said = Written()
    seen: dict[tuple[SeriesKey, int], float] = {}
    instants: dict[int, datetime] = {}
    earliest, latest = _milliseconds(now - BEHIND), _milliseconds(now + AHEAD)

    def take(labels: bytes, at: int, value: float, number: int) -> None:
        way = ways.get(labels)
        if way is None:
            if len(ways) >= MOST_REMEMBERED:
                ways.clear()
            way = ways[labels] = _way(labels, mapping, plan, places)
        if isinstance(way, Rejected):
            if way.why is Why.METRIC:
                said.ignored += 1
            else:
                said.rejected.append(Rejected(number, way.why, way.what))
            return
        scaled = value * way.factor
        if not way.low <= scaled <= way.high:
            why = Why.NOT_A_NUMBER if scaled != scaled or scaled in (float("inf"), float("-inf")) else Why.RANGE
            said.rejected.append(Rejected(number, why, f"{value:g}"))
        elif not earliest <= at <= latest:
            said.rejected.append(Rejected(number, Why.PAST if at < earliest else Why.FUTURE))
        elif seen.setdefault((way.series, at), scaled) != scaled:
            said.rejected.append(Rejected(number, Why.OTHER_VALUE))
        else:
            when = instants.get(at)
            if when is None:
                when = instants[at] = EPOCH + timedelta(milliseconds=at)
            said.kept.append(Kept(number, way.series, when, scaled))

    try:
        _request(raw, said, take)
    except (IndexError, struct.error):
        raise Unwritable("truncated") from None
    return said


def _milliseconds(at: datetime) -> int:
    return int((at - EPOCH) / timedelta(milliseconds=1))


Take = Callable[[bytes, int, float, int], None]


def _request(raw: bytes, said: Written, take: Take) -> None:
    """WriteRequest: 1 = repeated TimeSeries; metadata and the rest say nothing that is kept."""
    pos, end = 0, len(raw)
    while pos < end:
        tag, pos = _varint(raw, pos)
        if tag == 1 << 3 | LENGTH:
            stop, pos = _length(raw, pos, end)
            _series(raw, pos, stop, said, take)
            pos = stop
        else:
            pos = _skipped(raw, tag, pos, end)


def _series(raw: bytes, pos: int, end: int, said: Written, take: Take) -> None:
    """TimeSeries: 1 = Label, 2 = Sample, 4 = native histogram. The labels come first, as one run of bytes."""
    begin = labels_end = pos
    labels: bytes | None = None
    while pos < end:
        tag = raw[pos]
        pos += 1
        if tag == 10:  # a label
            if labels is not None:
                raise Unwritable("labels_apart")
            labels_end, _ = _length(raw, pos, end)
            pos = labels_end
        elif tag == 18:  # a sample
            stop, pos = _length(raw, pos, end)
            if labels is None:
                labels = raw[begin:labels_end]
            at, value, stale = _sample(raw, pos, stop)
            pos = stop
            number, said.total = said.total, said.total + 1
            if said.total > MOST_SAMPLES:
                raise Unwritable("too_large")
            if stale:
                said.stale += 1
            else:
                take(labels, at, value, number)
        else:
            if tag == 34:
                said.rejected.append(Rejected(said.total, Why.HISTOGRAM))
                said.total += 1
            tag, pos = _varint(raw, pos - 1)
            pos = _skipped(raw, tag, pos, end)


def _sample(raw: bytes, pos: int, end: int) -> tuple[int, float, bool]:
    """Sample: 1 = value, double; 2 = milliseconds since 1970, int64. Whether it is a marker of staleness is in its bits."""
    value, at, stale = 0.0, 0, False
    while pos < end:
        tag = raw[pos]
        pos += 1
        if tag == 9:
            (value,) = _double(raw, pos)
            stale = value != value and raw[pos : pos + 8] == STALE_NAN
            pos += 8
        elif tag == 16:
            at, pos = _varint(raw, pos)
            if at >= 1 << 63:
                at -= 1 << 64
        else:
            tag, pos = _varint(raw, pos - 1)
            pos = _skipped(raw, tag, pos, end)
    if pos != end:
        raise Unwritable("truncated")
    return at, value, stale


def _way(labels: bytes, mapping: SourceMapping, plan: Plan, places: Directory) -> Way | Rejected:
    said = labels_of(labels)
    return said if isinstance(said, Rejected) else mapping.way(said, plan=plan, places=places)


def labels_of(raw: bytes) -> dict[str, str] | Rejected:
    """Label: 1 = name, 2 = value. Names twice, too many of them or what is no UTF-8 cannot be meant."""
    found: dict[str, str] = {}
    pos, end = 0, len(raw)
    while pos < end:
        tag, pos = _varint(raw, pos)
        if tag != 10:
            pos = _skipped(raw, tag, pos, end)
            continue
        stop, pos = _length(raw, pos, end)
        parts = {1: b"", 2: b""}
        while pos < stop:
            tag, pos = _varint(raw, pos)
            if tag & 7 == LENGTH:
                until, pos = _length(raw, pos, stop)
                parts[tag >> 3] = raw[pos:until]
                pos = until
            else:
                pos = _skipped(raw, tag, pos, stop)
        try:
            name, value = parts[1].decode(), parts[2].decode()
        except UnicodeDecodeError:
            return Rejected(0, Why.TEXT)
        if name in found or len(found) >= MOST_LABELS or "\x00" in name + value:
            return Rejected(0, Why.TEXT)
        found[name] = value
    return found


def _varint(raw: bytes, pos: int) -> tuple[int, int]:
    """A number and where it ends; raises IndexError where the bytes end first, Unwritable past ten bytes."""
    number, shift = 0, 0
    while True:
        byte = raw[pos]
        pos += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, pos
        shift += 7
        if shift > 63:
            raise Unwritable("truncated")


def _length(raw: bytes, pos: int, end: int) -> tuple[int, int]:
    """Where a part ends and where it begins; raises Unwritable when it reaches beyond what holds it."""
    length = raw[pos]
    pos += 1
    if length > 127:
        length, pos = _varint(raw, pos - 1)
    if pos + length > end:
        raise Unwritable("truncated")
    return pos + length, pos


def _skipped(raw: bytes, tag: int, pos: int, end: int) -> int:
    """Past a field nobody asked for."""
    kind = tag & 7
    if kind == LENGTH:
        pos, _ = _length(raw, pos, end)
    elif kind == FIXED64:
        pos += 8
    elif kind == FIXED32:
        pos += 4
    elif kind == VARINT:
        _, pos = _varint(raw, pos)
    else:
        raise Unwritable("truncated")
    if pos > end:
        raise Unwritable("truncated")
    return pos
