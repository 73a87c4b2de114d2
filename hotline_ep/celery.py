"""Celery carries doorbells: the name of a queue to drain, never state and never a time (DESIGN.md, rule 1)."""

import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_init, worker_init, worker_shutting_down

from common.memory import settled
from hotline_ep import doorbells

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hotline_ep.settings")
# Celery runs Django's checks at every start, throws away what they find, and imports every page for that: nearly half of the time
# in which a worker that was killed is missed. `prepare` runs them, and is heard.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("hotline_ep")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    **doorbells.CONFIGURATION,
    task_acks_late=False,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    imports=["engine.tasks"],
)


_worker: dict[str, Any] = {"queues": [], "sweeper": None}


@celeryd_init.connect
def know_own_queues(options: dict[str, Any], **kwargs: object) -> None:
    """Which queues this process is there for, as its command says; none named: all of them."""
    _worker["queues"] = list(options.get("queues") or [])


@worker_init.connect
def start_sweeping(**kwargs: object) -> None:
    """The sweep starts with the process, not with `worker_ready`, which never comes while Redis is away."""
    from django.conf import settings

    from engine.sweep import Sweeper

    settled()
    queues = _worker["queues"]
    only = queues[0] if len(queues) == 1 and queues != [app.conf.task_default_queue] else ""
    _worker["sweeper"] = Sweeper(every=settings.SWEEP_SECONDS, only=only)
    _worker["sweeper"].start()


@worker_shutting_down.connect
def stop_sweeping(**kwargs: object) -> None:
    if _worker["sweeper"] is not None:
        _worker["sweeper"].stop()
