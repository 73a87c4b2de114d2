"""Signs of life of the parts that work without being asked: the sweep, the watchdog."""

from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models.functions import Now

from engine.alarms import alarm_clear, alarm_raise
from engine.models import Pulse

SWEEP: Final = "sweep"
WATCHDOG: Final = "watchdog"
# Three missed looks, and time to start again after a stop that was meant.
WATCHDOG_AWAY: Final = timedelta(seconds=45)


def pulse(name: str) -> None:
    """Say that this part is alive and just did its round."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO engine_pulse (name, at) VALUES (%s, clock_timestamp())"
            " ON CONFLICT (name) DO UPDATE SET at = clock_timestamp()",
            [name],
        )


def pulse_ages() -> dict[str, timedelta]:
    """How long ago each part was last alive; one that never was is not in it."""
    rows: list[tuple[str, datetime, datetime]] = list(Pulse.objects.values_list("name", "at", Now()))
    return {name: now - at for name, at, now in rows}


def watchdog_watched() -> None:
    """The watchdog watches everybody; the sweep watches the watchdog. Silent where none ever ran."""
    age = pulse_ages().get(WATCHDOG)
    if age is not None and age > WATCHDOG_AWAY:
        alarm_raise("watchdog.away", WATCHDOG, seconds=int(age.total_seconds()))
    else:
        alarm_clear("watchdog.away", WATCHDOG)
