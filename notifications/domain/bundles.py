"""A storm of messages reaches a person as few letters: what waits for the same reader by the same way goes as one.

What waits is decided when it is written, what goes together when the letter leaves. The first letter is never held back, and no
text goes twice while nothing new is in it (docs/decisions/0029).
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

from notifications.domain.unanswered import Ladder

T = TypeVar("T")
# So many messages one letter carries at most; what is more is the next letter's.
MOST: Final = 50
# GSM 03.38: its letters count once, those it reaches by an escape twice. With any other letter in it all of an SMS is UCS-2.
GSM: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyz"
    "äöñüà"
)
GSM_ESCAPED: Final = frozenset("^{}\\[~]|€\f")


@dataclass(frozen=True, slots=True)
class Rule:
    """Within `within` of a letter to a person by a way, further ones by it wait for each other, `wait` at most; a text is not said
    again within `same`. Nought of `wait` or `same` means: not at all."""

    within: timedelta = timedelta(minutes=5)
    wait: timedelta = timedelta(seconds=60)
    same: timedelta = timedelta(minutes=15)

    def at(self, rate: float) -> "Rule":
        """In a world that runs so many times as fast people wait as much shorter; `same` is in the world's own time."""
        times = max(1.0, rate)
        return replace(self, within=self.within / times, wait=self.wait / times)


def wait_of(rule: Rule, ladder: Ladder, rate: float = 1.0) -> timedelta:
    """How long a message may wait: half of the time to its ladder's first rung at most, so that nobody is pressed for an answer
    to what has just left. `rate`: how fast the world runs in which the ladder is climbed."""
    return min([rule.at(rate).wait, *(rung.after / 2 / max(1.0, rate) for rung in ladder.rungs[:1])])


def held_until(
    rule: Rule, wait: timedelta, *, told_at: datetime | None, leaves_at: datetime | None, now: datetime
) -> datetime | None:
    """Until when a letter waits for others; None: it goes at once.

    `told_at`: when the newest letter to this person by this way was written; `leaves_at`: when those leave that wait already.
    """
    if told_at is None or told_at <= now - rule.within or wait <= timedelta(0):
        return None
    until = now + wait
    return min(until, leaves_at) if leaves_at is not None and leaves_at > now else until


def content_of(subject: Mapping[str, str], body: Mapping[str, str], *about: object) -> str:
    """A fingerprint of what is said and what it is about: equal where nothing is new."""
    said = json.dumps([dict(subject), dict(body), *about], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


# --- what fits ------------------------------------------------------------------------------------------------------------
def sms_parts(text: str) -> int:
    """As how many SMS a text is sent and charged."""
    if all(letter in GSM or letter in GSM_ESCAPED for letter in text):
        return _parts([1 + (letter in GSM_ESCAPED) for letter in text], alone=160, joined=153)
    return _parts([1 + (ord(letter) > 0xFFFF) for letter in text], alone=70, joined=67)


def _parts(sizes: Sequence[int], *, alone: int, joined: int) -> int:
    """`sizes` of the letters, of which none is divided between two parts."""
    if sum(sizes) <= alone:
        return 1
    parts, used = 1, 0
    for size in sizes:
        if used + size > joined:
            parts, used = parts + 1, 0
        used += size
    return parts


def shorter(line: str, most: int) -> str:
    """One line of at most so many letters."""
    line = " ".join(line.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def cut(lines: Sequence[str], fits: Callable[[Sequence[str], int], bool]) -> tuple[Sequence[str], int]:
    """(the lines that are shown, how many more there are): as many as fit together with the word for the rest; one at least."""
    for shown in range(len(lines), 1, -1):
        if fits(lines[:shown], len(lines) - shown):
            return lines[:shown], len(lines) - shown
    return lines[:1], max(0, len(lines) - 1)


def once_each(said: Iterable[T], content: Callable[[T], str]) -> list[T]:
    """Each content once, in the order given; what has none is of its own."""
    seen: set[str] = set()
    found = []
    for one in said:
        fingerprint = content(one)
        if fingerprint and fingerprint in seen:
            continue
        seen.add(fingerprint)
        found.append(one)
    return found
