"""What this room writes into an incident's stream."""

from typing import Literal

from engine.events import FreeText, Payload, event


@event("message.queued")
class MessageQueued(Payload):
    """A message to `people` persons in these roles and into `chats` group chats; who got it and when are rows of their own."""

    message: int
    kind: str
    roles: list[str]
    people: int
    # Events written before chats were counted say nothing of them.
    chats: int = 0


@event("message.escalated")
class MessageEscalated(Payload):
    """Unanswered, it climbed this rung: `people` more, or again, and `chats` group chats, by these channels; `answers` of `told`
    had answered."""

    message: int
    kind: str
    rung: int
    channels: list[str]
    roles: list[str]
    people: int
    answers: int
    told: int
    chats: int = 0


@event("message.answered")
class MessageAnswered(Payload):
    """As many answered as its tier asks for; nobody is pressed any more."""

    message: int
    kind: str
    answers: int
    told: int


@event("message.unanswered")
class MessageUnanswered(Payload):
    """The ladder has ended and too few had answered: an alarm stands until enough have."""

    message: int
    kind: str
    answers: int
    told: int


@event("message.called")
class MessageCalled(Payload):
    """Somebody rang a person about a message (8.1)."""

    message: int
    call: int
    user: int
    line: str
    outcome: str
    note: FreeText


@event("summary.drafted")
class SummaryDrafted(Payload):
    summary: int
    turn: int


@event("summary.edited")
class SummaryEdited(Payload):
    summary: int
    revision: int


@event("summary.published")
class SummaryPublished(Payload):
    """`sha256` is over the published texts, so that the log proves what was said."""

    summary: int
    revision: int
    late: bool
    sha256: str


# --- notices (clause 3.4); on the incident's stream, or on the world's stream of notices while they belong to no incident ---
NoticeKind = Literal["impact", "update", "regulator", "holding"]


class OfNotice(Payload):
    """`revision` counts the texts a notice has had."""

    notice: int
    kind: NoticeKind
    revision: int


@event("notice.drafted")
class NoticeDrafted(OfNotice):
    """`sha256` is over both texts."""

    zh: FreeText
    en: FreeText
    sha256: str


@event("notice.edited")
class NoticeEdited(OfNotice):
    """`voided`: legal had approved, or was reading, what stood there before; that counts no longer."""

    zh: FreeText
    en: FreeText
    sha256: str
    voided: bool


@event("notice.submitted")
class NoticeSubmitted(OfNotice):
    sha256: str


@event("notice.approved")
class NoticeApproved(OfNotice):
    """Legal approved this very text; `opinion` is needed where a regulator is concerned."""

    sha256: str
    opinion: FreeText


@event("notice.returned")
class NoticeReturned(OfNotice):
    """By legal; or because the same holding statement was withdrawn after it had been out."""

    reason: FreeText


@event("notice.published")
class NoticePublished(OfNotice):
    sha256: str


@event("holding.kept")
class HoldingKept(OfNotice):
    """The text of holding statement `of`, which went out, stands ready again as `notice`, approved as it was."""

    of: int
    sha256: str


@event("notice.withdrawn")
class NoticeWithdrawn(OfNotice):
    """`published`: it had been out; the record keeps it."""

    published: bool
    reason: FreeText


# --- contact verification (clause 8.1); on the stream `people` of the real world. No address is ever in it ---
@event("verification.begun")
class VerificationBegun(Payload):
    """Everybody was asked to confirm each way: `ways` in all, `lacking` of them without an address. `of_plan`: its interval had
    passed, nobody asked for it."""

    round: int
    people: int
    ways: int
    lacking: int
    channels: list[str]
    ends_at: str
    of_plan: bool


@event("verification.reminded")
class VerificationReminded(Payload):
    """The `number`-th reminder went to those who had not confirmed."""

    round: int
    number: int
    people: int
    ways: int


@event("verification.ended")
class VerificationEnded(Payload):
    """`unconfirmed` lists each way that was not confirmed: [user id, channel, how it stood]. `early`: ended by a person."""

    round: int
    people: int
    ways: int
    confirmed: int
    unconfirmed: list[tuple[int, str, str]]
    early: bool


@event("chat.tried")
class ChatTried(Payload):
    """Somebody let a test message be said in a group chat; what became of it stands in its row of the ledger."""

    chat: str
    channel: str
    message: int
