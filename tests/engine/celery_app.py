"""The product's Celery application with the tests' event kinds: `celery -A tests.engine.celery_app worker`."""

import os

from celery.signals import worker_init

from hotline_ep.celery import app, start_sweeping
from tests.engine.program import prepare

prepare()
app.conf.imports = ["engine.tasks"]

if os.environ.get("TEST_WITHOUT_SWEEP") == "1":
    worker_init.disconnect(start_sweeping)


@worker_init.connect
def say_so(**kwargs: object) -> None:
    print("the worker is at work", flush=True)
