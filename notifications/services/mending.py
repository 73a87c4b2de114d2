"""What has to leave the house and has nobody to send it: a lost place in the queue is made again."""

from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from engine.bell import ring_after_commit
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
