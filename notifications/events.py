"""What this room writes into an incident's stream."""

from engine.events import Payload, event


@event("message.queued")
class MessageQueued(Payload):
    """A message to `people` persons in these roles; who got it and when are rows of their own."""

    message: int
    kind: str
    roles: list[str]
    people: int


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
