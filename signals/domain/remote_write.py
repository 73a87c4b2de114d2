"""Prometheus remote write, version 1: a `prometheus.WriteRequest` in protobuf, compressed as one snappy block.

Read by hand rather than by the library of protobuf: of a series seen before the labels are not looked at again, only compared
as bytes, which makes it about twice as fast (docs/decisions/0011).
"""

import math
import struct
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


@dataclass(slots=True)
class Ways:
    """Label bytes as sent → how such samples are kept, or why not. Of equal series there is one object, told by its identity."""

    by_labels: dict[bytes, Way | Rejected] = field(default_factory=dict)
    series: dict[SeriesKey, SeriesKey] = field(default_factory=dict)

    def learn(self, labels: bytes, way: Way | Rejected) -> Way | Rejected:
        if len(self.by_labels) >= MOST_REMEMBERED:
            self.by_labels.clear()
        if isinstance(way, Way):
            way = way._replace(series=self.series.setdefault(way.series, way.series))
        self.by_labels[labels] = way
        return way


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
    reading = _Reading(mapping, plan, places, now, Ways() if ways is None else ways)
    try:
        reading.request(raw)
    except (IndexError, struct.error):
        raise Unwritable("truncated") from None
    return reading.said


def _milliseconds(at: datetime) -> int:
    return int((at - EPOCH) / timedelta(milliseconds=1))


# The end of a series with one sample, as every scrape sends it: its tag and length, the value's tag, the tag of a time of six
# bytes (all from 2004 to 2108 have six).
ONE: Final = b"\x12\x10\x09"


class _Reading:
    """One request being read."""

    def __init__(self, mapping: SourceMapping, plan: Plan, places: Directory, now: datetime, ways: Ways) -> None:
        self._mapping, self._plan, self._places, self._ways = mapping, plan, places, ways
        self._earliest, self._latest = _milliseconds(now - BEHIND), _milliseconds(now + AHEAD)
        self._seen: dict[tuple[int, datetime], float] = {}  # by the identity of a series, which `Ways` keeps
        self._instants: dict[int, datetime] = {}
        self.said = Written()

    def request(self, raw: bytes) -> None:
        """WriteRequest: 1 = repeated TimeSeries; metadata and the rest say nothing that is kept."""
        pos, end = 0, len(raw)
        known, said, seen, kept = self._ways.by_labels, self.said, self._seen, self.said.kept
        times: dict[bytes, datetime] = {}
        while pos < end:
            tag = raw[pos]
            if tag != 10:
                tag, pos = _varint(raw, pos)
                pos = _skipped(raw, tag, pos, end)
                continue
            stop, pos = _length(raw, pos + 1, end)
            # Of a series seen before, with one good sample, nothing is walked through: its labels are known by their bytes.
            if raw[stop - 18 : stop - 15] == ONE and raw[stop - 7] == 16:
                way = known.get(raw[pos : stop - 18])
                at = times.get(raw[stop - 6 : stop])
                if way.__class__ is Way and at is not None and said.total < MOST_SAMPLES:
                    value = _double(raw, stop - 15)[0] * way.factor
                    if way.low <= value <= way.high and seen.setdefault((id(way.series), at), value) == value:
                        kept.append(Kept(said.total, way.series, at, value))
                        said.total += 1
                        pos = stop
                        continue
            before = len(kept)
            self._series(raw, pos, stop)
            if len(kept) > before and raw[stop - 18 : stop - 15] == ONE and raw[stop - 7] == 16:
                times[raw[stop - 6 : stop]] = kept[-1].at
            pos = stop

    def _series(self, raw: bytes, pos: int, end: int) -> None:
        """TimeSeries: 1 = Label, 2 = Sample, 4 = native histogram. The labels come first, as one run of bytes."""
        begin = labels_end = pos
        labels: bytes | None = None
        while pos < end:
            tag = raw[pos]
            pos += 1
            if tag == 10:  # a label
                if labels is not None:
                    raise Unwritable("labels_apart")
                pos = labels_end = _length(raw, pos, end)[0]
            elif tag == 18:  # a sample
                stop, pos = _length(raw, pos, end)
                if labels is None:
                    labels = raw[begin:labels_end]
                at, value, stale = _sample(raw, pos, stop)
                pos = stop
                self._take(labels, at, value, stale)
            else:
                if tag == 34:
                    self.said.rejected.append(Rejected(self._number(), Why.HISTOGRAM))
                tag, pos = _varint(raw, pos - 1)
                pos = _skipped(raw, tag, pos, end)

    def _number(self) -> int:
        """The number of the next sample."""
        number = self.said.total
        if number >= MOST_SAMPLES:
            raise Unwritable("too_large")
        self.said.total += 1
        return number

    def _take(self, labels: bytes, at: int, value: float, stale: bool) -> None:
        said, number = self.said, self._number()
        if stale:
            said.stale += 1
            return
        way = self._ways.by_labels.get(labels)
        if way is None:
            way = self._ways.learn(labels, _way(labels, self._mapping, self._plan, self._places))
        if isinstance(way, Rejected):
            if way.why is Why.METRIC:
                said.ignored += 1
            else:
                said.rejected.append(Rejected(number, way.why, way.what))
            return
        kept = self._kept(way, at, value * way.factor, number)
        if isinstance(kept, Kept):
            said.kept.append(kept)
        else:
            said.rejected.append(Rejected(number, kept, f"{value:g}"))

    def _kept(self, way: Way, at: int, value: float, number: int) -> Kept | Why:
        if not way.low <= value <= way.high:
            return Why.RANGE if math.isfinite(value) else Why.NOT_A_NUMBER
        if not self._earliest <= at <= self._latest:
            return Why.PAST if at < self._earliest else Why.FUTURE
        when = self._instants.get(at)
        if when is None:
            when = self._instants[at] = EPOCH + timedelta(milliseconds=at)
        if self._seen.setdefault((id(way.series), when), value) != value:
            return Why.OTHER_VALUE
        return Kept(number, way.series, when, value)


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
