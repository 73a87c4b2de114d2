"""Reads of what waits for answers: how many have answered, who is to be rung, how a message was pressed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.errors import Missing
from engine import worlds
from engine.models import Event, Timer
from notifications.bundling import rows_of
from notifications.domain.delivery import Channel, State
from notifications.models import Call, Delivery, Message
from notifications.selectors import PAGE, counted, message_by_id
from people import selectors as people
from people.rights import allowed

RUNG_DAYS = timedelta(days=3)


def unanswered_in(world_id: int) -> list[Message]:
    """Messages of the last three days whose ladder still waits for answers, or ended without enough of them; newest first."""
    since = worlds.now(world_id) - RUNG_DAYS
    rows = counted(Message.objects.filter(world_id=world_id, created_at__gt=since).exclude(unanswered=[]))
    found: list[Any] = list(rows.order_by("-pk")[:PAGE])
    standing = [row for row in found if row.incident is None or not row.incident.is_over]
    return [row for row in standing if not row.ladder.answered(row.acknowledged, row.people)]


def answers_of(message_id: int) -> tuple[int, int]:
    """(how many have answered, how many were told) of those who are still here."""
    rows = Delivery.objects.filter(message_id=message_id, channel=Channel.INAPP, user__is_active=True)
    states = list(rows.values_list("state", flat=True))
    return states.count(State.ACKNOWLEDGED), len(states)


def has_answered(delivery: Delivery) -> bool:
    """Whether the person a delivery was for has answered its message: by whatever way, or by this one where each counts."""
    if delivery.message.each_way:
        return delivery.state == State.ACKNOWLEDGED
    rows = Delivery.objects.filter(message=delivery.message_id, user=delivery.user_id, channel=Channel.INAPP)
    return rows.filter(state=State.ACKNOWLEDGED).exists()


@dataclass(frozen=True, slots=True)
class Brought:
    """A message of a letter, and whether its reader has answered it."""

    message: Message
    answered: bool


def brought_by(letter: Delivery) -> list[Brought]:
    """Everything a letter brought its reader, in the order in which it was written."""
    rows = rows_of(letter.pk).select_related("message__world", "message__incident").order_by("message_id")
    return [Brought(row.message, has_answered(row)) for row in rows]


@dataclass(frozen=True)
class Listed:
    """A person of a message's telephone list, with the calls made so far, the newest first."""

    user: people.User
    role: str
    answered: bool
    contact: people.Contact | None
    calls: list[Call]

    @property
    def phone(self) -> str:
        return self.contact.masked if self.contact else ""


def may_ring_about(message: Message, by: Actor) -> bool:
    """Who may not read every message rings about those alone that wait for answers."""
    return bool(message.unanswered) or allowed(by, "message.read_all")


def telephone_list(message_id: int, by: Actor) -> list[Listed]:
    """Who is to be rung about a message, those who have not answered first, as they were told; raises Missing."""
    message = message_by_id(message_id)
    if not may_ring_about(message, by):
        raise Missing("message.missing", _("There is no such message."))
    own = Delivery.objects.filter(message=message, channel=Channel.INAPP, user__is_active=True).select_related("user")
    calls: dict[int, list[Call]] = {}
    for call in Call.objects.filter(message=message).select_related("by_user").order_by("-pk"):
        calls.setdefault(call.user_id, []).append(call)
    phones = people.phones_of([row.person_id for row in own])
    rows = [
        Listed(
            row.person,
            row.role,
            row.state == State.ACKNOWLEDGED,
            phones.get(row.person_id),
            calls.get(row.person_id, []),
        )
        for row in own.order_by("pk")
    ]
    return sorted(rows, key=lambda row: row.answered)


def calls_of(message_id: int) -> list[Call]:
    """Calls made about a message, oldest first."""
    return list(Call.objects.filter(message_id=message_id).select_related("user", "by_user").order_by("pk"))


def next_look(message: Message) -> datetime | None:
    """When too few answers press the message on; None when nobody is pressed any more."""
    looks = message.ladder.looks(message.created_at)
    row = Timer.objects.filter(what="notifications.unanswered", ref=message.pk).first()
    return row.due_at if row and row.due_at <= looks[-1] else None


def pressed(message: Message) -> list[Event]:
    """What the log says of how a message was pressed and answered, oldest first."""
    if message.incident is None:
        return []
    kinds = ("message.escalated", "message.answered", "message.unanswered")
    rows = Event.objects.filter(stream_id=message.incident.stream_id, kind__in=kinds, data__message=message.pk)
    return list(rows.order_by("seq"))
