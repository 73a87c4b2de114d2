"""Who could not be reached today, by which ways and for what: reads only."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models import Q

from common.actor import Actor
from engine import worlds
from notifications.domain.delivery import Channel, State
from notifications.models import Call, Delivery, Message
from notifications.pressing import may_ring_about
from notifications.selectors import SUMMARY_TIER
from people import selectors as people

DAY: Final = timedelta(days=1)
MOST: Final = 300
TIER: Final = "tier."  # before the key of a tier of the plan, in the kind of a message that tells it
# What tells a tier of the plan under a name of its own.
OF_TIER: Final = {"summary.published": SUMMARY_TIER}
OTHER: Final = "other"  # what no tier of the plan says


@dataclass(frozen=True, slots=True)
class Unreached:
    """One person whom one message has not reached: `ways` are all it was tried by, `call` the newest call about it.

    Reached is who read or acknowledged it, by whatever way, or was told by telephone.
    """

    user: people.User
    message: Message
    role: str
    ways: list[Delivery]
    call: Call | None

    @property
    def tier(self) -> str:
        """The plan's tier that this message tells (3.2, 5.1), by its key; empty for what no tier says."""
        kind = self.message.kind
        return kind.removeprefix(TIER) if kind.startswith(TIER) else OF_TIER.get(kind, "")

    @property
    def gave_up(self) -> bool:
        """Whether some way failed for good: a number or an address to mend."""
        return any(way.state == State.GIVEN_UP for way in self.ways)


def of_tier(tier: str) -> Q:
    """The deliveries of messages that tell this tier; OTHER: of those that tell none; empty: all."""
    if tier == OTHER:
        return ~Q(message__kind__startswith=TIER) & ~Q(message__kind__in=[*OF_TIER])
    kinds = [f"{TIER}{tier}", *(kind for kind, of in OF_TIER.items() if of == tier)]
    return Q(message__kind__in=kinds) if tier else Q()


def unreached(world_id: int, by: Actor, tier: str = "") -> list[Unreached]:
    """Of the last 24 hours of a world's time, the newest message first: who was pressed for an answer and gave none, and whom
    a way could not reach at all; `tier`: as `of_tier`. Who may not read every message sees those alone that wait for answers."""
    since = worlds.now(world_id) - DAY
    told = Delivery.objects.filter(
        message__world_id=world_id, message__created_at__gt=since, user__is_active=True
    ).filter(of_tier(tier))
    silent = told.filter(~Q(message__unanswered=[]), channel=Channel.INAPP, state=State.DELIVERED)
    # What was not said again reached nobody where the letter that had said it did not.
    failed = told.filter(Q(state=State.GIVEN_UP) | Q(state=State.REPEATED, same_as__state=State.GIVEN_UP))
    pairs = {*silent.values_list("message", "user"), *failed.values_list("message", "user")}
    reached = set(told.filter(state__in=[State.READ, State.ACKNOWLEDGED]).values_list("message", "user"))
    wanted = sorted(pairs - reached, reverse=True)[:MOST]
    ways = _by_pair(
        told.filter(message__in={pair[0] for pair in wanted}).select_related("message__incident", "user").order_by("pk")
    )
    calls: dict[tuple[int, int], Call] = {}
    for call in Call.objects.filter(message__in={pair[0] for pair in wanted}).select_related("by_user").order_by("pk"):
        calls[call.message_id, call.user_id] = call
    return [
        Unreached(own[0].person, own[0].message, own[0].role, own, calls.get(pair))
        for pair in wanted
        if (own := ways[pair]) and may_ring_about(own[0].message, by)
    ]


def _by_pair(rows: Iterable[Delivery]) -> dict[tuple[int, int], list[Delivery]]:
    found: dict[tuple[int, int], list[Delivery]] = defaultdict(list)
    for row in rows:
        found[row.message_id, row.person_id].append(row)
    return found
