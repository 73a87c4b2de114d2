"""Due times of worlds. A row of its own each; firing it and what follows commit together."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils.module_loading import import_string

from engine import worlds
from engine.failpoints import failpoint
from engine.models import Stream, Timer, World
from engine.queues import Claimed, Queue, claim, perform, queue_register

STEP_LEASE = timedelta(seconds=8)  # prolonged before each firing


@dataclass(frozen=True, slots=True)
class Fallen:
    """A timer of `ref` that fell due."""

    ref: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """What fires a timer with its stream held first, where an act that holds the stream takes away such timers. `path` names
    `def f(ref: int, due_at: datetime, now: datetime) -> None`, and `streams` `def f(refs: Collection[int]) -> Mapping[int, int]`:
    the stream each ref's firing writes to."""

    path: str
    streams: str


@dataclass(frozen=True, slots=True)
class Guarded:
    """What fires a timer with rows held first, where an act that holds those moves or takes away such timers. `hold` names
    `def f(ref: int) -> None`, which takes what that act takes."""

    path: str
    hold: str


@dataclass(frozen=True, slots=True)
class Many(Held):
    """The same for many timers as one: `path` names `def f(fallen: Sequence[Fallen], now: datetime) -> None`."""


Handler = str | Held | Guarded
_handlers: dict[str, Handler] = {}
_patient: list[str] = []


def timers_handle(table: Mapping[str, Handler], *, patient: Collection[str] = ()) -> None:
    """Set the one table: what → dotted path of `def f(ref: int, due_at: datetime, now: datetime) -> None`, or what fires many.

    `patient`: what may stand behind all others that are due in the real world.
    """
    _handlers.clear()
    _handlers.update(table)
    _patient[:] = patient


def timer_set(world_id: int, what: str, ref: int, due_at: datetime) -> None:
    """Let `what` of `ref` fall due at a world time; a standing one is moved. Safe from within its own firing."""
    timers_set([(world_id, what, ref, due_at)])


def timers_set(timers: Sequence[tuple[int, str, int, datetime]]) -> None:
    """The same for many, (world id, what, ref, due time) each, none of them twice."""
    if not timers:
        return
    # As arrays: a placeholder for each value of a storm would cost more here than all that PostgreSQL does with them.
    world_ids, whats, refs, dues = zip(*timers, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO engine_timer (world_id, what, ref, due_at, fence, tries)"
            " SELECT world, what, ref, due_at, 0, 0"
            " FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::timestamptz[]) AS t (world, what, ref, due_at)"
            " ON CONFLICT (what, ref) DO UPDATE SET due_at = excluded.due_at, lease_until = excluded.lease_until,"
            " tries = 0, fence = engine_timer.fence + 1",
            [list(world_ids), list(whats), list(refs), list(dues)],
        )


def timer_stands(what: str, refs: Any) -> bool:
    """Whether one of these refs (a list or subquery) still waits for `what`."""
    return Timer.objects.filter(what=what, ref__in=refs).exists()


def timers_cancel(ref: int, *whats: str) -> int:
    """Take away timers of `ref`; the number that stood."""
    return Timer.objects.filter(Q(what__in=whats), ref=ref).delete()[0]


def _work(item: Claimed) -> None:
    world = worlds.of(item.values["world_id"])
    if world.is_real:
        _fire(item, worlds.now(world))
    else:
        with worlds.standing_at(world.pk, item.due_at):
            _fire(item, item.due_at)


def _fire(item: Claimed, now: datetime) -> None:
    handler = _handlers[item.values["what"]]
    ref = item.values["ref"]
    if isinstance(handler, Many):
        import_string(handler.path)([Fallen(ref, item.due_at)], now)
    else:
        import_string(handler if isinstance(handler, str) else handler.path)(ref, item.due_at, now)


def _hold(item: Claimed) -> None:
    """Hold first what every writer holds: a person's act holds it and takes away the timer that falls due."""
    handler, ref = _handlers.get(item.values["what"]), item.values["ref"]
    if isinstance(handler, Guarded):
        import_string(handler.hold)(ref)
    if isinstance(handler, Held):
        _streams_hold(import_string(handler.streams)([ref]).values(), wait=True)


def _streams_hold(stream_ids: Iterable[int], *, wait: bool) -> set[int]:
    rows = Stream.objects.select_for_update(no_key=True, skip_locked=not wait).filter(pk__in=set(stream_ids))
    return set(rows.order_by("pk").values_list("pk", flat=True))


def _kin(item: Claimed) -> str:
    what: str = item.values["what"]
    return what if isinstance(_handlers.get(what), Many) else ""


def _fire_together(items: Sequence[Claimed]) -> set[int]:
    """Fire real timers of one kind in one transaction: those that are ours still and whose streams nobody else holds."""
    handler = _handlers[items[0].values["what"]]
    if not isinstance(handler, Many):
        raise TypeError(f"{items[0].values['what']} is fired one by one")
    with transaction.atomic():
        streams = import_string(handler.streams)([item.values["ref"] for item in items])
        held = _streams_hold(streams.values(), wait=False)
        ours = _rows_hold([item for item in items if streams.get(item.values["ref"]) in held])
        if ours:
            fallen = [Fallen(item.values["ref"], item.due_at) for item in ours]
            import_string(handler.path)(fallen, worlds.now(ours[0].values["world_id"]))
            _rows_remove(ours)
            failpoint("timers.before_commit")
    failpoint("timers.after_commit")
    return {item.id for item in ours}


def _rows_hold(items: Sequence[Claimed]) -> list[Claimed]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, fence FROM engine_timer WHERE id = ANY(%s) ORDER BY id FOR UPDATE SKIP LOCKED",
            [[item.id for item in items]],
        )
        fences = dict(cursor.fetchall())
    return [item for item in items if fences.get(item.id) == item.fence]


def _rows_remove(items: Sequence[Claimed]) -> None:
    """Unless the firing gave a row a new due time, which leaves it another fence."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM engine_timer t USING unnest(%s::bigint[], %s::bigint[]) AS ours (id, fence)"
            " WHERE t.id = ours.id AND t.fence = ours.fence",
            [[item.id for item in items], [item.fence for item in items]],
        )


def _describe(item: Claimed) -> str:
    return f"{item.values['what']}:{item.values['ref']}"


def _due_in_real(*, patient: bool) -> str:
    named = ", ".join(f"'{what}'" for what in sorted(_patient)) or "NULL"
    among = f"{{t}}.what IN ({named})"
    chosen = among if patient else f"({among}) IS NOT TRUE"
    return (
        "{t}.world_id = (SELECT id FROM engine_world WHERE key = 'real')"  # noqa: S608 - names come from code
        f" AND {{t}}.due_at <= {REAL_NOW} - {{late}} AND {chosen}"
    )


COLUMNS = ("world_id", "what", "ref")
REAL_NOW = "(SELECT w.world_anchor + (clock_timestamp() - w.wall_anchor) FROM engine_world w WHERE w.key = 'real')"
TIMERS = Queue(
    name="timers",
    table="engine_timer",
    columns=COLUMNS,
    work=_work,
    describe=_describe,
    limit=120,  # what is fired one by one takes milliseconds
    due=partial(_due_in_real, patient=False),
    before=_hold,
    kin=_kin,
    together=_fire_together,
)
# What may stand behind: nothing that is due waits until all reminders of a storm are written.
PATIENT = replace(TIMERS, name="patient", limit=20, behind="timers", due=partial(_due_in_real, patient=True))
queue_register(TIMERS)
queue_register(PATIENT)


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
        before=_hold,
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
