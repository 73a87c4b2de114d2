"""What nothing else would mend: a letter that lost its place in the queue, an alarm against who is not asked any more."""

from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from engine.alarms import alarm_clear
from engine.bell import ring_after_commit
from engine.models import Alarm
from notifications.channels.chats import VARIABLE, read_all
from notifications.channels.configured import providers
from notifications.domain.delivery import Channel, State
from notifications.models import Delivery, Send

WAITS_TO_BE_SENT = (State.QUEUED, State.SENDING, State.FAILED)
# A row and its place in the queue commit together; what is this old and has none lost it.
SETTLED = timedelta(seconds=30)


@transaction.atomic
def sends_mend() -> list[int]:
    """Put deliveries that wait to be sent and stand in no queue back into it; their ids."""
    rows = (
        Delivery.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
        # What another letter carries goes with that one.
        .filter(state__in=WAITS_TO_BE_SENT, send=None, carried_by=None, queued_at__lt=Now() - SETTLED)
        .exclude(channel=Channel.INAPP)
    )
    lost = list(rows.values_list("pk", flat=True).order_by("pk")[:500])
    Send.objects.bulk_create([Send(delivery_id=pk, due_at=Now()) for pk in lost], ignore_conflicts=True)
    if lost:
        ring_after_commit("sends")
    return lost


def alarms_settle() -> list[str]:
    """Clear what stands against providers and chats that the settings name no more; which. No letter will go well by them again,
    and only one that does clears such an alarm."""
    chats, unreadable = read_all()
    there = {f"{channel}:{name}"[:80] for channel in Channel for name in providers(channel, real=True)}
    there |= {f"{chat.kind}:{name}"[:80] for name, chat in chats.items()}
    if unreadable:
        there.add(f"chat:{VARIABLE}")
    standing = Alarm.objects.filter(kind="channel.failing", cleared_at=None).exclude(ref__in=there)
    gone = list(standing.values_list("ref", flat=True).order_by("ref"))
    return [ref for ref in gone if alarm_clear("channel.failing", ref)]
