"""What a worker's process is there for follows from the queues its command names."""

import pytest

from engine.sweep import Sweeper
from hotline_ep import celery


@pytest.mark.parametrize(
    ("queues", "only", "gives_way"),
    [(["judge"], "judge", []), (["engine"], "", [celery.GIVES_WAY]), (["engine", "judge"], "", []), (None, "", [])],
)
def test_a_worker_sweeps_what_it_is_there_for_and_gives_way_to_judging(
    monkeypatch: pytest.MonkeyPatch, queues: list[str] | None, only: str, gives_way: list[int]
) -> None:
    nice: list[int] = []
    monkeypatch.setattr(celery.os, "nice", nice.append)
    monkeypatch.setattr(celery, "settled", lambda: None)
    monkeypatch.setattr(Sweeper, "start", lambda self: None)
    monkeypatch.setattr(celery, "_worker", {"queues": [], "sweeper": None})
    celery.know_own_queues(options={"queues": queues})
    celery.start_sweeping()
    assert (celery._worker["sweeper"].only, nice) == (only, gives_way)
