"""Letters leave the house (DESIGN.md, rule 5): the attempt is recorded before the call, the outcome after it, by fence.

    claim → [attempt recorded, fence raised, committed] → call, outside any transaction → [outcome, row removed, by fence]

Killed in the first gap or during the call, the next attempt finds `sending`: it asks the provider for our key, and where
that cannot be asked it sends once more. Killed every time, the engine's queue gives the row up.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.db import connection, transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.clock import wall
from common.errors import NeverDelivers, TryLater
from engine.alarms import alarm_clear, alarm_raise
from engine.clearance import CLEARED
from engine.failpoints import failpoint
from engine.models import Alarm, SetAside
from engine.queues import BACKOFF, MAX_TRIES, Claimed, Queue
from notifications import pacing
from notifications.channels import Channel, Limited, OutcomeUnknown
from notifications.channels.configured import chosen, providers
from notifications.channels.email import CALL_SECONDS
from notifications.domain import delivery as delivery_rules
from notifications.domain.delivery import UNSENT, State
from notifications.letters import letter_of
from notifications.models import Delivery, Send
from notifications.services.unanswered import next_way

# Few a claim, so that an urgent letter waits behind few.
LIMIT = 8
# Twice the longest call: four exchanges with a server at its slowest.
LEASE = timedelta(seconds=2 * 4 * CALL_SECONDS)
RESTS = timedelta(minutes=1)
# For the calls of one claim; what is left when they took longer goes to whoever is free.
TOGETHER_SECONDS = 10.0
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


# --- first attempts of several letters ----------------------------------------------------------------------------------
def _send_together(items: Sequence[Claimed]) -> set[int]:
    """First attempts by providers that can be asked: one transaction before their calls and one after them. Killed in between,
    each letter is asked for as one sent alone is."""
    begun = _begin_all(items)
    failpoint("sends.after_attempt") if begun else None
    sent: list[tuple[Delivery, Attempt, str]] = []
    over = time.monotonic() + TOGETHER_SECONDS
    try:
        for place, (delivery, attempt) in enumerate(begun):
            if time.monotonic() > over:
                _leave([waiting for _delivery, waiting in begun[place:]])
                break
            try:
                sent.append((delivery, attempt, _hand_over(delivery, attempt)))
            except (TryLater, NeverDelivers) as error:
                # In the order in which it happened: what went well before ends no alarm of what fails now.
                _record_all_sent(sent)
                sent.clear()
                _record_failure(delivery, attempt, error)
    finally:
        failpoint("sends.after_call") if sent else None
        _record_all_sent(sent)
    return {attempt.send_id for _delivery, attempt in begun}


def _begin_all(items: Sequence[Claimed]) -> list[tuple[Delivery, Attempt]]:
    """Record the attempts; those that are more than a first call to a provider are left to go alone."""
    begun: list[tuple[Delivery, Attempt]] = []
    with transaction.atomic():
        sends = Send.objects.select_for_update(skip_locked=True).filter(pk__in=[item.id for item in items])
        fences = dict(sends.values_list("pk", "fence"))
        rows = Delivery.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
        rows = rows.select_related("message__world", "message__incident", "user")
        waiting = rows.filter(state=State.QUEUED, chat="", tried=[], lost_by=[])
        found = waiting.in_bulk([item.values["delivery_id"] for item in items])
        resting: dict[str, dict[str, bool]] = {}
        for item in items:
            delivery = found.get(item.values["delivery_id"])
            if delivery is None or fences.get(item.id) != item.fence:
                continue
            there = providers_of(delivery)
            if delivery.channel not in resting:
                resting[delivery.channel] = _resting(delivery.channel) if len(there) > 1 else {}
            provider = chosen(list(there), failed="", resting=resting[delivery.channel])
            if there[provider].can_be_asked:
                delivery.provider = provider
                last = item.tries >= MAX_TRIES
                begun.append((delivery, Attempt(item.id, item.fence + 1, delivery.pk, provider, last, False, 0)))
        Send.objects.filter(pk__in=[attempt.send_id for _delivery, attempt in begun]).update(
            fence=F("fence") + 1, lease_until=Now() + LEASE
        )
        for provider in {attempt.provider for _delivery, attempt in begun}:
            theirs = [delivery.pk for delivery, attempt in begun if attempt.provider == provider]
            Delivery.objects.filter(pk__in=theirs).update(
                state=State.SENDING, tries=F("tries") + 1, provider=provider, tried=[provider]
            )
    return begun


def _leave(attempts: Sequence[Attempt]) -> None:
    """Another takes them up at once, who asks first: they stand as begun."""
    for attempt in attempts:
        Send.objects.filter(pk=attempt.send_id, fence=attempt.fence).update(lease_until=Now())


SENT = """
UPDATE notifications_delivery d SET state = CASE WHEN d.state = 'sending' THEN 'sent' ELSE d.state END, sent_at = now(),
       provider_id = v.provider_id, error = ''
FROM unnest(%s::bigint[], %s::text[]) AS v (id, provider_id) WHERE d.id = v.id
"""


def _record_all_sent(sent: Sequence[tuple[Delivery, Attempt, str]]) -> None:
    if not sent:
        return
    with transaction.atomic():
        sends = Send.objects.select_for_update().filter(pk__in=[attempt.send_id for _d, attempt, _id in sent])
        fences = dict(sends.values_list("pk", "fence"))
        ours = [one for one in sent if fences.get(one[1].send_id) == one[1].fence]
        Send.objects.filter(pk__in=[attempt.send_id for _d, attempt, _id in ours]).delete()
        with connection.cursor() as cursor:
            # A receipt may have come before us: what it says of the state is newer.
            cursor.execute(SENT, [[one[0].pk for one in ours], [one[2][:120] for one in ours]])
        _clear_alarms([(delivery, attempt.provider) for delivery, attempt, _id in ours])


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
        _clear_alarms([(delivery, attempt.provider)])


def _clear_alarms(sent: Iterable[tuple[Delivery, str]]) -> None:
    """What stood against these providers, and against these messages once no way of them is given up."""
    failing = {f"{delivery.channel}:{provider}"[:80] for delivery, provider in sent}
    given_up = {f"message:{delivery.message_id}": delivery.message for delivery, _provider in sent}
    # One look for all: of ten thousand letters hardly one finds an alarm.
    theirs = Q(kind="channel.failing", ref__in=failing) | Q(kind="delivery.given_up", ref__in=given_up)
    for kind, ref in Alarm.objects.filter(theirs, cleared_at=None).values_list("kind", "ref"):
        if kind == "channel.failing" or not given_up[ref].deliveries.filter(state=State.GIVEN_UP).exists():
            alarm_clear(kind, ref)


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
    delivery = Delivery.objects.select_related("message__incident").get(pk=delivery_id)
    alarm_raise("delivery.given_up", f"message:{delivery.message_id}", error=error, delivery=delivery_id)
    if delivery.channel == delivery_rules.Channel.PUSH:
        # Browsers come and go without a word: whoever relied on his is reached by the next way at once.
        next_way(delivery)


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
    kin=lambda item: "first",
    together=_send_together,
)
