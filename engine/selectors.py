"""Reading the log and what waits in the queues."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from engine.log import with_texts
from engine.models import Alarm, Event, SetAside, Stream, World


def events_after(stream_id: int, seq: int, limit: int = 500) -> list[Event]:
    """Events of a stream after `seq`, in order, texts filled in. Numbers are given under the stream's lock: no gaps."""
    return with_texts(list(Event.objects.filter(stream_id=stream_id, seq__gt=seq).order_by("seq")[:limit]))


def newest_events(stream_id: int, limit: int, *, without: Iterable[str] = ()) -> list[Event]:
    """The newest events, oldest first; `without` names kinds to leave out."""
    rows = Event.objects.filter(stream_id=stream_id).exclude(kind__in=list(without)).order_by("-seq")[:limit]
    return with_texts(list(rows)[::-1])


def event_at(stream_id: int, seq: int) -> dict[str, Any] | None:
    """One event as API and board get it, texts filled in."""
    found = with_texts(list(Event.objects.filter(stream_id=stream_id, seq=seq)))
    return found[0].as_dict() if found else None


def heads(world_id: int, kinds: Iterable[str]) -> dict[int, int]:
    """Stream → newest number, for the streams of these kinds in a world."""
    streams = Stream.objects.filter(world_id=world_id, kind__in=set(kinds))
    return dict(streams.values_list("pk", "head_seq"))


def alarms_standing() -> list[Alarm]:
    return list(Alarm.objects.filter(cleared_at=None).order_by("first_at", "pk"))


def set_aside_waiting() -> list[SetAside]:
    return list(SetAside.objects.filter(returned_at=None).order_by("at", "pk"))


def worlds_open() -> list[World]:
    """Those people may look into."""
    return list(World.objects.exclude(kind=World.CANARY).order_by("pk"))


def streams() -> QuerySet[Stream]:
    """All logs, the newest matter first."""
    return Stream.objects.select_related("world").order_by("-pk")


def alarms_since(alarm_id: int) -> list[Alarm]:
    """Standing alarms raised after this one, oldest first."""
    return list(Alarm.objects.filter(cleared_at=None, pk__gt=alarm_id).order_by("pk"))
