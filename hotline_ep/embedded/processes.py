"""Starts the parts of the product in order, restarts what dies, stops them in the opposite order."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Protocol

from hotline_ep.embedded.child import Child, Ending, StartFailed

_TICK = 0.25  # seconds between two looks
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_HEALTHY_AFTER = 60.0  # alive this long, a part's next death counts as its first


class Part(Protocol):
    """A server or a plain process; `start` returns when it may be used and raises StartFailed otherwise."""

    name: str
    log: Path
    child: Child | None

    def start(self) -> None: ...
    def stop(self) -> None: ...


class Process:
    """A plain process: web, worker, beat."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str],
        log: Path,
        cwd: Path,
        ending: Ending,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self.name, self.log = name, log
        self._command, self._env, self._cwd, self._ending, self._pass_fds = command, env, cwd, ending, pass_fds
        self.child: Child | None = None

    def start(self) -> None:
        self.child = Child(
            self._command, log=self.log, env=self._env, cwd=self._cwd, ending=self._ending, pass_fds=self._pass_fds
        )

    def stop(self) -> None:
        if self.child is not None:
            self.child.end()
            self.child = None


@dataclass
class _Comeback:
    """When a part that died is started again; both in seconds of the monotonic clock."""

    pause: float = _FIRST_PAUSE
    due: float | None = None
    since: float = 0.0


class Supervisor:
    """The one parent. `stopping` is set by signal handlers; `say` shows a line to the operator."""

    def __init__(self, *, stopping: Event, say: Callable[[str], None]) -> None:
        self._stopping, self._say = stopping, say
        self._parts: list[tuple[Part, _Comeback]] = []

    def start(self, part: Part) -> None:
        """Start a part and look after it from now on."""
        self._parts.append((part, _Comeback(since=time.monotonic())))
        part.start()

    def watch(self) -> None:
        """Returns when told to stop."""
        while not self._stopping.wait(_TICK):
            for part, comeback in self._parts:
                self._look_after(part, comeback, time.monotonic())

    def stop(self) -> None:
        """The last started ends first: nobody loses the database while still at work."""
        for part, _ in reversed(self._parts):
            part.stop()
        self._parts.clear()

    def _look_after(self, part: Part, comeback: _Comeback, now: float) -> None:
        if comeback.due is None:
            if part.child is not None and part.child.exit_code() is None:
                return
            if now - comeback.since > _HEALTHY_AFTER:
                comeback.pause = _FIRST_PAUSE
            code = part.child.exit_code() if part.child is not None else None
            self._say(f"{part.name} ended ({code}) and starts again in {comeback.pause:g} s; its log: {part.log}")
            comeback.due, comeback.pause = now + comeback.pause, min(comeback.pause * 2, _LONGEST_PAUSE)
        elif now >= comeback.due:
            comeback.due, comeback.since = None, now
            part.stop()  # what is left of its process group
            try:
                part.start()
            except StartFailed as failure:
                self._say(str(failure))


def manage(*arguments: str) -> list[str]:
    """argv for one of our own commands."""
    return [sys.executable, "manage.py", *arguments]


def run_to_end(command: Sequence[str], *, env: Mapping[str, str], cwd: Path, stopping: Event) -> int | None:
    """Run a command on the operator's terminal; its exit code, or None when told to stop meanwhile."""
    child = Child(command, log=None, env=env, cwd=cwd)
    while child.exit_code() is None:
        if stopping.wait(0.05):
            child.end()
            return None
    return child.exit_code()
