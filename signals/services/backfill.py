"""History handed in: stored for charts and baselines, never judged (a warning about last month helps nobody)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.clock import utc_text
from common.errors import Invalid, TooLarge
from engine import worlds
from engine.log import log_append, stream_open
from engine.models import World
from people.rights import require
from plans.selectors import current
from signals.answers import NO_TABLE
from signals.domain.history import MOST_BYTES, History, NotATable, history_read
from signals.domain.intake import Rejected, SeriesKey, Why
from signals.events import HistoryLoaded
from signals.known import directory
from signals.models import Source
from signals.services import counts
from signals.services.baselines import learn_soon
from signals.services.samples import Row, days_ensure, days_held, days_of, samples_keep, series_ensure

CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class Loaded:
    """`stored` are new, `known` were there with the same value; `rejected` by line of the file."""

    stored: int
    known: int
    rejected: list[Rejected]

    def reasons(self) -> Counter[Why]:
        return Counter(row.why for row in self.rejected)


def history_load(
    *,
    world: World,
    content: bytes,
    by: Actor,
    source: Source | None = None,
    defaults: dict[str, str] | None = None,
    zone: tzinfo | None = None,
) -> Loaded:
    """Store the good lines of a CSV file; each other line comes back with what is wrong with it.

    Raises TooLarge and Invalid for what is no such table. The same file again stores nothing twice.
    """
    by = by if source is not None else require(by, "source.manage")
    if len(content) > MOST_BYTES:
        raise TooLarge("history.too_large", _("A file may have 16 MB and 200,000 lines at most; split it."))
    try:
        read = history_read(
            content, plan=current(), places=directory(), now=worlds.now(world), defaults=defaults, zone=zone
        )
    except NotATable as error:
        raise Invalid("history.no_table", NO_TABLE[error.code], what=error.what) from None
    return _store(world, read, by, source)


def _store(world: World, read: History, by: Actor, source: Source | None) -> Loaded:
    with days_held():
        return _store_held(world, read, by, source)


def _store_held(world: World, read: History, by: Actor, source: Source | None) -> Loaded:
    days = days_of([(0, at, 0.0) for _key, at, _value in read.rows])
    for day in sorted(days):
        days_ensure(day, day)  # each by itself: a table made is no harm if the rest fails
    with transaction.atomic():
        ids: dict[SeriesKey, int] = {
            key: series_ensure(world, *key) for key in sorted({key for key, _at, _value in read.rows})
        }
        rows = [(ids[key], at, value) for key, at, value in read.rows]
        stored, differing = 0, set[tuple[int, object]]()
        for start in range(0, len(rows), CHUNK):
            new, others = samples_keep(rows[start : start + CHUNK])
            stored += new
            differing |= {(row[0], row[1]) for row in others}
        rejected = read.rejected + [
            Rejected(line, Why.OTHER_VALUE)
            for line, row in zip(read.lines, rows, strict=True)
            if (row[0], row[1]) in differing
        ]
        rejected.sort(key=lambda row: row.index)
        loaded = Loaded(stored, len(rows) - stored - (len(rejected) - len(read.rejected)), rejected)
        _tell(world, loaded, rows, by, source)
        if stored:
            learn_soon(world, [*ids.values()])
    return loaded


def _tell(world: World, loaded: Loaded, rows: Sequence[Row], by: Actor, source: Source | None) -> None:
    times = [at for _series, at, _value in rows]
    payload = HistoryLoaded(
        via=None if source is None else source.key,
        stored=loaded.stored,
        known=loaded.known,
        rejected=len(loaded.rejected),
        first=utc_text(min(times)) if times else None,
        last=utc_text(max(times)) if times else None,
        series=sorted({row[0] for row in rows}),
    )
    log_append(stream_open(world, "signals", "sources"), payload, by=by)
    if source is not None:
        codes = {why.value: (times, "") for why, times in loaded.reasons().items()}
        counts.counted(source.pk, loaded.stored + loaded.known, len(loaded.rejected), codes)
