"""What is written to the stream `drill` of a practice world."""

from engine.events import Payload, event


@event("drill.seat_taken")
class SeatTaken(Payload):
    """A person plays this role from now on; its stand-in rests."""

    role: str
    user: int


@event("drill.seat_returned")
class SeatReturned(Payload):
    """The stand-in plays this role again."""

    role: str
    user: int
