"""Celery carries doorbells: the name of a queue to drain, never state and never a time (DESIGN.md, rule 1)."""

import os

from celery import Celery
from celery.signals import worker_init, worker_shutting_down

from common.memory import settled

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hotline_ep.settings")

app = Celery("hotline_ep")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_ignore_result=True,
    task_default_queue="engine",
    task_acks_late=False,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={"socket_timeout": 5, "socket_connect_timeout": 1, "retry_on_timeout": False},
    beat_schedule={"sweep": {"task": "engine.drain_all", "schedule": 1.0, "options": {"expires": 5}}},
    imports=["engine.tasks"],
)


@worker_init.connect
def start_sweeping(**kwargs: object) -> None:
    """The sweep starts with the process, not with `worker_ready`, which never comes while Redis is away."""
    from engine.sweep import Sweeper

    settled()
    Sweeper.of_this_process().start()


@worker_shutting_down.connect
def stop_sweeping(**kwargs: object) -> None:
    from engine.sweep import Sweeper

    Sweeper.of_this_process().stop()
