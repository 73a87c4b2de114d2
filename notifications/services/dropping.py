"""Letters that a person decided not to send any more: given up where it is seen, and to be put back one by one."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q

from engine.models import SetAside, World
from notifications.domain.delivery import UNSENT, Channel, State
from notifications.models import Delivery, Send

DROPPED: Final = "delivery.dropped"


@transaction.atomic
def letters_drop(*, before: datetime) -> int:
    """Give up what waits to leave and was written before this instant (wall time); how many letters. What one of them carries goes
    with it, and comes back with it."""
    waits = Q(state__in=[State.QUEUED, State.SENDING, State.FAILED]) | Q(send__isnull=False)
    # The product's own test bothers nobody, and its arriving proves that letters leave.
    found = Delivery.objects.filter(waits, queued_at__lt=before).exclude(message__world__kind=World.CANARY)
    waiting = found.exclude(channel=Channel.INAPP).values_list("pk", "carried_by")
    letters = {carried_by or pk for pk, carried_by in waiting}
    ids = [*letters, *Delivery.objects.filter(carried_by__in=letters).values_list("pk", flat=True)]
    places = dict(Send.objects.select_for_update().filter(delivery__in=ids).values_list("delivery_id", "due_at"))
    dropped = list(
        Delivery.objects.select_for_update(no_key=True)
        .filter(pk__in=ids, state__in=sorted(UNSENT))
        .order_by("pk")
        .values_list("pk", "queued_at", "carried_by")
    )
    kept = [pk for pk, _queued, _carried_by in dropped]
    Send.objects.filter(delivery__in=kept).delete()
    Delivery.objects.filter(pk__in=kept).update(state=State.GIVEN_UP, error=DROPPED)
    aside = [
        SetAside(
            queue="sends",
            what=str(pk),
            error=DROPPED,
            item={"delivery_id": pk, "due_at": places.get(pk, queued).isoformat()},
        )
        for pk, queued, carried_by in dropped
        if carried_by is None
    ]
    SetAside.objects.bulk_create(aside)
    return len(aside)
