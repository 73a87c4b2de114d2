"""How far a message has come to one person over one channel: the states and the only moves between them."""

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from typing import Final


class Channel(StrEnum):
    INAPP = "inapp"
    EMAIL = "email"
    SMS = "sms"
    VOICE = "voice"


# What a plan's word for a channel means here. Those that address no person (group chats, the website) are no deliveries.
WAYS: Final = {
    "platform": Channel.INAPP,
    "inapp": Channel.INAPP,
    "email": Channel.EMAIL,
    "sms": Channel.SMS,
    "voice": Channel.VOICE,
}
USUAL: Final = ("inapp", "email")


def ways(channels: Iterable[str]) -> tuple[Channel, ...]:
    """The channels to use for these words of a plan. In-app is always among them: that row holds a person's answer."""
    return tuple(dict.fromkeys([Channel.INAPP, *(WAYS[word] for word in channels if word in WAYS)]))


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
    # A receipt may overtake our own record of the call, or come after we had given up.
    (State.SENDING, State.DELIVERED),
    (State.FAILED, State.DELIVERED),
    (State.GIVEN_UP, State.DELIVERED),
    # It reached the provider and not the person.
    (State.SENT, State.FAILED),
    (State.SENT, State.GIVEN_UP),
    (State.DELIVERED, State.FAILED),
    (State.DELIVERED, State.GIVEN_UP),
    # Answered by the very channel: a code sent back, a link's button, a key pressed.
    (State.SENDING, State.ACKNOWLEDGED),
    (State.SENT, State.ACKNOWLEDGED),
    (State.FAILED, State.ACKNOWLEDGED),
    (State.GIVEN_UP, State.ACKNOWLEDGED),
    (State.DELIVERED, State.READ),
    (State.DELIVERED, State.ACKNOWLEDGED),
    (State.READ, State.ACKNOWLEDGED),
})  # fmt: skip

# An attempt may still be made from these.
UNSENT: Final = frozenset({State.QUEUED, State.SENDING, State.FAILED, State.GIVEN_UP})
# An answer may come back by a channel from these.
ANSWERABLE: Final = frozenset(a for a, b in MOVES if b is State.ACKNOWLEDGED)
# What an in-app message can be: the row is the delivery.
INAPP: Final = frozenset({State.DELIVERED, State.READ, State.ACKNOWLEDGED})
# An urgent letter stands this much ahead in the queue: it overtakes what is fresh, and nothing waits forever behind it.
HEAD_START = timedelta(hours=1)


class Via(StrEnum):
    """How a person answered."""

    PAGE = "page"
    LINK = "link"
    CODE = "code"  # sent back by SMS
    KEY = "key"  # pressed during the call
    CALL = "call"  # told by a colleague who works down the telephone list
