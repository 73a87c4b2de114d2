"""How far a message has come to one person, or into one chat, over one channel: the states and the only moves between them."""

from collections.abc import Iterable
from datetime import timedelta
from enum import IntEnum, StrEnum
from typing import Final


class Channel(StrEnum):
    INAPP = "inapp"
    EMAIL = "email"
    SMS = "sms"
    VOICE = "voice"
    PUSH = "push"  # in the browsers in which a person turned notifications on
    # These address no person but a group's chat.
    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"
    WEBHOOK = "webhook"


CHATS: Final = frozenset({Channel.WECOM, Channel.DINGTALK, Channel.FEISHU, Channel.WEBHOOK})
PERSONAL: Final = frozenset(Channel) - CHATS
# The plan's word for every chat, whatever it runs on; their own names are words of the plan as well.
ANY_CHAT: Final = "chat"
# What a plan's word for a channel means here, for persons. Those that address neither person nor chat (the website) are no
# deliveries.
WAYS: Final = {
    "platform": Channel.INAPP,
    "inapp": Channel.INAPP,
    "email": Channel.EMAIL,
    "sms": Channel.SMS,
    "voice": Channel.VOICE,
    "push": Channel.PUSH,
}
# By what a message goes for which nobody named ways; the second when it is urgent.
USUAL: Final = ("inapp", "email")
URGENTLY: Final = ("inapp", "push", "email")


def ways(channels: Iterable[str]) -> tuple[Channel, ...]:
    """The channels to use for these words of a plan. In-app is always among them: that row holds a person's answer."""
    return tuple(dict.fromkeys([Channel.INAPP, *(WAYS[word] for word in channels if word in WAYS)]))


def chat_kinds(channels: Iterable[str]) -> frozenset[Channel]:
    """The kinds of chat that these words of a plan mean."""
    words = {*channels}
    return CHATS if ANY_CHAT in words else frozenset(kind for kind in CHATS if kind in words)


class State(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"  # an attempt is recorded and its outcome is not: the provider may have the message
    SENT = "sent"  # the provider has it
    DELIVERED = "delivered"  # it lies in front of the person, or stands in the chat
    READ = "read"
    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"  # the last attempt failed; another follows
    GIVEN_UP = "given_up"  # no attempt follows until a person puts it back
    SPARED = (
        "spared"  # an attempt had failed, and before the next one the person answered by another way: not sent any more
    )
    REPEATED = (
        "repeated"  # the same had been said to the same reader by the same way just before: told, and not said again
    )


MOVES: Final = frozenset({
    (State.QUEUED, State.SENDING),
    (State.QUEUED, State.GIVEN_UP),
    (State.QUEUED, State.REPEATED),
    (State.SENDING, State.SENT),
    (State.SENDING, State.FAILED),
    (State.SENDING, State.GIVEN_UP),
    (State.FAILED, State.SENDING),
    (State.FAILED, State.GIVEN_UP),
    (State.GIVEN_UP, State.SENDING),
    (State.SENT, State.DELIVERED),
    # A receipt may overtake our own record of the call, or come after we had given up; and what a chat's robot takes stands there.
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
    (State.FAILED, State.SPARED),
    # What was thought to have failed had arrived after all.
    (State.SPARED, State.DELIVERED),
    (State.SPARED, State.ACKNOWLEDGED),
    # Who answers what he was told answers the same said again.
    (State.REPEATED, State.ACKNOWLEDGED),
})  # fmt: skip

# An attempt may still be made from these.
UNSENT: Final = frozenset({State.QUEUED, State.SENDING, State.FAILED, State.GIVEN_UP})
ON_ITS_WAY: Final = UNSENT - {State.GIVEN_UP}
# The provider has it, or it came further.
SAID: Final = frozenset({State.SENT, State.DELIVERED, State.READ, State.ACKNOWLEDGED})
# An answer may come back by a channel from these.
ANSWERABLE: Final = frozenset(a for a, b in MOVES if b is State.ACKNOWLEDGED)
# What an in-app message can be: the row is the delivery.
INAPP: Final = frozenset({State.DELIVERED, State.READ, State.ACKNOWLEDGED})


class Rank(IntEnum):
    """How much one message matters before others: those of the gravest level wait for none of the others."""

    ORDINARY = 0
    URGENT = 1
    GRAVEST = 2


# A letter stands this much ahead in the queue for each rank: it overtakes what is fresh, and nothing waits forever behind it.
HEAD_START = timedelta(hours=1)


class Via(StrEnum):
    """How a person answered."""

    PAGE = "page"
    LINK = "link"
    CODE = "code"  # sent back by SMS
    KEY = "key"  # pressed during the call
    CALL = "call"  # told by a colleague who works down the telephone list
