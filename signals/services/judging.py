"""The judge: what waiting samples mean for the thresholds (DESIGN.md, "The hot path").

Watch, event, all that follows and the removal of the todo row commit together. Samples that no rule concerns, or that lie in
the quiet band of a series without an open watch, cost no query.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import OperationalError, connection, transaction

from common.actor import SYSTEM
from common.clock import instant, utc_text
from engine import worlds
from engine.alarms import alarm_raise
from engine.failpoints import failpoint
from engine.log import Entry, log_append_many, stream_open
from engine.models import SetAside
from engine.timers import timer_set
from plans.domain import Plan, Threshold
from signals.domain.verdict import Verdict, judge, span
from signals.events import SeriesHeard, WatchCleared, WatchOpened
from signals.models import Series, Watch
from signals.rules import RULES, Known
from signals.services import telling
from signals.services.samples import Packed, unpacked
from signals.windows import points_of, points_within, stored_windows

log = logging.getLogger(__name__)
LIMIT = 100
SUSTAINED = "signals.sustained"
FAR = datetime(9999, 1, 1, tzinfo=UTC)
BEFORE = timedelta(microseconds=1)
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
    plan = RULES.fresh()
    known = RULES.of(by_series)
    watched = {pk: own for pk, own in known.items() if own.thresholds}
    standing = _standing(watched)
    loud = [
        own
        for pk, own in sorted(watched.items())
        if own.silent or pk in standing or not _quiet(own, by_series[pk], plan)
    ]
    judged: dict[int, datetime | None] = {}
    if loud:
        judged = _lock([own.id for own in loud])
        standing = _standing({own.id: own for own in loud})
    entries: list[Entry] = []
    for own in loud:
        ats = sorted({instant(at) for at, _ in by_series[own.id]})
        if own.silent:
            entries += _heard(own, ats[-1])
        entries += _judge_series(own, ats, standing.get(own.id, {}), judged.get(own.id) or ats[0] - BEFORE, plan)
    _log(world_id, entries)
    telling.touched(world_id, watched)


def _standing(watched: dict[int, Known]) -> dict[int, dict[str, Watch]]:
    """Series → threshold → its open watch."""
    found: dict[int, dict[str, Watch]] = {}
    if watched:
        for watch in Watch.objects.filter(series__in=list(watched), state=Watch.State.OPEN).order_by("pk"):
            found.setdefault(watch.series_id, {})[watch.threshold] = watch
    return found


def _lock(ids: Sequence[int]) -> dict[int, datetime | None]:
    """Two judges of one series queue here, in the order of ids; the window is read after. Series → judged until when."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, judged_at FROM signals_series WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [list(ids)]
        )
        return dict(cursor.fetchall())


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


def _judge_series(
    own: Known, ats: Sequence[datetime], open_watches: dict[str, Watch], judged: datetime, plan: Plan
) -> list[Entry]:
    """Judge at every new instant and at the newest stored one, never behind what was judged before.

    Batches are judged in any order, by several processes: an old one that comes late is read as part of the newest window.
    """
    new = [at for at in ats if at > judged]
    reaches = {threshold.id: span(threshold, own.metric) for threshold in own.thresholds}
    longest = max(reaches.values())
    if not new and ats[-1] <= judged - longest:
        return []  # so old that no window still open reaches back to it
    first = new[0] if new else judged
    stored = stored_windows({own.id: (first - longest, FAR)})[own.id]
    latest = max(stored[-1][0], judged)
    found: list[Found] = []
    for threshold in own.thresholds:
        reach = reaches[threshold.id]
        points = points_within(own, threshold, stored, latest - first + longest, plan)
        for at in sorted({*new, latest}):
            window = [point for point in points if at - reach < point.at <= at]
            verdict = judge(window, threshold, own.metric, standing=threshold.id in open_watches, now=at)
            found += _apply(own, threshold, verdict, open_watches)
    Series.objects.filter(pk=own.id).update(judged_at=latest)
    return _entries(own, found)


@dataclass(slots=True)
class Found:
    """A watch that a verdict opened or cleared."""

    watch: Watch
    threshold: Threshold
    verdict: Verdict
    opened: bool


def _apply(own: Known, threshold: Threshold, verdict: Verdict, open_watches: dict[str, Watch]) -> list[Found]:
    """Carry a verdict out: open, follow or clear the watch, or set the timer that looks again; what is to be written."""
    watch = open_watches.get(threshold.id)
    if verdict.again_at is not None and verdict.again_at > verdict.at:
        timer_set(own.world_id, SUSTAINED, timer_ref(own, threshold), verdict.again_at)
    if verdict.measured is None:
        return []
    if watch is None and verdict.stands:
        open_watches[threshold.id] = watch = _opened(own, threshold, verdict)
        return [Found(watch, threshold, verdict, opened=True)]
    if watch is not None and not verdict.stands:
        del open_watches[threshold.id]
        return [Found(watch, threshold, verdict, opened=False)]
    if watch is not None:
        watch.value, watch.ratio, watch.baseline = _numbers(threshold, verdict)
        watch.seen_at = max(watch.seen_at, verdict.at)
        if watch.pk is not None:  # one opened a moment ago is written whole at the end
            watch.save(update_fields=["value", "ratio", "baseline", "seen_at"])
    return []


def _entries(own: Known, found: Sequence[Found]) -> list[Entry]:
    """Write the watches; what the log is told of them, in the order in which it was found."""
    if all(row.opened for row in found):
        Watch.objects.bulk_create([row.watch for row in found])
        return [_entry(_said(own, row), row) for row in found]
    entries: list[Entry] = []
    for row in found:  # one after another: a line that is crossed again has its former watch cleared first
        if row.opened:
            row.watch.save(force_insert=True)
        entries.append(
            _entry(_said(own, row) if row.opened else _clear(own, row.threshold, row.watch, row.verdict), row)
        )
    return entries


def _entry(payload: WatchOpened | WatchCleared, row: Found) -> Entry:
    return Entry(payload, occurred=row.verdict.at, clause=row.threshold.clause)


def _numbers(threshold: Threshold, verdict: Verdict) -> tuple[float, float | None, float | None]:
    measured = verdict.measured
    if measured is None:
        raise ValueError("a verdict without a figure opens and clears nothing")
    ratio = None if threshold.measure == "value" else measured.figure
    return measured.value, ratio, measured.baseline


def _opened(own: Known, threshold: Threshold, verdict: Verdict) -> Watch:
    value, ratio, baseline = _numbers(threshold, verdict)
    return Watch(
        series_id=own.id,
        threshold=threshold.id,
        over_since=verdict.over_since or verdict.at,
        opened_at=verdict.at,
        value=value,
        ratio=ratio,
        baseline=baseline,
        seen_at=verdict.at,
    )


def _said(own: Known, row: Found) -> WatchOpened:
    value, ratio, baseline = _numbers(row.threshold, row.verdict)
    return WatchOpened(
        watch=row.watch.pk,
        series=own.id,
        threshold=row.threshold.id,
        metric=own.metric.key,
        region=own.region,
        hotline=own.hotline,
        node=own.node,
        value=value,
        ratio=ratio,
        baseline=baseline,
        at=utc_text(row.verdict.at),
        since=utc_text(row.verdict.over_since or row.verdict.at),
    )


def _clear(own: Known, threshold: Threshold, watch: Watch, verdict: Verdict) -> WatchCleared:
    value, ratio, baseline = _numbers(threshold, verdict)
    watch.state, watch.cleared_at, watch.seen_at = Watch.State.CLEARED, verdict.at, verdict.at
    watch.value, watch.ratio, watch.baseline = value, ratio, baseline
    watch.save(update_fields=["state", "cleared_at", "seen_at", "value", "ratio", "baseline"])
    return WatchCleared(
        watch=watch.pk,
        series=own.id,
        threshold=threshold.id,
        metric=own.metric.key,
        region=own.region,
        hotline=own.hotline,
        node=own.node,
        value=value,
        ratio=ratio,
        at=utc_text(verdict.at),
    )


def _heard(own: Known, at: datetime) -> list[Entry]:
    RULES.forget()
    if not Series.objects.filter(pk=own.id, silent_since__isnull=False).update(silent_since=None):
        return []
    payload = SeriesHeard(
        series=own.id, metric=own.metric.key, region=own.region, hotline=own.hotline, node=own.node, at=utc_text(at)
    )
    return [Entry(payload, occurred=at)]


def _log(world_id: int, entries: Sequence[Entry]) -> None:
    """What a round found, under one lock of the world's stream."""
    if entries:
        stream = stream_open(world_id, "signals", "watches")
        log_append_many(stream, entries, by=SYSTEM)


# --- looking again without a sample -----------------------------------------------------------------------------------
THRESHOLDS_MOST = 64


def timer_ref(own: Known, threshold: Threshold) -> int:
    """One number for (series, place of the threshold in the plan), as timers carry one."""
    return own.id * THRESHOLDS_MOST + list(RULES.fresh().thresholds).index(threshold.id)


def sustained(ref: int, due_at: datetime, now: datetime) -> None:
    """The time a threshold had to be crossed for is over: read the window again and judge (4.1)."""
    series_id = ref // THRESHOLDS_MOST
    plan = RULES.fresh()
    own = RULES.of([series_id]).get(series_id)
    if own is None:
        return
    _lock([series_id])
    standing = _standing({series_id: own}).get(series_id, {})
    found: list[Found] = []
    # Another version of the plan may have come into force since: its lines are looked at, wherever they stand in the file.
    for threshold in own.thresholds:
        if threshold.sustained_for.is_zero:
            continue
        points = points_of(own, threshold, due_at - span(threshold, own.metric), due_at, plan)
        verdict = judge(points, threshold, own.metric, standing=threshold.id in standing, now=due_at)
        found += _apply(own, threshold, verdict, standing)
    _log(own.world_id, _entries(own, found))
