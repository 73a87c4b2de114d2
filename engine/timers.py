"""Due times of worlds. A row of its own each; firing it and what follows commit together."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils.module_loading import import_string

from engine import worlds
from engine.alarms import alarm_clear
from engine.models import Timer, World
from engine.queues import Claimed, Queue, claim, perform, queue_register

STEP_LEASE = timedelta(seconds=8)  # prolonged before each firing
_handlers: dict[str, str] = {}


def timers_handle(table: Mapping[str, str]) -> None:
    """Set the one table: what → dotted path of `def f(ref: int, due_at: datetime, now: datetime) -> None`."""
    _handlers.clear()
    _handlers.update(table)


def timer_set(world_id: int, what: str, ref: int, due_at: datetime) -> None:
    """Let `what` of `ref` fall due at a world time; a standing one is moved. Safe from within its own firing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO engine_timer (world_id, what, ref, due_at, fence, tries) VALUES (%s, %s, %s, %s, 0, 0)"
            " ON CONFLICT (what, ref) DO UPDATE SET due_at = excluded.due_at, lease_until = excluded.lease_until,"
            " tries = 0, fence = engine_timer.fence + 1",
            [world_id, what, ref, due_at],
        )


def timer_stands(what: str, refs: Any) -> bool:
    """Whether one of these refs (a list or subquery) still waits for `what`."""
    return Timer.objects.filter(what=what, ref__in=refs).exists()


def timers_cancel(ref: int, *whats: str) -> int:
    """Take away timers of `ref`; the number that stood."""
    return Timer.objects.filter(Q(what__in=whats), ref=ref).delete()[0]


def _work(item: Claimed) -> None:
    world = World.objects.get(pk=item.values["world_id"])
    handler = import_string(_handlers[item.values["what"]])
    if world.is_real:
        handler(item.values["ref"], item.due_at, worlds.now(world))
    else:
        with worlds.standing_at(world.pk, item.due_at):
            handler(item.values["ref"], item.due_at, item.due_at)
    if item.tries > 1:
        alarm_clear("queue.failing", f"timers:{_describe(item)}")


def _describe(item: Claimed) -> str:
    return f"{item.values['what']}:{item.values['ref']}"


COLUMNS = ("world_id", "what", "ref")
REAL_NOW = "(SELECT w.world_anchor + (clock_timestamp() - w.wall_anchor) FROM engine_world w WHERE w.key = 'real')"
TIMERS = Queue(
    name="timers",
    table="engine_timer",
    columns=COLUMNS,
    work=_work,
    describe=_describe,
    due="{t}.world_id = (SELECT id FROM engine_world WHERE key = 'real') AND {t}.due_at <= " + REAL_NOW + " - {late}",  # noqa: S608
)
queue_register(TIMERS)


def worlds_step() -> int:
    """Fire what is due in every world that is not real, each world's in order; the number fired."""
    due = World.objects.exclude(kind=World.REAL).filter(timer__isnull=False).distinct().values_list("pk", flat=True)
    return sum(world_step(world_id) for world_id in due)


def world_step(world_id: int, *, most: int = 500) -> int:
    """Fire one world's due times one after another, each at its own time; 0 when another process is at it."""
    fence = _take(world_id)
    if fence is None:
        return 0
    # One row a claim: a firing may set a new timer that falls due before the next old one.
    queue = Queue(
        name="timers",
        table="engine_timer",
        columns=COLUMNS,
        work=_work,
        describe=_describe,
        limit=1,
        due=_due_in(world_id),
    )
    fired = 0
    try:
        while fired < most and _take(world_id, fence) is not None:
            items = claim(queue)
            if not items:
                break
            fired += perform(queue, items[0])
    finally:
        _leave(world_id, fence)
    return fired


def _due_in(world_id: int) -> str:
    """Only the world's very first row, so that a row being retried holds back those behind it until it is set aside."""
    return (
        f"{{t}}.id = (SELECT id FROM engine_timer WHERE world_id = {int(world_id)} ORDER BY due_at, id LIMIT 1)"  # noqa: S608
        f" AND {{t}}.due_at <= (SELECT CASE WHEN paused THEN world_anchor"
        f" ELSE world_anchor + (clock_timestamp() - wall_anchor) * rate END FROM engine_world WHERE id = {int(world_id)})"
    )


def _take(world_id: int, mine: int | None = None) -> int | None:
    """Take the stepping lease, or prolong our own; the fence, or None when it is not ours to take."""
    held = "step_until <= clock_timestamp()" if mine is None else "step_fence = %(mine)s"
    raised = "step_fence + 1" if mine is None else "step_fence"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE engine_world SET step_until = clock_timestamp() + %(lease)s, step_fence = {raised}"  # noqa: S608
            f" WHERE id = %(world)s AND {held} RETURNING step_fence",
            {"lease": STEP_LEASE, "world": world_id, "mine": mine},  # type: ignore[dict-item]
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _leave(world_id: int, fence: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE engine_world SET step_until = clock_timestamp() WHERE id = %s AND step_fence = %s",
            [world_id, fence],
        )


def world_advance(world: World, *, to: datetime) -> int:
    """Lead a held world's clock to `to`, firing each due time on the way at its own time; the number fired."""
    worlds.world_set(world=world, at=to, paused=True)
    fired = 0
    while step := world_step(world.pk):
        fired += step
    return fired
