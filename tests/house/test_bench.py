"""What is promised of speed holds as ratios to the plainest way, measured in the same run; `make bench` tells the figures."""

import subprocess
import sys

import pytest

from bench.__main__ import NAMES
from hotline_ep.settings import BASE_DIR


@pytest.mark.processes
@pytest.mark.parametrize("name", NAMES)
def test_it_is_so_much_faster_than_the_plainest_way(name: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "bench", "--short", name],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr[-2000:]
    assert "×" in run.stdout
