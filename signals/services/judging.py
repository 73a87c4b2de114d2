"""The judge: what waiting samples mean for the thresholds (DESIGN.md, "The hot path").

Watch, event, all that follows and the removal of the todo row commit together. Samples that no rule concerns, or that lie in
the quiet band of a series without an open watch, cost no query.
"""

import logging
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import OperationalError, connection, transaction

from common.actor import SYSTEM
from common.clock import instant, microseconds, utc_text
from engine import reactions, worlds
from engine.alarms import alarm_raise
from engine.failpoints import failpoint
from engine.log import Entry, log_append_many
from engine.models import SetAside, Stream, World
from plans.domain import Plan, Threshold
from signals.domain.quiet import Extent, Peak
from signals.domain.verdict import Verdict, judge
from signals.events import SeriesHeard
from signals.models import Series
from signals.rules import RULES, Known
from signals.services import telling
from signals.services.canary import canary_heard
from signals.services.held import MOST_BACK, Held, Standing, hold, standing_on
from signals.services.samples import Packed, unpacked
from signals.services.watches import THRESHOLDS_MOST, Written, reach_of, turn_of
from signals.windows import points_within, stored_windows

log = logging.getLogger(__name__)
LIMIT = 100
BEFORE = timedelta(microseconds=1)
# What waits, with the kind and the time of its world.
TAKEN = f"""
WITH taken AS (DELETE FROM signals_judgetodo WHERE id IN ({{}}) RETURNING world_id, batch)
SELECT t.world_id, t.batch, w.kind, {worlds.CLOCK} FROM taken t JOIN engine_world w ON w.id = t.world_id
"""  # noqa: S608 - constants
TAKE = TAKEN.format("SELECT id FROM signals_judgetodo ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED")
TAKE_ONE = TAKEN.format("%s")


def judge_pending(limit: int = LIMIT) -> int:
    """Judge what waits; the number of batches done. A batch that cannot be judged is set aside, the others go on."""
    done = 0
    while True:
        try:
            with reactions.undone_whole():
                taken = _take_and_judge(limit)
        except OperationalError:
            raise
        except Exception:
            log.exception("a round of judging, or what followed from it, failed; its batches are judged one by one")
            taken = _one_by_one(limit)
        done += taken
        if taken < limit:
            return done


@transaction.atomic
def _take_and_judge(limit: int) -> int:
    return _judge_taken(TAKE, limit)


def _judge_taken(statement: str, value: int) -> int:
    """Take what the statement says and judge it, in the caller's transaction; the number of batches."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [value])
        taken = cursor.fetchall()
    if not taken:
        return 0
    failpoint("judge.after_claim")
    by_world: dict[int, list[Packed]] = {}
    facts: dict[int, tuple[str, datetime]] = {}
    for world_id, batch, kind, clock in taken:
        by_world.setdefault(world_id, []).extend(unpacked(bytes(batch)))
        facts.setdefault(world_id, (kind, clock))
    for world_id, rows in sorted(by_world.items()):
        kind, now = facts[world_id]
        # All that follows from a round happens at one instant of its world: one reading of the clock instead of dozens.
        with worlds.standing_at(world_id, now):
            if kind == World.CANARY:
                canary_heard(world_id, (at for _series, at, _value in rows))
            else:
                judge_samples(world_id, rows)
    failpoint("judge.before_commit")
    return len(taken)


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
    _judge_taken(TAKE_ONE, pk)


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
    extents = {pk: Extent.of(by_series[pk]) for pk in watched}
    RULES.foresee({pk: extents[pk].tops for pk, own in watched.items() if own.lines.band.excess}, plan)
    quiet = {pk: own for pk, own in watched.items() if not own.silent and _quiet(own, extents[pk], plan)}
    standing = standing_on(quiet)
    loud = [own for pk, own in sorted(watched.items()) if pk not in quiet or pk in standing]
    news = {own.id: sorted({instant(at) for at, _ in by_series[own.id]}) for own in loud}
    held = hold(loud, {pk: ats[0] for pk, ats in news.items()}, now)
    entries: list[Entry] = []
    written = Written()
    for own in loud:
        if own.silent:
            entries += _heard(own, news[own.id][-1])
        _judge_series(own, news[own.id], held[own.id], written, plan, now)
    entries += written.finish(plan, now)
    log_found(world_id, entries)
    telling.touched(world_id, watched)


def _quiet(own: Known, extent: Extent, plan: Plan) -> bool:
    return own.lines.band.holds(extent, partial(own.expectation.in_quarter, plan=plan))


def _judge_series(own: Known, ats: Sequence[datetime], held: Held, written: Written, plan: Plan, now: datetime) -> None:
    """Judge at every stored instant that was not judged yet and may turn something, in the order of time, and at the newest.

    Batches are judged in any order, by several processes: whoever comes first walks over what the others stored, an old one
    that comes late is read as part of the newest window.
    """
    judged = held.judged_at or ats[0] - BEFORE
    new = [at for at in ats if at > judged]
    since = max(judged, new[0] - MOST_BACK) if new else judged
    if not new and ats[-1] <= judged - held.reach:
        return  # so old that no window still open reaches back to it
    latest = max(held.stored[-1][0], judged)
    gap = [row for row in held.stored if row[0] > since]
    instants = sorted({*_turning(own, gap, held, plan), *new, latest})
    extent = Extent.of((microseconds(at), value) for at, value in held.stored)
    peak = Peak.of(extent, partial(own.expectation.in_quarter, plan=plan))
    for threshold in own.thresholds:
        if threshold.id not in held.standing.watches and not peak.opens(threshold):
            continue  # nothing of it stands, and nothing that is stored can open it
        reach = reach_of(own, threshold, held.standing, len(instants))
        points = points_within(own, threshold, held.stored, latest - since + held.reach, plan)
        times = [point.at for point in points]
        for at in instants:
            window = points[bisect_right(times, at - reach) : bisect_right(times, at)]
            verdict = judge(window, threshold, own.metric, standing=threshold.id in held.standing.watches, now=at)
            written.add(own, turn_of(own, threshold, verdict, window, held.standing), held)
    written.judged[own.id] = latest


def _turning(own: Known, gap: Sequence[tuple[datetime, float]], held: Held, plan: Plan) -> list[datetime]:
    """The instants since the last judgement from which on a verdict may differ: while nothing stands, quiet samples turn nothing."""
    if held.standing.watches:
        return [at for at, _value in gap]
    rows = [(microseconds(at), value) for at, value in gap]
    if not rows or _quiet(own, Extent.of(rows), plan):
        return []
    first = next(n for n, row in enumerate(rows) if not _quiet(own, Extent.of([row]), plan))
    return [at for at, _value in gap[first:]]


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
        log_append_many(Stream(world_id=world_id, kind="signals", key="watches"), entries, by=SYSTEM)


def _told_later(threshold: Threshold, verdict: Verdict, standing: Standing) -> bool:
    """Whether there is nothing to tell of an instant beyond which the series was judged: it stands, stood, or did not hold."""
    since = verdict.over_since or verdict.at
    openings = standing.openings.get(threshold.id, [])
    return not verdict.stands or threshold.id in standing.watches or any(opened >= since for opened in openings)


# --- looking again without a sample -----------------------------------------------------------------------------------
def sustained(ref: int, due_at: datetime, now: datetime) -> None:
    """The time a threshold had to be crossed for is over: read the series' windows again and judge (4.1).

    All of the series' sustained lines are looked at: which of them asked is no matter, and another version of the plan may have
    come into force since. When this comes late, and later samples were judged before it, what they found stands: only a crossing
    that none of them told is told after all, and followed up to where they are.
    """
    series_id, plan = ref // THRESHOLDS_MOST, RULES.fresh()
    own = RULES.of([series_id]).get(series_id)
    if own is None or not own.thresholds:
        return
    held = hold([own], {series_id: due_at}, now)[series_id]
    until = max(due_at, held.judged_at or due_at)
    # What was judged later already is held from there back only.
    stored = stored_windows({series_id: (due_at - held.reach, until)})[series_id]
    instants = [due_at, *(at for at, _value in stored if at > due_at)]
    written = Written()
    for threshold in own.thresholds:
        if threshold.sustained_for.is_zero:
            continue
        reach = reach_of(own, threshold, held.standing)
        points = points_within(own, threshold, stored, until - due_at + reach, plan)
        for at in instants:
            window = [point for point in points if at - reach < point.at <= at]
            verdict = judge(window, threshold, own.metric, standing=threshold.id in held.standing.watches, now=at)
            if at == due_at < until and _told_later(threshold, verdict, held.standing):
                break
            written.add(own, turn_of(own, threshold, verdict, window, held.standing), held)
    log_found(own.world_id, written.finish(plan, now))
