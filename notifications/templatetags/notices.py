"""What the states and the history of a notice are called and drawn as: `{% load notices %}`."""

from typing import Any, NamedTuple

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.errors import Text
from notifications.models import Notice
from people.selectors import authority_name

register = template.Library()
STATE = Notice.State


class Look(NamedTuple):
    label: str | Promise
    icon: str
    tone: str


LOOKS = {
    STATE.DRAFT: ("pencil", "quiet"),
    STATE.IN_REVIEW: ("gavel", "info"),
    STATE.APPROVED: ("circle-check", "warn"),
    STATE.PUBLISHED: ("speakerphone", "ok"),
    STATE.WITHDRAWN: ("ban", "quiet"),
}
DONE: dict[str, tuple[Text, str]] = {
    "notice.drafted": (_("Drafted"), ""),
    "notice.edited": (_("Edited"), ""),
    "notice.submitted": (_("Submitted to legal"), ""),
    "notice.approved": (_("Approved by legal"), "opinion"),
    "notice.returned": (_("Returned to its writers"), "reason"),
    "notice.published": (_("Published"), ""),
    "notice.withdrawn": (_("Withdrawn"), "reason"),
    "holding.kept": (_("Published for an incident; the same text stands ready again"), ""),
}
VOIDED = _("Edited; what legal had read counts no longer")


@register.filter
def notice_look(notice: Notice) -> Look:
    icon, tone = LOOKS[STATE(notice.state)]
    return Look(STATE(notice.state).label, icon, tone)


@register.filter
def line_of(row: dict[str, Any]) -> dict[str, Any]:
    """A line of the history: what was done, what was said with it, by whom and as what."""
    event = row["event"]
    what, said = DONE[event.kind]
    if event.data.get("voided"):
        what = VOIDED
    return {
        "what": what,
        "said": event.data.get(said) or "" if said else "",
        "revision": event.data["revision"],
        "at": event.occurred_at,
        "clause": event.clause,
        "who": row["user"].display_name if row["user"] else "",
        "role": authority_name(event.authority) or event.authority,
        "tone": "bad" if event.kind in ("notice.returned", "notice.withdrawn") else "quiet",
    }


@register.filter
def short(digest: str) -> str:
    """The front of a hash, as a person compares it."""
    return digest[:12]
