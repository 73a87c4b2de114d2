"""Programs for tests to kill: each starts something of the house, says so, and waits to be ended."""

import signal
import sys
from pathlib import Path

from hotline_ep.embedded import postgres, valkey
from hotline_ep.embedded.child import Child


def database(home: Path, sockets: Path) -> str:
    server = postgres.Server(home, socket_folder=sockets, log=home / "postgres.log", disposable=True)
    server.start()
    assert server.child is not None
    return str(server.child.pid)


def broker(home: Path, sockets: Path) -> str:
    server = valkey.Server(home, socket_folder=sockets, log=home / "valkey.log")
    server.start()
    assert server.child is not None
    return str(server.child.pid)


def sleeper(home: Path, sockets: Path) -> str:
    return str(Child(["sleep", "600"], log=home / "sleep.log").pid)


if __name__ == "__main__":
    role, home, sockets = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    print({"database": database, "broker": broker, "sleeper": sleeper}[role](home, sockets), flush=True)
    signal.pause()
