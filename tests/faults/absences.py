"""When nobody could have fired a deadline: every worker away, or the database. Seen from outside, by a process's state."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

# What a worker may take from its start to its first sweep on two busy cores; longer is the product's own lateness.
STARTS: Final = 6.0


@dataclass
class Absences:
    """Spans of wall time. `look` is called several times a second with whether each worker works."""

    spans: list[tuple[datetime, datetime]] = field(default_factory=list)
    _since: datetime | None = None

    def look(self, works: list[bool]) -> None:
        now = datetime.now(UTC)
        if any(works):
            self._close(now)
        elif self._since is None:
            self._since = now

    def _close(self, now: datetime) -> None:
        if self._since is not None:
            self.spans.append((self._since, now))
            self._since = None

    @contextmanager
    def during(self) -> Iterator[None]:
        """The database is away meanwhile."""
        begun = datetime.now(UTC)
        try:
            yield
        finally:
            self.spans.append((begun, datetime.now(UTC)))

    def all(self) -> tuple[tuple[datetime, datetime], ...]:
        """Joined where they touch or overlap, in order."""
        self._close(datetime.now(UTC))
        joined: list[tuple[datetime, datetime]] = []
        for begun, ended in sorted(self.spans):
            if joined and begun <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(joined[-1][1], ended))
            else:
                joined.append((begun, ended))
        return tuple(joined)


def works(pid: int, started: float) -> bool:
    """Whether this process runs and has had the time to begin. `started`: on the monotonic clock."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "TtZX" and time.monotonic() - started >= STARTS


def overlap(spans: tuple[tuple[datetime, datetime], ...], begun: datetime, ended: datetime) -> timedelta:
    """How much of the time from `begun` to `ended` lies in them."""
    parts = (min(ended, last) - max(begun, first) for first, last in spans)
    return sum((part for part in parts if part > timedelta(0)), timedelta(0))
