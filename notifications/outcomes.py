"""How an attempt to send ended (DESIGN.md, rule 5): written by fence into the row of each message its letter carried."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple

from django.db import connection, transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Now

from common.errors import NeverDelivers, TryLater
from engine.alarms import alarm_clear, alarm_raise
from engine.models import Alarm, SetAside
from engine.queues import BACKOFF
from notifications import bundling, pacing
from notifications.channels import Limited, OutcomeUnknown
from notifications.domain import delivery as delivery_rules
from notifications.domain.delivery import UNSENT, State
from notifications.models import Delivery, Send
from notifications.services.unanswered import next_way

QUEUE: Final = "sends"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One recorded attempt; only the holder of `fence` may record its outcome. `asks`: how an earlier one ended is unknown.
    `delivery_id`: the row whose letter it is; it may carry others."""

    send_id: int
    fence: int
    delivery_id: int
    provider: str
    last: bool
    asks: bool
    unknown: int


class Begun(NamedTuple):
    """A letter whose first attempt is recorded, and the rows it carries besides its own."""

    delivery: Delivery
    carried: Sequence[Delivery]
    attempt: Attempt

    @property
    def rows(self) -> list[Delivery]:
        return [self.delivery, *self.carried]


def record_sent(one: Begun, provider_id: str) -> None:
    delivery, attempt = one.delivery, one.attempt
    with transaction.atomic():
        if not _still_ours(attempt).delete()[0]:
            return
        # A receipt may have come before us: what it says of the state is newer. What a robot took stands in the chat.
        reached = State.DELIVERED if delivery.chat else State.SENT
        state = Case(When(state=State.SENDING, then=Value(reached)), default=F("state"))
        there = {"delivered_at": Now()} if delivery.chat else {}
        _move(attempt, state=state, sent_at=Now(), provider_id=provider_id[:120], error="", **there)
        _clear_alarms([(row, attempt.provider) for row in one.rows])


SENT = """
UPDATE notifications_delivery d SET state = CASE WHEN d.state = 'sending' THEN 'sent' ELSE d.state END, sent_at = now(),
       provider_id = v.provider_id, error = ''
FROM unnest(%s::bigint[], %s::text[]) AS v (id, provider_id) WHERE d.id = v.id
"""


def record_all_sent(sent: Sequence[tuple[Begun, str]]) -> None:
    if not sent:
        return
    with transaction.atomic():
        sends = Send.objects.select_for_update().filter(pk__in=[one.attempt.send_id for one, _id in sent])
        fences = dict(sends.values_list("pk", "fence"))
        ours = [(one, name) for one, name in sent if fences.get(one.attempt.send_id) == one.attempt.fence]
        Send.objects.filter(pk__in=[one.attempt.send_id for one, _id in ours]).delete()
        rows = [(row, name) for one, name in ours for row in one.rows]
        with connection.cursor() as cursor:
            # A receipt may have come before us: what it says of the state is newer.
            cursor.execute(SENT, [[row.pk for row, _id in rows], [name[:120] for _row, name in rows]])
        _clear_alarms([(row, one.attempt.provider) for one, _id in ours for row in one.rows])


def _clear_alarms(sent: Iterable[tuple[Delivery, str]]) -> None:
    """What stood against these providers, and against these messages once no way of them is given up."""
    failing = {f"{delivery.channel}:{provider}"[:80] for delivery, provider in sent}
    given_up = {f"message:{delivery.message_id}": delivery.message for delivery, _provider in sent}
    # One look for all: of ten thousand letters hardly one finds an alarm.
    theirs = Q(kind="channel.failing", ref__in=failing) | Q(kind="delivery.given_up", ref__in=given_up)
    for kind, ref in Alarm.objects.filter(theirs, cleared_at=None).values_list("kind", "ref"):
        if kind == "channel.failing" or not given_up[ref].deliveries.filter(state=State.GIVEN_UP).exists():
            alarm_clear(kind, ref)


def record_failure(delivery: Delivery, attempt: Attempt, error: TryLater | NeverDelivers) -> None:
    """Postpone, or give up after the last try or when no try can help. Whoever is asked to come more slowly loses no try by it."""
    rest = pacing.rest(delivery, error) if isinstance(error, Limited) else None
    gives_up = isinstance(error, NeverDelivers) or (attempt.last and rest is None)
    with transaction.atomic():
        row = _still_ours(attempt).first()
        if row is None:
            return
        if gives_up:
            item = {"delivery_id": attempt.delivery_id, "due_at": row.due_at.isoformat()}
            SetAside.objects.create(queue=QUEUE, what=str(attempt.delivery_id), error=error.code, item=item)
            row.delete()
            give_up(attempt.delivery_id, error.code)
            return
        wait = rest or timedelta(seconds=BACKOFF[min(row.tries, len(BACKOFF)) - 1])
        _still_ours(attempt).update(lease_until=Now() + wait, tries=F("tries") - int(rest is not None))
        # With the outcome unknown it stays `sending`, so that the next attempt asks first.
        state = State.SENDING if isinstance(error, OutcomeUnknown) else State.FAILED
        _move(attempt, error=error.code)
        bundling.rows_of(attempt.delivery_id).filter(state=State.SENDING).update(state=state)
        alarm_raise("channel.failing", f"{delivery.channel}:{attempt.provider}", error=error.code)


def _still_ours(attempt: Attempt) -> QuerySet[Send]:
    return Send.objects.select_for_update().filter(pk=attempt.send_id, fence=attempt.fence)


def _move(attempt: Attempt, **fields: object) -> None:
    bundling.rows_of(attempt.delivery_id).update(**fields)


def give_up(delivery_id: int, error: str) -> None:
    """The person was not reached this way: visible on each message of the letter, and an alarm stands until somebody acts."""
    rows = bundling.rows_of(delivery_id).filter(state__in=sorted(UNSENT)).select_related("message__incident")
    lost = list(rows)
    Delivery.objects.filter(pk__in=[row.pk for row in lost]).update(state=State.GIVEN_UP, error=error)
    for row in lost:
        alarm_raise("delivery.given_up", f"message:{row.message_id}", error=error, delivery=row.pk)
        if row.channel == delivery_rules.Channel.PUSH:
            # Browsers come and go without a word: whoever relied on his is reached by the next way at once.
            next_way(row)
