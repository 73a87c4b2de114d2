"""A source's counters: samples kept and rejected, and how often each reason was given."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connection, transaction

Codes = Mapping[str, tuple[int, str]]  # reason → how often, what it was said of last

COUNT: Final = (
    "UPDATE signals_source SET accepted = accepted + %s, rejected = rejected + %s, last_seen_at = clock_timestamp()"
    " WHERE id = %s"
)
COUNT_CODE: Final = (
    "INSERT INTO signals_sourcecount (source_id, code, count, last_at, what) VALUES (%s, %s, %s, clock_timestamp(), %s)"
    " ON CONFLICT (source_id, code) DO UPDATE SET count = signals_sourcecount.count + excluded.count,"
    " last_at = excluded.last_at, what = excluded.what"
)


@dataclass(slots=True)
class Sums:
    """What is to be added to one source's counters."""

    accepted: int = 0
    rejected: int = 0
    codes: dict[str, tuple[int, str]] = field(default_factory=dict)

    def add(self, accepted: int, rejected: int, codes: Codes) -> None:
        self.accepted += accepted
        self.rejected += rejected
        for code, (count, what) in codes.items():
            self.codes[code] = (self.codes.get(code, (0, ""))[0] + count, what)


def statements(sums: Mapping[int, Sums]) -> Iterator[tuple[str, list[Any]]]:
    """What adds them, in one order of rows, so that two processes do not wait for each other."""
    for source, own in sorted(sums.items()):
        yield COUNT, [own.accepted, own.rejected, source]
    for source, own in sorted(sums.items()):
        for code, (count, what) in sorted(own.codes.items()):
            yield COUNT_CODE, [source, code, count, _kept(what)]


def _kept(what: str) -> str:
    """No text of the database holds a NUL character or half a surrogate."""
    return what[:200].replace("\x00", "�").encode("utf-8", "replace").decode()


@transaction.atomic
def counted(source: int, accepted: int, rejected: int, codes: Codes) -> None:
    with connection.cursor() as cursor:
        for statement, values in statements({source: Sums(accepted, rejected, dict(codes))}):
            cursor.execute(statement, values)


def refused(source: int, code: str, what: str = "") -> None:
    """A request was refused whole."""
    counted(source, 0, 0, {code: (1, what)})
