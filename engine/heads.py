"""Heads of the logs, kept in a file outside the database: how far each log had come, and the hash it ended with.

One file an installation. Each line is sealed with the key of the log and written for good before the next look; the first names the
file's generation, every other the heads that moved since. A line torn by a crash is cut off by the next write; until then nobody
reads it. Nothing personal is in it: a log's world, kind and key, a number, a hash.
"""

import fcntl
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
from django.conf import settings
from django.db import connection

from common.clock import utc_text

# Longer than this, and twice as long as what it says, it is written anew.
LONGEST: Final = 4 * 1024 * 1024
HEAD_BYTES: Final = 200  # about, of one head in a line


class Head(msgspec.Struct, frozen=True, array_like=True):
    """How far a log had come. `hash` in hex."""

    stream: int
    world: int
    kind: str
    key: str
    seq: int
    hash: str


class Line(msgspec.Struct, omit_defaults=True):
    """`generation` and `installation` stand in the first line alone."""

    at: str
    heads: list[Head] = []
    generation: str = ""
    installation: str = ""


@dataclass
class Kept:
    """What a file says: for each log its newest head and when that was written."""

    generation: str
    heads: dict[int, Head] = field(default_factory=dict)
    at: dict[int, str] = field(default_factory=dict)
    newest: str = ""
    damaged: int = 0  # lines that are not as they were written

    def take(self, line: Line) -> None:
        self.newest = line.at
        for head in line.heads:
            self.heads[head.stream], self.at[head.stream] = head, line.at


class HeadsFile:
    """The file of one installation. What it said is remembered as long as nobody else wrote to it."""

    def __init__(self, folder: Path, installation: str) -> None:
        self.path, self.installation = folder / f"{installation}.heads", installation
        self._kept: Kept | None = None
        self._seen: tuple[int, int, int] | None = None

    def read(self) -> Kept | None:
        """What is kept; None when there is no such file, or none that we wrote. Raises OSError."""
        try:
            state = self.path.stat()
        except FileNotFoundError:
            self._kept = self._seen = None
            return None
        if self._seen != _looks(state):
            with self.path.open("rb") as file:
                seen = _looks(os.fstat(file.fileno()))
                self._kept, self._seen = self._parsed(file.read()), seen
        return self._kept

    def write(self, moved: Iterable[Head], at: datetime) -> None:
        """Append what moved; begin the file where there is none. Raises OSError."""
        moved = list(moved)
        with self._alone():
            kept = self.read()
            if kept is None:
                self._begin(Kept(secrets.token_hex(16)), moved, at)
            elif moved:
                line = Line(utc_text(at), moved)
                size = self._append(line)
                kept.take(line)
                if size > max(LONGEST, 2 * HEAD_BYTES * len(kept.heads)):
                    self._begin(kept, kept.heads.values(), at)

    def begin_anew(self, heads: Iterable[Head], at: datetime) -> Path:
        """What was kept counts no longer: these heads do. Where the old file is now. Raises OSError."""
        aside = self.path.with_name(f"{self.installation}.{at:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}.aside")
        with self._alone():
            # Linked, then replaced: there is never a moment without a file.
            os.link(self.path, aside)
            self._begin(Kept(secrets.token_hex(16)), heads, at)
        return aside

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.path.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _begin(self, kept: Kept, heads: Iterable[Head], at: datetime) -> None:
        """Write the whole aside and move it into place, so that a crash leaves the old one or the new one."""
        rows: dict[str, list[Head]] = {}
        for head in heads:
            rows.setdefault(kept.at.get(head.stream, utc_text(at)), []).append(head)
        first = Line(utc_text(at), [], kept.generation, self.installation)
        lines = [first, *(Line(when, rows[when]) for when in sorted(rows))]
        fresh = self.path.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(b"".join(map(_sealed, lines)))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)
        self._settle()
        self.read()

    def _append(self, line: Line) -> int:
        with self.path.open("r+b") as file:
            _cut_to_whole_lines(file)
            file.write(_sealed(line))
            file.flush()
            os.fsync(file.fileno())
            state = os.fstat(file.fileno())
        self._seen = _looks(state)
        return state.st_size

    def _settle(self) -> None:
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _parsed(self, content: bytes) -> Kept | None:
        kept, damaged = None, 0
        for raw in content.split(b"\n")[:-1]:
            line = _opened(raw)
            if line is None:
                damaged += 1
            elif line.generation:
                kept = Kept(line.generation) if line.installation == self.installation else kept
            elif kept is not None:
                kept.take(line)
        if kept is not None:
            kept.damaged = damaged
        return kept


def _looks(state: os.stat_result) -> tuple[int, int, int]:
    return state.st_ino, state.st_size, state.st_mtime_ns


def _cut_to_whole_lines(file: BinaryIO) -> None:
    """Leave the file at its end, without the line that a crash tore."""
    end = file.seek(0, os.SEEK_END)
    if end:
        file.seek(end - 1)
        if file.read(1) != b"\n":
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)
            file.seek(0, os.SEEK_END)


def _sealed(line: Line) -> bytes:
    text = msgspec.json.encode(line)
    return b"%d:%s %s\n" % (settings.LOG_KEY_ID, _mac(settings.LOG_KEY_ID, text), text)


def _opened(raw: bytes) -> Line | None:
    said, _gap, text = raw.partition(b" ")
    key_id, _colon, mac = said.partition(b":")
    if not key_id.isdigit() or int(key_id) not in settings.LOG_KEYS:
        return None
    if not hmac.compare_digest(mac, _mac(int(key_id), text)):
        return None
    try:
        return msgspec.json.decode(text, type=Line)
    except msgspec.DecodeError:
        return None


def _mac(key_id: int, text: bytes) -> bytes:
    # Another use of the key than sealing events: no line can pass for one of theirs.
    return hmac.new(settings.LOG_KEYS[key_id], b"heads " + text, hashlib.sha256).hexdigest().encode()


# --- the database held against it ----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Lost:
    """Events of a log that had been exported and are not there, or are others."""

    world: int
    kind: str
    key: str
    first: int
    last: int
    exported_at: str
    stands_at: int  # the newest event there is now; 0: none


def heads_now() -> dict[int, Head]:
    """Heads of all logs as they are committed. One pass: there is a row a matter, and none says when it moved."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, world_id, kind, key, head_seq, encode(head_hash, 'hex') FROM engine_stream WHERE head_seq > 0"
        )
        return {row[0]: Head(*row) for row in cursor.fetchall()}


def moved_since(kept: Kept | None, now: Mapping[int, Head]) -> list[Head]:
    known = kept.heads if kept is not None else {}
    return [head for stream, head in now.items() if known.get(stream) != head]


def lost(kept: Kept, now: Mapping[int, Head]) -> list[Lost]:
    """What had been exported and is not in the log any more. `kept` was read before `now`."""
    behind = [head for head in kept.heads.values() if now.get(head.stream) != head]
    there = _hashes([head for head in behind if _same(head, now) and now[head.stream].seq > head.seq])
    gone = [head for head in behind if there.get(head.stream) != head.hash]
    left = _left([head for head in gone if _same(head, now)], kept.at)
    return [
        Lost(
            world=head.world,
            kind=head.kind,
            key=head.key,
            first=min(left.get(head.stream, 0) + 1, head.seq),
            last=head.seq,
            exported_at=kept.at[head.stream],
            stands_at=now[head.stream].seq if _same(head, now) else 0,
        )
        for head in gone
    ]


def _same(head: Head, now: Mapping[int, Head]) -> bool:
    """Whether the log of this number is about the same matter: numbers given after a restore are given again."""
    there = now.get(head.stream)
    return there is not None and (there.world, there.kind, there.key) == (head.world, head.kind, head.key)


def _hashes(heads: list[Head]) -> dict[int, str]:
    """The hash that each of these logs has at the number named."""
    if not heads:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.stream_id, encode(e.hash, 'hex') FROM unnest(%s::bigint[], %s::bigint[]) AS h (stream, seq)"
            " JOIN engine_event e ON e.stream_id = h.stream AND e.seq = h.seq",
            [[head.stream for head in heads], [head.seq for head in heads]],
        )
        return dict(cursor.fetchall())


def _left(heads: list[Head], exported: Mapping[int, str]) -> dict[int, int]:
    """How far each log goes as it was put back. It may have been written to since: what is older than the export was there."""
    if not heads:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT h.stream, e.seq FROM unnest(%s::bigint[], %s::timestamptz[]) AS h (stream, at), LATERAL"
            " (SELECT seq FROM engine_event WHERE stream_id = h.stream AND recorded_at <= h.at ORDER BY seq DESC LIMIT 1) e",
            [[head.stream for head in heads], [exported[head.stream] for head in heads]],
        )
        return dict(cursor.fetchall())
