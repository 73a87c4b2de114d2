"""Redis is gone for an hour: whether a deadline is missed or late for it, and whether anything happens twice once it is back.

Obligations fall due at random instants, in the real world and in one that runs sixty times as fast; what follows from them (the next
turn, the next one up, the letters) falls due by itself. First so while Redis is there, then after it was killed (SIGKILL), then it
comes back. What answers is the product's own workers, with beat. How late each was is what the log says: from its due time to when
its event was recorded, both in seconds of the wall clock. `--minutes 5` is for a shorter absence.
"""

import os
import random
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bench.due import open_incidents, settled
from bench.ground import PROMISED, Ground, ground, quantile, until

if TYPE_CHECKING:
    from engine.models import World

MINUTES, SHORT_MINUTES = 60.0, 0.2
BESIDE_MINUTES = 5.0  # with Redis there, before it is killed: no longer than its absence
INCIDENTS, FAST_INCIDENTS = 48, 4
SHORT_INCIDENTS, SHORT_FAST_INCIDENTS = 6, 2
RATE = 60.0
ADDED = 5.0  # seconds
STILL_WAITED_FOR = 30.0  # seconds after the end of a span: what has no event by then is missed
COMES_BACK = 10.0  # seconds with Redis there again before it is asked what happened twice
FAR = timedelta(days=300)
QUANTILES = {"p50": 0.5, "p99": 0.99, "worst": 1.0}


@dataclass(frozen=True, slots=True)
class Span:
    """What fell due in one world in a span: seconds late of each, how many have no event, how many have two."""

    late: list[float]
    missed: int
    doubled: int


def run(minutes: float, incidents: int, fast_incidents: int) -> None:
    with ground() as made:
        _worlds_open(incidents, fast_incidents)
        made.workers(beat=True)
        settled()
        print("seconds from due to event, of the wall clock", flush=True)
        there = _span("with Redis", min(minutes, BESIDE_MINUTES), 0.25)
        _kill(made)
        away = _span(f"{minutes:g} minutes without", minutes, 0.75)
        for world in away:
            _beside(world, there[world].late, away[world].late)
        _letters(minutes)
        made.redis.start()
        print(f"{'  back: until a worker has answered a bell':58} {_heard_again():12,.2f} s", flush=True)
        threading.Event().wait(COMES_BACK)
        _twice()


def _worlds_open(incidents: int, fast_incidents: int) -> None:
    from common.clock import wall
    from engine import worlds

    fast = worlds.world_open(key="fast", name_zh="快", name_en="Fast", kind="practice", at=wall(), rate=RATE)
    open_incidents(fast_incidents, world=fast)
    open_incidents(incidents)
    put_aside([fast, worlds.real()])


def put_aside(those: "Iterable[World]") -> None:
    """No open obligation of these worlds falls due by itself for a long time, nor any other clock of incidents."""
    from engine import worlds
    from engine.models import Timer
    from escalation.models import Obligation

    for world in those:
        far = worlds.now(world) + FAR
        Obligation.objects.filter(incident__world=world, state="open", due_at__isnull=False).update(due_at=far)
        Timer.objects.filter(world=world).update(due_at=far)


def lay(world: "World", seconds: float, share: float, dice: random.Random) -> int:
    """This share of the obligations that were put aside falls due at random instants of the coming seconds; how many."""
    from django.db import connection

    from engine import worlds
    from escalation.models import Obligation

    now = worlds.now(world)
    aside = Obligation.objects.filter(incident__world=world, state="open", due_at__gt=now + FAR / 2).order_by("pk")
    chosen = list(aside.values_list("pk", flat=True))
    chosen = dice.sample(chosen, round(len(chosen) * share))
    due = [now + timedelta(seconds=(1 + dice.random() * (seconds - 1)) * world.rate) for _ in chosen]
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH moved AS (UPDATE escalation_obligation o SET due_at = v.due_at"
            " FROM unnest(%s::bigint[], %s::timestamptz[]) AS v (id, due_at) WHERE o.id = v.id RETURNING o.id, o.due_at)"
            " UPDATE engine_timer t SET due_at = moved.due_at FROM moved WHERE t.what = 'escalation.due' AND t.ref = moved.id",
            [chosen, due],
        )
        return cursor.rowcount


def _span(when: str, minutes: float, share: float) -> "dict[str, Span]":
    """World → what fell due in it within so many minutes."""
    from django.db import connection

    both = _worlds()
    begun, seconds = wall_now(), minutes * 60
    dice = random.Random(4)
    for world in both.values():
        lay(world, seconds, share, dice)
    connection.close()  # an idle one would be cut off
    threading.Event().wait(seconds)
    ended = wall_now()
    _await_events(both.values(), begun, ended)
    found = {name: fell_due(world, begun, ended) for name, world in both.items()}
    # What follows of them is not to fall due between this span and the next.
    put_aside(both.values())
    for name, span in found.items():
        if not span.late:
            raise RuntimeError(f"nothing fell due {when} in the world {name}")
        figures = "   ".join(f"{word} {quantile(span.late, share):.2f}" for word, share in QUANTILES.items())
        print(f"  {f'{when}, {name}':32} {len(span.late):6,} due   {figures}   missed {span.missed}", flush=True)
        _hold(f"{when}, {name}: missed", span.missed, 0)
    return found


def _worlds() -> "dict[str, World]":
    from engine import worlds

    return {"real": worlds.real(), f"×{RATE:g}": worlds.by_key("fast")}


def wall_now() -> datetime:
    """By the database's clock, as everything here."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
        return now


def _await_events(those: "Iterable[World]", begun: datetime, ended: datetime) -> None:
    over = time.monotonic() + STILL_WAITED_FOR
    while any(fell_due(world, begun, ended).missed for world in those) and time.monotonic() < over:
        threading.Event().wait(0.5)


def fell_due(world: "World", begun: datetime, ended: datetime) -> Span:
    """Every obligation of a world that was due between two instants of the wall clock and that nobody ended before."""
    from engine.models import Event
    from escalation.models import Obligation

    def wall_of(at: datetime) -> datetime:
        return world.wall_anchor + (at - world.world_anchor) / world.rate

    recorded: dict[int, list[datetime]] = defaultdict(list)
    events = Event.objects.filter(kind="obligation.overdue", stream__world=world)
    for obligation, at in events.values_list("data__id", "recorded_at"):
        recorded[obligation].append(at)
    standing = Obligation.objects.filter(incident__world=world, state__in=Obligation.STANDING, due_at__isnull=False)
    fell = {pk: wall_of(at) for pk, at in standing.values_list("pk", "due_at") if at is not None}
    due = {pk: at for pk, at in fell.items() if begun < at <= ended}
    late = [(min(recorded[pk]) - at).total_seconds() for pk, at in due.items() if pk in recorded]
    return Span(late, len(due) - len(late), sum(len(times) > 1 for times in recorded.values()))


def _kill(made: Ground) -> None:
    if made.redis.child is None:
        raise RuntimeError("no Redis to kill")
    os.kill(made.redis.child.pid, signal.SIGKILL)
    until(lambda: not made.redis.ready(), within=10)
    made.redis.stop()


def _letters(minutes: float) -> None:
    """Those written while it was away: from when each might leave to its first attempt."""
    from django.db.models import F
    from django.db.models.functions import Coalesce

    from notifications.models import Delivery

    written = Delivery.objects.filter(
        queued_at__gt=wall_now() - timedelta(minutes=minutes), first_tried_at__isnull=False
    )
    waited = written.annotate(waited=F("first_tried_at") - Coalesce("held_until", "queued_at"))
    # What goes with another's letter leaves before its own time.
    late = [max(0.0, one.total_seconds()) for one in waited.values_list("waited", flat=True)]
    if late:
        print(
            f"{f'  first attempts of {len(late):,} letters without it, p50, worst':58}"
            f" {quantile(late, 0.5):12,.2f} s {quantile(late, 1):8,.2f} s",
            flush=True,
        )


def _heard_again() -> float:
    """Seconds from when Redis answers again until a worker has taken a bell from it."""
    from celery import current_app
    from django.conf import settings
    from redis import Redis

    with Redis.from_url(settings.REDIS_URL) as redis:
        begun = time.monotonic()
        current_app.send_task("engine.drain", args=["sends"], queue="engine")
        until(lambda: not redis.llen("engine"), within=120)
        return time.monotonic() - begun


def _beside(world: str, there: list[float], away: list[float]) -> None:
    added, ratio = quantile(away, 1) - quantile(there, 0.5), quantile(away, 0.5) / quantile(there, 0.5)
    print(
        f"{f'  {world}: the latest without, beyond half of those with it':58} {added:12,.2f} s   p50 ×{ratio:.2f}",
        flush=True,
    )
    _hold(f"{world}: added", added, ADDED)


def _twice() -> None:
    from notifications.models import Delivery

    for name, world in _worlds().items():
        _none(f"  {name}: deadlines with more than one event", fell_due(world, world.created_at, wall_now()).doubled)
    letters = Delivery.objects.filter(first_tried_at__isnull=False)
    _none(f"  letters tried more than once, of {letters.count():,}", letters.filter(tries__gt=1).count())


def _none(what: str, found: int) -> None:
    print(f"{what:58} {found:12,}", flush=True)
    _hold(what.strip(), found, 0)


def _hold(what: str, found: float, most: float) -> None:
    if found > most:
        PROMISED.missed.append(what)
        print(f"  {what}: {found:g}   NOT WITHIN {most:g}", flush=True)


def _minutes() -> float:
    if "--minutes" in sys.argv:
        return float(sys.argv[sys.argv.index("--minutes") + 1])
    return MINUTES if PROMISED.whole else SHORT_MINUTES


if __name__ == "__main__":
    if PROMISED.whole:
        run(_minutes(), INCIDENTS, FAST_INCIDENTS)
    else:
        run(_minutes(), SHORT_INCIDENTS, SHORT_FAST_INCIDENTS)
    sys.exit(bool(PROMISED.missed))
