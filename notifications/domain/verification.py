"""Whether a person can be reached (8.1): what is known of each way, from what became of the messages that asked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from notifications.domain.delivery import Channel, State, Via

# A link in a letter is good for seven days (`answers.LINK_SECONDS`): no round outlasts its own letters.
LONGEST_DAYS: Final = 7
REMIND_AFTER: Final = timedelta(days=1)
# What a way needs to be on record of a person; the product itself needs no address.
ADDRESS: Final = {Channel.EMAIL: "email", Channel.SMS: "phone", Channel.VOICE: "phone"}


class Standing(StrEnum):
    CONFIRMED = "confirmed"
    WAITING = "waiting"
    FAILED = "failed"
    NO_ADDRESS = "no_address"


@dataclass(frozen=True, slots=True)
class Tried:
    """One message over one way: how far it came, and how and when it was answered."""

    channel: Channel
    state: State
    via: str = ""
    acknowledged_at: datetime | None = None

    @property
    def proves(self) -> bool:
        """Whether the person answered by this very way. What a colleague was told on the telephone says nothing of the page."""
        if self.state is not State.ACKNOWLEDGED:
            return False
        return self.channel is not Channel.INAPP or self.via == Via.PAGE


@dataclass(frozen=True, slots=True)
class Verdict:
    standing: Standing
    confirmed_at: datetime | None = None


def judge(tried: Iterable[Tried]) -> Verdict:
    """What the messages over one way say of it, oldest first; none: there was no address to send one to."""
    tried = list(tried)
    proofs = [one.acknowledged_at for one in tried if one.proves and one.acknowledged_at is not None]
    if proofs:
        return Verdict(Standing.CONFIRMED, min(proofs))
    if not tried:
        return Verdict(Standing.NO_ADDRESS)
    return Verdict(Standing.FAILED if tried[-1].state is State.GIVEN_UP else Standing.WAITING)


def remind_from(asked_at: datetime) -> datetime:
    """From when those who have not confirmed may be asked again."""
    return asked_at + REMIND_AFTER
