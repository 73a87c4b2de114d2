"""Who was told what of an incident: reads only."""

from typing import Any

from common.clock import utc_text
from notifications.models import Delivery


def told_in(incident_id: int) -> list[dict[str, Any]]:
    """Who was told what of an incident and how far it came: its messages in order, each with its deliveries. No address is in it."""
    rows = Delivery.objects.filter(message__incident_id=incident_id).select_related("user", "message")
    found: dict[int, dict[str, Any]] = {}
    for row in rows.order_by("message_id", "user__display_name", "user_id", "pk"):
        message = row.message
        shown = found.setdefault(
            message.pk,
            {
                "id": message.pk,
                "kind": message.kind,
                "subject": message.subject,
                "clause": message.clause,
                "at": utc_text(message.created_at),
                "deliveries": [],
            },
        )
        shown["deliveries"].append(_delivery(row))
    return list(found.values())


def _delivery(row: Delivery) -> dict[str, Any]:
    times = {name: getattr(row, name) for name in ("sent_at", "delivered_at", "read_at", "acknowledged_at")}
    return {
        "user": row.user.username if row.user else None,
        "name": row.user.display_name if row.user else row.chat,
        "role": row.role,
        "channel": row.channel,
        "state": row.state,
        **{name: at and utc_text(at) for name, at in times.items()},
    }


def chats_told(incident_id: int, kind: str) -> list[str]:
    """Whose chats heard messages of an incident whose kind begins so: roles or groups of the plan."""
    rows = Delivery.objects.filter(message__incident_id=incident_id, message__kind__startswith=kind, user=None)
    return sorted(set(rows.values_list("role", flat=True)))
