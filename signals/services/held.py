"""What a round of judging holds of its series while it judges them: one round trip however many there are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from common.clock import instant
from common.rows import Rows
from plans.domain import Threshold
from signals.domain.flapping import SETTLED
from signals.models import Series, Watch
from signals.rules import Known

THRESHOLDS_MOST: Final = 64  # of one series, for the numbers its timers go by
MOST_BACK: Final = timedelta(hours=2)  # what was stored without being judged is history beyond this
WATCH = Rows(Watch, "signals_watch")
# Sent together, each statement still sees what was committed before it began: watches and windows are read after the lock. The
# bound that names no series lets the planner leave out the partitions of all days before it.
HOLD = f"""
SELECT s.id, s.judged_at, (
    SELECT m.id FROM signals_mute m
    WHERE m.ended_at IS NULL AND m.world_id = s.world_id AND m.starts_at <= %(now)s AND m.ends_at > %(now)s
      AND m.metric IN ('', s.metric) AND m.region IN ('', s.region) AND m.hotline IN ('', s.hotline) AND m.node IN ('', s.node)
    ORDER BY m.ends_at DESC, m.id LIMIT 1)
FROM signals_series s WHERE s.id = ANY(%(ids)s) ORDER BY s.id FOR NO KEY UPDATE OF s;
SELECT {WATCH.columns} FROM signals_watch
WHERE series_id = ANY(%(ids)s) AND (state = 'open' OR opened_at > %(openings)s) ORDER BY id;
SELECT k.id, (extract(epoch FROM s.at) * 1000000)::int8, s.value
FROM unnest(%(ids)s::int8[], %(firsts)s::timestamptz[], %(reaches)s::interval[]) k(id, first, reach)
JOIN signals_series r ON r.id = k.id
CROSS JOIN LATERAL (
    SELECT at, value FROM signals_sample
    WHERE series_id = k.id AND at > %(oldest)s
      AND at > greatest(coalesce(r.judged_at, k.first - interval '1 microsecond'), k.first - %(most)s) - k.reach) s
ORDER BY k.id, s.at
"""  # noqa: S608 - constants


@dataclass(slots=True)
class Standing:
    """A series' open watches by threshold, and when each threshold's watches of late were opened."""

    watches: dict[str, Watch] = field(default_factory=dict)
    openings: dict[str, list[datetime]] = field(default_factory=dict)

    def flapping(self, threshold: Threshold) -> bool:
        watch = self.watches.get(threshold.id)
        return watch is not None and watch.flapping_since is not None


@dataclass(slots=True)
class Held:
    """One series, locked: judged until when; the mute that holds for it, the one that lasts longest; what stands; its stored
    samples from `reach` before what is to be judged."""

    judged_at: datetime | None
    mute: int | None
    reach: timedelta
    standing: Standing = field(default_factory=Standing)
    stored: list[tuple[datetime, float]] = field(default_factory=list)


def standing_on(ids: Collection[int]) -> set[int]:
    """Which of these series have an open watch; no query for none."""
    if not ids:
        return set()
    rows = Watch.objects.filter(series__in=list(ids), state=Watch.State.OPEN)
    return set(rows.values_list("series_id", flat=True))


def hold(series: Sequence[Known], firsts: Mapping[int, datetime], now: datetime) -> dict[int, Held]:
    """Lock series, in the order of their ids so that two judges queue, then read what they are judged by.

    `firsts`: the oldest new sample of each. Windows reach as far back as the longest of the series' thresholds, and as far as
    it takes to see whether a flapping one has settled.
    """
    if not series:
        return {}
    reaches = {own.id: max(own.lines.spans.values()) + SETTLED for own in series}
    wanted: dict[str, Any] = {
        "now": now,
        "ids": [own.id for own in series],
        "firsts": [firsts[own.id] for own in series],
        "reaches": list(reaches.values()),
        "openings": min(firsts.values()) - max(own.lines.openings for own in series),
        "oldest": min(firsts[pk] - reach for pk, reach in reaches.items()) - MOST_BACK,
        "most": MOST_BACK,
    }
    with connection.cursor() as cursor:
        cursor.execute(HOLD, wanted)
        held = {pk: Held(judged_at, mute, reaches[pk]) for pk, judged_at, mute in cursor.fetchall()}
        cursor.nextset()
        for row in cursor.fetchall():
            watch = WATCH.made(row)
            standing = held[watch.series_id].standing
            standing.openings.setdefault(watch.threshold, []).append(watch.opened_at)
            if watch.state == Watch.State.OPEN:
                standing.watches[watch.threshold] = watch
        cursor.nextset()
        for pk, at, value in cursor.fetchall():
            held[pk].stored.append((instant(at), value))
    return held


def series_locked(ref: int) -> None:
    """The series of a timer of sustained lines, before the timer itself: the judge holds the series and moves the timer."""
    Series.objects.select_for_update(no_key=True).filter(pk=ref // THRESHOLDS_MOST).first()


OPENED = [row.attname for row in Watch._meta.concrete_fields if not row.primary_key]
OPEN = "INSERT INTO signals_watch ({columns}) VALUES {rows} RETURNING id"
JUDGED = """
UPDATE signals_series s SET judged_at = k.until FROM unnest(%s::int8[], %s::timestamptz[]) k(id, until) WHERE s.id = k.id
"""


def write(opened: Sequence[Watch], judged: Mapping[int, datetime]) -> None:
    """Write newly opened watches, which get their ids, and until when series are judged: one round trip."""
    statements: list[str] = []
    values: list[Any] = []
    if opened:
        row = f"({', '.join(['%s'] * len(OPENED))})"
        statements.append(OPEN.format(columns=", ".join(OPENED), rows=", ".join([row] * len(opened))))
        values += [getattr(watch, name) for watch in opened for name in OPENED]
    if judged:
        statements.append(JUDGED)
        values += [list(judged), list(judged.values())]
    if not statements:
        return
    with connection.cursor() as cursor:
        cursor.execute("; ".join(statements), values)
        for watch, (pk,) in zip(opened, cursor.fetchall() if opened else (), strict=True):
            watch.pk = pk
            watch._state.adding, watch._state.db = False, connection.alias
