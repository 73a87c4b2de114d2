"""Ways out of the house. A channel is told one letter at a time and knows nothing of retries."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

from common.errors import Text, TryLater


@dataclass(frozen=True, slots=True)
class Letter:
    """What one person, or one chat, is told over one channel. Ids and names only: the address is looked up by the channel that
    needs one.

    `code` is what the person sends back, or keys in, to answer; empty where the channel cannot take an answer. A letter to a
    `chat` has no `user_id`; number of the incident, clause and link stand in its text and besides.
    """

    key: str
    channel: str
    world_id: int
    user_id: int | None
    language: str
    subject: str
    body: str
    code: str
    urgent: bool
    sandbox: bool
    chat: str = ""
    number: str = ""
    clause: str = ""
    link: str = ""

    @property
    def person(self) -> int:
        """Whom it is for; only a channel for chats is handed letters that are for nobody."""
        assert self.user_id is not None, "a letter to a chat came to a channel for persons"
        return self.user_id


class OutcomeUnknown(TryLater):
    """The provider may or may not have it."""


class Limited(TryLater):
    """It takes no more for now, and asks to be left alone for so many seconds."""

    def __init__(self, code: str, text: Text, *, seconds: int) -> None:
        super().__init__(code, text)
        self.seconds = seconds


class Channel(Protocol):
    # Whether the provider can be asked for a letter by our key.
    can_be_asked: ClassVar[bool]

    def deliver(self, letter: Letter) -> str:
        """Hand it over; the provider's id. Raises TryLater, NeverDelivers, OutcomeUnknown."""
        ...

    def find(self, key: str) -> str | None:
        """The provider's id for our key, None when it has no such letter. Raises TryLater."""
        ...
