"""Letters leave the house (DESIGN.md, rule 5): the attempt is recorded before the call, the outcome after it, by fence.

    claim → [attempt recorded, fence raised, committed] → call, outside any transaction → [outcome, row removed, by fence]

Killed in the first gap or during the call, the next attempt finds `sending`: it asks the provider for our key, and where
that cannot be asked it sends once more. Killed every time, the engine's queue gives the row up.
"""

import os
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Now
from django.utils.translation import gettext, override, pgettext
from django.utils.translation import gettext_lazy as _

from common.bilingual import in_language
from common.clock import wall
from common.errors import NeverDelivers, TryLater
from engine.alarms import alarm_clear, alarm_raise
from engine.clearance import CLEARED
from engine.failpoints import failpoint
from engine.models import Alarm, SetAside
from engine.queues import BACKOFF, MAX_TRIES, Claimed, Queue
from notifications import pacing
from notifications.channels import Channel, Letter, Limited, OutcomeUnknown
from notifications.channels.configured import SINK, chosen, providers
from notifications.channels.email import CALL_SECONDS
from notifications.domain import delivery as delivery_rules
from notifications.domain.chat import lines, without_numbers
from notifications.domain.delivery import UNSENT, State
from notifications.models import Delivery, Send
from notifications.services.answers import link_of

# Few a claim, so that an urgent letter waits behind few.
LIMIT = 4
# Twice the longest call: four exchanges with a server at its slowest.
LEASE = timedelta(seconds=2 * 4 * CALL_SECONDS)
LONGEST_SUBJECT = 300
SHORT_SUBJECT, SHORT_TEXT = 80, 140
RESTS = timedelta(minutes=1)
# So often a provider is asked for a message it may have, before the next one takes over.
ASKED_IN_VAIN = 2


@dataclass(frozen=True, slots=True)
class Attempt:
    """One recorded attempt; only the holder of `fence` may record its outcome. `asks`: how an earlier one ended is unknown."""

    send_id: int
    fence: int
    delivery_id: int
    provider: str
    last: bool
    asks: bool
    unknown: int


def providers_of(delivery: Delivery) -> dict[str, Channel]:
    return providers(delivery.channel, real=delivery.message.world.is_real, chat=delivery.chat)


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
        body = _said(delivery, subject, in_language(message.body, language))
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


def _said(delivery: Delivery, subject: str, body: str) -> str:
    if delivery.chat:
        return _in_a_chat(delivery, subject)
    return (_mail if delivery.channel == delivery_rules.Channel.EMAIL else _short)(delivery, subject, body)


def _number(delivery: Delivery) -> str:
    incident = delivery.message.incident
    return str(incident.number) if incident else ""


def _link(delivery: Delivery) -> str:
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


def _begin(item: Claimed) -> None:
    """Record the attempt and keep the row under a new fence; the call follows the commit."""
    rows = Delivery.objects.select_for_update(no_key=True, of=("self",))
    rows = rows.select_related("message__world", "message__incident")
    delivery = rows.get(pk=item.values["delivery_id"])
    if delivery.state not in UNSENT:
        return
    if delivery.chat and (free := pacing.turn(delivery)) is not None:
        # It waits for its turn: no attempt was made, and none is counted.
        Send.objects.filter(pk=item.id).update(fence=item.fence + 1, lease_until=free, tries=item.tries - 1)
        return
    # Who said that it did not arrive would take the same key for the same message, and send nothing.
    configured = list(providers_of(delivery))
    names = [name for name in configured if name not in delivery.lost_by] or configured
    # Who may have it is asked first; whoever failed is passed over for the next one.
    asks = delivery.state == State.SENDING and delivery.provider in names
    unknown = delivery.unknown + (delivery.state == State.SENDING)
    if not asks:
        failed = delivery.provider if delivery.state == State.FAILED else ""
        delivery.provider = chosen(names, failed=failed, resting=_resting(delivery.channel) if len(names) > 1 else {})
    # Another fence than the one claimed: the queue leaves the row to us.
    fence = item.fence + 1
    Send.objects.filter(pk=item.id).update(fence=fence, lease_until=Now() + LEASE)
    Delivery.objects.filter(pk=delivery.pk).update(
        state=State.SENDING,
        tries=F("tries") + 1,
        unknown=unknown,
        provider=delivery.provider,
        tried=[*delivery.tried, *([] if delivery.provider in delivery.tried else [delivery.provider])],
    )
    attempt = Attempt(item.id, fence, delivery.pk, delivery.provider, item.tries >= MAX_TRIES, asks, unknown)
    transaction.on_commit(partial(_call, attempt))


def _resting(channel: str) -> dict[str, bool]:
    """The providers of a channel that failed within the last minute."""
    since = wall() - RESTS
    rows = Alarm.objects.filter(
        kind="channel.failing", cleared_at=None, last_at__gt=since, ref__startswith=f"{channel}:"
    )
    return {ref.partition(":")[2]: True for ref in rows.values_list("ref", flat=True)}


def _call(attempt: Attempt) -> None:
    failpoint("sends.after_attempt")
    rows = Delivery.objects.select_related("message__world", "message__incident", "user")
    delivery = rows.get(pk=attempt.delivery_id)
    try:
        provider_id = _hand_over(delivery, attempt)
    except (TryLater, NeverDelivers) as error:
        _record_failure(delivery, attempt, error)
        return
    failpoint("sends.after_call")
    _record_sent(delivery, attempt, provider_id)


def _hand_over(delivery: Delivery, attempt: Attempt) -> str:
    channel = providers_of(delivery)[attempt.provider]
    if attempt.asks and channel.can_be_asked:
        try:
            found = channel.find(delivery.key)
        except TryLater as error:
            if attempt.unknown >= ASKED_IN_VAIN:
                # It may have it and cannot say so: the next provider takes over, at the price of one message too many.
                raise TryLater(error.code, error.text) from error
            raise OutcomeUnknown(error.code, error.text) from error
        if found:
            return found
    if attempt.unknown > 1 and not channel.can_be_asked:
        raise NeverDelivers(
            "delivery.outcome_unknown", _("It may have arrived, twice at most; ask the person before sending it again.")
        )
    return channel.deliver(letter_of(delivery))


def _record_sent(delivery: Delivery, attempt: Attempt, provider_id: str) -> None:
    with transaction.atomic():
        if not _still_ours(attempt).delete()[0]:
            return
        # A receipt may have come before us: what it says of the state is newer. What a robot took stands in the chat.
        reached = State.DELIVERED if delivery.chat else State.SENT
        state = Case(When(state=State.SENDING, then=Value(reached)), default=F("state"))
        there = {"delivered_at": Now()} if delivery.chat else {}
        _move(attempt, state=state, sent_at=Now(), provider_id=provider_id[:120], error="", **there)
        _clear_alarms(delivery, attempt.provider)


def _clear_alarms(delivery: Delivery, provider: str) -> None:
    """What stood against this provider, and against this message once no way of it is given up."""
    failing, given_up = f"{delivery.channel}:{provider}"[:80], f"message:{delivery.message_id}"
    # One look for both: of ten thousand letters hardly one finds an alarm.
    mine = Q(kind="channel.failing", ref=failing) | Q(kind="delivery.given_up", ref=given_up)
    for kind in Alarm.objects.filter(mine, cleared_at=None).values_list("kind", flat=True):
        if kind == "channel.failing":
            alarm_clear(kind, failing)
        elif not delivery.message.deliveries.filter(state=State.GIVEN_UP).exists():
            alarm_clear(kind, given_up)


def _record_failure(delivery: Delivery, attempt: Attempt, error: TryLater | NeverDelivers) -> None:
    """Postpone, or give up after the last try or when no try can help. Whoever is asked to come more slowly loses no try by it."""
    rest = pacing.rest(delivery, error) if isinstance(error, Limited) else None
    gives_up = isinstance(error, NeverDelivers) or (attempt.last and rest is None)
    with transaction.atomic():
        row = _still_ours(attempt).first()
        if row is None:
            return
        if gives_up:
            item = {"delivery_id": attempt.delivery_id, "due_at": row.due_at.isoformat()}
            SetAside.objects.create(queue=SENDS.name, what=str(attempt.delivery_id), error=error.code, item=item)
            row.delete()
            _give_up(attempt.delivery_id, error.code)
            return
        wait = rest or timedelta(seconds=BACKOFF[min(row.tries, len(BACKOFF)) - 1])
        _still_ours(attempt).update(lease_until=Now() + wait, tries=F("tries") - int(rest is not None))
        # With the outcome unknown it stays `sending`, so that the next attempt asks first.
        state = State.SENDING if isinstance(error, OutcomeUnknown) else State.FAILED
        _move(attempt, error=error.code)
        Delivery.objects.filter(pk=attempt.delivery_id, state=State.SENDING).update(state=state)
        alarm_raise("channel.failing", f"{delivery.channel}:{attempt.provider}", error=error.code)


def _still_ours(attempt: Attempt) -> QuerySet[Send]:
    return Send.objects.select_for_update().filter(pk=attempt.send_id, fence=attempt.fence)


def _move(attempt: Attempt, **fields: object) -> None:
    Delivery.objects.filter(pk=attempt.delivery_id).update(**fields)


def _give_up(delivery_id: int, error: str) -> None:
    """The person was not reached this way: visible on the message, and an alarm stands until somebody acts."""
    rows = Delivery.objects.filter(pk=delivery_id, state__in=sorted(UNSENT))
    if not rows.update(state=State.GIVEN_UP, error=error):
        return
    message_id = Delivery.objects.values_list("message_id", flat=True).get(pk=delivery_id)
    alarm_raise("delivery.given_up", f"message:{message_id}", error=error, delivery=delivery_id)


def _died_every_time(item: Claimed) -> None:
    _give_up(item.values["delivery_id"], "delivery.process_died")


SENDS = Queue(
    name="sends",
    table="notifications_send",
    columns=("delivery_id",),
    work=_begin,
    lease=LEASE,
    limit=LIMIT,
    outside=True,
    # Nothing leaves a database that nobody has compared with what was exported of it.
    due="{t}.due_at <= clock_timestamp() - {late} AND " + CLEARED,
    behind="timers",
    # An urgent letter's place in line is ahead of its time.
    joined="(SELECT d.queued_at FROM notifications_delivery d WHERE d.id = {t}.delivery_id)",
    describe=lambda item: str(item.values["delivery_id"]),
    given_up=_died_every_time,
)
