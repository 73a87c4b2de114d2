"""What follows from an event: together with it, or relayed soon after (DESIGN.md, rule 2)."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction
from django.utils.module_loading import import_string

from engine import worlds
from engine.alarms import alarm_clear, alarm_raise
from engine.bell import ring_after_commit
from engine.models import Event, Reaction
from engine.queues import Claimed, Queue, queue_register

log = logging.getLogger(__name__)


class When(StrEnum):
    TOGETHER = "together"
    RELAYED = "relayed"


@dataclass(frozen=True, slots=True)
class Subscription:
    """`path` names a function of one Event. Together: in the event's own transaction. Relayed: in one of its own.

    `many`: a function of all its events of one append, in their order, so that what they share is read and written once.
    `at_once`: a relayed one follows together in a world led from one due time to the next, which stands still meanwhile: what it
    does has the time of its event, and no clock that it sets is passed over.
    `unless`: names a function of one Event that says, without a query, whether it concerns nobody here: then no savepoint is spent.
    """

    name: str
    path: str
    when: When
    many: bool = False
    at_once: bool = False
    unless: str = ""

    def concerned(self, events: Sequence[Event]) -> Sequence[Event]:
        """Those of the events there is something to do for."""
        if not self.unless:
            return events
        idle = import_string(self.unless)
        return [event for event in events if not idle(event)]

    def react(self, events: Sequence[Event]) -> None:
        function = import_string(self.path)
        if self.many:
            function(events)
            return
        for event in events:
            function(event)


_table: dict[str, tuple[Subscription, ...]] = {}
_undone_whole: ContextVar[bool] = ContextVar("undone_whole", default=False)
_by_name: dict[str, Subscription] = {}


def subscribe(table: Mapping[str, Sequence[Subscription]]) -> None:
    """Set the one table: event kind → who reacts. The composition root calls this once."""
    _table.clear()
    _by_name.clear()
    _table.update({kind: tuple(subscriptions) for kind, subscriptions in table.items()})
    for subscriptions in table.values():
        _by_name.update({s.name: s for s in subscriptions})


def follow(events: Sequence[Event]) -> None:
    """Run together-reactions now, each in a savepoint, and leave a todo row for the relayed and for what failed.

    `events` are those of one append. One that takes many gets all of its events at the first of them.
    """
    served: set[str] = set()
    later: list[Reaction] = []
    for event in events:
        for subscription in _table.get(event.kind, ()):
            if subscription.name in served:
                continue
            own: Sequence[Event] = [event]
            if subscription.many:
                served.add(subscription.name)
                own = [other for other in events if subscription in _table.get(other.kind, ())]
            own = subscription.concerned(own)
            if not own:
                continue
            now = subscription.when is When.TOGETHER or (subscription.at_once and worlds.stands(event.stream.world_id))
            if now and _together(own, subscription):
                continue
            # What was tried now and failed has had one try.
            later += [
                Reaction(event=one, reactor=subscription.name, due_at=one.recorded_at, tries=int(now)) for one in own
            ]
    if later:
        Reaction.objects.bulk_create(later)
        ring_after_commit("reactions")


@contextmanager
def undone_whole() -> Iterator[None]:
    """In here a reaction that fails raises, and takes its transaction along: no savepoint is spent on each.

    For who then does the same once more without this, so that the fact is kept and the reaction waits for its next try.
    """
    token = _undone_whole.set(True)
    try:
        yield
    finally:
        _undone_whole.reset(token)


def _together(events: Sequence[Event], subscription: Subscription) -> bool:
    if _undone_whole.get():
        subscription.react(events)
        return True
    try:
        with transaction.atomic():
            subscription.react(events)
    except Exception as error:
        log.exception("reaction %s to %s failed", subscription.name, events[0].kind)
        for event in events:
            alarm_raise("reaction.failing", f"{subscription.name}:{event.pk}", error=type(error).__name__)
        return False
    return True


def _work(item: Claimed) -> None:
    event = Event.objects.select_related("stream", "stream__world").get(pk=item.values["event_id"])
    _fill_texts(event)
    _by_name[item.values["reactor"]].react([event])
    alarm_clear("reaction.failing", _describe(item))


def _fill_texts(event: Event) -> None:
    event.data = {**event.data, **{t.field: t.text or "" for t in event.texts.all()}}


def _describe(item: Claimed) -> str:
    return f"{item.values['reactor']}:{item.values['event_id']}"


REACTIONS = Queue(
    name="reactions",
    table="engine_reaction",
    columns=("event_id", "reactor"),
    work=_work,
    describe=_describe,
    limit=5,  # each claim lets deadlines go first
    behind="timers",
)
queue_register(REACTIONS)
