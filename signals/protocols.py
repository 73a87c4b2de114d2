"""The protocols that end in the fast writer: how each reads a body into samples, and how it says what became of them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from signals.answers import Answer, answered, parsed, unsupported, unwritable, written
from signals.domain.intake import Kept, Rejected, Why, read
from signals.domain.remote_write import Unwritable, unsnapped, write_read
from signals.known import Known

MOST_BYTES: Final = 2 * 1024 * 1024
PATH: Final = "/api/v1/signals/samples"
WRITE_PATH: Final = "/api/v1/signals/prometheus/write"
Headers = Mapping[bytes, bytes]


@dataclass(slots=True)
class Taken:
    """What a body brought. `beside`: counted by reason, and no error of the sender's."""

    kept: Sequence[Kept]
    rejected: list[Rejected]
    beside: Counter[str] = field(default_factory=Counter)

    def codes(self) -> dict[str, tuple[int, str]]:
        """Reason → how often, and the last thing it was said of."""
        found: dict[str, tuple[int, str]] = {code: (count, "") for code, count in self.beside.items()}
        for row in self.rejected:
            found[row.why.value] = (found.get(row.why.value, (0, ""))[0] + 1, row.what)
        return found


@dataclass(frozen=True, slots=True)
class Protocol:
    read: Callable[[Known, Headers, bytes], Taken | Answer]
    answer: Callable[[int, Sequence[Rejected]], Answer]


def _json(known: Known, headers: Headers, body: bytes) -> Taken | Answer:
    batch = parsed(body)
    if isinstance(batch, tuple):
        return batch
    return Taken(*read(batch, plan=known.plan, places=known.places, now=known.now, ways=known.ways))


def _remote_write(known: Known, headers: Headers, body: bytes) -> Taken | Answer:
    if not _is_version_1(headers):
        return unsupported()
    try:
        said = write_read(
            unsnapped(body),
            mapping=known.mapping,
            plan=known.plan,
            places=known.places,
            now=known.now,
            ways=known.written_ways,
        )
    except Unwritable as error:
        return unwritable(error.code)
    beside = Counter({Why.METRIC.value: said.ignored}) if said.ignored else Counter[str]()
    return Taken(said.kept, said.rejected, beside)


def _is_version_1(headers: Headers) -> bool:
    """A sender of version 2 hears 415 and falls back to 1. Senders older than the specification say no `proto`."""
    kind, *parameters = (
        part.strip() for part in headers.get(b"content-type", b"").decode("latin-1").lower().split(";")
    )
    proto = next((part for part in parameters if part.startswith("proto=")), "proto=prometheus.writerequest")
    encoding = headers.get(b"content-encoding", b"snappy").strip().lower()
    return kind == "application/x-protobuf" and proto == "proto=prometheus.writerequest" and encoding == b"snappy"


PROTOCOLS: Final[dict[str, Protocol]] = {
    PATH: Protocol(_json, answered),
    WRITE_PATH: Protocol(_remote_write, written),
}
