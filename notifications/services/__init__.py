"""Every change of this room."""

from notifications.services.messages import message_acknowledge, message_read, message_send
from notifications.services.summaries import summary_draft, summary_edit, summary_publish

__all__ = [
    "message_acknowledge",
    "message_read",
    "message_send",
    "summary_draft",
    "summary_edit",
    "summary_publish",
]
