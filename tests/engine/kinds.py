"""An event kind and reactions for the engine's own tests; also imported by the processes they start."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction

from common.actor import SYSTEM
from engine import worlds
from engine.events import FreeText, Payload, event
from engine.log import log_append, stream_open
from engine.models import Event, Stream, Timer, World
from engine.reactions import Subscription, When, subscribe
from engine.timers import Fallen, Held, Many, timer_set, timers_handle

HERE = "tests.engine.kinds"


@event("test.happened")
class Happened(Payload):
    n: int
    note: FreeText = ""


@event("test.followed")
class Followed(Payload):
    of: int


@event("test.fired")
class Fired(Payload):
    ref: int
    due: str


def stream_of(world: World, key: str = "a") -> Stream:
    return stream_open(world, "test", key)


def happen(world: World, n: int, note: str = "", key: str = "a") -> Event:
    with transaction.atomic():
        return log_append(stream_of(world, key), Happened(n=n, note=note), by=SYSTEM)


def follow(event: Event) -> None:
    log_append(stream_open(event.stream.world, "test", "effects"), Followed(of=event.data["n"]), by=SYSTEM)


def fail(event: Event) -> None:
    follow(event)
    raise ValueError("a rule with a fault in it")


def follow_many(events: Sequence[Event]) -> None:
    """One effect for all events of one append: their sum."""
    log_append(
        stream_open(events[0].stream.world, "test", "effects"), Followed(of=sum(e.data["n"] for e in events)), by=SYSTEM
    )


def fail_many(events: Sequence[Event]) -> None:
    follow_many(events)
    raise ValueError("a rule with a fault in it")


def fire(ref: int, due_at: datetime, now: datetime) -> None:
    """Write that `ref` fired, at the world's time."""
    world = Timer.objects.select_related("world").get(what="test.fire", ref=ref).world
    log_append(stream_open(world, "test", "fired"), Fired(ref=ref, due=due_at.isoformat()), by=SYSTEM, occurred=now)


def fail_to_fire(ref: int, due_at: datetime, now: datetime) -> None:
    raise ValueError("poison")


def streams_of(refs: Collection[int]) -> dict[int, int]:
    return {ref: stream_open(worlds.real(), "test", f"many{ref % 2}").pk for ref in refs}


def fire_many(fallen: Sequence[Fallen], now: datetime) -> None:
    """Write that each fired, beside how many; what is over a hundred has a fault in it."""
    for one in fallen:
        stream = stream_of(worlds.real(), f"many{one.ref % 2}")
        log_append(stream, Fired(ref=one.ref, due=str(len(fallen))), by=SYSTEM, occurred=now)
    if any(one.ref > 100 for one in fallen):
        raise ValueError("poison")


def fire_held(ref: int, due_at: datetime, now: datetime) -> None:
    fire_many([Fallen(ref, due_at)], now)


TIMERS: dict[str, str | Held] = {
    "test.fire": f"{HERE}.fire",
    "test.poison": f"{HERE}.fail_to_fire",
    "test.held": Held(f"{HERE}.fire_held", f"{HERE}.streams_of"),
    "test.many": Many(f"{HERE}.fire_many", f"{HERE}.streams_of"),
}


def subscribe_to(reactor: str, when: When) -> None:
    many = reactor.endswith("_many")
    subscribe({"test.happened": (Subscription(f"test.{reactor}", f"{HERE}.{reactor}", when, many=many),)})


def connect() -> None:
    """What a process started by a test reacts to."""
    subscribe_to("follow", When.RELAYED)
    timers_handle(TIMERS)


def effects(world: World) -> list[int]:
    return [e.data["of"] for e in Event.objects.filter(stream__world=world, stream__key="effects").order_by("seq")]


def fired(world: World) -> list[int]:
    return [e.data["ref"] for e in Event.objects.filter(stream__world=world, stream__key="fired").order_by("seq")]


def fired_together() -> list[tuple[int, int]]:
    """(ref, how many fired as one) of each that `fire_many` fired."""
    rows = Event.objects.filter(kind="test.fired", stream__key__startswith="many").order_by("pk")
    return [(event.data["ref"], int(event.data["due"])) for event in rows]


def set_timers(world: World, dues: dict[int, datetime], what: str = "test.fire") -> None:
    for ref, due in dues.items():
        timer_set(world.pk, what, ref, due)
