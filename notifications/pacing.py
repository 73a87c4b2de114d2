"""Whose turn it is to be posted in a chat, and for how long its robot is left alone."""

from datetime import datetime, timedelta

from django.db import transaction

from common.clock import wall
from notifications.channels import Limited
from notifications.domain import pacing
from notifications.domain.delivery import Channel, Rank
from notifications.models import ChatPace, Delivery, Message
from notifications.selectors import plan_for

# So long a message whose chat takes no more waits without losing a try; then it is given up as any other, visibly.
PATIENCE = timedelta(hours=1)


def rank_of(message: Message) -> Rank:
    """What a message may overtake: one of an incident that stands at the plan's gravest level, or is proposed for it, all others."""
    if not message.urgent:
        return Rank.ORDINARY
    incident = message.incident
    levels = {incident.level, incident.proposed_level} - {None} if incident else set()
    plan = plan_for(incident) if levels else None
    gravest = next(iter(plan.levels), None) if plan else None
    return Rank.GRAVEST if gravest in levels else Rank.URGENT


def turn(delivery: Delivery) -> datetime | None:
    """Take a turn in the chat, which is noted; or the instant until which this message has to wait. Within a transaction, which
    also records the attempt: who dies after it has used his turn."""
    if not delivery.message.world.is_real:
        return None
    channel, now = Channel(delivery.channel), wall()
    pace = _held(delivery.chat)
    posts = pacing.kept(channel, pace.posts, now)
    free = max(pacing.free_at(channel, posts, rank_of(delivery.message), now), pace.rests_until or now)
    if free > now:
        return free
    pace.posts = [*posts, now]
    pace.save(update_fields=["posts"])
    return None


@transaction.atomic
def rest(delivery: Delivery, error: Limited) -> timedelta | None:
    """How long a message waits whose chat asked for it, and all others of that chat with it; None once it has waited too long."""
    wait = timedelta(seconds=error.seconds)
    pace = _held(delivery.chat)
    pace.rests_until = wall() + wait
    pace.save(update_fields=["rests_until"])
    return wait if wall() - delivery.queued_at < PATIENCE else None


def _held(chat: str) -> ChatPace:
    ChatPace.objects.get_or_create(chat=chat)
    return ChatPace.objects.select_for_update(no_key=True).get(chat=chat)
