"""What the states of a delivery are called and drawn as: `{% load deliveries %}`."""

from typing import NamedTuple

from django import template
from django.utils.functional import Promise
from django.utils.html import format_html, linebreaks
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from common.errors import Text
from notifications.domain.delivery import Channel, State

register = template.Library()


class Look(NamedTuple):
    label: str | Promise
    icon: str
    tone: str


STATES = {
    State.QUEUED: Look(pgettext_lazy("message", "Waiting to be sent"), "hourglass", "info"),
    State.SENDING: Look(pgettext_lazy("message", "Being sent"), "send", "info"),
    State.SENT: Look(pgettext_lazy("message", "Sent"), "check", "ok"),
    State.DELIVERED: Look(pgettext_lazy("message", "Delivered, not read yet"), "mail", "info"),
    State.READ: Look(pgettext_lazy("message", "Read"), "eye", "ok"),
    State.ACKNOWLEDGED: Look(pgettext_lazy("message", "Acknowledged"), "checks", "ok"),
    State.FAILED: Look(pgettext_lazy("message", "Failed, will be tried again"), "alert-triangle", "warn"),
    State.GIVEN_UP: Look(pgettext_lazy("message", "Not reached; given up"), "circle-x", "bad"),
}
CHANNELS: dict[Channel, Text] = {Channel.INAPP: _("In the product"), Channel.EMAIL: _("E-mail")}


@register.filter
def linked(body: str) -> SafeString:
    """A letter's text as paragraphs; the address it ends with is one to press."""
    text, _gap, address = body.rpartition("\n\n")
    if not text or not address.startswith(("/", "http://", "https://")) or any(letter.isspace() for letter in address):
        return mark_safe(linebreaks(body, autoescape=True))  # noqa: S308  escaped by `linebreaks`
    link = format_html('<p><a href="{}">{}</a></p>', address, gettext("Go there"))
    shown = mark_safe(linebreaks(text, autoescape=True))  # noqa: S308  escaped by `linebreaks`
    return format_html("{}{}", shown, link)


@register.filter
def state_look(state: str) -> Look:
    return STATES[State(state)]


@register.filter
def channel_label(channel: str) -> Text:
    return CHANNELS[Channel(channel)]
