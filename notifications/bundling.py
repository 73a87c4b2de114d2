"""Which letters wait for each other, which go together, and which say nothing new (`domain.bundles`, decision 0029).

Settled in transactions of others: what waits when it is written, what goes together where the attempt is recorded. From then on a
letter carries the same messages under the same key, however often it is tried and by whom.
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Final

from django.db.models import Max, Q, QuerySet

from common.clock import wall
from engine.models import World
from notifications.domain import bundles
from notifications.domain.bundles import Rule
from notifications.domain.delivery import SAID, Channel, Rank, State
from notifications.models import Delivery, Message, Send

WITHIN, WAIT, SAME = "HOTLINE_BUNDLE_WITHIN_SECONDS", "HOTLINE_BUNDLE_WAIT_SECONDS", "HOTLINE_SAME_TEXT_MINUTES"
# Longer than this nobody is to be left without what is known; and a wait that outlasts `within` would hold back first letters.
LONGEST: Final = {WITHIN: 3600, WAIT: 300, SAME: 24 * 60}

Place = tuple[int, int | None, str, str]  # world, person or none, channel, chat or ""


def unreadable() -> list[str]:
    """The settings that are no whole number in their range."""
    return [name for name in LONGEST if (text := os.environ.get(name, "")) and _number(name, text) is None]


def _number(name: str, text: str) -> int | None:
    whole = text.isascii() and text.isdigit() and len(text) < 6
    return int(text) if whole and int(text) <= LONGEST[name] else None


def rule() -> Rule:
    """As the settings say; what cannot be read there stops no message, and `check` refuses it."""
    usual, found = Rule(), {name: _number(name, os.environ.get(name, "")) for name in LONGEST}
    within, wait, same = found[WITHIN], found[WAIT], found[SAME]
    return Rule(
        usual.within if within is None else timedelta(seconds=within),
        usual.wait if wait is None else timedelta(seconds=wait),
        usual.same if same is None else timedelta(minutes=same),
    )


def place_of(delivery: Delivery) -> Place:
    """Whose, by which way: what goes to one place may go together."""
    return delivery.message.world_id, delivery.user_id, delivery.channel, delivery.chat


def _at(places: Iterable[Place], prefix: str = "") -> Q:
    """Rows of these places, and some beside them where they are of several persons and channels."""
    found = list(places)
    persons, chats = {place[1] for place in found if not place[3]}, {place[3] for place in found if place[3]}
    of = Q()
    if persons:
        ways = {place[2] for place in found if not place[3]}
        of |= Q(**{f"{prefix}user__in": persons, f"{prefix}channel__in": ways})
    if chats:
        of |= Q(**{f"{prefix}chat__in": chats})
    return of & Q(**{f"{prefix}message__world__in": {place[0] for place in found}})


# --- what waits ---------------------------------------------------------------------------------------------------------
def may_wait(message: Message, rank: Rank) -> bool:
    """Whether a message's letters may wait, and go together with others: nothing of the gravest level, nothing the plan marks, and
    nothing urgent that is of no incident, which is what the product says of itself. Who is asked about each way is told one by one."""
    if message.at_once or message.each_way or message.world.kind == World.CANARY:
        return False
    return not message.urgent if message.incident_id is None else rank is not Rank.GRAVEST


def hold(message: Message, letters: Sequence[Delivery], rank: Rank) -> None:
    """Settle for letters that are about to be written whether they wait, and until when. The first to somebody never does."""
    usual, rate = rule(), message.world.rate
    if not letters or not usual.wait or not may_wait(message, rank):
        return
    given, wait = usual.at(rate), bundles.wait_of(usual, message.ladder, rate)
    now = wall()
    lately = _lately({place_of(letter) for letter in letters}, since=now - given.within)
    for letter in letters:
        told_at, leaves_at = lately.get(place_of(letter), (None, None))
        letter.waits = True
        letter.held_until = bundles.held_until(given, wait, told_at=told_at, leaves_at=leaves_at, now=now)


def _lately(places: set[Place], *, since: datetime) -> dict[Place, tuple[datetime | None, datetime | None]]:
    """Place → when the newest letter there was written, and when those leave that wait; without those that heard nothing lately."""
    rows = Delivery.objects.filter(_at(places), queued_at__gt=since).exclude(channel=Channel.INAPP)
    counted = (
        rows.exclude(state=State.REPEATED)
        .order_by()
        .values("message__world", "user", "channel", "chat")
        .annotate(told=Max("queued_at"), leaves=Max("held_until", filter=Q(state=State.QUEUED)))
    )
    place = itemgetter("message__world", "user", "channel", "chat")
    return {place(row): (row["told"], row["leaves"]) for row in counted}


# --- what says nothing new ----------------------------------------------------------------------------------------------
def repeats(letters: Iterable[Delivery]) -> dict[int, Delivery]:
    """Row → the letter that had said the same to the same reader by the same way just before it, of those that were never tried."""
    same, new = rule().same, [letter for letter in letters if letter.message.content]
    if not new or not same:
        return {}
    rows = Delivery.objects.filter(
        _at({place_of(letter) for letter in new}),
        message__content__in={letter.message.content for letter in new},
        state__in=sorted(SAID),
    )
    said: dict[tuple[str, Place], list[Delivery]] = defaultdict(list)
    for row in rows.select_related("message", "carried_by").order_by("pk"):
        said[row.message.content, place_of(row)].append(row)
    found = {}
    for letter in new:
        at = letter.message.created_at
        for row in said[letter.message.content, place_of(letter)]:
            # In the world's own time, in which it was written.
            if row.message_id < letter.message_id and at - same < row.message.created_at:
                found[letter.pk] = row.carried_by or row
    return found


def say_no_more(repeated: dict[int, Delivery]) -> None:
    """They count as told by the letter that had said the same, and leave the queue."""
    for pk, letter in repeated.items():
        Delivery.objects.filter(pk=pk, state=State.QUEUED).update(state=State.REPEATED, same_as=letter)
    Send.objects.filter(delivery__in=repeated).delete()


# --- what goes together -------------------------------------------------------------------------------------------------
def together(letters: Sequence[Delivery]) -> dict[int, list[Delivery]]:
    """Letter → what it carries besides its own message, which leaves the queue. `letters`: locked, and never tried; of those to
    one place the first carries the others. Within the transaction that records the attempt; what another holds stays his."""
    leading: dict[Place, Delivery] = {}
    carried: dict[int, list[Delivery]] = {}
    for letter in letters:
        if not letter.waits:
            carried[letter.pk] = []
            continue
        leader = leading.setdefault(place_of(letter), letter)
        if leader is letter:
            carried[letter.pk] = []
        elif len(carried[leader.pk]) < bundles.MOST - 1:
            carried[leader.pk].append(letter)
    if leading:
        _gather(leading, carried, {letter.pk for letter in letters})
    for leader_id, others in carried.items():
        if others:
            ids = [other.pk for other in others]
            Delivery.objects.filter(pk__in=ids).update(carried_by=leader_id)
            Send.objects.filter(delivery__in=ids).delete()
    return carried


def _gather(leading: dict[Place, Delivery], carried: dict[int, list[Delivery]], known: set[int]) -> None:
    """Whatever else waits for these readers, whether its time has come or not."""
    sends = Send.objects.select_for_update(of=("self", "delivery"), skip_locked=True, no_key=True)
    waiting = sends.filter(
        _at(leading, "delivery__"), delivery__state=State.QUEUED, delivery__waits=True, delivery__tried=[]
    ).exclude(delivery__in=known)
    rows = waiting.select_related("delivery__message__world", "delivery__message__incident")
    found = [send.delivery for send in rows.order_by("delivery_id")[: bundles.MOST * len(leading)]]
    repeated = repeats(found)
    say_no_more(repeated)
    for letter in found:
        leader = leading.get(place_of(letter))
        if leader is not None and letter.pk not in repeated and len(carried[leader.pk]) < bundles.MOST - 1:
            carried[leader.pk].append(letter)


def rows_of(letter_id: int) -> QuerySet[Delivery]:
    """A letter's own row and those it carries: whatever befalls it befalls them."""
    return Delivery.objects.filter(Q(pk=letter_id) | Q(carried_by=letter_id))


def carried_by(letter: Delivery) -> list[Delivery]:
    """What a letter carries besides its own message, in the order in which it was written."""
    if not letter.waits:
        return []
    rows = letter.carried.select_related("message__world", "message__incident", "user")
    return list(rows.order_by("pk"))
