"""What a Prometheus server writes, made from the specification: prometheus.WriteRequest in protobuf, one snappy block."""

import struct
from collections.abc import Mapping, Sequence

import cramjam

STALE = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]


def varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    said = b""
    while number > 127:
        said += bytes([number & 127 | 128])
        number >>= 7
    return said + bytes([number])


def part(field: int, content: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(content)) + content


def label(name: str | bytes, value: str | bytes) -> bytes:
    raw = [word if isinstance(word, bytes) else word.encode() for word in (name, value)]
    return part(1, part(1, raw[0]) + part(2, raw[1]))


def sample(value: float, milliseconds: int) -> bytes:
    # Packed by its bits: a marker of staleness must stay the NaN it is.
    return part(2, b"\x09" + struct.pack("<d", value) + b"\x10" + varint(milliseconds))


def stale(milliseconds: int) -> bytes:
    return part(2, b"\x09" + struct.pack("<Q", 0x7FF0000000000002) + b"\x10" + varint(milliseconds))


def series(labels: Mapping[str, str], *samples: tuple[float, int]) -> bytes:
    """One TimeSeries with its labels in order, as the specification asks for."""
    return part(1, b"".join(label(*one) for one in sorted(labels.items())) + b"".join(sample(*one) for one in samples))


def snapped(*parts: bytes) -> bytes:
    return bytes(cramjam.snappy.compress_raw(b"".join(parts)))


def written(rows: Sequence[tuple[Mapping[str, str], float, int]]) -> bytes:
    """A request of one sample a series."""
    return snapped(*(series(labels, (value, at)) for labels, value, at in rows))
