"""Who knew what when: how far one message had come to one person at an instant, by what is on record."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from notifications.domain.delivery import Channel


class Knew(StrEnum):
    """From nothing to an answer. Only `read` and `answered` are knowledge; that a device has it proves nobody's."""

    WRITTEN = "written"  # it lay in the product; nothing had left for the person yet
    SENT = "sent"  # a provider had it
    REACHED = "reached"  # a provider says that it arrived
    READ = "read"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Way:
    """What is on record of a message to one person by one channel; None has not happened."""

    channel: str
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    read_at: datetime | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """How far it had come, and since when."""

    knew: Knew
    since: datetime


def knew(ways: Iterable[Way], *, written_at: datetime, at: datetime | None = None) -> Stage:
    """The furthest that a message had come by any way at an instant, `None` is by now; its first time counts."""
    found = list(ways)
    outside = [way for way in found if way.channel != Channel.INAPP]
    times = {
        Knew.ANSWERED: [way.answered_at for way in found],
        Knew.READ: [way.read_at for way in found],
        Knew.REACHED: [way.delivered_at for way in outside],
        Knew.SENT: [way.sent_at for way in outside],
    }
    for stage, when in times.items():
        past = [time for time in when if time is not None and (at is None or time <= at)]
        if past:
            return Stage(stage, min(past))
    return Stage(Knew.WRITTEN, written_at)
