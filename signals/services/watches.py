"""A watch's life: opened, followed, held back, flapping, cleared; and what the log is told of each turn."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from common.clock import utc_text
from engine.log import Entry
from engine.timers import timer_set
from plans.domain import Plan, Threshold
from signals.domain.flapping import SETTLED, TURNS, Settled, flaps, settled
from signals.domain.mutes import gravest
from signals.domain.verdict import Point, Verdict
from signals.events import WatchCleared, WatchFlapping, WatchMuted, WatchOpened
from signals.models import Mute, Watch
from signals.rules import Known
from signals.services.held import THRESHOLDS_MOST, Held, Standing, write

SUSTAINED = "signals.sustained"


class Turn(StrEnum):
    OPENED = "opened"
    FLAPPING = "flapping"
    SETTLED = "settled"  # it flapped, and stands for good
    CLEARED = "cleared"


@dataclass(slots=True)
class Found:
    """What a verdict made of a watch."""

    own: Known
    watch: Watch
    threshold: Threshold
    verdict: Verdict
    turn: Turn


def reach_of(own: Known, threshold: Threshold, standing: Standing, new: int = 1) -> timedelta:
    """How far back the window of a verdict must reach, when `new` instants are to be judged.

    Further where it flaps or may begin to: two instants are one more turn at most.
    """
    reach = own.lines.spans[threshold.id]
    turns = len(standing.openings.get(threshold.id, ())) + (new + 1) // 2
    return reach + SETTLED if standing.flapping(threshold) or turns >= TURNS else reach


def turn_of(
    own: Known, threshold: Threshold, verdict: Verdict, window: Sequence[Point], standing: Standing
) -> list[Found]:
    """Carry a verdict out: open, follow or clear the watch, or set the timer that looks again; what is to be written."""
    watch = standing.watches.get(threshold.id)
    if verdict.again_at is not None and verdict.again_at > verdict.at:
        timer_set(own.world_id, SUSTAINED, timer_ref(own, threshold), verdict.again_at)
    if verdict.measured is None:
        return []
    if watch is None:
        return [_open(own, threshold, verdict, standing)] if verdict.stands else []
    if watch.flapping_since is not None:
        return _flap_on(own, threshold, verdict, window, standing, watch)
    if not verdict.stands:
        del standing.watches[threshold.id]
        return [Found(own, watch, threshold, verdict, Turn.CLEARED)]
    _follow(watch, threshold, verdict)
    return []


def _open(own: Known, threshold: Threshold, verdict: Verdict, standing: Standing) -> Found:
    value, ratio, baseline = numbers(threshold, verdict)
    openings = standing.openings.setdefault(threshold.id, [])
    flapping = flaps(openings, threshold, at=verdict.at)
    openings.append(verdict.at)
    watch = standing.watches[threshold.id] = Watch(
        series_id=own.id,
        threshold=threshold.id,
        over_since=verdict.over_since or verdict.at,
        opened_at=verdict.at,
        value=value,
        ratio=ratio,
        baseline=baseline,
        seen_at=verdict.at,
        flapping_since=verdict.at if flapping else None,
    )
    return Found(own, watch, threshold, verdict, Turn.FLAPPING if flapping else Turn.OPENED)


def _flap_on(
    own: Known,
    threshold: Threshold,
    verdict: Verdict,
    window: Sequence[Point],
    standing: Standing,
    watch: Watch,
) -> list[Found]:
    """A flapping watch turns no more until the series has stayed on one side."""
    now = settled(window, threshold, own.metric, now=verdict.at)
    if now is Settled.CALM:
        del standing.watches[threshold.id]
        return [Found(own, watch, threshold, verdict, Turn.CLEARED)]
    if now is Settled.OVER:
        watch.flapping_since = None
        _follow(watch, threshold, verdict)
        return [Found(own, watch, threshold, verdict, Turn.SETTLED)]
    _follow(watch, threshold, verdict)
    return []


def _follow(watch: Watch, threshold: Threshold, verdict: Verdict) -> None:
    watch.value, watch.ratio, watch.baseline = numbers(threshold, verdict)
    watch.seen_at = max(watch.seen_at, verdict.at)
    if watch.pk is not None:  # one opened a moment ago is written whole at the end
        watch.save(update_fields=["value", "ratio", "baseline", "seen_at", "flapping_since"])


def numbers(threshold: Threshold, verdict: Verdict) -> tuple[float, float | None, float | None]:
    measured = verdict.measured
    if measured is None:
        raise ValueError("a verdict without a figure opens and clears nothing")
    ratio = None if threshold.measure == "value" else measured.figure
    return measured.value, ratio, measured.baseline


# --- what is written ----------------------------------------------------------------------------------------------------
@dataclass(slots=True)
class Written:
    """What a round made of the watches of all its series, to be written together; and until when each was judged."""

    judged: dict[int, datetime] = field(default_factory=dict)
    _turns: list[tuple[Known, list[Found], Held]] = field(default_factory=list)

    def add(self, own: Known, found: list[Found], held: Held) -> None:
        if not found:
            return
        if self._turns and self._turns[-1][0].id == own.id:
            self._turns[-1][1].extend(found)
        else:
            self._turns.append((own, found, held))

    def finish(self, plan: Plan, now: datetime) -> list[Entry]:
        """Write the watches; what the log is told of them, in the order in which it was found."""
        freed = {
            own.id: _hold(own, found, held.standing, held.mute, plan, now)
            for own, found, held in self._turns
            if held.mute is not None
        }
        rows = [row for _own, found, _held in self._turns for row in found]
        if all(row.turn in (Turn.OPENED, Turn.FLAPPING) for row in rows):
            write([row.watch for row in rows], self.judged)
        else:
            write([], self.judged)
            for row in rows:  # one after another: a line that is crossed again has its former watch cleared first
                _write(row)
        entries: list[Entry] = []
        for own, found, _held in self._turns:
            entries += [Entry(_payload(own, r), occurred=r.verdict.at, clause=r.threshold.clause) for r in found]
            entries += [spoken(own, watch, plan, now=now) for watch in freed.get(own.id, ())]
        return entries


def _hold(own: Known, found: Sequence[Found], standing: Standing, mute: int, plan: Plan, now: datetime) -> list[Watch]:
    """Let the mute hold back what opened, unless something of it is of the gravest level: then the series speaks as a whole.

    The watches that were held before and are to speak now are returned. Whoever ends a mute holds its series, as we do: a mute
    read a moment ago may be over by now.
    """
    opened = [row for row in found if row.turn in (Turn.OPENED, Turn.FLAPPING)]
    if not opened or not Mute.objects.filter(pk=mute, ended_at=None).exists():
        return []
    for row in opened:
        row.watch.mute_id = mute
    if not any(
        gravest(plan, row.threshold, _figure(row), region=own.region, node=own.node, now=row.verdict.at)
        for row in opened
    ):
        return []
    for row in opened:
        row.watch.spoke_at = now
    new = {id(row.watch) for row in opened}
    return [watch for watch in standing.watches.values() if watch.held and id(watch) not in new]


def _figure(row: Found) -> float:
    value, ratio, _baseline = numbers(row.threshold, row.verdict)
    return value if ratio is None else ratio


def spoken(own: Known, watch: Watch, plan: Plan, *, now: datetime) -> Entry:
    """Let a watch that was held back speak: from here on it is like one that opens now."""
    watch.spoke_at = now
    watch.save(update_fields=["spoke_at"])
    payload = WatchOpened(
        **_about(own, watch, watch.seen_at),
        since=utc_text(watch.over_since),
        baseline=watch.baseline,
        despite=watch.mute_id,
    )
    threshold = plan.thresholds.get(watch.threshold)
    return Entry(payload, clause=threshold.clause if threshold else "")


def _write(row: Found) -> None:
    watch = row.watch
    if row.turn is Turn.CLEARED:
        watch.state, watch.cleared_at, watch.seen_at = Watch.State.CLEARED, row.verdict.at, row.verdict.at
        watch.value, watch.ratio, watch.baseline = numbers(row.threshold, row.verdict)
        watch.flapping_since = None
        watch.save(update_fields=["state", "cleared_at", "seen_at", "value", "ratio", "baseline", "flapping_since"])
    elif row.turn in (Turn.OPENED, Turn.FLAPPING):
        watch.save(force_insert=True)


def _about(own: Known, watch: Watch, at: datetime) -> dict[str, Any]:
    return {
        "watch": watch.pk,
        "series": own.id,
        "threshold": watch.threshold,
        "metric": own.metric.key,
        "region": own.region,
        "hotline": own.hotline,
        "node": own.node,
        "value": watch.value,
        "ratio": watch.ratio,
        "at": utc_text(at),
    }


def _payload(own: Known, row: Found) -> WatchOpened | WatchCleared:
    watch, verdict = row.watch, row.verdict
    value, ratio, baseline = numbers(row.threshold, verdict)
    about = _about(own, watch, verdict.at) | {"value": value, "ratio": ratio}
    if row.turn is Turn.CLEARED:
        return WatchCleared(**about)
    crossing = about | {"baseline": baseline, "since": utc_text(verdict.over_since or verdict.at)}
    if row.turn is Turn.FLAPPING:
        return WatchFlapping(**crossing, turns=TURNS)
    if watch.mute_id is not None and watch.held:
        return WatchMuted(**crossing, mute=watch.mute_id)
    return WatchOpened(**crossing, despite=watch.mute_id)


def timer_ref(own: Known, threshold: Threshold) -> int:
    """One number for (series, place of the threshold among the series' own), as timers carry one."""
    return own.id * THRESHOLDS_MOST + own.thresholds.index(threshold) % THRESHOLDS_MOST
