"""What is promised of speed holds as ratios to the plainest way, measured in the same run; `make bench` tells the figures, and
measures besides what takes minutes: claims among a million, a thousand watchers, a year's backtest, charts over 90 days."""

import subprocess
import sys

import pytest

from hotline_ep.settings import BASE_DIR

# Beside a first start of the whole product it would measure that.
pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("up")]


def test_samples_come_in_and_reach_a_board_so_much_faster_than_the_plainest_way() -> None:
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
