"""The whole product on one machine: what `manage.py up` does."""

import base64
import fcntl
import os
import secrets
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from threading import Event

from hotline_ep.embedded import postgres, sockets, valkey
from hotline_ep.embedded.child import Ending, StartFailed
from hotline_ep.embedded.ports import take_port
from hotline_ep.embedded.private_files import read_private, write_private
from hotline_ep.embedded.processes import Process, Supervisor, manage, run_to_end

_WEB = Ending(steps=((signal.SIGTERM, 8.0),))
_WORKER = Ending(
    steps=((signal.SIGTERM, 8.0), (signal.SIGQUIT, 3.0))
)  # warm, then cold: leases bring unfinished work back
_WEB_PATIENCE = 90.0  # seconds until the first answer
_WORKERS = 2


def worker_commands(schedule: Path) -> dict[str, list[str]]:
    """Name → argv of what works behind the pages; docker-compose.yml says the same, and a test compares them."""
    celery = [sys.executable, "-m", "celery", "-A"]
    worker = [*celery, "hotline_ep", "worker", "-P", "threads"]
    quiet = ["--loglevel=WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    # A process of its own judges samples: in one that also sends letters a sample would wait for them.
    workers = {"judge": ("1", "judge"), **{f"worker-{number}": ("4", "engine") for number in range(1, _WORKERS + 1)}}
    return {
        "beat": [*celery, "hotline_ep.beat", "beat", "--loglevel=WARNING", "--pidfile=", f"--schedule={schedule}"],
        **{
            name: [*worker, "-c", threads, "-Q", queue, "-n", f"{name}@%h", *quiet]
            for name, (threads, queue) in workers.items()
        },
    }


# A process apart, without Celery; docker-compose.yml says the same.
WATCHDOG = ("watchdog",)


class AlreadyRunning(Exception):
    """Another `up` holds this clone."""


class Stopped(Exception):
    """The operator asked to stop before everything stood."""


# What a command beside the running product needs to be part of it.
_SHARED = frozenset({
    "DATABASE_URL", "OWNER_DATABASE_URL", "REDIS_URL", "HOTLINE_SECRET_KEY", "HOTLINE_LOG_KEY", "HOTLINE_FIELD_KEY", "HOTLINE_PUSH_KEY",
    "HOTLINE_VAR",
})  # fmt: skip


class Machine:
    """One run: set up, watch until told to stop, stop in order. Everything it keeps is under `var`."""

    def __init__(self, *, root: Path, var: Path, say: Callable[[str], None]) -> None:
        self.root, self.var, self.say = root, var, say
        self.logs, self.access = var / "log", var / "access.json"
        self.stopping = Event()
        self.supervisor = Supervisor(stopping=self.stopping, say=say)

    def run(self) -> int:
        """The exit code: 0 after a stop that was asked for, 1 when something did not start."""
        self.var.mkdir(parents=True, exist_ok=True)
        with (self.var / "up.lock").open("a+") as lock:
            self._lock(lock.fileno())
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, lambda *_: self.stopping.set())
            self._url_write(None)
            socket_folder = self._socket_folder()
            try:
                self._start(socket_folder)
                self.supervisor.watch()
                self.say("Stopping…")
            except Stopped:
                self.say("Stopping before everything was up…")
            except StartFailed as failure:
                self.say(str(failure))
                return 1
            finally:
                self._url_write(None)
                (self.var / "run" / "environment.json").unlink(missing_ok=True)
                self.supervisor.stop()
                sockets.discard(socket_folder)
            self.say("Stopped; everything is kept for the next start.")
        return 0

    def _start(self, socket_folder: Path) -> None:
        env = self._environment()
        if "DATABASE_URL" not in os.environ:
            self.say("Starting PostgreSQL")
            database = postgres.Server(
                self.var / "postgres", socket_folder=socket_folder, log=self.logs / "postgres.log"
            )
            self.supervisor.start(database)
            env |= {"DATABASE_URL": database.app_url, "OWNER_DATABASE_URL": database.owner_url}
        if "REDIS_URL" not in os.environ:
            self.say("Starting Valkey")
            broker = valkey.Server(self.var / "valkey", socket_folder=socket_folder, log=self.logs / "valkey.log")
            self.supervisor.start(broker)
            env["REDIS_URL"] = broker.url
        # For commands given beside us (`manage.py replay …`): manage.py reads it.
        write_private(
            self.var / "run" / "environment.json", {name: env[name] for name in sorted(env) if name in _SHARED}
        )
        self._prepare(env)
        for part in self._workers(env):
            self.supervisor.start(part)
        self._web_start(env)

    def _prepare(self, env: dict[str, str]) -> None:
        """Tables, plan, practice company, static files: one process, which names its steps itself."""
        command = manage("prepare", "--access-file", str(self.access))
        code = run_to_end(command, env=env, cwd=self.root, stopping=self.stopping)
        if code is None:
            raise Stopped
        if code != 0:
            raise StartFailed(
                "The product is not prepared; the message above says which step failed. Mend what it names, then start again;"
                " where it names nothing to mend, starting again is enough: it goes on from where it stopped."
            )

    def _workers(self, env: dict[str, str]) -> list[Process]:
        schedule = self.var / "run" / "beat-schedule"
        schedule.unlink(missing_ok=True)  # holds nothing that settings do not say; a kill may have torn it
        return [
            Process(name, command, env=env, log=self.logs / f"{name}.log", cwd=self.root, ending=_WORKER)
            for name, command in worker_commands(schedule).items()
        ]

    def _web_start(self, env: dict[str, str]) -> None:
        host, wanted = os.environ.get("HOTLINE_BIND", "127.0.0.1"), _port_wanted()
        listener = take_port(host, wanted)
        port = listener.getsockname()[1]
        if port != wanted:
            self.say(f"Port {wanted} is taken; using {port}")
        web = Process(
            "web",
            [sys.executable, "-m", "hotline_ep.embedded.web", str(listener.fileno())],
            env=env | {"PORT": str(port)},
            log=self.logs / "web.log",
            cwd=self.root,
            ending=_WEB,
            pass_fds=[listener.fileno()],
        )
        self._listener = listener  # kept open: this is what holds the port while web restarts
        url = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}/"  # noqa: S104  compared, not bound
        self.say("Starting web, workers, beat and watchdog")
        self.supervisor.start(web)
        self._await_answer(web, url)
        self.supervisor.start(
            Process(
                "watchdog",
                manage(*WATCHDOG),
                env=env | {"HOTLINE_SELF_URL": url},
                log=self.logs / "watchdog.log",
                cwd=self.root,
                ending=_WEB,
            )
        )
        self._url_write(url)
        self._announce(url)

    def _await_answer(self, web: Process, url: str) -> None:
        deadline = time.monotonic() + _WEB_PATIENCE
        while not _answers(f"{url}healthz"):
            if web.child is None or web.child.exit_code() is not None or time.monotonic() > deadline:
                words = web.child.last_words() if web.child is not None else ""
                raise StartFailed(f"The web process does not answer. The end of {web.log}:\n{words}")
            if self.stopping.wait(0.1):
                raise Stopped

    def _announce(self, url: str) -> None:
        access = read_private(self.access)
        rows = [(str(a.get("role", "")), str(a["username"]), str(a["password"])) for a in access.get("accounts", [])]
        widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
        table = [f"  {role:<{widths[0]}}  {name:<{widths[1]}}  {password}" for role, name, password in rows]
        ending = f"The same is in {self.access}. Ctrl-C stops everything."
        self.say(
            "\n".join(
                [
                    "",
                    f"Hotline EP is at {url}",
                    "",
                    "Practice accounts (role, user name, password):",
                    *table,
                    "",
                    ending,
                ]
            )
        )

    def _environment(self) -> dict[str, str]:
        """Ours, and the keys: made once, then kept, because the log is sealed and phones are encrypted with them."""
        path = self.var / "keys.json"
        keys = read_private(path)
        if not keys:
            if (self.var / "postgres" / "data").exists():
                raise StartFailed(
                    f"{path} is gone; the database cannot be read without it. Restore it, or move {self.var} away."
                )
            keys = {
                "HOTLINE_SECRET_KEY": secrets.token_urlsafe(48),
                "HOTLINE_LOG_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
                "HOTLINE_FIELD_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
            }
            write_private(path, keys)
        if "HOTLINE_PUSH_KEY" not in keys:
            # Younger than the others: browsers are told with it from now on.
            keys["HOTLINE_PUSH_KEY"] = base64.b64encode(secrets.token_bytes(32)).decode()
            write_private(path, keys)
        return keys | dict(os.environ) | {"PYTHONUNBUFFERED": "1", "HOTLINE_VAR": str(self.var)}

    def _lock(self, handle: int) -> None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the kernel lets go however we end
        except BlockingIOError as taken:
            where = read_private(self.access).get("url", "an address it will show when it is up")
            raise AlreadyRunning(f"It already runs from this folder, at {where}. Stop that one first.") from taken

    def _socket_folder(self) -> Path:
        """A new one; the last one, if its parent was killed, goes."""
        note = self.var / "run" / "socket-folder"
        if note.exists():
            sockets.discard(Path(note.read_text(encoding="utf-8")))
        folder = sockets.private_folder()
        note.parent.mkdir(exist_ok=True)
        note.write_text(str(folder), encoding="utf-8")
        return folder

    def _url_write(self, url: str | None) -> None:
        """Say in the access file where we are: only while it is true, so that a program may wait for it."""
        access = read_private(self.access)
        if access.get("url") != url:
            access.pop("url", None)
            write_private(self.access, ({"url": url} if url else {}) | access)


def _port_wanted() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise StartFailed(f"PORT={text} is no port; give a number from 1 to 65535.")
    return int(text)


def _answers(url: str) -> bool:
    """Whether the web process says it is well; an error status is an answer of a process that is not."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy in the environment is not for us
    try:
        with direct.open(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
