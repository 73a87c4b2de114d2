"""The judge: what waiting samples mean for the thresholds (DESIGN.md, "The hot path").

Watch, event, all that follows and the removal of the todo row commit together. Samples that no rule concerns, or that lie in
the quiet band of a series without an open watch, cost no query.
"""

import logging
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from django.db import OperationalError, connection, transaction

from common.actor import SYSTEM
from common.clock import instant, utc_text
from engine import worlds
from engine.alarms import alarm_raise
from engine.failpoints import failpoint
from engine.log import Entry, log_append_many, stream_open
from engine.models import SetAside
from plans.domain import Plan, Threshold
from signals.domain.flapping import within
from signals.domain.verdict import judge
from signals.events import SeriesHeard
from signals.models import Series
from signals.rules import RULES, Known
from signals.services import telling
from signals.services.samples import Packed, unpacked
from signals.services.watches import (
    THRESHOLDS_MOST,
    Found,
    Standing,
    entries_of,
    reach_of,
    standing_of,
    turn_of,
)
from signals.windows import points_of, points_within, stored_windows

log = logging.getLogger(__name__)
LIMIT = 100
FAR = datetime(9999, 1, 1, tzinfo=UTC)
BEFORE = timedelta(microseconds=1)
MOST_BACK = timedelta(days=1)  # what was stored without being judged is history beyond this
MANY = 1000
TAKE = """
DELETE FROM signals_judgetodo WHERE id IN (
    SELECT id FROM signals_judgetodo ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING id, world_id, batch
"""


def judge_pending(limit: int = LIMIT) -> int:
    """Judge what waits; the number of batches done. A batch that cannot be judged is set aside, the others go on."""
    done = 0
    while True:
        try:
            taken = _take_and_judge(limit)
        except OperationalError:
            raise
        except Exception:
            log.exception("a round of judging failed; its batches are judged one by one")
            taken = _one_by_one(limit)
        done += taken
        if taken < limit:
            return done


@transaction.atomic
def _take_and_judge(limit: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [limit])
        taken = cursor.fetchall()
    if not taken:
        return 0
    failpoint("judge.after_claim")
    by_world: dict[int, list[Packed]] = {}
    for _id, world_id, batch in taken:
        by_world.setdefault(world_id, []).extend(unpacked(bytes(batch)))
    for world_id in sorted(by_world):
        _judge_at_one_instant(world_id, by_world[world_id])
    failpoint("judge.before_commit")
    return len(taken)


def _judge_at_one_instant(world_id: int, rows: Sequence[Packed]) -> None:
    """All that follows from a round happens at one instant of its world: one reading of the clock instead of dozens."""
    with worlds.standing_at(world_id, worlds.now(world_id)):
        judge_samples(world_id, rows)


def _one_by_one(limit: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM signals_judgetodo ORDER BY id LIMIT %s", [limit])
        ids = [row[0] for row in cursor.fetchall()]
    for pk in ids:
        try:
            _judge_one(pk)
        except OperationalError:
            raise
        except Exception as error:
            log.exception("batch %s cannot be judged", pk)
            _set_aside(pk, type(error).__name__)
    return len(ids)


@transaction.atomic
def _judge_one(pk: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM signals_judgetodo WHERE id = %s RETURNING world_id, batch", [pk])
        row = cursor.fetchone()
    if row is not None:
        _judge_at_one_instant(row[0], unpacked(bytes(row[1])))


@transaction.atomic
def _set_aside(pk: int, error: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM signals_judgetodo WHERE id = %s RETURNING world_id, batch", [pk])
        row = cursor.fetchone()
    if row is not None:
        item = {"world_id": row[0], "batch": bytes(row[1]).hex()}
        SetAside.objects.create(queue="judge", what=f"batch:{pk}", error=error, item=item)
        alarm_raise("queue.set_aside", f"judge:batch:{pk}", error=error)


def judge_samples(world_id: int, rows: Iterable[Packed]) -> None:
    """Judge samples of one world, already stored, in the caller's transaction."""
    by_series: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for series, at, value in rows:
        by_series[series].append((at, value))
    plan, now = RULES.fresh(), worlds.now(world_id)
    known = RULES.of(by_series)
    watched = {pk: own for pk, own in known.items() if own.thresholds}
    open_now = standing_of(list(watched))
    loud = [
        own
        for pk, own in sorted(watched.items())
        if own.silent or pk in open_now or not _quiet(own, by_series[pk], plan)
    ]
    entries: list[Entry] = []
    if loud:
        held = _lock([own.id for own in loud], now)
        first = min(at for own in loud for at, _ in by_series[own.id])
        openings = instant(first) - max(within(threshold) for own in loud for threshold in own.thresholds)
        stands = standing_of([own.id for own in loud], since=openings)
    for own in loud:
        ats = sorted({instant(at) for at, _ in by_series[own.id]})
        if own.silent:
            entries += _heard(own, ats[-1])
        judged, mute = held.get(own.id, (None, None))
        standing = stands.get(own.id) or Standing()
        found = _judge_series(own, ats, standing, judged or ats[0] - BEFORE, plan)
        entries += entries_of(own, found, standing, mute, plan, now)
    log_found(world_id, entries)
    telling.touched(world_id, watched)


LOCK = """
SELECT s.id, s.judged_at, (
    SELECT m.id FROM signals_mute m
    WHERE m.ended_at IS NULL AND m.world_id = s.world_id AND m.starts_at <= %(now)s AND m.ends_at > %(now)s
      AND m.metric IN ('', s.metric) AND m.region IN ('', s.region) AND m.hotline IN ('', s.hotline) AND m.node IN ('', s.node)
    ORDER BY m.ends_at DESC, m.id LIMIT 1)
FROM signals_series s WHERE s.id = ANY(%(ids)s) ORDER BY s.id FOR NO KEY UPDATE OF s
"""


def _lock(ids: Sequence[int], now: datetime) -> dict[int, tuple[datetime | None, int | None]]:
    """Two judges of one series queue here, in the order of ids; the window is read after.

    Series → judged until when, and the mute that holds for it, the one that lasts longest.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK, {"ids": list(ids), "now": now})
        return {pk: (judged, mute) for pk, judged, mute in cursor.fetchall()}


def _quiet(own: Known, samples: Sequence[tuple[int, float]], plan: Plan) -> bool:
    """Whether none of these samples can open anything: each lies on the calm side by itself.

    Lines are looked at with the extreme value: what is calm for it is calm for all.
    """
    values = [value for _, value in samples]
    top, bottom = max(values), min(values)
    for threshold in own.thresholds:
        if threshold.measure == "value":
            calm = threshold.cleared(top if threshold.direction == "above" else bottom)
        elif threshold.measure == "share":
            calm = top <= 0
        elif own.expectation.slots:
            calm = all(_calm(threshold, own.expectation.at_microseconds(at, plan), value) for at, value in samples)
        else:
            calm = _calm(threshold, own.expectation.flat, top)
        if not calm:
            return False
    return True


def _calm(threshold: Threshold, expected: float | None, value: float) -> bool:
    if expected is None:
        return True
    # Where means are small a window passes `min_count` by a calm sample: then look at it whole.
    return expected * 3 > threshold.min_count and value <= expected * (1 + threshold.clear_at)


def _judge_series(own: Known, ats: Sequence[datetime], standing: Standing, judged: datetime, plan: Plan) -> list[Found]:
    """Judge at every stored instant that was not judged yet, in the order of time, and at the newest.

    Batches are judged in any order, by several processes: whoever comes first walks over what the others stored, an old one
    that comes late is read as part of the newest window.
    """
    new = [at for at in ats if at > judged]
    since = max(judged, new[0] - MOST_BACK) if new else judged
    # A gap may hold what others stored: any number of instants.
    turns = len(new) if new and new[0] - since <= own.metric.expected_every.fixed() else MANY
    reaches = {threshold.id: reach_of(own, threshold, standing, turns) for threshold in own.thresholds}
    longest = max(reaches.values())
    if not new and ats[-1] <= judged - longest:
        return []  # so old that no window still open reaches back to it
    stored = stored_windows({own.id: (since - longest, FAR)})[own.id]
    latest = max(stored[-1][0], judged)
    instants = sorted({at for at, _ in stored if at > since} | {latest})
    found: list[Found] = []
    for threshold in own.thresholds:
        reach = reaches[threshold.id]
        points = points_within(own, threshold, stored, latest - since + longest, plan)
        times = [point.at for point in points]
        for at in instants:
            window = points[bisect_right(times, at - reach) : bisect_right(times, at)]
            verdict = judge(window, threshold, own.metric, standing=threshold.id in standing.watches, now=at)
            found += turn_of(own, threshold, verdict, window, standing)
    Series.objects.filter(pk=own.id).update(judged_at=latest)
    return found


def _heard(own: Known, at: datetime) -> list[Entry]:
    RULES.forget()
    if not Series.objects.filter(pk=own.id, silent_since__isnull=False).update(silent_since=None):
        return []
    payload = SeriesHeard(
        series=own.id, metric=own.metric.key, region=own.region, hotline=own.hotline, node=own.node, at=utc_text(at)
    )
    return [Entry(payload, occurred=at)]


def log_found(world_id: int, entries: Sequence[Entry]) -> None:
    """What a round found, under one lock of the world's stream."""
    if entries:
        stream = stream_open(world_id, "signals", "watches")
        log_append_many(stream, entries, by=SYSTEM)


# --- looking again without a sample -----------------------------------------------------------------------------------
def sustained(ref: int, due_at: datetime, now: datetime) -> None:
    """The time a threshold had to be crossed for is over: read the window again and judge (4.1)."""
    series_id, place = divmod(ref, THRESHOLDS_MOST)
    plan = RULES.fresh()
    own = RULES.of([series_id]).get(series_id)
    names = list(plan.thresholds)
    if own is None or place >= len(names):
        return
    threshold = plan.thresholds[names[place]]
    _judged, mute = _lock([series_id], now)[series_id]
    standing = standing_of([series_id], since=due_at - within(threshold)).get(series_id) or Standing()
    points = points_of(own, threshold, due_at - reach_of(own, threshold, standing), due_at, plan)
    verdict = judge(points, threshold, own.metric, standing=threshold.id in standing.watches, now=due_at)
    found = turn_of(own, threshold, verdict, points, standing)
    log_found(own.world_id, entries_of(own, found, standing, mute, plan, now))
