"""Playing series into a world of their own: a file (replay) or the call centre (simulate). Everything is judged as it comes."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from threading import Event
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db import OperationalError
from django.utils.translation import gettext_lazy as _

from common.errors import TryLater
from engine import worlds
from engine.models import World
from engine.sweep import sweep
from engine.timers import timer_set, world_advance
from signals.models import JudgeTodo, Series, Watch
from signals.services.baselines import baselines_learn, learning_begin
from signals.services.judging import judge_pending
from signals.services.samples import Row, days_ensure, days_held, days_of, samples_load, samples_write, series_ensure
from signals.services.silence import SILENCE

Tell = Callable[[str], None]
T = TypeVar("T")
CHUNK = 20_000
# For who gave the command; what was played until then is kept in its world.
OUT_OF_REACH = (
    "The database does not answer. Is the product running? Start it with make run, then give this command again."
)
PATIENCE = 60.0  # seconds until what was played must have been judged


def world_of_play(key: str, kind: str, *, zh: str, en: str, at: datetime) -> World:
    """A held world whose clock stands where the play begins. Raises Conflict when the key is taken."""
    world = worlds.world_open(key=key, name_zh=zh, name_en=en, kind=kind, at=at, paused=True)
    timer_set(world.pk, SILENCE, world.pk, at + timedelta(minutes=5))
    learning_begin(world)
    return world


def history_load(world: World, rows: Sequence[Row]) -> int:
    """What was before the play begins: stored and learnt from, not judged."""
    if not rows:
        return 0
    days = days_of(rows)
    with days_held():
        days_ensure(min(days), max(days))
        for start in range(0, len(rows), CHUNK):
            samples_load(rows[start : start + CHUNK])
    baselines_learn(world)
    return len(rows)


def play(world: World, rows: Iterator[Row], *, wait: Callable[[timedelta], None], tell: Tell) -> int:
    """Lead the world's clock along the rows (ascending by time) and let each instant be judged; the number played.

    `wait` is called with the world time between two instants, so that a speed can be kept.
    """
    played, before = 0, worlds.now(world)
    for at, together in groupby(rows, key=lambda row: row[1]):
        wait(at - before)
        batch = list(together)
        _patiently(partial(world_advance, world, to=at))
        _patiently(partial(samples_write, world, batch))
        _all_judged(world)
        played, before = played + len(batch), at
    sweep()
    tell(f"{played} samples played up to {before.isoformat()}")
    return played


def crossed(world: World, zone: ZoneInfo) -> Iterator[str]:
    """When each threshold was crossed, where, for how long, by how much; one line each."""
    watches = (
        Watch.objects.filter(series__world=world).select_related("series").order_by("opened_at", "threshold", "pk")
    )
    for watch in watches:
        opened = watch.opened_at.astimezone(zone)
        cleared = watch.cleared_at.astimezone(zone) if watch.cleared_at else None
        lasted = f"until {cleared:%m-%d %H:%M}" if cleared else "still open"
        figure = f"{watch.ratio:+.0%}" if watch.ratio is not None else f"{watch.value:g}"
        where = " ".join(filter(None, (watch.series.region, watch.series.hotline, watch.series.node))) or "nationwide"
        yield f"{opened:%a %Y-%m-%d %H:%M}  {watch.threshold:28} {where:20} {lasted}  (last {figure})"
    if not watches:
        yield "No threshold was crossed."


def _all_judged(world: World) -> None:
    """Wait until nothing of this world is left to judge: workers judge too, and the clock must not run ahead of them."""

    def judged() -> bool:
        judge_pending()
        return not JudgeTodo.objects.filter(world=world).exists()

    deadline = time.monotonic() + PATIENCE
    while not _patiently(judged):
        _pause_before(deadline)


def _patiently(step: Callable[[], T]) -> T:
    """Do it again while a worker holds what it needs, or the database is busy: a step that failed changed nothing."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return step()
        except OperationalError:
            _pause_before(deadline)


def _pause_before(deadline: float) -> None:
    """Raises TryLater when it is too late to wait."""
    if time.monotonic() > deadline:
        raise TryLater("play.busy", _("The product is too busy to judge what is played; play again later."))
    Event().wait(0.02)


def series_with_hours(world: World, metric: str, hours: list[dict[str, object]] | None, **place: str) -> int:
    """A series with service hours of its own, when some are given."""
    pk = series_ensure(world, metric, **place)
    if hours is not None:
        Series.objects.filter(pk=pk).update(service_hours=hours)
    return pk
