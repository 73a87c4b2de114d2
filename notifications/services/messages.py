"""Messages: written once, told to each person by the ways the plan names, and pressed until enough have answered."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from django.db import transaction
from django.db.models.functions import Now

from common.actor import SYSTEM, Actor
from common.ids import new_key
from engine import feed, worlds
from engine.alarms import alarm_clear, alarm_raise
from engine.bell import ring_after_commit
from engine.log import log_append
from engine.models import World
from engine.timers import timer_set
from notifications.bundling import hold
from notifications.channels.chats import VARIABLE, Chat, chats_for, read_all
from notifications.channels.vapid import signer
from notifications.domain.bundles import content_of
from notifications.domain.delivery import HEAD_START, URGENTLY, USUAL, Channel, State, chat_kinds, ways
from notifications.domain.unanswered import NOBODY_PRESSED, Ladder
from notifications.events import MessageQueued
from notifications.models import Delivery, Message, Send
from notifications.pacing import rank_of
from people.browsers import with_browser

UNANSWERED = "notifications.unanswered"
# Short enough to type at night, long enough that nobody hits another's by chance.
CODE_DIGITS = 6


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
    channels: Sequence[str] | None = None,
    chats: Sequence[str] = (),
    ladder: Ladder = NOBODY_PRESSED,
    each_way: bool = False,
    at_once: bool = False,
    by: Actor = SYSTEM,
) -> Message:
    """Say something to persons, each with the role he is told for; the same key in the same world is the same message.

    `channels` are the plan's words, None the usual ones; in-app is always among them, and thereby delivered, for all is written in
    the caller's transaction; what leaves the house leaves after commit. Where a channel means group chats, each of them hears it
    once: those of `chats`, roles or groups of the plan; without any, all there are. `ladder` says how it is pressed while too few
    have answered. A person named twice is told once. With `each_way` an answer counts for the way it came by, and for no other.
    `at_once`: its letters wait for no others to the same person (`bundling.may_wait` says which do).
    """
    world = World.objects.get(pk=world_id)
    told_each_time = each_way or world.kind == World.CANARY
    message, made = Message.objects.get_or_create(
        world=world,
        key=key,
        defaults={
            "incident_id": incident_id,
            "kind": kind,
            "subject": {"zh": subject["zh"], "en": subject["en"]},
            "body": {"zh": body["zh"], "en": body["en"]},
            "clause": clause,
            "urgent": urgent,
            "link": link,
            "quorum": ladder.quorum,
            "unanswered": [rung.as_dict() for rung in ladder.rungs],
            "each_way": each_way,
            "at_once": at_once,
            "content": "" if told_each_time else content_of(subject, body, world_id, incident_id, kind, link),
            "created_at": worlds.now(world_id),
        },
    )
    if not made:
        return message
    if channels is None:
        channels = URGENTLY if urgent else USUAL
    roles: dict[int, str] = {}
    for user_id, role in to:
        roles.setdefault(user_id, role)
    personal = {(user_id, channel): role for user_id, role in roles.items() for channel in ways(channels)}
    heard = chats_there(channels, chats)
    deliver(message, with_browsers(personal), chats=heard)
    if ladder.rungs:
        timer_set(world_id, UNANSWERED, message.pk, ladder.looks(message.created_at)[0])
    if message.incident is not None:
        named = sorted(set(roles.values()))
        payload = MessageQueued(message=message.pk, kind=kind, roles=named, people=len(roles), chats=len(heard))
        log_append(message.incident.stream, payload, by=by, clause=clause)
    return message


def chats_there(channels: Iterable[str], owners: Iterable[str] = ()) -> list[Chat]:
    """The chats that these words of a plan mean. An entry of the settings that cannot be read stops no message, and is seen."""
    words = [*channels]
    if not chat_kinds(words):
        return []
    if read_all()[1]:
        alarm_raise("channel.failing", f"chat:{VARIABLE}", error="chat.unreadable")
    else:
        alarm_clear("channel.failing", f"chat:{VARIABLE}")
    return chats_for(words, owners)


def with_browsers(to: Mapping[tuple[int, Channel], str]) -> dict[tuple[int, Channel], str]:
    """Without push for those who turned it on in no browser: it is theirs to turn on, and no failing of anybody's."""
    asked = {user_id for user_id, channel in to if channel is Channel.PUSH}
    there = reached_in_browsers(asked) if asked else set()
    return {
        (user_id, channel): role
        for (user_id, channel), role in to.items()
        if channel is not Channel.PUSH or user_id in there
    }


def reached_in_browsers(user_ids: Iterable[int]) -> set[int]:
    """Of these persons, those a push would reach; nobody where there is no key to sign it with."""
    ours = signer()
    return with_browser(user_ids, ours.digest) if ours is not None else set()


def deliver(
    message: Message, to: Mapping[tuple[int, Channel], str], *, rung: int = 0, chats: Iterable[Chat] = ()
) -> None:
    """Write what goes to whom over which channel, (user id, channel) → role, and into which chats; and set going what leaves the
    house."""
    rows = [
        Delivery(
            message=message,
            user_id=user_id,
            role=role,
            channel=channel,
            state=State.DELIVERED if channel is Channel.INAPP else State.QUEUED,
            key=new_key(),
            code=_code() if channel in (Channel.SMS, Channel.VOICE) else "",
            rung=rung,
        )
        for (user_id, channel), role in to.items()
    ]
    rows += [
        Delivery(
            message=message,
            chat=chat.name,
            role=chat.owner,
            channel=chat.kind,
            state=State.QUEUED,
            key=new_key(),
            rung=rung,
        )
        for chat in chats
    ]
    letters = [row for row in rows if row.channel != Channel.INAPP]
    rank = rank_of(message)
    hold(message, letters, rank)
    Delivery.objects.bulk_create(rows)
    due = Now() - HEAD_START * rank
    Send.objects.bulk_create([Send(delivery=letter, due_at=letter.held_until or due) for letter in letters])
    ring_after_commit("sends")
    told = {user_id for user_id, channel in to if channel is Channel.INAPP}
    if told:
        tell_inboxes(message.world_id, sorted(told))


def _code() -> str:
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"


def tell_inboxes(world_id: int, user_ids: list[int]) -> None:
    """Their badges look again after commit."""
    transaction.on_commit(partial(feed.hint, {"t": "inbox", "world": world_id, "users": user_ids}))
