"""The one parent: restarts what dies, stops in order, takes ports, keeps secrets; with real processes."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

import pytest

from hotline_ep.embedded.child import StartFailed
from hotline_ep.embedded.ports import take_port
from hotline_ep.embedded.private_files import read_private, write_private

ROOT = Path(__file__).resolve().parents[2]


def line_with(words: str, stream: IO[str], seconds: float = 20) -> str:
    """The next line that holds these words; the wait is ended by closing the process, not by luck."""
    alarm = threading.Timer(seconds, stream.close)
    alarm.start()
    try:
        return next(line for line in stream if words in line)
    finally:
        alarm.cancel()


@pytest.fixture
def house(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "tests.house.parents", "house", str(tmp_path), str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line_with("up", process.stdout)
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def diary(folder: Path) -> list[str]:
    return (folder / "diary").read_text().splitlines()


def pids(folder: Path, name: str) -> list[int]:
    return [int(number) for line in diary(folder) for number in re.findall(rf"^{name} (\d+)$", line)]


def written(folder: Path, name: str, times: int) -> list[int]:
    """The part's pids once it has noted its start so many times; the diary is a file, so its growth is watched."""
    done = threading.Event()
    for _ in range(400):
        if (folder / "diary").exists() and len(found := pids(folder, name)) >= times:
            return found
        done.wait(0.05)
    raise AssertionError(f"{name} did not start {times} times: {diary(folder)}")


def test_what_dies_is_started_again(house: subprocess.Popen[str], tmp_path: Path) -> None:
    (first,) = written(tmp_path, "worker", 1)
    os.kill(first, signal.SIGKILL)
    assert house.stdout is not None
    assert "worker ended (-9) and starts again in 0.5 s" in line_with("worker", house.stdout)
    assert len(written(tmp_path, "worker", 2)) == 2
    assert len(pids(tmp_path, "database")) == 1


def test_the_last_started_ends_first_and_nothing_stays(house: subprocess.Popen[str], tmp_path: Path) -> None:
    started = [*written(tmp_path, "database", 1), *written(tmp_path, "worker", 1)]
    house.terminate()
    assert house.wait(20) == 0
    assert diary(tmp_path)[-2:] == ["worker ends", "database ends"]
    for pid in started:
        assert gone(pid), f"something of the group {pid} stays"


def gone(group: int) -> bool:
    """Whether a process group has ended; what was killed may wait a moment to be reaped by whoever inherited it."""
    pause = threading.Event()
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        pause.wait(0.05)
    return False


def test_a_taken_port_is_stepped_over_and_ours_is_kept() -> None:
    with take_port("127.0.0.1", 18300) as first:
        port = first.getsockname()[1]
        with take_port("127.0.0.1", port) as second:
            assert second.getsockname()[1] > port
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            pass  # nobody accepts yet: the caller waits in line


def test_an_address_that_is_not_ours_says_what_to_do() -> None:
    with pytest.raises(StartFailed, match="HOTLINE_BIND"):
        take_port("192.0.2.1", 18300)


def test_private_files_are_private_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "var" / "keys.json"
    write_private(path, {"key": "一"})
    write_private(path, {"key": "二"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_private(path) == {"key": "二"}
    assert [file.name for file in path.parent.iterdir()] == ["keys.json"]


def test_a_private_file_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(json.dumps(["no", "object"]))
    with pytest.raises(ValueError, match="does not hold"):
        read_private(tmp_path / "keys.json")
