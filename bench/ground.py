"""Servers and processes to measure on: disposable, migrated with both roles, with the default plan and the practice company."""

import os
import socket
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hotline_ep.embedded import postgres, valkey
from hotline_ep.embedded.child import Child
from hotline_ep.embedded.machine import worker_commands

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Ground:
    folder: Path
    redis: valkey.Server
    children: list[Child] = field(default_factory=list)

    def start(self, *command: str, **env: str) -> Child:
        log = self.folder / f"{len(self.children)}.log"
        child = Child([sys.executable, *command], log=log, env={**os.environ, **env}, cwd=ROOT)
        self.children.append(child)
        return child

    def web(self, application: str, **env: str) -> int:
        """Serve an ASGI application; the port, once it answers."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port: int = free.getsockname()[1]
        # A client here keeps its connection, however long one answer takes on a busy machine.
        quiet = ["--no-access-log", "--log-level", "warning", "--timeout-keep-alive", "120"]
        self.start(
            "-m", "uvicorn", application, "--port", str(port), "--ws-per-message-deflate", "false", *quiet, **env
        )
        until(lambda: _answers(port))
        return port

    def workers(self, *, beat: bool = False) -> None:
        """All that one machine of ours runs behind the pages; without beat, as a rule: a round of the sweep more a second is no help
        to any measure."""
        for name, command in worker_commands(self.folder / "beat").items():
            if beat or name != "beat":
                self.start(*command[1:])


def until(check: Callable[[], bool], *, within: float = 60.0) -> None:
    deadline, pause = time.monotonic() + within, threading.Event()
    while not check():
        if time.monotonic() > deadline:
            raise TimeoutError("the ground did not come up; see the logs in its folder")
        pause.wait(0.05)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


@contextmanager
def ground() -> Iterator[Ground]:
    """Up while the block runs; Django is set up in this process too."""
    with postgres.disposable() as database, valkey.disposable() as redis, tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "DATABASE_URL": database.app_url,
            "OWNER_DATABASE_URL": database.owner_url,
            "REDIS_URL": redis.url,
            "DJANGO_SETTINGS_MODULE": "hotline_ep.settings",
        }
        _prepare()
        made = Ground(Path(folder), redis)
        try:
            yield made
        finally:
            for child in made.children:
                child.ask_to_end()
            for child in made.children:
                child.end()
            from django.db import connections

            connections.close_all()


def _prepare() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from common.actor import SYSTEM
    from engine.clearance import clear
    from hotline_ep.practice import founding
    from plans.services import SHIPPED, plan_load

    call_command("migrate", database="owner", verbosity=0)
    plan_load(text=SHIPPED.read_text(encoding="utf-8"), file=SHIPPED.name, by=SYSTEM, shipped=True)
    founding.places_found()
    founding.people_found({}, lambda text: None)
    clear()  # as the watchdog does, which does not run here: else no letter leaves


def quantile(values: list[float], share: float) -> float:
    """The value below which this share of the values lies, in the unit of the values."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


@dataclass(frozen=True)
class Shape:
    """What DESIGN.md saw, beside the least program that has this shape where there is one: `seen` ÷ `bare_there` is a ratio
    and lasts, held against `bare_here` it says what the shape takes on this machine and in this run."""

    seen: float
    bare_there: float = 1.0
    bare_here: float = 1.0

    @property
    def here(self) -> float:
        return self.bare_here * self.seen / self.bare_there


@dataclass
class Promised:
    """Ratios that must hold, to the plainest way and to DESIGN.md's shapes, and how those of this run came out."""

    missed: list[str] = field(default_factory=list)
    # A few rounds beside other work say nothing about times to the millisecond: ratios to the plainest way are held to always.
    whole: bool = "--short" not in sys.argv

    def show(
        self,
        what: str,
        ours: float,
        plain: float,
        unit: str,
        *,
        more_is_better: bool = False,
        shape: Shape | None = None,
        at_least: float = 0.0,
        within: float = 0.0,
    ) -> None:
        """One line. `at_least`: how many times better than the plainest; `within`: at most so many times the shape; else the
        run fails."""
        ratio = ours / plain if more_is_better else plain / ours
        beside = "" if ratio >= at_least else f"   NOT ×{at_least:g}"
        if shape is not None:
            times = shape.here / ours if more_is_better else ours / shape.here
            beside += f"   {times:.1f}× the shape's {shape.here:,.1f}"
            if self.whole and within and times > within:
                beside += f"   NOT WITHIN {within:g}×"
        if "NOT" in beside:
            self.missed.append(what.strip())
        print(f"{what:58} {ours:12,.2f} {unit:4} plainest {plain:12,.2f}   ×{ratio:,.1f}{beside}", flush=True)


PROMISED = Promised()
show = PROMISED.show
