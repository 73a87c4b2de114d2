"""Messages: written once, told to each person, read and acknowledged by him alone."""

from collections.abc import Mapping, Sequence
from functools import partial

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.actor import SYSTEM, Actor
from common.errors import Missing
from common.ids import new_key
from engine import feed, worlds
from engine.bell import ring_after_commit
from engine.log import log_append
from notifications.domain.delivery import HEAD_START, Channel, State
from notifications.events import MessageQueued
from notifications.models import Delivery, Message, Send
from people.rights import require


@transaction.atomic
def message_send(
    *,
    world_id: int,
    incident_id: int | None,
    kind: str,
    to: Sequence[tuple[int, str]],
    subject: Mapping[str, str],
    body: Mapping[str, str],
    clause: str,
    urgent: bool,
    key: str,
    link: str,
    by: Actor = SYSTEM,
) -> Message:
    """Say something to persons, each with the role he is told for; the same key in the same world is the same message.

    Everything is written in the caller's transaction. In-app it is thereby delivered; the e-mails leave after commit.
    A person named twice is told once.
    """
    message, made = Message.objects.get_or_create(
        world_id=world_id,
        key=key,
        defaults={
            "incident_id": incident_id,
            "kind": kind,
            "subject": {"zh": subject["zh"], "en": subject["en"]},
            "body": {"zh": body["zh"], "en": body["en"]},
            "clause": clause,
            "urgent": urgent,
            "link": link,
            "created_at": worlds.now(world_id),
        },
    )
    if not made:
        return message
    roles: dict[int, str] = {}
    for user_id, role in to:
        roles.setdefault(user_id, role)
    _deliver(message, roles)
    if message.incident is not None:
        named = sorted(set(roles.values()))
        payload = MessageQueued(message=message.pk, kind=kind, roles=named, people=len(roles))
        log_append(message.incident.stream, payload, by=by, clause=clause)
    return message


def _deliver(message: Message, roles: Mapping[int, str]) -> None:
    by_channel = {
        channel: [
            Delivery(message=message, user_id=user_id, role=role, channel=channel, state=state, key=new_key())
            for user_id, role in roles.items()
        ]
        for channel, state in ((Channel.INAPP, State.DELIVERED), (Channel.EMAIL, State.QUEUED))
    }
    Delivery.objects.bulk_create(by_channel[Channel.INAPP])
    letters = Delivery.objects.bulk_create(by_channel[Channel.EMAIL])
    due = Now() - HEAD_START if message.urgent else Now()
    Send.objects.bulk_create([Send(delivery=letter, due_at=due) for letter in letters])
    ring_after_commit("sends")
    _tell_inboxes(message.world_id, list(roles))


def message_read(*, message_id: int, by: Actor) -> Delivery:
    """The person has seen it; changes nothing when he had before. Raises Missing for a message that is not his."""
    require(by, "message.view")
    return _receive(message_id, by, State.READ)


def message_acknowledge(*, message_id: int, by: Actor) -> Delivery:
    """The person says that he knows; the first time counts. Raises Missing for a message that is not his."""
    require(by, "message.acknowledge")
    return _receive(message_id, by, State.ACKNOWLEDGED)


@transaction.atomic
def _receive(message_id: int, by: Actor, state: State) -> Delivery:
    delivery = (
        Delivery.objects.select_for_update(no_key=True, of=("self",))
        .select_related("message")
        .filter(message_id=message_id, user_id=by.id, channel=Channel.INAPP)
        .first()
    )
    if delivery is None:
        raise Missing("message.missing", _("There is no such message among yours."))
    if delivery.state == State.ACKNOWLEDGED or delivery.state == state:
        return delivery
    now = worlds.now(delivery.message.world_id)
    delivery.state, delivery.read_at = state, delivery.read_at or now
    if state is State.ACKNOWLEDGED:
        delivery.acknowledged_at = now
    delivery.save(update_fields=["state", "read_at", "acknowledged_at"])
    _tell_inboxes(delivery.message.world_id, [delivery.user_id])
    return delivery


def _tell_inboxes(world_id: int, user_ids: list[int]) -> None:
    """Their badges look again after commit."""
    transaction.on_commit(partial(feed.hint, {"t": "inbox", "world": world_id, "users": user_ids}))
