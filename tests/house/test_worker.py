"""What a worker's process is there for follows from the queues its command names."""

import subprocess
import sys

import pytest

from engine import tasks
from engine.sweep import Sweeper
from hotline_ep import beat, celery, doorbells


@pytest.mark.parametrize(
    ("queues", "only"), [(["judge"], "judge"), (["engine"], ""), (["engine", "judge"], ""), (None, "")]
)
def test_a_worker_sweeps_what_it_is_there_for(
    monkeypatch: pytest.MonkeyPatch, queues: list[str] | None, only: str
) -> None:
    monkeypatch.setattr(celery, "settled", lambda: None)
    monkeypatch.setattr(Sweeper, "start", lambda self: None)
    monkeypatch.setattr(celery, "_worker", {"queues": [], "sweeper": None})
    celery.know_own_queues(options={"queues": queues})
    celery.start_sweeping()
    assert celery._worker["sweeper"].only == only


def loaded(application: str, *modules: str) -> list[bool]:
    """Which of these a process that Celery starts with this application has imported before it works."""
    begun = f"from {application} import app; app.loader.import_default_modules(); import sys"
    asked = f"{begun}; print(*(name in sys.modules for name in {modules}))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, timeout=60, check=True)
    return [word == "True" for word in done.stdout.split()]


def test_nothing_is_loaded_that_is_not_needed() -> None:
    """What a worker imports before it works, the others wait for when it was killed: no pages. And beat needs no table."""
    assert loaded("hotline_ep.celery", "engine.tasks", "hotline_ep.urls") == [True, False]
    assert loaded("hotline_ep.beat", "celery", "engine", "django.db") == [True, False, False]


def test_beat_rings_what_workers_hear() -> None:
    assert {entry["task"] for entry in beat.app.conf.beat_schedule.values()} == {tasks.drain_all.name}
    for name in (*doorbells.CONFIGURATION, "broker_url", "task_serializer", "accept_content"):
        assert beat.app.conf[name] == celery.app.conf[name], name
