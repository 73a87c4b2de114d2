"""Programs for tests to kill: each starts something of the house, says so, and waits to be ended."""

import os
import signal
import sys
from pathlib import Path
from threading import Event

from hotline_ep.embedded import postgres, valkey
from hotline_ep.embedded.child import Child, Ending
from hotline_ep.embedded.processes import Process, Supervisor


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


def house(home: Path, sockets: Path) -> None:
    """A supervisor over two parts that note their coming and going; ends on SIGTERM."""
    stopping = Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    supervisor = Supervisor(stopping=stopping, say=lambda line: print(line, flush=True))
    for name in ("database", "worker"):
        supervisor.start(_noting(name, home))
    print("up", flush=True)
    supervisor.watch()
    supervisor.stop()


def _noting(name: str, home: Path) -> Process:
    script = f"""trap 'echo {name} ends >> diary; exit 0' TERM; echo "{name} $$" >> diary; while :; do sleep 60 & wait; done"""
    return Process(name, ["sh", "-c", script], env=os.environ, log=home / f"{name}.log", cwd=home, ending=Ending())


if __name__ == "__main__":
    role, home, sockets = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    if role == "house":
        sys.exit(house(home, sockets))
    print({"database": database, "broker": broker, "sleeper": sleeper}[role](home, sockets), flush=True)
    signal.pause()
