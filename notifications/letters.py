"""What a delivery says, in its reader's language and as its channel needs it."""

import os

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext, override, pgettext

from common.bilingual import in_language
from notifications.channels import Letter
from notifications.channels.configured import SINK
from notifications.domain import delivery as delivery_rules
from notifications.domain.chat import lines, without_numbers
from notifications.models import Delivery
from notifications.selectors import plan_for
from notifications.services.answers import link_of

LONGEST_SUBJECT = 300
SHORT_SUBJECT, SHORT_TEXT = 80, 140


def letter_of(delivery: Delivery) -> Letter:
    """The message in its reader's language, or the company's for a chat; marked when it is practice."""
    message, language = delivery.message, delivery.user.language if delivery.user else settings.LANGUAGE_CODE
    subject = in_language(message.subject, language)
    with override(language):
        if not message.world.is_real:
            subject = pgettext("subject of a message from a practice world", "[Practice] %(subject)s") % {
                "subject": subject
            }
        if delivery.chat:
            subject = without_numbers(subject)
        body = _said(delivery, subject, in_language(message.body, language), language)
    return Letter(
        key=delivery.key,
        channel=delivery.channel,
        world_id=message.world_id,
        user_id=delivery.user_id,
        language=language,
        subject=subject[:LONGEST_SUBJECT],
        body=body,
        code=delivery.code,
        urgent=message.urgent,
        sandbox=not message.world.is_real,
        chat=delivery.chat,
        number=_number(delivery),
        clause=message.clause,
        link=_link(delivery),
    )


def _said(delivery: Delivery, subject: str, body: str, language: str) -> str:
    if delivery.chat:
        return _in_a_chat(delivery, subject)
    if delivery.channel == delivery_rules.Channel.PUSH:
        return _on_a_screen(delivery, language)
    return (_mail if delivery.channel == delivery_rules.Channel.EMAIL else _short)(delivery, subject, body)


def _number(delivery: Delivery) -> str:
    incident = delivery.message.incident
    return str(incident.number) if incident else ""


def _link(delivery: Delivery) -> str:
    if delivery.channel == delivery_rules.Channel.PUSH:
        # The message among one's own, at the top of its page: the button there answers, and asks for signing in first.
        return f"{reverse('messages')}?before={delivery.message_id + 1}#message-{delivery.message_id}"
    path = delivery.message.link
    return f"{_here()}{path}" if path else ""


def _here() -> str:
    return os.environ.get("HOTLINE_PUBLIC_URL", "").rstrip("/")


def _in_a_chat(delivery: Delivery, subject: str) -> str:
    """Title, number, clause and link; the text itself is for those who may open the page."""
    clause = delivery.message.clause
    title = pgettext("in front of what is said in a group chat", "[Hotline emergency] %(title)s")
    by = gettext("clause %(clause)s") % {"clause": clause} if clause else ""
    about = " · ".join(part for part in (_number(delivery), by) if part)
    return lines([title % {"title": subject[:LONGEST_SUBJECT]}, about, _link(delivery)])


def _on_a_screen(delivery: Delivery, language: str) -> str:
    """Level and number, under the title: a locked screen shows them to whoever stands before it."""
    incident = delivery.message.incident
    plan = plan_for(incident) if incident and incident.level else None
    level = plan.levels.get(incident.level) if plan and incident and incident.level else None
    named = in_language(level.title.as_dict(), language) if level else ""
    return " · ".join(part for part in (named, _number(delivery)) if part)


def _mail(delivery: Delivery, subject: str, body: str) -> str:
    """The whole text; where an answer is waited for, with the page whose button gives it; at the end where to go."""
    message, here = delivery.message, _here()
    # Others read the sink: in the real world nobody is to press another's button there.
    if (message.unanswered or message.each_way) and not (message.world.is_real and delivery.provider == SINK):
        body = "{}\n\n{}\n{}".format(
            body, gettext("To acknowledge, open this page and press its button:"), here + link_of(delivery)
        )
    return f"{body}\n\n{here}{message.link}" if message.link else body


def _short(delivery: Delivery, subject: str, body: str) -> str:
    """What fits an SMS, or is read out: the subject, the beginning of the text, and how to answer."""
    first = body.strip().partition("\n")[0]
    shown = first if len(first) <= SHORT_TEXT else f"{first[: SHORT_TEXT - 1]}…"
    sms = delivery.channel == delivery_rules.Channel.SMS
    how = gettext("Reply %(code)s to acknowledge.") if sms else gettext("Press 1 to acknowledge.")
    return "\n".join([subject[:SHORT_SUBJECT], shown, how % {"code": delivery.code}])
