"""Every doorbell five times, in any order; named `late`, as tasks that should have run an hour ago."""

import os
import random
import sys
from datetime import timedelta

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hotline_ep.settings")
    django.setup()
    from celery import current_app

    from common.clock import wall
    from engine.queues import QUEUES

    tasks = [("engine.drain", [name]) for name in (*QUEUES, "judge")] + [("engine.drain_all", [])]
    rings = tasks * 5
    random.Random(sys.argv[1]).shuffle(rings)
    when = {"eta": wall() - timedelta(hours=1)} if "late" in sys.argv[2:] else {"expires": 60}
    for name, args in rings:
        current_app.send_task(name, args=args, queue="engine", retry=False, **when)
