"""What is written to the stream `watchdog` of the real world."""

from engine.events import Payload, event


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
