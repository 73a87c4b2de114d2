"""One process that we started: it dies with us, stands in a session of its own, and writes to a log file."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_SHIM = Path(__file__).with_name("die_with_parent.py")
_LOG_LIMIT = 10 * 1024 * 1024  # bytes; one older file is kept beside it


class StartFailed(Exception):
    """A process did not come up; the text says which, why (the end of its log) and what to do."""


@dataclass(frozen=True)
class Ending:
    """How to end a process: signals in order, each with the seconds it is given. SIGKILL follows by itself."""

    steps: tuple[tuple[signal.Signals, float], ...] = ((signal.SIGTERM, 10.0),)
    when_parent_dies: signal.Signals = signal.SIGKILL


class Child:
    """A started process. Must be started from the main thread: the kernel watches the *thread* that forked."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path | None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        ending: Ending = Ending(),
        prefix: Sequence[str] = (),
        stdin: str = "",
        pass_fds: Sequence[int] = (),
    ) -> None:
        """`prefix` changes user or namespace (unshare, setpriv) and must exec what follows it; `stdin` is fed once.

        Without a log it writes where we write.
        """
        self._ending, self.log = ending, log
        shim = [sys.executable, "-IS", str(_SHIM), str(int(ending.when_parent_dies)), str(os.getpid())]
        with nullcontext() if log is None else _opened(log) as out:
            self._process = subprocess.Popen(
                [*prefix, *shim, *map(str, command)],
                stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                stdout=out,
                stderr=None if out is None else subprocess.STDOUT,
                env=dict(os.environ if env is None else env),
                cwd=cwd,
                start_new_session=True,
                pass_fds=pass_fds,
            )
        if stdin and self._process.stdin is not None:
            with self._process.stdin as pipe:
                pipe.write(stdin.encode())

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_code(self) -> int | None:
        """None while it runs; negative when a signal ended it."""
        return self._process.poll()

    def ask_to_end(self) -> None:
        """Send the first signal and return at once, so that several can end side by side."""
        if self.exit_code() is None:
            self._signal(self._ending.steps[0][0])

    def end(self) -> None:
        """Stop it, gently first; returns when it is gone and so is its process group."""
        for step, patience in self._ending.steps:
            if self.exit_code() is not None:
                break
            self._signal(step)
            try:
                self._process.wait(patience)
            except subprocess.TimeoutExpired:
                continue
        self._signal(signal.SIGKILL)  # stragglers of the group, and itself when it would not listen
        self._process.wait()

    def last_words(self, lines: int = 12) -> str:
        """The end of its log, for a message to the operator."""
        text = self.log.read_text(errors="replace") if self.log is not None and self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):  # the whole group has ended
            os.killpg(self.pid, number)


def _opened(log: Path) -> IO[bytes]:
    """For appending; the older half is set aside when it has grown long."""
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.replace(log.with_suffix(log.suffix + ".1"))
    return log.open("ab")


def occupants(folder: Path, program: str) -> list[int]:
    """Processes of this program working in this folder, where both servers chdir to: what a killed parent left behind.

    A pid file is not enough: after a restart of the machine or container its number belongs to somebody else.
    """
    found, wanted = [], str(folder.resolve())
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.readlink(entry / "cwd") == wanted and (entry / "comm").read_text().strip() == program:
                    found.append(int(entry.name))
            except OSError:  # ended meanwhile, or another user's
                continue
    return found


def evict(folder: Path, program: str, steps: Sequence[tuple[signal.Signals, float]]) -> None:
    """End what still runs in a folder; waits, because it may be writing its last checkpoint."""
    for step, patience in [*steps, (signal.SIGKILL, 10.0)]:
        for pid in occupants(folder, program):
            with suppress(ProcessLookupError):
                os.kill(pid, step)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if not occupants(folder, program):
                return
            time.sleep(0.05)
    raise StartFailed(f"{program} still works in {folder}: {occupants(folder, program)}. End it, then start again.")
