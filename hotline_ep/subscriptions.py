"""One table: event kind → who reacts, together with the event or relayed soon after; and what handles each timer."""

from engine.reactions import Subscription, When, subscribe
from engine.timers import timers_handle

TOGETHER, RELAYED = When.TOGETHER, When.RELAYED

REACTIONS: dict[str, tuple[Subscription, ...]] = {}

TIMERS: dict[str, str] = {}


def connect() -> None:
    subscribe(REACTIONS)
    timers_handle(TIMERS)
