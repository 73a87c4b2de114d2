"""Sixty faults and more against the real product. `make faults SEED=…` does a thousand, and the same again."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import TestServer

pytestmark = [pytest.mark.processes, pytest.mark.long, pytest.mark.xdist_group("faults")]

ROOT = Path(__file__).resolve().parents[2]
# What is lost, doubled or never said is judged as in a long run; how late, on whatever machine tests run, only to the minute.
FAULTS = ["--seed", "20261127", "--faults", "62", "--world-hours", "2", "--latest", "60"]


@pytest.mark.timeout(620)
def test_sixty_faults_lose_nothing_and_double_nothing(database_server: TestServer) -> None:
    command = [sys.executable, "-m", "tests.faults", *FAULTS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-6000:]
    assert "planted and not caught: none" in said
    came = re.search(r"seed 20261127: (\d+) faults", said)
    assert came is not None
    assert int(came[1]) >= 60, said[-3000:]
