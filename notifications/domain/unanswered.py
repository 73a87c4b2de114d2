"""How a message is pressed until it is answered (the ladder of a tier, `plans.domain.Tier.unanswered`)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Rung:
    """`after` the message was sent: further words for channels, further roles of the plan."""

    after: timedelta
    channels: tuple[str, ...]
    roles: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return {"after": self.after.total_seconds(), "channels": list(self.channels), "roles": list(self.roles)}


@dataclass(frozen=True, slots=True)
class Ladder:
    """`quorum`: how many answers suffice; None: everybody's. Without rungs nobody is pressed."""

    rungs: tuple[Rung, ...] = ()
    quorum: int | None = None

    @classmethod
    def of(cls, rungs: Iterable[Mapping[str, Any]], quorum: int | None) -> "Ladder":
        """As a message keeps it."""
        read = (Rung(timedelta(seconds=r["after"]), tuple(r["channels"]), tuple(r["roles"])) for r in rungs)
        return cls(tuple(read), quorum)

    def looks(self, sent_at: datetime) -> list[datetime]:
        """When to look: at each rung, and once more as long after the last as that came after the one before it."""
        spans = [rung.after for rung in self.rungs]
        if not spans:
            return []
        last = spans[-1] + (spans[-1] - spans[-2] if len(spans) > 1 else spans[-1])
        return [sent_at + span for span in (*spans, last)]

    def next_look(self, sent_at: datetime, after: datetime) -> datetime | None:
        return next((at for at in self.looks(sent_at) if at > after), None)

    def rung_at(self, sent_at: datetime, at: datetime) -> tuple[int, Rung] | None:
        """The rung that a look at this time climbs, counted from 1; None at the last look, which only says how it ended."""
        climbed = [(n, rung) for n, rung in enumerate(self.rungs, start=1) if sent_at + rung.after <= at]
        if len(climbed) == len(self.rungs) and at >= self.looks(sent_at)[-1]:
            return None
        return climbed[-1]

    def answered(self, answers: int, told: int) -> bool:
        """Whether so many answers of so many persons suffice. A quorum larger than those told is everybody's answer; where nobody
        is left, nobody has answered."""
        return told > 0 and answers >= min(told if self.quorum is None else self.quorum, told)


NOBODY_PRESSED = Ladder()


class Outcome(StrEnum):
    """How a call down the telephone list went."""

    TOLD = "told"  # the person heard it and said so: the message is answered
    NO_ANSWER = "no_answer"
    ENGAGED = "engaged"
    LEFT_WORD = "left_word"  # somebody else or a machine took it down: no answer yet
    WRONG_NUMBER = "wrong_number"


class Line(StrEnum):
    """By what the call was made (8.1)."""

    TELEPHONE = "telephone"
    DEDICATED = "dedicated"
    SATELLITE = "satellite"
