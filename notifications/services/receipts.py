"""What a provider says became of a message: delivered, not delivered, answered. The same said twice changes nothing."""

import re
from datetime import timedelta
from typing import Final, NamedTuple

from django.db import transaction
from django.db.models.functions import Now

from common.clock import wall
from engine.alarms import alarm_raise
from engine.bell import ring_after_commit
from notifications.channels.configured import gateways
from notifications.domain.delivery import State, Via
from notifications.domain.receipts import Said
from notifications.models import Delivery, Send
from notifications.services.answers import answer
from people import selectors as people

# A person who replies to yesterday's message still answers it.
CODE_LASTS = timedelta(hours=72)
# After as many attempts an undelivered message is not handed to another provider again.
MOST_TRIES = 3
ARRIVED: Final = (State.SENDING, State.SENT, State.FAILED, State.GIVEN_UP)
LOST: Final = (State.SENDING, State.SENT, State.DELIVERED)
DIGITS: Final = re.compile(r"[0-9]+")


class Receipt(NamedTuple):
    """`key` is ours, `id` the provider's: one of them; a reply may come with neither, then by the number it came `from_`."""

    said: Said
    key: str = ""
    id: str = ""
    text: str = ""
    from_: str = ""


@transaction.atomic
def receipt_take(*, provider: str, receipt: Receipt) -> str:
    """Write down what the provider says; a word for why it was of no use, empty when it was."""
    delivery = _about(provider, receipt)
    if delivery is None:
        return "unknown_message"
    match receipt.said:
        case Said.DELIVERED:
            rows = Delivery.objects.filter(pk=delivery.pk, delivered_at=None)
            rows.filter(state__in=ARRIVED).update(state=State.DELIVERED, delivered_at=Now(), error="")
            return ""
        case Said.UNDELIVERED:
            return _lost(delivery)
        case Said.ANSWERED:
            return _answered(delivery, Via.KEY)
        case Said.REPLY if delivery.code and delivery.code in DIGITS.findall(receipt.text):
            return _answered(delivery, Via.CODE)
    return "no_code"


def _answered(delivery: Delivery, via: Via) -> str:
    answer(delivery.message_id, delivery.user_id, via, by_way_of=delivery)
    return ""


def _about(provider: str, receipt: Receipt) -> Delivery | None:
    rows = Delivery.objects.select_for_update(no_key=True, of=("self",)).filter(user__is_active=True)
    if receipt.key:
        return rows.filter(key=receipt.key, provider=provider).first()
    if receipt.id:
        return rows.filter(provider_id=receipt.id, provider=provider).order_by("-pk").first()
    if receipt.said is not Said.REPLY or not receipt.from_:
        return None
    recent = rows.filter(code__in=DIGITS.findall(receipt.text)[:5], queued_at__gt=wall() - CODE_LASTS)
    number = _digits(receipt.from_)
    return next((row for row in recent.select_related("user").order_by("-pk")[:20] if _number_of(row) == number), None)


def _number_of(delivery: Delivery) -> str:
    return _digits(people.contact_value(delivery.user, "phone") or "")


def _digits(number: str) -> str:
    """A number without what people write into it; the country's code may be missing."""
    return "".join(DIGITS.findall(number))[-11:]


def _lost(delivery: Delivery) -> str:
    """It did not reach the person: another provider tries while there is one, else it is given up, visibly."""
    error = f"{delivery.channel}.undelivered"
    moved = Delivery.objects.filter(pk=delivery.pk, state__in=LOST)
    if len(gateways(delivery.channel)) > 1 and delivery.tries < MOST_TRIES:
        if moved.exclude(state=State.SENDING).update(state=State.FAILED, error=error, delivered_at=None):
            Send.objects.create(delivery=delivery, due_at=Now())
            ring_after_commit("sends")
    elif moved.update(state=State.GIVEN_UP, error=error, delivered_at=None):
        Send.objects.filter(delivery=delivery).delete()
        alarm_raise("delivery.given_up", f"message:{delivery.message_id}", error=error, delivery=delivery.pk)
    return ""
