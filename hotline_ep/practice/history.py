"""Weeks of plausible history for the practice company, so that the daily mean is known from the first minute."""

from datetime import timedelta

from engine import worlds
from engine.timers import timer_set
from signals.selectors import has_samples
from signals.services.baselines import learning_begin
from signals.services.history import history_write
from signals.services.silence import SILENCE


def history_found(*, weeks: int) -> int:
    """Write history up to now when there is none; the number of samples."""
    world = worlds.real()
    timer_set(world.pk, SILENCE, world.pk, worlds.now(world))
    learning_begin(world)
    if has_samples(world.pk):
        return 0
    return history_write(world, weeks=weeks, until=worlds.now(world) - timedelta(minutes=1))
