"""`manage.py up` as a newcomer meets it: first start, second start, two at once, killed, stopped. Real processes all the way."""

import json
import os
import select
import signal
import stat
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("up")]

ROOT = Path(__file__).resolve().parents[2]
FIRST_START, SECOND_START = 180.0, 60.0  # seconds; on two busy cores
# A word of its command line, the name its parent gives it.
VICTIMS = (
    ("embedded.web", "web"),
    ("worker-1@", "worker-1"),
    ("judge@", "judge"),
    ("valkey-server", "valkey"),
    ("manage.py watchdog", "watchdog"),
)
ROLES = {"duty_manager", "hq_commander", "hq_member", "cs_supervisor", "head_of_it", "tech_lead", "sysadmin"}


class Up:
    """One running `manage.py up` with its own var folder; lines it says are kept."""

    def __init__(self, var: Path, *, port: int) -> None:
        kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
        self.var, self.lines = var, list[str]()
        self.process = subprocess.Popen(
            [sys.executable, "-u", "manage.py", "up"],
            cwd=ROOT,
            env={**kept, "HOTLINE_VAR": str(var), "PORT": str(port)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def until(self, words: str, seconds: float) -> str:
        """The next line with these words; fails with everything said so far."""
        assert self.process.stdout is not None
        alarm = threading.Timer(seconds, self.process.kill)
        alarm.start()
        try:
            for line in self.process.stdout:
                self.lines.append(line)
                if words in line:
                    return line
        finally:
            alarm.cancel()
        raise AssertionError(f"never said {words!r}:\n{''.join(self.lines)}")

    def url(self) -> str:
        return str(json.loads((self.var / "access.json").read_text())["url"])

    def status(self, path: str) -> int:
        try:
            with urllib.request.urlopen(self.url() + path, timeout=20) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refusal:
            return refusal.code

    def end(self) -> None:
        """For fixtures: also when a test failed half way."""
        self.process.terminate()
        self.process.communicate(timeout=60)


def family(pid: int) -> dict[int, str]:
    """Everything started by a process, and by those: pid → command line."""
    parents, commands = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                commands[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
            except OSError:  # ended meanwhile
                continue
    found, front = dict[int, str](), {pid}
    while front:
        front = {child for child, parent in parents.items() if parent in front}
        found |= {child: commands[child] for child in front if child in commands}
    return found


def watch(pids: dict[int, str]) -> dict[int, str]:
    return {os.pidfd_open(pid): command for pid, command in pids.items()}


def still_alive(pidfds: dict[int, str], seconds: float) -> list[str]:
    """What has not ended when the time is over; the kernel tells, nobody polls."""
    left = dict(pidfds)
    while left:
        ended, _, _ = select.select(list(left), [], [], seconds)
        if not ended:
            break
        for pidfd in ended:
            os.close(pidfd)
            del left[pidfd]
    return list(left.values())


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared, so that the tests after the first are second starts; each also stands alone."""
    return tmp_path_factory.mktemp("clone") / "a var folder with spaces"


@pytest.fixture
def up(var: Path) -> Iterator[Up]:
    running = Up(var, port=18400)
    yield running
    running.end()


@pytest.mark.timeout(600)
def test_first_start_two_at_once_and_an_orderly_end(up: Up, tmp_path: Path) -> None:
    """And between them what one that runs is there for: each start of its own would take longer than all of this."""
    other = Up(tmp_path / "another clone", port=18400)
    try:
        up.until("Ctrl-C stops everything", FIRST_START)
        other.until("Ctrl-C stops everything", FIRST_START)
        assert up.status("healthz") == other.status("healthz") == 200
        assert up.url() != other.url()
    finally:
        other.end()
    assert up.status("accounts/login/") == 200
    access = json.loads((up.var / "access.json").read_text())
    assert stat.S_IMODE((up.var / "access.json").stat().st_mode) == 0o600
    assert {account["role"] for account in access["accounts"]} >= ROLES
    assert access["source_token"]
    assert access["api_tokens"]["duty_manager"]
    a_second_one_in_the_same_clone_is_refused(up)
    what_dies_comes_back_and_the_port_stays(up)
    it_ends_in_order(up)


def a_second_one_in_the_same_clone_is_refused(up: Up) -> None:
    second = Up(up.var, port=18400)
    second.until("It already runs from this folder", SECOND_START)
    assert second.process.wait(10) == 1
    second.end()
    assert up.status("healthz") == 200


def what_dies_comes_back_and_the_port_stays(up: Up) -> None:
    url = up.url()
    for program, name in VICTIMS:
        victim = next(pid for pid, command in family(up.process.pid).items() if program in command)
        os.kill(victim, signal.SIGKILL)
        up.until(f"{name} ended (-9) and starts again", 20)
    assert up.url() == url
    assert up.status("healthz") == 200  # waits in line at the port until the web process is back
    # The watchdog that came back sends a canary all the way through the parts that came back.
    deadline = time.monotonic() + 60
    while up.status("healthz?deep") != 200:
        assert time.monotonic() < deadline, (up.var / "log" / "watchdog.log").read_text()
        time.sleep(0.5)


def it_ends_in_order(up: Up) -> None:
    everything = watch(family(up.process.pid))
    assert len(everything) > 5
    up.process.send_signal(signal.SIGINT)
    up.until("Stopped; everything is kept", 60)
    assert up.process.wait(10) == 0
    assert still_alive(everything, 1) == []
    assert not Path((up.var / "run" / "socket-folder").read_text()).exists()


@pytest.mark.timeout(300)
def test_after_a_kill_everything_dies_and_the_next_start_has_all_data(up: Up) -> None:
    up.until("Ctrl-C stops everything", FIRST_START)
    accounts = json.loads((up.var / "access.json").read_text())["accounts"]
    everything = watch(family(up.process.pid))
    up.process.kill()
    up.process.wait()
    assert still_alive(everything, 20) == []
    again = Up(up.var, port=18400)
    try:
        again.until("Ctrl-C stops everything", SECOND_START)
        assert json.loads((up.var / "access.json").read_text())["accounts"] == accounts
    finally:
        again.end()


@pytest.mark.timeout(120)
def test_a_step_that_fails_says_what_to_do(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_BIND", "192.0.2.1")
    failing = Up(var, port=18400)
    failing.until("Set HOTLINE_BIND to an address of ours", FIRST_START)
    assert failing.process.wait(60) == 1
    failing.end()
