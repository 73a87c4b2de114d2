"""What a round of judging holds of its series while it judges them: one round trip however many there are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from common.clock import instant
from common.rows import Rows
from signals.domain.verdict import span
from signals.models import Watch
from signals.rules import Known

WATCH = Rows(Watch, "signals_watch")
WATCHES = f"""
SELECT {WATCH.columns} FROM signals_watch WHERE series_id = ANY(%s) AND state = 'open' ORDER BY id
"""  # noqa: S608 - names come from code
# Sent together, each statement still sees what was committed before it began: watches and windows are read after the lock. The
# bound that names no series lets the planner leave out the partitions of all days before it.
HOLD = f"""
SELECT id, judged_at FROM signals_series WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE;
{WATCHES};
SELECT k.id, (extract(epoch FROM s.at) * 1000000)::int8, s.value
FROM unnest(%s::int8[], %s::timestamptz[], %s::interval[]) k(id, since, reach)
JOIN signals_series r ON r.id = k.id
CROSS JOIN LATERAL (
    SELECT at, value FROM signals_sample
    WHERE series_id = k.id AND at > greatest(k.since, coalesce(r.judged_at, k.since)) - k.reach AND at > %s) s
ORDER BY k.id, s.at
"""  # noqa: S608 - constants


@dataclass(slots=True)
class Held:
    """One series, locked: judged until when, its open watches by threshold, its stored window up to now."""

    judged_at: datetime | None
    watches: dict[str, Watch] = field(default_factory=dict)
    stored: list[tuple[datetime, float]] = field(default_factory=list)


def standing_on(ids: Collection[int]) -> set[int]:
    """Which of these series have an open watch; no query for none."""
    if not ids:
        return set()
    rows = Watch.objects.filter(series__in=list(ids), state=Watch.State.OPEN)
    return set(rows.values_list("series_id", flat=True))


def hold(series: Sequence[Known], since: Mapping[int, datetime]) -> dict[int, Held]:
    """Lock series, in the order of their ids so that two judges queue, then read what they are judged by.

    `since`: the oldest new sample of each. Windows reach as far back from there, or from what was judged already, as the
    longest of the series' thresholds.
    """
    if not series:
        return {}
    ids = [own.id for own in series]
    reaches = [max(span(threshold, own.metric) for threshold in own.thresholds) for own in series]
    starts = [since[pk] for pk in ids]
    oldest = min(start - reach for start, reach in zip(starts, reaches, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(HOLD, [ids, ids, ids, starts, reaches, oldest])
        held = {pk: Held(judged_at) for pk, judged_at in cursor.fetchall()}
        cursor.nextset()
        for row in cursor.fetchall():
            watch = WATCH.made(row)
            held[watch.series_id].watches[watch.threshold] = watch
        cursor.nextset()
        for pk, at, value in cursor.fetchall():
            held[pk].stored.append((instant(at), value))
    return held


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
