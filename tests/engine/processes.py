"""Starting real processes on a test's database, and waiting for what they do."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from hotline_ep.embedded import valkey
from hotline_ep.embedded.child import Child

ROOT = Path(__file__).resolve().parents[2]
NO_REDIS = "redis://127.0.0.1:1/0"
T = TypeVar("T")


def eventually(check: Callable[[], T], *, within: float = 20.0) -> T:
    """What `check` gives as soon as it is truthy; fails after `within` seconds."""
    deadline, pause = time.monotonic() + within, threading.Event()
    while not (found := check()):
        assert time.monotonic() < deadline, f"still {found!r} after {within:g} s"
        pause.wait(0.05)
    return found


def pass_by(seconds: float) -> None:
    """Let an outage last."""
    threading.Event().wait(seconds)


def freeze(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)
    eventually(lambda: stopped(pid))


def thaw(pid: int) -> None:
    os.kill(pid, signal.SIGCONT)


def stopped(pid: int) -> bool:
    """Whether the process stands still, by a signal of ours or of its own."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


@contextmanager
def redis_stopped(redis: valkey.Server) -> Iterator[None]:
    redis.stop()
    yield
    redis.start()


@contextmanager
def redis_frozen(redis: valkey.Server) -> Iterator[None]:
    """Worse than dead: it takes connections and never answers."""
    assert redis.child is not None
    freeze(redis.child.pid)
    yield
    thaw(redis.child.pid)


@dataclass
class House:
    """Starts processes that share one database and one Redis; every one of them ends with the test."""

    urls: Mapping[str, str]
    folder: Path
    redis_url: str = NO_REDIS
    started: list[Child] = field(default_factory=list)

    def start(self, *command: str, pass_fds: Sequence[int] = (), **environment: str) -> Child:
        child = Child(
            [sys.executable, *command],
            log=self.folder / f"{len(self.started)}.log",
            env={**os.environ, **self.urls, "REDIS_URL": self.redis_url, **environment},
            cwd=ROOT,
            pass_fds=pass_fds,
        )
        self.started.append(child)
        return child

    def sweeper(self, *, failpoint: str = "") -> Child:
        return self.start("-m", "tests.engine.program", "sweep", HOTLINE_FAILPOINT=failpoint)

    def poster(self) -> Child:
        return self.start("-m", "tests.engine.program", "post")

    def worker(self, *, failpoint: str = "", sweeps: bool = True) -> Child:
        """A Celery worker, started as the product starts it; returns when it is at work, which takes no Redis."""
        quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
        celery = ("-m", "celery", "-A", "tests.engine.celery_app", "worker", "-P", "threads", "-c", "2", *quiet)
        child = self.start(*celery, HOTLINE_FAILPOINT=failpoint, TEST_WITHOUT_SWEEP="" if sweeps else "1")
        eventually(lambda: "the worker is at work" in words_of(child), within=40)
        return child

    def beat(self) -> Child:
        schedule = str(self.folder / "beat")
        return self.start("-m", "celery", "-A", "hotline_ep.beat", "beat", "-s", schedule)

    def kill(self, child: Child) -> None:
        os.kill(child.pid, signal.SIGKILL)
        eventually(lambda: child.exit_code() is not None)

    def end(self, child: Child) -> None:
        self.started.remove(child)
        child.end()

    def end_all(self) -> None:
        for child in self.started:
            if child.exit_code() is None:
                os.kill(child.pid, signal.SIGCONT)  # a stopped one cannot end
                child.ask_to_end()
        for child in self.started:
            child.end()


def words_of(child: Child) -> str:
    assert child.log is not None
    return child.log.read_text(errors="replace") if child.log.exists() else ""


@contextmanager
def house_on(urls: Mapping[str, str], folder: Path, redis_url: str = NO_REDIS) -> Iterator[House]:
    house = House(urls, folder, redis_url)
    try:
        yield house
    finally:
        house.end_all()
