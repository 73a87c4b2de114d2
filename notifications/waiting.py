"""What waits to leave the house: how much of what kind, by which way, and since when."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from engine.models import World
from notifications.models import Send


@dataclass(frozen=True, slots=True)
class Waiting:
    """Letters of one kind by one way. `oldest`: when the first was written, wall time."""

    kind: str
    channel: str
    practice: bool
    count: int
    oldest: datetime


def letters_waiting() -> list[Waiting]:
    """By kind of message and way, the oldest first; the product's own test is left out."""
    rows = (
        Send.objects.exclude(delivery__message__world__kind=World.CANARY)
        .values_list("delivery__message__kind", "delivery__channel", "delivery__message__world__kind")
        .annotate(n=Count("pk"), oldest=Min("delivery__queued_at"))
        .order_by("oldest")
    )
    return [Waiting(kind, way, world != World.REAL, n, oldest) for kind, way, world, n, oldest in rows]
