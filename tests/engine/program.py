"""What the engine's tests start as processes of their own: `python -m tests.engine.program sweep|post`.

`tests.engine.celery_app` is the same for Celery. Leases are short, so that a test sees them end; everything else is the product's.
"""

import os
import sys
import threading
import time
from dataclasses import replace
from datetime import timedelta

import django

LEASE = timedelta(seconds=1)
POST_EVERY = 0.4  # seconds


def prepare() -> None:
    """Django, the tests' event kinds and handlers, and the short lease."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hotline_ep.settings")
    django.setup()
    from engine.queues import queue_register
    from engine.reactions import REACTIONS
    from engine.timers import TIMERS
    from tests.engine import kinds

    kinds.connect()
    for queue in (TIMERS, REACTIONS):
        queue_register(replace(queue, lease=LEASE))


def sweep() -> None:
    """A process that does nothing but sweep, until killed."""
    from engine.sweep import Sweeper

    Sweeper(every=0.1).run()


def post() -> None:
    """Somebody who uses the product: an event and a timer now and then, each with the seconds the caller waited."""
    from engine import worlds
    from tests.engine.kinds import happen, set_timers

    real, pause, n = worlds.real(), threading.Event(), 0
    while not pause.wait(POST_EVERY):
        n += 1
        begun = time.monotonic()
        happen(real, n)
        set_timers(real, {n: worlds.now(real) + timedelta(seconds=POST_EVERY)})
        # In one piece: another thread's log goes to the same place.
        sys.stdout.write(f"{n} waited {time.monotonic() - begun:.3f}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    prepare()
    {"sweep": sweep, "post": post}[sys.argv[1]]()
