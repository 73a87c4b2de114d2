"""Ways out of the house. A channel is told one letter at a time and knows nothing of retries."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

from common.errors import TryLater


@dataclass(frozen=True, slots=True)
class Letter:
    """What one person is told over one channel. Ids only: the address is looked up by the channel that needs one.

    `code` is what the person sends back, or keys in, to answer; empty where the channel cannot take an answer.
    """

    key: str
    channel: str
    world_id: int
    user_id: int
    language: str
    subject: str
    body: str
    code: str
    urgent: bool
    sandbox: bool


class OutcomeUnknown(TryLater):
    """The provider may or may not have it."""


class Channel(Protocol):
    # Whether the provider can be asked for a letter by our key.
    can_be_asked: ClassVar[bool]

    def deliver(self, letter: Letter) -> str:
        """Hand it over; the provider's id. Raises TryLater, NeverDelivers, OutcomeUnknown."""
        ...

    def find(self, key: str) -> str | None:
        """The provider's id for our key, None when it has no such letter. Raises TryLater."""
        ...
