"""What is promised of speed holds as ratios to the plainest way, measured in the same run; `make bench` tells the figures, and
measures besides what takes minutes: claims among a million, a thousand watchers, a year's backtest, charts over 90 days."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.claim import SHORT, SHORT_FLAT, SHORT_IN_VAIN, SHORT_MOVES, measure, missed
from bench.due import far_ahead, open_incidents
from bench.ground import quantile
from bench.takeover import ALONE, WITHIN, WORKER, a_round
from engine.sweep import sweep
from hotline_ep.settings import BASE_DIR
from tests.cast import Cast
from tests.conftest import TestServer
from tests.engine.processes import house_on

# Beside a first start of the whole product it would measure that.
pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("up")]


def test_samples_come_in_and_reach_a_board_so_much_faster_than_the_plainest_way(database_server: TestServer) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "bench", "--short", "ingest"],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr[-2000:]
    assert "×" in run.stdout


def test_claiming_costs_the_same_among_few_and_many_and_after_they_were_put_off(fresh_cast: Cast) -> None:
    seen = {size: measure(size, SHORT_MOVES) for size in SHORT}
    assert missed(seen, SHORT_FLAT, SHORT_IN_VAIN) == []


def test_what_a_killed_worker_had_claimed_is_recorded_by_another_within_ten_seconds(
    fresh_cast: Cast, fresh_db: str, database_server: TestServer, tmp_path: Path
) -> None:
    traps = tmp_path / "traps"
    traps.mkdir()
    with house_on(database_server.urls(fresh_db), tmp_path) as house:
        victim = house.start(*WORKER, "-n", "victim@%h", *ALONE, HOTLINE_FAILPOINT=f"@{traps}")
        open_incidents(2)
        while sweep():
            pass
        far_ahead()
        waited = a_round([victim], traps, 10, meanwhile=sweep)
    assert len(waited) == 10
    assert quantile(waited, 0.99) <= WITHIN
