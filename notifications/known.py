"""Who knew what when, from the ledger of messages: reads only."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from notifications.domain.known import Stage, Way, knew
from notifications.models import Delivery, Message

PAGE: Final = 30  # messages


@dataclass(frozen=True, slots=True)
class Known:
    """One message to one person; `ways` are all rows of it, `stage` is how far it had come at the instant asked about."""

    message: Message
    user: Any
    role: str
    ways: list[Delivery]
    stage: Stage


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Known]
    more: int | None  # the message before which the next page begins


def known(
    world_id: int,
    *,
    user_id: int | None = None,
    incident_id: int | None = None,
    at: datetime | None = None,
    before: int | None = None,
) -> Page:
    """What had been said to persons of a world by `at` (now without), the newest message first, each person by name.

    Chats are left out: a post in a chat proves nobody's knowledge.
    """
    said = Message.objects.filter(world_id=world_id, deliveries__user__isnull=False)
    if user_id is not None:
        said = said.filter(deliveries__user_id=user_id)
    if incident_id is not None:
        said = said.filter(incident_id=incident_id)
    if at is not None:
        said = said.filter(created_at__lte=at)
    if before is not None:
        said = said.filter(pk__lt=before)
    ids = list(said.order_by("-pk").values_list("pk", flat=True).distinct()[: PAGE + 1])
    shown, more = ids[:PAGE], ids[PAGE - 1] if len(ids) > PAGE else None
    rows = Delivery.objects.filter(message_id__in=shown, user__isnull=False)
    if user_id is not None:
        rows = rows.filter(user_id=user_id)
    pairs: dict[tuple[int, int], list[Delivery]] = defaultdict(list)
    order = rows.select_related("message__world", "message__incident", "user").order_by(
        "-message_id", "user__display_name", "user_id", "pk"
    )
    for row in order:
        pairs[row.message_id, row.person_id].append(row)
    return Page([_known(ways, at) for ways in pairs.values()], more)


def _known(ways: list[Delivery], at: datetime | None) -> Known:
    first = ways[0]
    stage = knew(
        (_way(way, leaves=first.message.world.is_real) for way in ways),
        written_at=first.message.created_at,
        at=at,
    )
    return Known(first.message, first.user, first.role, ways, stage)


def _way(row: Delivery, *, leaves: bool) -> Way:
    """What left the house is kept in wall time; from practice nothing leaves, so there it is no time to compare with its clock."""
    sent, delivered = (row.sent_at, row.delivered_at) if leaves else (None, None)
    return Way(row.channel, sent, delivered, row.read_at, row.acknowledged_at)
