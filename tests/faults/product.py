"""The whole product with real processes, each of which can be killed, stopped and put up again by name."""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from hotline_ep.embedded import postgres, sockets, valkey
from hotline_ep.embedded.child import Child, Ending
from hotline_ep.embedded.machine import WATCHDOG, worker_commands
from tests.faults.absences import Absences, works
from tests.faults.proxy import Proxy
from tools.provider import Provider

ROOT = Path(__file__).resolve().parents[2]
COMES_BACK = 0.4  # seconds after its death until a process is started again, as by any supervisor
DAY = "day"  # the fast world
WORKERS = ("worker-1", "worker-2")
JUDGE = "judge"  # takes up the workers' work when both are away
PARTS = ("web", *WORKERS, JUDGE, "beat", "watchdog")


@dataclass
class Running:
    """One process of ours: what it is started by, and itself."""

    command: list[str]
    env: dict[str, str]
    fds: tuple[int, ...] = ()
    child: Child | None = None
    died: float = 0.0
    started: float = 0.0  # on the monotonic clock

    def works(self) -> bool:
        return self.child is not None and self.child.exit_code() is None and works(self.child.pid, self.started)


class Product:
    """Up from `start` to `end`. Processes are started by the thread that calls `tend`, and by it alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.parts: dict[str, Running] = {}
        self.extra: list[Child] = []
        self.points = folder / "points"
        self.points.mkdir()
        self.held: set[str] = set()  # parts that must not come back yet
        self.absences = Absences()

    # --- up and down ----------------------------------------------------------------------------------------------------
    def start(self) -> None:
        self.sockets = sockets.private_folder()
        home = self.folder / "postgres"
        home.mkdir(mode=0o700)
        postgres.begin_as_copy(home)
        self.database = postgres.Server(home, socket_folder=self.sockets, log=self.folder / "postgres.log")
        self.redis = valkey.Server(self.folder / "valkey", socket_folder=self.sockets, log=self.folder / "valkey.log")
        self.database.start()
        self.redis.start()
        self.proxy = Proxy(self.sockets / ".s.PGSQL.5432")
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self.base = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.providers = {name: self._provider(name) for name in ("alpha", "beta")}
        urls = " ".join(provider.url for provider in self.providers.values())
        parts = urlsplit(self.database.app_url)
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HOTLINE_")},
            "DATABASE_URL": f"postgresql://{parts.username}:{parts.password}@127.0.0.1:{self.proxy.port}/hotline?sslmode=disable",
            "REDIS_URL": self.redis.url,
            "DJANGO_SETTINGS_MODULE": "hotline_ep.settings",
            "HOTLINE_SMS_URLS": urls,
            "HOTLINE_VOICE_URLS": urls,
            "HOTLINE_SELF_URL": self.base,
            "HOTLINE_VAR": str(self.folder / "var"),
            "HOTLINE_FAILPOINT": f"@{self.points}",
            "PYTHONUNBUFFERED": "1",
        }
        commands = worker_commands(self.folder / "beat-schedule")
        self.parts = {name: Running(commands[name], self.env) for name in (*WORKERS, JUDGE, "beat")}
        web = [sys.executable, "-m", "hotline_ep.embedded.web", str(self.listener.fileno())]
        self.parts["web"] = Running(web, self.env, (self.listener.fileno(),))
        self.parts["watchdog"] = Running([sys.executable, "manage.py", *WATCHDOG], self.env)

    def _provider(self, name: str) -> Provider:
        made = Provider(name=name, secret=f"secret-{name}", receipts=f"{self.base}/api/v1/messages/receipts/{name}")
        made.slow_seconds = 2.0
        threading.Thread(target=made.serve_forever, daemon=True).start()
        return made

    def end(self) -> None:
        children = [part.child for part in self.parts.values() if part.child] + self.extra
        for child in children:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGCONT)
            child.ask_to_end()
        for child in children:
            child.end()
        for provider in self.providers.values():
            provider.shutdown()
            provider.server_close()
        self.proxy.close()
        self.listener.close()
        with suppress(ProcessLookupError):
            if self.redis.child is not None:
                os.killpg(self.redis.child.pid, signal.SIGCONT)
        self.redis.stop()
        self.database.stop()
        sockets.discard(self.sockets)

    # --- processes ------------------------------------------------------------------------------------------------------
    def tend(self) -> None:
        """Start what is not running, a moment after its death, and note when no worker works."""
        self.absences.look([self.parts[name].works() for name in (*WORKERS, JUDGE)])
        for name, part in self.parts.items():
            if part.child is not None and part.child.exit_code() is None:
                continue
            now = time.monotonic()
            if part.child is not None and not part.died:
                part.died = now
            if name in self.held or now - part.died < COMES_BACK:
                continue
            if part.child is not None:
                part.child.end()  # what is left of its group
            part.died, part.started = 0.0, time.monotonic()
            part.child = self.run(name, part.command, part.env, part.fds)

    def run(self, name: str, command: list[str], env: dict[str, str], fds: tuple[int, ...] = ()) -> Child:
        log = self.folder / "log" / f"{name}.log"
        return Child(command, log=log, env=env, cwd=ROOT, pass_fds=fds, ending=Ending(steps=((signal.SIGTERM, 6.0),)))

    def signal(self, name: str, number: signal.Signals) -> None:
        """To the whole group of a process."""
        child = self.parts[name].child
        if child is not None:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, number)

    # --- servers --------------------------------------------------------------------------------------------------------
    def crash_database(self) -> None:
        """Stop it at once, without a checkpoint, and let it recover."""
        assert self.database.child is not None
        with self.absences.during():
            os.killpg(self.database.child.pid, signal.SIGQUIT)
            until(lambda: self.database.child is None or self.database.child.exit_code() is not None, within=20)
            self.database.start()

    def sql(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """As the superuser, past the proxy."""
        with psycopg.connect(self.database.superuser_url(), autocommit=True, connect_timeout=5) as db:
            found = db.execute(statement, values)  # type: ignore[arg-type]
            return found.fetchall() if found.description else []


def until(check: Callable[[], object], *, within: float, each: Callable[[], None] = lambda: None) -> bool:
    """Whether `check` came true within so many seconds; `each` is done meanwhile."""
    deadline, pause = time.monotonic() + within, threading.Event()
    while not check():
        if time.monotonic() > deadline:
            return False
        each()
        pause.wait(0.05)
    return True


@contextmanager
def product(folder: Path) -> Iterator[Product]:
    made = Product(folder)
    try:
        made.start()
        yield made
    finally:
        made.end()
