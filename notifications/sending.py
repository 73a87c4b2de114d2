"""Letters leave the house (DESIGN.md, rule 5): the attempt is recorded before the call, the outcome after it, by fence.

    claim → [attempt recorded, fence raised, committed] → call, outside any transaction → [outcome, row removed, by fence]

Killed in the first gap or during the call, the next attempt finds `sending`: it asks the provider for our key, and where
that cannot be asked it sends once more. Killed every time, the engine's queue gives the row up.

A letter may carry what waits for the same reader besides its own message (`bundling`): that is settled with its first attempt, and
whatever befalls the letter is written into the row of each of its messages.
"""

import time
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import DateTimeField, F, Func
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from common.clock import wall
from common.errors import NeverDelivers, TryLater
from engine.clearance import CLEARED
from engine.failpoints import failpoint
from engine.models import Alarm
from engine.queues import MAX_TRIES, Claimed, Queue
from notifications import bundling, pacing
from notifications.channels import Channel, OutcomeUnknown
from notifications.channels.configured import chosen, providers
from notifications.channels.email import CALL_SECONDS
from notifications.domain import delivery as delivery_rules
from notifications.domain.delivery import HEAD_START, UNSENT, State
from notifications.letters import letter_of
from notifications.models import Delivery, Send
from notifications.outcomes import QUEUE, Attempt, Begun, give_up, record_all_sent, record_failure, record_sent

# Few a claim, so that an urgent letter waits behind few.
LIMIT = 8
# Between claiming a letter and recording its attempt, which takes no call: what a worker that died then held is begun by another
# within the ten seconds in which every letter is tried.
CLAIM_LEASE = timedelta(seconds=3)
# So long an ordinary letter is overtaken by whatever is urgent; from then on each claim takes the ordinary one that has
# waited longest besides, sent after the others.
OVERTAKEN = timedelta(seconds=3)
# From there on. Twice the longest call: four exchanges with a server at its slowest.
LEASE = timedelta(seconds=2 * 4 * CALL_SECONDS)
RESTS = timedelta(minutes=1)
# For the calls of one claim; what is left when they took longer goes to whoever is free.
TOGETHER_SECONDS = 10.0
# Not Now(): that is when the transaction began, before it waited for any row.
CLOCK = Func(function="statement_timestamp", output_field=DateTimeField())
# So often a provider is asked for a message it may have, before the next one takes over.
ASKED_IN_VAIN = 2


def providers_of(delivery: Delivery) -> dict[str, Channel]:
    return providers(delivery.channel, real=delivery.message.world.is_real, chat=delivery.chat)


def _begin(item: Claimed) -> None:
    """Record the attempt and keep the row under a new fence; the call follows the commit."""
    rows = Delivery.objects.select_for_update(no_key=True, of=("self",))
    rows = rows.select_related("message__world", "message__incident")
    delivery = rows.get(pk=item.values["delivery_id"])
    if delivery.state not in UNSENT:
        return
    if delivery.state == State.FAILED and _answered(delivery):
        bundling.rows_of(delivery.pk).filter(state=State.FAILED).update(state=State.SPARED)
        return
    fresh = delivery.state == State.QUEUED and not delivery.tried
    if fresh and (repeated := bundling.repeats([delivery])):
        bundling.say_no_more(repeated)
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
    if fresh:
        bundling.together([delivery])
    # Another fence than the one claimed: the queue leaves the row to us.
    fence = item.fence + 1
    Send.objects.filter(pk=item.id).update(fence=fence, lease_until=Now() + LEASE)
    bundling.rows_of(delivery.pk).filter(state__in=sorted(UNSENT)).update(
        state=State.SENDING,
        tries=F("tries") + 1,
        unknown=unknown,
        first_tried_at=Coalesce("first_tried_at", CLOCK),
        provider=delivery.provider,
        tried=[*delivery.tried, *([] if delivery.provider in delivery.tried else [delivery.provider])],
    )
    attempt = Attempt(item.id, fence, delivery.pk, delivery.provider, item.tries >= MAX_TRIES, asks, unknown)
    transaction.on_commit(partial(_call, attempt))


def _answered(delivery: Delivery) -> bool:
    """Whether the person has answered all that this letter would tell him: after a failed attempt nobody is rung for what he knows.
    What may have arrived is not asked here, and neither is a message each of whose ways wants an answer of its own."""
    told = bundling.rows_of(delivery.pk).filter(user__isnull=False)
    letters = list(told.values_list("message", "message__each_way"))
    if not letters or any(each_way for _message, each_way in letters):
        return False
    messages = {message for message, _each_way in letters}
    answered = Delivery.objects.filter(
        user=delivery.user_id, message__in=messages, channel=delivery_rules.Channel.INAPP, state=State.ACKNOWLEDGED
    )
    return answered.count() == len(messages)


# --- first attempts of several letters ----------------------------------------------------------------------------------
def _send_together(items: Sequence[Claimed]) -> set[int]:
    """First attempts by providers that can be asked: one transaction before their calls and one after them. Killed in between,
    each letter is asked for as one sent alone is."""
    begun, done = _begin_all(items)
    failpoint("sends.after_attempt") if begun else None
    sent: list[tuple[Begun, str]] = []
    over = time.monotonic() + TOGETHER_SECONDS
    try:
        for place, one in enumerate(begun):
            if time.monotonic() > over:
                _leave([waiting.attempt for waiting in begun[place:]])
                break
            try:
                sent.append((one, _hand_over(one.delivery, one.carried, one.attempt)))
            except (TryLater, NeverDelivers) as error:
                # In the order in which it happened: what went well before ends no alarm of what fails now.
                record_all_sent(sent)
                sent.clear()
                record_failure(one.delivery, one.attempt, error)
    finally:
        failpoint("sends.after_call") if sent else None
        record_all_sent(sent)
    return done


def _begin_all(items: Sequence[Claimed]) -> tuple[list[Begun], set[int]]:
    """Record the attempts; those that are more than a first call to a provider are left to go alone. The second: the ids of all
    rows of the queue that this settled, with those whose message another letter carries or which say nothing new."""
    begun: list[Begun] = []
    with transaction.atomic():
        sends = Send.objects.select_for_update(skip_locked=True).filter(pk__in=[item.id for item in items])
        fences = dict(sends.values_list("pk", "fence"))
        rows = Delivery.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
        rows = rows.select_related("message__world", "message__incident", "user")
        waiting = rows.filter(state=State.QUEUED, chat="", tried=[], lost_by=[])
        found = waiting.in_bulk([item.values["delivery_id"] for item in items])
        ours = {item.values["delivery_id"]: item for item in items if fences.get(item.id) == item.fence}
        fresh = [found[pk] for pk in ours if pk in found]
        repeated = bundling.repeats(fresh)
        bundling.say_no_more(repeated)
        there = _providers_chosen(_said_once(delivery for delivery in fresh if delivery.pk not in repeated))
        carried = bundling.together([delivery for delivery in fresh if delivery.pk in there])
        for delivery in (delivery for delivery in fresh if delivery.pk in carried):
            item, delivery.provider = ours[delivery.pk], there[delivery.pk]
            last = item.tries >= MAX_TRIES
            attempt = Attempt(item.id, item.fence + 1, delivery.pk, delivery.provider, last, False, 0)
            begun.append(Begun(delivery, carried[delivery.pk], attempt))
        Send.objects.filter(pk__in=[one.attempt.send_id for one in begun]).update(
            fence=F("fence") + 1, lease_until=Now() + LEASE
        )
        for provider in {one.attempt.provider for one in begun}:
            theirs = [row.pk for one in begun if one.attempt.provider == provider for row in one.rows]
            Delivery.objects.filter(pk__in=theirs).update(
                state=State.SENDING,
                tries=F("tries") + 1,
                first_tried_at=CLOCK,
                provider=provider,
                tried=[provider],
            )
    settled = {*repeated, *(row.pk for one in begun for row in one.rows)}
    return begun, {item.id for pk, item in ours.items() if pk in settled}


def _said_once(fresh: Iterable[Delivery]) -> list[Delivery]:
    """Without those that say what another of the same claim is about to say; alone they will find that it was said. What may go in
    one letter says it there once."""
    seen: dict[tuple[str, bundling.Place], Delivery] = {}
    found = []
    for delivery in fresh:
        if content := delivery.message.content:
            first = seen.setdefault((content, bundling.place_of(delivery)), delivery)
            if first is not delivery and not (first.waits and delivery.waits):
                continue
        found.append(delivery)
    return found


def _providers_chosen(fresh: Iterable[Delivery]) -> dict[int, str]:
    """Row → the provider of its first attempt, of those whose provider can be asked what it has."""
    resting: dict[str, dict[str, bool]] = {}
    found = {}
    for delivery in fresh:
        there = providers_of(delivery)
        if delivery.channel not in resting:
            resting[delivery.channel] = _resting(delivery.channel) if len(there) > 1 else {}
        provider = chosen(list(there), failed="", resting=resting[delivery.channel])
        if there[provider].can_be_asked:
            found[delivery.pk] = provider
    return found


def _leave(attempts: Sequence[Attempt]) -> None:
    """Another takes them up at once, who asks first: they stand as begun."""
    for attempt in attempts:
        Send.objects.filter(pk=attempt.send_id, fence=attempt.fence).update(lease_until=Now())


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
    carried = bundling.carried_by(delivery)
    try:
        provider_id = _hand_over(delivery, carried, attempt)
    except (TryLater, NeverDelivers) as error:
        record_failure(delivery, attempt, error)
        return
    failpoint("sends.after_call")
    record_sent(Begun(delivery, carried, attempt), provider_id)


def _hand_over(delivery: Delivery, carried: Sequence[Delivery], attempt: Attempt) -> str:
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
    return channel.deliver(letter_of(delivery, carried))


def _died_every_time(item: Claimed) -> None:
    give_up(item.values["delivery_id"], "delivery.process_died")


SENDS = Queue(
    name=QUEUE,
    table="notifications_send",
    columns=("delivery_id",),
    work=_begin,
    lease=CLAIM_LEASE,
    limit=LIMIT,
    outside=True,
    # Nothing leaves a database that nobody has compared with what was exported of it.
    due="{t}.due_at <= clock_timestamp() - {late} AND " + CLEARED,
    behind="timers",
    # The first of those that no rank moved ahead: between two ranks in line stand no others.
    waited=(
        f"{{t}}.due_at > statement_timestamp() - interval '{HEAD_START.total_seconds()} seconds'"
        f" AND {{t}}.due_at <= statement_timestamp() - interval '{OVERTAKEN.total_seconds()} seconds'"
    ),
    # An urgent letter's place in line is ahead of its time.
    joined="(SELECT d.queued_at FROM notifications_delivery d WHERE d.id = {t}.delivery_id)",
    describe=lambda item: str(item.values["delivery_id"]),
    given_up=_died_every_time,
    kin=lambda item: "first",
    together=_send_together,
)
