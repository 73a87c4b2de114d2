"""Every change of this room."""

from notifications.services import notices
from notifications.services.answers import (
    call_record,
    linked,
    message_acknowledge,
    message_answer_by_link,
    message_read,
)
from notifications.services.browsers import browser_turn_on, browsers_try
from notifications.services.messages import message_send
from notifications.services.notices import (
    notice_approve,
    notice_draft,
    notice_edit,
    notice_publish,
    notice_return,
    notice_submit,
    notice_withdraw,
)
from notifications.services.summaries import summary_draft, summary_edit, summary_publish
from notifications.services.verification import channels_asked, round_begin, round_end, round_remind

__all__ = [
    "browser_turn_on",
    "browsers_try",
    "call_record",
    "channels_asked",
    "linked",
    "message_acknowledge",
    "message_answer_by_link",
    "message_read",
    "message_send",
    "notice_approve",
    "notice_draft",
    "notice_edit",
    "notice_publish",
    "notice_return",
    "notice_submit",
    "notice_withdraw",
    "notices",
    "round_begin",
    "round_end",
    "round_remind",
    "summary_draft",
    "summary_edit",
    "summary_publish",
]
