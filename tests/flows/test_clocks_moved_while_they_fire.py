"""A clock that somebody moves just as it fires: both take their locks in one order, and neither falls into the other's arms."""

import threading
from datetime import timedelta

from django.db import connection, models, transaction

from common.actor import SYSTEM
from engine import queues, worlds
from engine.timers import TIMERS, timer_set
from people.models import Duty
from people.services import leaves, roster
from plans.models import PlanVersion
from signals.domain.mutes import Where
from signals.models import Series
from signals.services import mutes
from signals.services.held import THRESHOLDS_MOST
from signals.services.samples import series_ensure
from tests.cast import TECH, Cast
from tests.engine.processes import eventually

HOUR = timedelta(hours=1)


def moved_while_it_fires(what: str, ref: int, row: models.Model) -> bool:
    """Whether the firing, begun while somebody holds what its acts hold, left the clock to him who moves it then."""
    real = worlds.real()
    now = worlds.now(real)
    timer_set(real.pk, what, ref, now - 10 * HOUR)
    (item,) = [item for item in queues.claim(TIMERS, 1) if item.values["what"] == what]
    done: list[bool] = []

    def fire() -> None:
        done.append(queues.perform(TIMERS, item))
        connection.close()

    firing = threading.Thread(target=fire)
    with transaction.atomic():
        type(row)._default_manager.select_for_update(no_key=True).get(pk=row.pk)
        firing.start()
        eventually(somebody_waits)
        with connection.cursor() as cursor:
            # Were the clock's own row held by the firing, this would wait for it and it for us.
            cursor.execute("SET LOCAL lock_timeout = '200ms'")
        timer_set(real.pk, what, ref, now + HOUR)
    firing.join(30)
    return done == [False]


def duty(key: str) -> Duty:
    said = {"name_zh": "值班经理", "name_en": "Duty manager", "owner_role": "cs_supervisor", "clause": "3.1"}
    return roster.duty_set(key=key, stood_by=["duty_manager"], by=SYSTEM, **said)


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
        return cursor.fetchone() is not None


def test_a_clock_moved_as_it_fires_waits_for_whoever_moves_it(fresh_cast: Cast) -> None:
    world = worlds.real()
    mute = mutes.mute_set(
        world=world,
        kind="silence",
        where=Where(metric="cpu"),
        reason="Link test",
        ends_at=worlds.now(world) + HOUR,
        by=fresh_cast.actor(TECH),
    )
    series = Series.objects.get(pk=series_ensure(world, "cpu", "east", "", ""))
    tech, now = fresh_cast.actor(TECH), worlds.now(world)
    leave = leaves.leave_set(user_id=tech.id or 0, starts_at=now, ends_at=now + 2 * HOUR, by=tech, deputy_id=None)
    cases: dict[str, tuple[int, models.Model]] = {
        mutes.END: (mute.pk, mute),
        leaves.LOOK: (leave.pk, leave),
        "people.duty": ((stood := duty("manager")).pk, stood),
        "plans.enter": (fresh_cast.plan.pk, PlanVersion.objects.get(pk=fresh_cast.plan.pk)),
        "signals.sustained": (series.pk * THRESHOLDS_MOST, series),
    }
    for what, (ref, row) in cases.items():
        assert moved_while_it_fires(what, ref, row), what


def test_the_try_of_a_clock_that_somebody_is_changing_is_not_waited_for(fresh_cast: Cast) -> None:
    """Whoever changes several clocks takes them in an order of his own, and the worker in another."""
    real = worlds.real()
    now = worlds.now(real)
    for place, key in enumerate(("manager", "driver")):
        timer_set(real.pk, "people.duty", duty(key).pk, now - 10 * HOUR + timedelta(seconds=place))
    first, second = queues.claim(TIMERS, 2)
    held, over = threading.Event(), threading.Event()

    def change() -> None:
        with transaction.atomic():
            timer_set(real.pk, "people.duty", second.values["ref"], now + HOUR)
            held.set()
            over.wait(30)
        connection.close()

    changing = threading.Thread(target=change)
    changing.start()
    try:
        assert held.wait(30)
        assert queues.perform(TIMERS, first, second)
        queues._all_begin(TIMERS, [second])
    finally:
        over.set()
        changing.join(30)
    assert not queues.perform(TIMERS, second), "it was moved"
