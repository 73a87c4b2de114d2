"""What a worker's process is there for follows from the queues its command names."""

import subprocess
import sys

import pytest

from engine.sweep import Sweeper
from hotline_ep import celery


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


def test_a_worker_starts_without_the_pages() -> None:
    """What a worker imports before it works, the others wait for when it was killed."""
    said = "from hotline_ep.celery import app; app.loader.import_default_modules(); import sys"
    asked = f"{said}; print('engine.tasks' in sys.modules, 'hotline_ep.urls' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["True", "False"]
