"""What is written to the stream `watchdog` of the real world."""

from engine.events import FreeText, Payload, event


@event("watchdog.blind")
class WentBlind(Payload):
    """Nothing is proven any more; `since`: the last proof."""

    window: int
    since: str


@event("watchdog.sees")
class SeesAgain(Payload):
    """The first proof after a blind window, and what held the canary meanwhile."""

    window: int
    since: str
    until: str
    stages: list[str]


@event("watchdog.reported")
class BlindnessReported(Payload):
    """How much of each kind the report of a blind window lists."""

    window: int
    unseen: int
    fell_due: int
    late: int
    told_late: int


@event("watchdog.mended")
class Mended(Payload):
    """What should have stood and did not: clocks of obligations, places in the sender's queue. It was set again."""

    clocks: list[str]
    deliveries: list[int]


@event("letters.held")
class LettersHeld(Payload):
    """The database is an older backup, or nothing is there to compare it with; `streams`, `events`: how much is missing."""

    hold: int
    why: str
    streams: int
    events: int
    exported_at: str | None


@event("letters.released")
class LettersReleased(Payload):
    """A person let the letters go; `dropped`: how many that had waited from before `drop_before` were given up."""

    hold: int
    decision: str
    drop_before: str | None
    dropped: int
    reason: FreeText
