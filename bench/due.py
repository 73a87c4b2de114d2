"""Many clocks: what open incidents cost while nothing falls due, and a thousand obligations that fall due in one second.

Incidents are opened and their responses started through the services, as their roles do it. Then the clocks are laid by hand: first
all of them far ahead, then a thousand at one instant, their obligations with them. What answers is the product's own workers.
"""

import os
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bench.ground import PROMISED, Ground, ground, quantile, until

if TYPE_CHECKING:
    from engine.models import World

INCIDENTS, SHORT = 500, 30
DUE = 1_000
QUIET_SECONDS = 20.0
ALL_WITHIN, HEALTHY, IDLE = 2.0, 2.0, 5.0  # seconds, seconds, per cent of one core


def run(incidents: int) -> None:
    with ground() as made:
        made.workers()
        settled()
        before = _busy(made)
        standing = open_incidents(incidents)
        far_ahead()
        settled()
        after = _busy(made)
        print(f"{incidents} open incidents, {standing} clocks running", flush=True)
        print(f"{'  workers while nothing is due, without any, of a core':58} {before:12,.2f} %", flush=True)
        _hold("  what they cost, of a core", after - before, IDLE, "%")
        _fall_due(min(DUE, standing))


def open_incidents(incidents: int, *, world: "World | None" = None) -> int:
    """So many responses under way, in the real world or another; how many obligations stand with a due time."""
    from engine import worlds
    from escalation.models import Obligation
    from escalation.services import levels
    from incidents import services as acts
    from incidents.services import ReportIn
    from people import selectors as people

    lin, chen = (people.actor_of(people.user_by_name(name)) for name in ("lin", "chen"))
    world = world or worlds.real()
    for number in range(incidents):
        report = ReportIn(noticed=f"bench {number}", symptoms=["no_connection"], regions=["east"], business="rescue")
        found = acts.incident_report(report=report, by=lin, world=world)
        acts.incident_verify(number=found.number, outcome="confirmed", major=True, note="", by=lin)
        levels.level_decide(number=found.number, level="I", reason="bench", by=chen)
        acts.response_start(number=found.number, by=chen)
    return Obligation.objects.filter(state="open", due_at__isnull=False).count()


def settled() -> None:
    """Until the workers have nothing left to do."""
    from engine.models import Reaction
    from notifications.models import Send

    until(lambda: not (Reaction.objects.exists() or Send.objects.exists()), within=300)
    threading.Event().wait(3)


def far_ahead() -> None:
    from engine.models import Timer

    Timer.objects.update(due_at=datetime.now(UTC) + timedelta(days=30))


def _busy(made: Ground) -> float:
    """Per cent of one core that all started processes took within `QUIET_SECONDS`."""
    begun = _taken(made)
    threading.Event().wait(QUIET_SECONDS)
    return 100 * (_taken(made) - begun) / QUIET_SECONDS


def _taken(made: Ground) -> float:
    """Seconds of a core that the processes have had; fields 14 and 15 of proc(5)'s stat."""
    ticks = 0
    for child in made.children:
        fields = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _fall_due(count: int) -> None:
    """Let so many obligations be due at one instant; when each one's event was written."""
    from engine.models import Event

    instant = datetime.now(UTC) + timedelta(seconds=5)
    fall_due_at(instant, count)
    fired = Event.objects.filter(kind="obligation.overdue", recorded_at__gt=instant)
    until(lambda: fired.count() >= count, within=120)
    seen = (datetime.now(UTC) - instant).total_seconds()
    late = sorted((at - instant).total_seconds() for at in fired.values_list("recorded_at", flat=True))
    if len(late) != count:
        raise RuntimeError(f"{len(late)} events for {count} obligations")
    print(
        f"{f'{count:,} fall due at one instant: the event of half of them':58} {quantile(late, 0.5):12,.2f} s",
        flush=True,
    )
    _hold("  of 99 in a hundred", quantile(late, 0.99), HEALTHY, "s")
    _hold("  of the last, as another sees it", seen, ALL_WITHIN, "s")


def fall_due_at(instant: datetime, count: int) -> None:
    """So many open obligations are due at one instant, their clocks with them."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("SET ROLE NONE")
        cursor.execute(
            "WITH chosen AS (SELECT id FROM escalation_obligation WHERE state = 'open' AND due_at IS NOT NULL ORDER BY id LIMIT %s),"
            " moved AS (UPDATE escalation_obligation o SET due_at = %s FROM chosen WHERE o.id = chosen.id RETURNING o.id)"
            " UPDATE engine_timer t SET due_at = %s FROM moved WHERE t.what = 'escalation.due' AND t.ref = moved.id",
            [count, instant, instant],
        )


def _hold(what: str, seen: float, most: float, unit: str) -> None:
    beside = "" if seen <= most or not PROMISED.whole else f"   NOT WITHIN {most:g}"
    if beside:
        PROMISED.missed.append(what.strip())
    print(f"{what:58} {seen:12,.2f} {unit}{beside}", flush=True)


if __name__ == "__main__":
    run(SHORT if "--short" in sys.argv else INCIDENTS)
    sys.exit(bool(PROMISED.missed))
