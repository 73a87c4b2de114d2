"""Every doorbell five times, in any order."""

import os
import random
import sys

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hotline_ep.settings")
    django.setup()
    from celery import current_app

    from engine.queues import QUEUES

    tasks = [("engine.drain", [name]) for name in (*QUEUES, "judge")] + [("engine.drain_all", [])]
    rings = tasks * 5
    random.Random(sys.argv[1]).shuffle(rings)
    for name, args in rings:
        current_app.send_task(name, args=args, queue="engine", retry=False, expires=60)
