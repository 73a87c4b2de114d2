"""How far a message has come to one person over one channel: the states and the only moves between them."""

from datetime import timedelta
from enum import StrEnum
from typing import Final


class Channel(StrEnum):
    INAPP = "inapp"
    EMAIL = "email"


class State(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"  # an attempt is recorded and its outcome is not: the provider may have the message
    SENT = "sent"  # the provider has it
    DELIVERED = "delivered"  # it lies in front of the person
    READ = "read"
    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"  # the last attempt failed; another follows
    GIVEN_UP = "given_up"  # no attempt follows until a person puts it back


MOVES: Final = frozenset({
    (State.QUEUED, State.SENDING),
    (State.QUEUED, State.GIVEN_UP),
    (State.SENDING, State.SENT),
    (State.SENDING, State.FAILED),
    (State.SENDING, State.GIVEN_UP),
    (State.FAILED, State.SENDING),
    (State.FAILED, State.GIVEN_UP),
    (State.GIVEN_UP, State.SENDING),
    (State.SENT, State.DELIVERED),
    (State.DELIVERED, State.READ),
    (State.DELIVERED, State.ACKNOWLEDGED),
    (State.READ, State.ACKNOWLEDGED),
})  # fmt: skip

# An attempt may still be made from these.
UNSENT: Final = frozenset({State.QUEUED, State.SENDING, State.FAILED, State.GIVEN_UP})
# What an in-app message can be: the row is the delivery.
INAPP: Final = frozenset({State.DELIVERED, State.READ, State.ACKNOWLEDGED})
# An urgent letter stands this much ahead in the queue: it overtakes what is fresh, and nothing waits forever behind it.
HEAD_START = timedelta(hours=1)
