"""Letters leave the house (DESIGN.md, rule 5): the attempt is recorded before the call, the outcome after it, by fence.

    claim → [attempt recorded, fence raised, committed] → call, outside any transaction → [outcome, row removed, by fence]

Killed in the first gap or during the call, the next attempt finds `sending`: it asks the provider for our key, and where
that cannot be asked it sends once more. Killed every time, the engine's queue gives the row up.
"""

import os
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override, pgettext

from common.bilingual import in_language
from common.errors import NeverDelivers, TryLater
from engine.alarms import alarm_clear, alarm_raise
from engine.failpoints import failpoint
from engine.models import SetAside
from engine.queues import BACKOFF, MAX_TRIES, Claimed, Queue
from notifications.channels import Channel, Letter, OutcomeUnknown
from notifications.channels.email import CALL_SECONDS, Smtp
from notifications.channels.sink import Sink
from notifications.domain.delivery import UNSENT, State
from notifications.models import Delivery, Send

# Few a claim, so that an urgent letter waits behind few.
LIMIT = 4
# Twice the longest call: four exchanges with a server at its slowest.
LEASE = timedelta(seconds=2 * 4 * CALL_SECONDS)
LONGEST_SUBJECT = 300


@dataclass(frozen=True, slots=True)
class Attempt:
    """One recorded attempt; only the holder of `fence` may record its outcome."""

    send_id: int
    fence: int
    delivery_id: int
    last: bool
    unknown: int


def channel_for(delivery: Delivery) -> Channel:
    """Outside the real world nothing leaves the house."""
    url = os.environ.get("HOTLINE_EMAIL_URL", "")
    return Smtp(url) if url and delivery.message.world.is_real else Sink()


def letter_of(delivery: Delivery) -> Letter:
    """The message in its reader's language, marked when it is practice."""
    message, language = delivery.message, delivery.user.language
    subject, body = in_language(message.subject, language), in_language(message.body, language)
    if message.link:
        body = f"{body}\n\n{os.environ.get('HOTLINE_PUBLIC_URL', '').rstrip('/')}{message.link}"
    if not message.world.is_real:
        with override(language):
            subject = pgettext("subject of a message from a practice world", "[Practice] %(subject)s") % {
                "subject": subject
            }
    return Letter(
        key=delivery.key,
        world_id=message.world_id,
        user_id=delivery.user_id,
        language=language,
        subject=subject[:LONGEST_SUBJECT],
        body=body,
        urgent=message.urgent,
        sandbox=not message.world.is_real,
    )


def _begin(item: Claimed) -> None:
    """Record the attempt and keep the row under a new fence; the call follows the commit."""
    delivery = Delivery.objects.select_for_update(no_key=True).get(pk=item.values["delivery_id"])
    if delivery.state not in UNSENT:
        return
    unknown = delivery.unknown + (delivery.state == State.SENDING)
    # Another fence than the one claimed: the queue leaves the row to us.
    fence = item.fence + 1
    Send.objects.filter(pk=item.id).update(fence=fence, lease_until=Now() + LEASE)
    Delivery.objects.filter(pk=delivery.pk).update(state=State.SENDING, tries=F("tries") + 1, unknown=unknown)
    attempt = Attempt(item.id, fence, delivery.pk, item.tries >= MAX_TRIES, unknown)
    transaction.on_commit(partial(_call, attempt))


def _call(attempt: Attempt) -> None:
    failpoint("sends.after_attempt")
    delivery = Delivery.objects.select_related("message__world", "user").get(pk=attempt.delivery_id)
    try:
        provider_id = _hand_over(delivery, attempt)
    except (TryLater, NeverDelivers) as error:
        _record_failure(delivery, attempt, error)
        return
    failpoint("sends.after_call")
    _record_sent(delivery, attempt, provider_id)


def _hand_over(delivery: Delivery, attempt: Attempt) -> str:
    channel = channel_for(delivery)
    if attempt.unknown and channel.can_be_asked and (found := channel.find(delivery.key)):
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
        _move(attempt, state=State.SENT, sent_at=Now(), provider_id=provider_id[:120], error="")
        alarm_clear("channel.failing", delivery.channel)
        if not delivery.message.deliveries.filter(state=State.GIVEN_UP).exists():
            alarm_clear("delivery.given_up", f"message:{delivery.message_id}")


def _record_failure(delivery: Delivery, attempt: Attempt, error: TryLater | NeverDelivers) -> None:
    """Postpone, or give up after the last try or when no try can help."""
    gives_up = attempt.last or isinstance(error, NeverDelivers)
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
        wait = timedelta(seconds=BACKOFF[min(row.tries, len(BACKOFF)) - 1])
        _still_ours(attempt).update(lease_until=Now() + wait)
        # With the outcome unknown it stays `sending`, so that the next attempt asks first.
        state = State.SENDING if isinstance(error, OutcomeUnknown) else State.FAILED
        _move(attempt, state=state, error=error.code)
        alarm_raise("channel.failing", delivery.channel, error=error.code)


def _still_ours(attempt: Attempt) -> QuerySet[Send]:
    return Send.objects.select_for_update().filter(pk=attempt.send_id, fence=attempt.fence)


def _move(attempt: Attempt, **fields: object) -> None:
    Delivery.objects.filter(pk=attempt.delivery_id).update(**fields)


def _give_up(delivery_id: int, error: str) -> None:
    """The person was not reached this way: visible on the message, and an alarm stands until somebody acts."""
    Delivery.objects.filter(pk=delivery_id).update(state=State.GIVEN_UP, error=error)
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
    describe=lambda item: str(item.values["delivery_id"]),
    given_up=_died_every_time,
)
