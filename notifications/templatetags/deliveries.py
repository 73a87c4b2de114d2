"""What the states of a delivery are called and drawn as: `{% load deliveries %}`."""

from typing import NamedTuple

from django import template
from django.template.defaultfilters import linebreaks_filter
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from common.errors import Text
from engine.models import Event
from notifications.chat_settings import refusal_said
from notifications.domain.delivery import Channel, State, Via
from notifications.domain.known import Knew
from notifications.domain.unanswered import Line, Outcome
from notifications.models import Delivery

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
    State.SPARED: Look(pgettext_lazy("message", "Answered by another way; not sent any more"), "checks", "ok"),
    State.REPEATED: Look(pgettext_lazy("message", "Told before, not said again"), "history", "ok"),
}
ARRIVED = Look(pgettext_lazy("message", "Delivered"), "check", "ok")
CHANNELS: dict[Channel, Text] = {
    Channel.INAPP: _("In the product"),
    Channel.EMAIL: _("E-mail"),
    Channel.SMS: _("SMS"),
    Channel.VOICE: _("Voice call"),
    Channel.PUSH: _("Notification"),
    Channel.WECOM: _("WeCom chat"),
    Channel.DINGTALK: _("DingTalk chat"),
    Channel.FEISHU: _("Feishu chat"),
    Channel.WEBHOOK: _("Webhook"),
}
CHANNEL_ICONS = {
    Channel.INAPP: "inbox",
    Channel.EMAIL: "mail",
    Channel.SMS: "message",
    Channel.VOICE: "phone-call",
    Channel.PUSH: "bell-ringing",
    Channel.WECOM: "messages",
    Channel.DINGTALK: "messages",
    Channel.FEISHU: "messages",
    Channel.WEBHOOK: "link",
}
KNEW = {
    Knew.WRITTEN: Look(pgettext_lazy("message", "In the product, nothing sent"), "clock", "warn"),
    Knew.SENT: Look(pgettext_lazy("message", "Sent, arrival not known"), "mail", "warn"),
    Knew.REACHED: Look(pgettext_lazy("message", "Arrived, not read"), "check", "info"),
    Knew.READ: Look(pgettext_lazy("message", "Read"), "eye", "ok"),
    Knew.ANSWERED: Look(pgettext_lazy("message", "Answered"), "checks", "ok"),
}
VIAS: dict[Via, Text] = {
    Via.PAGE: pgettext_lazy("answered", "on the page"),
    Via.LINK: pgettext_lazy("answered", "by the link"),
    Via.CODE: pgettext_lazy("answered", "by the code"),
    Via.KEY: pgettext_lazy("answered", "by a key"),
    Via.CALL: pgettext_lazy("answered", "by telephone"),
}
LINES: dict[Line, Text] = {
    Line.TELEPHONE: _("Telephone"),
    Line.DEDICATED: _("Headquarters' dedicated line"),
    Line.SATELLITE: _("Satellite phone"),
}
OUTCOMES = {
    Outcome.TOLD: Look(pgettext_lazy("call", "Told, has answered"), "checks", "ok"),
    Outcome.NO_ANSWER: Look(pgettext_lazy("call", "No answer"), "phone-x", "warn"),
    Outcome.ENGAGED: Look(pgettext_lazy("call", "Engaged"), "phone-pause", "warn"),
    Outcome.LEFT_WORD: Look(pgettext_lazy("call", "Left word"), "message", "info"),
    Outcome.WRONG_NUMBER: Look(pgettext_lazy("call", "Wrong number"), "phone-off", "bad"),
}


@register.filter
def linked(body: str) -> SafeString:
    """A letter's text as paragraphs; each address that stands on a line of its own is one to press."""
    parts = []
    for paragraph in body.split("\n\n"):
        text, _gap, address = paragraph.rpartition("\n")
        if not address.startswith(("/", "http://", "https://")) or any(letter.isspace() for letter in address):
            parts.append(linebreaks_filter(paragraph, autoescape=True))
            continue
        label = gettext("Acknowledge") if "/m/" in address else gettext("Go there")
        link = format_html('<p><a href="{}">{}</a></p>', address, label)
        parts += [linebreaks_filter(text, autoescape=True), link] if text else [link]
    return SafeString("".join(parts))


@register.filter
def state_look(state: str) -> Look:
    return STATES[State(state)]


@register.filter
def knew_look(stage: str) -> Look:
    return KNEW[Knew(stage)]


@register.filter
def delivery_look(delivery: Delivery) -> Look:
    """As `state_look`; that an SMS or a call arrived, or a text stands in a chat, says nothing of its being read."""
    return way_look(delivery.state, delivery.channel)


@register.filter
def way_look(state: str, channel: str) -> Look:
    """As `delivery_look`, of a state and the channel it is of."""
    return ARRIVED if state == State.DELIVERED and channel != Channel.INAPP else state_look(state)


@register.filter
def channel_label(channel: str) -> Text:
    return CHANNELS[Channel(channel)]


@register.filter
def channel_icon(channel: str) -> str:
    return CHANNEL_ICONS[Channel(channel)]


@register.filter
def refusal(code: str) -> Text:
    """What went wrong in a chat, in plain words."""
    return refusal_said(code)


@register.filter
def via_label(via: str) -> Text:
    """How a person answered; empty while he has not, and of answers from before it was noted."""
    return VIAS[Via(via)] if via else ""


@register.filter
def line_label(line: str) -> Text:
    return LINES[Line(line)]


@register.filter
def outcome_look(outcome: str) -> Look:
    return OUTCOMES[Outcome(outcome)]


@register.filter
def pressed_line(event: Event) -> Look:
    """What the log says of how a message was pressed."""
    counted = {"answers": event.data["answers"], "told": event.data["told"]}
    if event.kind == "message.answered":
        return Look(gettext("Answered: %(answers)s of %(told)s.") % counted, "checks", "ok")
    if event.kind == "message.unanswered":
        return Look(gettext("The ladder ended with %(answers)s of %(told)s answers.") % counted, "circle-x", "bad")
    ways = pgettext("between the items of a list", ", ").join(str(CHANNELS[Channel(c)]) for c in event.data["channels"])
    said = {**counted, "people": event.data["people"], "ways": ways}
    if ways:
        text = gettext("%(answers)s of %(told)s had answered: %(people)s people were told further, by %(ways)s.") % said
    else:
        text = gettext("%(answers)s of %(told)s had answered: %(people)s people more were told.") % said
    return Look(text, "alert-triangle", "warn")
