"""How long what a worker had claimed waits when it is killed: from its death to the event another wrote.

Obligations of open incidents fall due together. Whichever worker claims them first is killed (SIGKILL) at that very place, with all of
them in its hands; another is started in its stead for the next round. What was not recorded yet when it was gone is counted.
"""

import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.due import fall_due_at, far_ahead, open_incidents, settled
from bench.ground import PROMISED, Ground, ground, quantile, until
from hotline_ep.embedded.child import Child

ROUNDS, HELD, INCIDENTS = 8, 100, 80
SHORT_ROUNDS, SHORT_HELD, SHORT_INCIDENTS = 1, 20, 3
WITHIN = 10.0  # seconds, for 99 of 100
PLACE = "timers.after_claim"
WORKER = (
    "-m",
    "celery",
    "-A",
    "hotline_ep",
    "worker",
    "-P",
    "threads",
    "-c",
    "4",
    "-Q",
    "engine",
    "--loglevel=WARNING",
)
ALONE = ("--without-gossip", "--without-mingle", "--without-heartbeat")


def run(rounds: int, held: int, incidents: int) -> list[float]:
    """Seconds from the death of a worker to the event of each obligation that it had claimed."""
    waited: list[float] = []
    with ground() as made:
        traps = made.folder / "traps"
        traps.mkdir()
        open_incidents(incidents)
        far_ahead()
        workers = [_worker(made, traps, number) for number in range(2)]
        settled()
        for number in range(rounds):
            waited += a_round(workers, traps, held)
            far_ahead()  # what follows from them falls due in no later round
            if number + 1 < rounds:
                workers.append(_worker(made, traps, len(workers)))
                settled()
    if not waited:
        raise RuntimeError("no worker held anything as it died")
    print(f"{len(waited)} claims in the hands of {rounds} workers as they were killed", flush=True)
    print(f"{'  recorded by another, p50':58} {quantile(waited, 0.5):12,.2f} s", flush=True)
    p99 = quantile(waited, 0.99)
    late = "" if p99 <= WITHIN else f"   NOT WITHIN {WITHIN:g}"
    if late:
        PROMISED.missed.append("takeover")
    print(f"{'  99 of 100':58} {p99:12,.2f} s{late}", flush=True)
    return waited


def _worker(made: Ground, traps: Path, number: int) -> Child:
    return made.start(*WORKER, "-n", f"bench-{number}@%h", *ALONE, HOTLINE_FAILPOINT=f"@{traps}")


def a_round(
    workers: list[Child], traps: Path, held: int, *, meanwhile: Callable[[], object] = lambda: None
) -> list[float]:
    """One dies with so many claims in its hands. `meanwhile` is done again and again until all of them are recorded."""
    from engine.models import Event

    fired = Event.objects.filter(kind="obligation.overdue")
    before = fired.count()
    instant = datetime.now(UTC) + timedelta(seconds=1)
    # Nothing else is due: whoever comes by first has claimed these.
    (traps / PLACE).write_text("kill", encoding="utf-8")
    fall_due_at(instant, held)
    died = _death(workers)
    until(lambda: (meanwhile(), fired.count() >= before + held)[1], within=60)
    after = fired.filter(recorded_at__gt=died).values_list("recorded_at", flat=True)
    return [(at - died).total_seconds() for at in after]


def _death(workers: list[Child]) -> datetime:
    """When one of them was gone; it is taken from the list."""
    deadline, pause = time.monotonic() + 60, threading.Event()
    while time.monotonic() < deadline:
        for child in workers:
            if child.exit_code() is not None:
                workers.remove(child)
                return datetime.now(UTC)
        pause.wait(0.002)
    raise TimeoutError("no worker came by the trap")


if __name__ == "__main__":
    if PROMISED.whole:
        run(ROUNDS, HELD, INCIDENTS)
    else:
        run(SHORT_ROUNDS, SHORT_HELD, SHORT_INCIDENTS)
    sys.exit(bool(PROMISED.missed))
