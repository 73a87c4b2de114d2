"""What a provider says became of a message: delivered, not delivered, answered. The same said twice changes nothing."""

import re
from datetime import timedelta
from typing import Final, NamedTuple

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from common.clock import wall
from engine.alarms import alarm_raise
from engine.bell import ring_after_commit
from engine.models import SetAside
from notifications.bundling import rows_of
from notifications.channels.configured import gateways
from notifications.domain.delivery import State, Via
from notifications.domain.receipts import Said
from notifications.models import Delivery, Send
from notifications.services.answers import answer_letter, arrived
from people import selectors as people

# A person who replies to yesterday's message still answers it.
CODE_LASTS = timedelta(hours=72)
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
    # As the sender takes them: what is still to be sent first, then its letter with all it carries.
    letter_id = delivery.letter_id
    list(Send.objects.select_for_update().filter(delivery=letter_id))
    locked = rows_of(letter_id).select_for_update(no_key=True, of=("self",)).select_related("user", "message")
    rows = list(locked.order_by("pk"))
    delivery = next(row for row in rows if row.pk == letter_id)
    match receipt.said:
        case Said.DELIVERED:
            arrived(row for row in rows if row.delivered_at is None)
            return ""
        case Said.UNDELIVERED:
            return _lost(delivery, provider)
        case Said.ANSWERED:
            return _answered(delivery, Via.KEY)
        case Said.REPLY if delivery.code and delivery.code in DIGITS.findall(receipt.text):
            return _answered(delivery, Via.CODE)
    return "no_code"


def _answered(delivery: Delivery, via: Via) -> str:
    answer_letter(delivery, via)
    return ""


def _about(provider: str, receipt: Receipt) -> Delivery | None:
    """The delivery a receipt speaks of, among those this provider may have."""
    rows = (
        Delivery.objects.select_related("user").filter(user__is_active=True, tried__contains=[provider]).order_by("-pk")
    )
    found = None
    if receipt.key:
        found = rows.filter(key=receipt.key).first()
    elif receipt.id:
        found = rows.filter(provider_id=receipt.id, provider=provider).first()
    codes = DIGITS.findall(receipt.text)[:5]
    if receipt.said is not Said.REPLY or (found is not None and found.code in codes):
        return found
    # Providers take a reply for one to the newest message; and some say nothing but the number it came from.
    recent = rows.filter(code__in=codes, queued_at__gt=wall() - CODE_LASTS)
    if found is not None:
        return recent.filter(user=found.user_id).first() or found
    number = _digits(receipt.from_)
    return next((row for row in recent[:20] if number and _number_of(row) == number), None)


def _number_of(delivery: Delivery) -> str:
    return _digits(people.contact_value(delivery.person_id, "phone") or "")


def _digits(number: str) -> str:
    """A number without what people write into it; the country's code may be missing."""
    return "".join(DIGITS.findall(number))[-11:]


def _lost(delivery: Delivery, provider: str) -> str:
    """It did not reach the person: a provider that has not lost it tries, while there is one; else it is given up, visibly."""
    error, lost_by = f"{delivery.channel}.undelivered", sorted({*delivery.lost_by, provider})
    rows_of(delivery.pk).update(lost_by=lost_by)
    if provider != delivery.provider or delivery.state not in LOST:
        return ""
    lost = rows_of(delivery.pk).filter(state__in=LOST)
    if {gateway.name for gateway in gateways(delivery.channel)} - {*lost_by}:
        lost.update(state=State.FAILED, error=error, delivered_at=None)
        # Under another fence: a call that is still under way records nothing any more.
        again = Send.objects.filter(delivery=delivery).update(fence=F("fence") + 1, tries=0, lease_until=Now())
        if not again:
            Send.objects.create(delivery=delivery, due_at=Now())
        ring_after_commit("sends")
        return ""
    told = list(lost.values_list("pk", "message_id"))
    lost.update(state=State.GIVEN_UP, error=error, delivered_at=None)
    Send.objects.filter(delivery=delivery).delete()
    item = {"delivery_id": delivery.pk, "due_at": wall().isoformat()}
    SetAside.objects.create(queue="sends", what=str(delivery.pk), error=error, item=item)
    for pk, message_id in told:
        alarm_raise("delivery.given_up", f"message:{message_id}", error=error, delivery=pk)
    return ""
