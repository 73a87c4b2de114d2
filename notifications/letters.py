"""What a letter says, in its reader's language and as its channel needs it: one message, or all it carries."""

import os
from collections.abc import Sequence

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext, override, pgettext

from common.bilingual import in_language
from notifications.channels import Letter
from notifications.channels.configured import SINK
from notifications.domain import delivery as delivery_rules
from notifications.domain.bundles import cut, once_each, shorter, sms_parts
from notifications.domain.chat import lines, without_numbers
from notifications.models import Delivery
from notifications.selectors import plan_for
from notifications.services.answers import link_of

LONGEST_SUBJECT = 300
SHORT_SUBJECT, SHORT_TEXT = 80, 140
# Of several messages: a line each, as many as so many SMS hold, as are listened to, and as a robot's text holds (WeCom: 2,048 bytes).
LINE, SMS_PARTS, SPOKEN, ON_A_SCREEN, CHAT_BYTES = 60, 4, 5, 5, 1900
INBOX = "/messages/"


def letter_of(delivery: Delivery, carried: Sequence[Delivery] = ()) -> Letter:
    """The message in its reader's language, or the company's for a chat, with what its letter carries; marked when it is practice."""
    message, language = delivery.message, delivery.user.language if delivery.user else settings.LANGUAGE_CODE
    whole = sorted([delivery, *carried], key=lambda row: row.message_id)
    rows = once_each(whole, lambda row: row.message.content)
    with override(language):
        said = [_subject(row, language) for row in rows]
        if len(rows) > 1:
            subject = _several(len(rows), said[0])
            body = _together(delivery, whole, list(zip(rows, said, strict=True)), language)
        else:
            subject = said[0]
            body = _said(delivery, subject, in_language(message.body, language), language)
    # What stands for all is said of all.
    numbers, clauses = {_number(row) for row in rows}, {row.message.clause for row in rows}
    return Letter(
        key=delivery.key,
        channel=delivery.channel,
        world_id=message.world_id,
        user_id=delivery.user_id,
        language=language,
        subject=subject[:LONGEST_SUBJECT],
        body=body,
        code=delivery.code,
        urgent=any(row.message.urgent for row in rows),
        sandbox=not message.world.is_real,
        chat=delivery.chat,
        number=_number(delivery) if len(numbers) == 1 else "",
        clause=message.clause if len(clauses) == 1 else "",
        link=_link(delivery) if len(rows) == 1 else _inbox(delivery),
    )


def _subject(delivery: Delivery, language: str) -> str:
    subject = in_language(delivery.message.subject, language)
    if not delivery.message.world.is_real:
        subject = pgettext("subject of a message from a practice world", "[Practice] %(subject)s") % {
            "subject": subject
        }
    return without_numbers(subject) if delivery.chat else subject


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


def _inbox(delivery: Delivery) -> str:
    """Where all of several stand. A browser goes there by itself."""
    return INBOX if delivery.channel == delivery_rules.Channel.PUSH else _here() + INBOX


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


# --- several messages in one letter ---------------------------------------------------------------------------------------
Said = Sequence[tuple[Delivery, str]]  # what the letter says, each content once, with its subject


def _several(count: int, first: str) -> str:
    return gettext("%(n)s messages: %(first)s and more") % {"n": count, "first": first}


def _together(delivery: Delivery, rows: Sequence[Delivery], said: Said, language: str) -> str:
    """`rows`: all it carries, of which some may wait for an answer."""
    if delivery.chat:
        return _together_in_a_chat(said)
    if delivery.channel == delivery_rules.Channel.EMAIL:
        return _together_by_mail(delivery, rows, said, language)
    if delivery.channel == delivery_rules.Channel.PUSH:
        return _together_on_a_screen(said)
    return _together_short(delivery, said)


def _together_on_a_screen(said: Said) -> str:
    shown, more = cut([_line(row, subject) for row, subject in said], lambda some, _more: len(some) <= ON_A_SCREEN)
    return lines([*shown, _more(more)])


def _together_by_mail(delivery: Delivery, rows: Sequence[Delivery], said: Said, language: str) -> str:
    """Every message whole; the page whose buttons answer, all of them or each."""
    parts = []
    for place, (row, subject) in enumerate(said, start=1):
        number = _number(row)
        title = f"{place}. {subject}" + (f" ({number})" if number and number not in subject else "")
        body, link = in_language(row.message.body, language), _link(row)
        parts.append("\n".join(part for part in (title, body, link) if part))
    waits = any(row.message.unanswered for row in rows)
    if waits and not (delivery.message.world.is_real and delivery.provider == SINK):
        how = gettext("To acknowledge them, all or each, open this page and press its buttons:")
        parts.append(f"{how}\n{_here()}{link_of(delivery)}")
    return "\n\n".join(parts)


def _together_short(delivery: Delivery, said: Said) -> str:
    """A line for each message, as many as fit; the rest is counted, and how to answer stands at the end."""
    sms = delivery.channel == delivery_rules.Channel.SMS
    how = gettext("Reply %(code)s to acknowledge all.") if sms else gettext("Press 1 to acknowledge all.")
    head = gettext("%(n)s messages:") % {"n": len(said)}
    end = how % {"code": delivery.code}
    # A link is of no use to the ear.
    where = _here() + INBOX if sms and _here() else ""

    def text(shown: Sequence[str], more: int) -> str:
        return "\n".join(part for part in (head, *shown, _more(more), where, end) if part)

    def fits(shown: Sequence[str], more: int) -> bool:
        return sms_parts(text(shown, more)) <= SMS_PARTS if sms else len(shown) <= SPOKEN

    return text(*cut([_line(row, subject) for row, subject in said], fits))


def _together_in_a_chat(said: Said) -> str:
    title = pgettext("in front of what is said in a group chat", "[Hotline emergency] %(title)s")
    head = title % {"title": gettext("%(n)s messages:") % {"n": len(said)}}

    def text(shown: Sequence[str], more: int) -> str:
        return lines([head, *shown, _more(more), _here() + INBOX])

    return text(
        *cut([_line(row, subject) for row, subject in said], lambda *all_: len(text(*all_).encode()) <= CHAT_BYTES)
    )


def _line(delivery: Delivery, subject: str) -> str:
    number = _number(delivery)
    return shorter(subject, LINE) if not number or number in subject else f"{number} {shorter(subject, LINE)}"


def _more(count: int) -> str:
    return gettext("and %(n)s more: open the product") % {"n": count} if count else ""
