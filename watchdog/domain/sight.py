"""Whether the product sees: what became of the last canary, and since when nothing is proven. No clock, no store.

A canary is posted every minute. It arrives when its message has left the sender; while none arrives, the product is blind to
something, and `Stage` names the part that holds the canary.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

EVERY: Final = timedelta(seconds=60)
PATIENCE: Final = timedelta(seconds=30)  # a canary that takes longer has not arrived in time


class Stage(StrEnum):
    """How far a canary has come."""

    DATABASE = "database"  # nothing can be asked
    WATCHDOG = "watchdog"  # nobody looked
    WEB = "web"  # it was not taken in
    JUDGE = "judge"  # it waits to be judged
    RELAY = "relay"  # it was judged, and nothing follows from it
    SENDER = "sender"  # its message waits to be sent
    ARRIVED = "arrived"


@dataclass(frozen=True, slots=True)
class Canary:
    """One canary: when it was posted, how far it has come, and when it arrived."""

    posted: datetime
    stage: Stage
    arrived: datetime | None = None

    def lost(self, now: datetime) -> bool:
        """Whether it has not arrived in time."""
        return (self.arrived or now) - self.posted > PATIENCE


def canary_due(last: Canary | None, now: datetime) -> bool:
    """Whether the next one is to be posted: a minute after the one before, however that one fared."""
    return last is None or now - last.posted >= EVERY


def blind_since(sighted: datetime | None, now: datetime) -> datetime | None:
    """Since when nothing is proven, once that is longer than a canary may take; None while all is well.

    `sighted`: when the last canary that arrived in time was posted; None: none ever was, so that nothing was lost yet.
    """
    if sighted is None or now - sighted <= EVERY + PATIENCE:
        return None
    return sighted
