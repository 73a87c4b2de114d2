"""Worlds and their one clock (DESIGN.md, rule 9)."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from common.errors import Conflict, Missing
from common.rows import Rows
from engine.models import World

# While a timer of a stepped world fires, its world stands still at the due time.
_standing: ContextVar[dict[int, datetime] | None] = ContextVar("standing", default=None)

# The clock of the world `w`, for statements that read something of a world and its time at once.
CLOCK = """
(SELECT CASE WHEN w.kind = 'real' THEN flow ELSE least(flow, (
         SELECT t.due_at FROM engine_timer t WHERE t.world_id = w.id ORDER BY t.due_at, t.id LIMIT 1)) END
 FROM (SELECT CASE WHEN w.paused THEN w.world_anchor
              ELSE w.world_anchor + (clock_timestamp() - w.wall_anchor) * w.rate END AS flow) f)
"""
# Every request and every event asks: compiled anew each time, it cost three times as much.
ROWS = Rows(World, "w")
REAL = f"SELECT {ROWS.columns} FROM engine_world w WHERE w.key = '{World.REAL}'"  # noqa: S608 - constants
OF = f"SELECT {ROWS.columns} FROM engine_world w WHERE w.id = %s"  # noqa: S608 - constants
NOW = f"SELECT {CLOCK} FROM engine_world w WHERE w.id = %s"  # noqa: S608 - a constant
# In this order: what is on record is so after it happened.
NOW_AND_WALL = f"SELECT {CLOCK}, clock_timestamp() FROM engine_world w WHERE w.id = %s"  # noqa: S608 - a constant


def now(world: World | int) -> datetime:
    """The time in this world, by the database's clock.

    A world that is not real does not pass a due time before it has fired: whatever happens after it, happens after it.
    """
    world_id = world if isinstance(world, int) else world.pk
    standing = (_standing.get() or {}).get(world_id)
    return standing or _read(NOW, [world_id])[0]


def now_and_wall(world_id: int, wall: datetime) -> tuple[datetime, datetime]:
    """The time in this world, and wall time by the same clock, read after it: `wall`, read just now, where the world stands still."""
    standing = (_standing.get() or {}).get(world_id)
    if standing:
        return standing, wall
    world, wall = _read(NOW_AND_WALL, [world_id])
    return world, wall


def _read(statement: str, params: list[int]) -> tuple[datetime, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        row = cursor.fetchone()
    if row is None:
        raise Missing("world.missing", _("There is no such world."))
    return tuple(row)


def stands(world_id: int) -> bool:
    """Whether a timer of this world, led from one to the next, is firing right here."""
    return world_id in (_standing.get() or {})


@contextmanager
def standing_at(world_id: int, at: datetime) -> Iterator[None]:
    """Within this block the world's clock shows `at`."""
    token = _standing.set({**(_standing.get() or {}), world_id: at})
    try:
        yield
    finally:
        _standing.reset(token)


@contextmanager
def seen_at_once(world_id: int) -> Iterator[None]:
    """Within this block, which only reads, the world's clock is read once: all that a page says is of one instant."""
    with standing_at(world_id, now(world_id)):
        yield


def real() -> World:
    return _row(REAL, [])


def of(pk: int) -> World:
    """The world of this id, which is there."""
    return _row(OF, [pk])


def _row(statement: str, params: list[int]) -> World:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        row = cursor.fetchone()
    if row is None:
        raise World.DoesNotExist("World matching query does not exist.")
    return ROWS.made(row)


def by_key(key: str) -> World:
    """Raises Missing."""
    found = find(key)
    if found is None:
        raise Missing("world.missing", _("There is no such world."))
    return found


def find(key: str) -> World | None:
    """The world by this key, if there is one; what an address says may hold a NUL, which no key does."""
    return None if "\x00" in key else World.objects.filter(key=key).first()


def world_open(
    *, key: str, name_zh: str, name_en: str, kind: str, at: datetime, rate: float = 1.0, paused: bool = False
) -> World:
    """Open a world whose clock starts at `at`; raises Conflict when the key is taken."""
    try:
        with transaction.atomic():
            return World.objects.create(
                key=key, name_zh=name_zh, name_en=name_en, kind=kind, world_anchor=at, rate=rate, paused=paused
            )
    except IntegrityError:
        raise Conflict("world.taken", _("A world of this name is open already; choose another key.")) from None


def world_set(
    *, world: World, at: datetime | None = None, rate: float | None = None, paused: bool | None = None
) -> None:
    """Move, speed up or hold a clock. The real world's may be moved by tests only."""
    if world.is_real and not settings.REAL_WORLD_MOVABLE:
        raise Conflict("world.real_is_fixed", _("The real world's clock cannot be moved."))
    anchor = at or now(world)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE engine_world SET wall_anchor = clock_timestamp(), world_anchor = %s, rate = coalesce(%s, rate),"
            " paused = coalesce(%s, paused) WHERE id = %s",
            [anchor, rate, paused, world.pk],
        )
    world.refresh_from_db()


def world_forward(*, world: World, by: timedelta) -> None:
    """Move a clock ahead without firing anything; the sweep then finds what fell due."""
    world_set(world=world, at=now(world) + by)
