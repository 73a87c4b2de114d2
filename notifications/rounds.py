"""Reads of contact verification (8.1): the rounds, and of each who confirmed which way."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from common.errors import Missing
from engine import worlds
from engine.models import Timer
from notifications.domain.delivery import Channel, State
from notifications.domain.verification import Standing, Tried, Verdict, judge, remind_from
from notifications.models import Delivery, RoundAsking, RoundWay, VerificationRound
from people.selectors import User
from plans.domain.obligations import ObligationRule
from plans.selectors import current

# The plan's readiness duty whose interval begins a round, as `progress` is its tier for summaries.
RULE: Final = "ready.contacts"
# The timer of the next round; its `ref` is the real world.
BEGIN: Final = "notifications.verify"
MOST: Final = 40


@dataclass(frozen=True, slots=True)
class Way:
    """One way of one person, and how it stands."""

    row: RoundWay
    verdict: Verdict

    @property
    def channel(self) -> Channel:
        return Channel(self.row.channel)

    @property
    def standing(self) -> Standing:
        return self.verdict.standing

    @property
    def confirmed(self) -> bool:
        return self.standing is Standing.CONFIRMED


@dataclass(frozen=True, slots=True)
class Asked:
    """A person with all ways of his."""

    user: User
    role: str
    ways: list[Way]

    @property
    def confirmed(self) -> int:
        return sum(way.confirmed for way in self.ways)

    @property
    def whole(self) -> bool:
        return self.confirmed == len(self.ways)


@dataclass(frozen=True, slots=True)
class Counts:
    """`whole`: persons who confirmed every way of theirs; `unproven`: those who confirmed none."""

    people: int
    whole: int
    unproven: int
    ways: int
    confirmed: int
    reminders: int


@dataclass(frozen=True, slots=True)
class RoundCounted:
    row: VerificationRound
    counts: Counts


class RoundShown:
    """A round with everybody it asked: whom no way has proven to reach first, then those it has not proven whole."""

    def __init__(self, row: VerificationRound) -> None:
        self.row = row

    @cached_property
    def askings(self) -> list[RoundAsking]:
        return sorted(self.row.askings.all(), key=lambda asking: asking.number)

    @cached_property
    def ways(self) -> list[Way]:
        rows = RoundWay.objects.filter(round=self.row).select_related("user__department").order_by("pk")
        if self.row.is_over:
            return [Way(row, Verdict(Standing(row.standing), row.confirmed_at)) for row in rows]
        tried = tried_in(self.row)
        return [Way(row, judge(tried[row.user_id, row.channel])) for row in rows]

    @cached_property
    def people(self) -> list[Asked]:
        by_user: dict[int, list[Way]] = defaultdict(list)
        for way in self.ways:
            by_user[way.row.user_id].append(way)
        order = list(Channel)
        found = [
            Asked(ways[0].row.user, ways[0].row.role, sorted(ways, key=lambda way: order.index(way.channel)))
            for ways in by_user.values()
        ]
        return sorted(found, key=lambda one: (one.whole, one.confirmed > 0, one.user.display_name, one.user.pk))

    @cached_property
    def counts(self) -> Counts:
        return Counts(
            people=len(self.people),
            whole=sum(one.whole for one in self.people),
            unproven=sum(not one.confirmed for one in self.people),
            ways=len(self.ways),
            confirmed=sum(way.confirmed for way in self.ways),
            reminders=len(self.askings) - 1,
        )

    @property
    def remind_from(self) -> datetime:
        return remind_from(self.askings[-1].at)


def tried_in(row: VerificationRound) -> dict[tuple[int, str], list[Tried]]:
    """(user id, channel) → what became of the round's messages over it, oldest first."""
    messages = RoundAsking.objects.filter(round=row).values("message_id")
    rows = Delivery.objects.filter(message__in=messages).order_by("message_id")
    found: dict[tuple[int, str], list[Tried]] = defaultdict(list)
    for user_id, channel, state, via, at in rows.values_list("user_id", "channel", "state", "via", "acknowledged_at"):
        found[user_id, channel].append(Tried(Channel(channel), State(state), via, at))
    return found


def rounds() -> list[RoundCounted]:
    """The newest rounds, the standing one first; what is over is counted by the database."""
    rows: list[Any] = list(_counted(VerificationRound.objects.select_related("begun_by", "ended_by"))[:MOST])
    return [RoundCounted(row, _counts_of(row) if row.is_over else RoundShown(row).counts) for row in rows]


def _counted(rows: QuerySet[VerificationRound]) -> QuerySet[Any]:
    proven = Q(ways__standing=Standing.CONFIRMED)
    asked = RoundAsking.objects.filter(round=OuterRef("pk")).order_by("-number")
    return rows.annotate(
        asked=Count("ways__user", distinct=True),
        proven=Count("ways__user", distinct=True, filter=proven),
        lacking=Count("ways__user", distinct=True, filter=~proven),
        all_ways=Count("ways"),
        confirmed_ways=Count("ways", filter=proven),
        reminders=Subquery(asked.values("number")[:1]),
    ).order_by("-pk")


def _counts_of(row: Any) -> Counts:
    return Counts(
        people=row.asked,
        whole=row.asked - row.lacking,
        unproven=row.asked - row.proven,
        ways=row.all_ways,
        confirmed=row.confirmed_ways,
        reminders=row.reminders,
    )


def round_by_id(round_id: int) -> RoundShown:
    """Raises Missing."""
    row = VerificationRound.objects.select_related("begun_by", "ended_by").filter(pk=round_id).first()
    if row is None:
        raise Missing("verification.missing", _("There is no such round; see the list of rounds."))
    return RoundShown(row)


def standing_round() -> VerificationRound | None:
    return VerificationRound.objects.filter(ended_at=None).first()


def newest_begun_at() -> datetime | None:
    return VerificationRound.objects.order_by("-pk").values_list("begun_at", flat=True).first()


def next_begin_at() -> datetime | None:
    """When a round begins by itself; None where the plan asks for none. The clock may have been set before the newest round."""
    rule = rule_in_force()
    if rule is None:
        return None
    if (last := newest_begun_at()) is not None:
        return after(rule, last)
    return Timer.objects.filter(what=BEGIN, ref=worlds.real().pk).values_list("due_at", flat=True).first()


def after(rule: ObligationRule, at: datetime) -> datetime:
    """One interval of the rule later, by the company's calendar."""
    if rule.due is None:
        raise ValueError(f"{rule.id} has no clock")
    return rule.due.after(at, current().zone)


def rule_in_force() -> ObligationRule | None:
    """What the plan in force says of verifying contacts; None where it says nothing, or names no interval."""
    try:
        rule = current().obligations.get(RULE)
    except Missing:
        return None
    return rule if rule is not None and rule.repeat and rule.due is not None else None
