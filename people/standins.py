"""Who stands in for whom while somebody is on leave (docs/decisions/0037). By the real world's clock: people are on leave in all worlds."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import DateTimeField, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from engine.models import World
from engine.worlds import CLOCK
from people.domain.roster import Leave, stood_in
from people.models import Leave as LeaveRow
from people.models import RoleHolding, User, WorkGroup, WorkGroupMember
from people.rights import LEADING, LENT, ROLES, role_names

LEAD, DEPUTY = WorkGroupMember.Seat.LEAD, WorkGroupMember.Seat.DEPUTY
# Read in the statement that asks: rights end with the leave, not with the next look at it.
NOW: Final = RawSQL(  # noqa: S611 - a constant
    f"(SELECT {CLOCK} FROM engine_world w WHERE w.key = '{World.REAL}')",  # noqa: S608 - constants
    [],
    output_field=DateTimeField(),
)


def running() -> QuerySet[LeaveRow]:
    """Leave that runs at this instant, in the order it was set."""
    return LeaveRow.objects.filter(cancelled_at=None, starts_at__lte=NOW, ends_at__gt=NOW).order_by("pk")


def away_ids() -> QuerySet[Any]:
    return running().order_by().values("user_id")


def is_away() -> Exists:
    """Of a query of users: whether each is on leave now."""
    return Exists(running().filter(user=OuterRef("pk")))


def deputy_of(user: str) -> Subquery:
    """Of a query that has a user under this name: who stands in for them now; null where they are here, or nobody does."""
    named = running().filter(user=OuterRef(user), deputy__is_active=True).exclude(deputy__in=away_ids())
    return Subquery(named.order_by("-pk").values("deputy_id")[:1])


def leads_away(deputies: Iterable[User]) -> QuerySet[Any]:
    """Ids of those away who lead a group in which one of these is the deputy."""
    groups = WorkGroupMember.objects.filter(role=DEPUTY, user__in=list(deputies)).values("group")
    leads = WorkGroupMember.objects.filter(role=LEAD, group__in=groups).values("user")
    return running().filter(user__in=leads).order_by().values("user_id")


def led_by(leads: Iterable[int]) -> dict[int, dict[str, list[int]]]:
    """Of these leads of work groups: group → its deputies who are here."""
    found: dict[int, dict[str, list[int]]] = {lead: {} for lead in leads}
    seats = WorkGroupMember.objects.filter(role=LEAD, user__in=found).values_list("user_id", "group_id", "group__key")
    here = WorkGroupMember.objects.filter(role=DEPUTY, user__is_active=True).exclude(user__in=away_ids())
    for lead, group_id, key in seats:
        found[lead][key] = list(here.filter(group=group_id).order_by("pk").values_list("user_id", flat=True))
    return found


def away_now() -> dict[int, int | None]:
    """Who is away now, and who stands in for each."""
    rows = running().values_list("user_id", "starts_at", "ends_at", "deputy_id", "deputy__is_active")
    return stood_in(Leave(user, start, end, deputy if here else None) for user, start, end, deputy, here in rows)


def answering(users: Sequence[User], group: str | None = None) -> list[User]:
    """Who answers in the place of these holders of a role: those who are here, the deputies of those who are not, and, where the
    role is of a work group and its lead named nobody, the group's deputies. Nobody stands in for who has no deputy."""
    if not any(getattr(user, "away", True) for user in users):
        return list(users)
    away = away_now()
    ids: list[int] = []
    for user in users:
        if user.pk not in away:
            ids.append(user.pk)
        elif (deputy := away[user.pk]) is not None:
            ids.append(deputy)
        elif group is not None:
            ids += led_by([user.pk])[user.pk].get(group, [])
    known = User.objects.in_bulk(ids)
    return [known[pk] for pk in dict.fromkeys(ids)]


def deputies_in(group: str) -> list[User]:
    """The deputies of a work group who are here: next when its lead does not answer."""
    seats = Q(seats__group__key=group, seats__role=DEPUTY)
    return list(User.objects.filter(seats, is_active=True).exclude(pk__in=away_ids()).order_by("display_name", "pk"))


# --- on pages -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class StandIn:
    """Somebody is on leave, and these stand in for them: whoever they named, or the deputies of a work group they lead. Without
    anybody, `unheld` are the roles that nobody else answers for meanwhile."""

    leave: LeaveRow
    deputies: tuple[User, ...]
    group: WorkGroup | None = None
    unheld: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        return [user.display_name for user in self.deputies]

    @property
    def unheld_names(self) -> str:
        return str(role_names(self.unheld))


def standing_in(now: datetime, until: datetime | None = None) -> list[StandIn]:
    """Who is on leave at an instant, or in some part of a span, and who stands in for each: what was is read as it was."""
    rows = LeaveRow.objects.filter(starts_at__lte=until or now, ends_at__gt=now)
    rows = rows.filter(Q(cancelled_at=None) | (Q(cancelled_at__gt=now) & Q(cancelled_at__gt=F("starts_at"))))
    found = list(rows.select_related("user", "deputy").order_by("starts_at", "pk"))
    if not found:
        return []
    holding = _holding()
    return [_standing_in(row, found, holding) for row in found if row.user.is_active]


def _standing_in(row: LeaveRow, all_away: Sequence[LeaveRow], holding: Mapping[str, set[int]]) -> StandIn:
    away = {other.user_id for other in all_away if other.starts_at < row.ends_at and other.ends_at > row.starts_at}
    if row.deputy is not None and row.deputy.is_active and row.deputy_id not in away:
        return StandIn(row, (row.deputy,))
    led = WorkGroupMember.objects.filter(role=LEAD, user=row.user_id).select_related("group").order_by("group__key")
    for seat in led:
        seats = WorkGroupMember.objects.filter(group=seat.group_id, role=DEPUTY, user__is_active=True)
        if deputies := [other.user for other in seats.exclude(user__in=away).select_related("user").order_by("pk")]:
            return StandIn(row, tuple(deputies), seat.group, _unheld(row, away, holding, LENT - LEADING))
    return StandIn(row, (), None, _unheld(row, away, holding, LENT))


def _unheld(row: LeaveRow, away: set[int], holding: Mapping[str, set[int]], roles: Collection[str]) -> tuple[str, ...]:
    return tuple(role for role in ROLES if role in roles and row.user_id in holding[role] and not holding[role] - away)


def _holding() -> Mapping[str, set[int]]:
    """Role → ids of its active holders."""
    found: dict[str, set[int]] = defaultdict(set)
    rows = RoleHolding.objects.filter(until=None, user__is_active=True, role__in=LENT)
    for role, user in rows.values_list("role", "user_id"):
        found[role].add(user)
    return found


def sole_roles(user_id: int) -> tuple[str, ...]:
    """Roles of the plan that this person alone holds: while they are on leave without a deputy nobody answers for them."""
    holding = _holding()
    return tuple(role for role in ROLES if holding[role] == {user_id})


def parts_of(user_id: int) -> str:
    """The first role of the plan this person holds; a member of a work group where it is none any more."""
    held = set(RoleHolding.objects.filter(user=user_id, until=None).values_list("role", flat=True))
    return next((role for role in ROLES if role in held & LENT), "group_member")


def standing_for(user_id: int) -> list[LeaveRow]:
    """The leaves that run for which this person stands in, as named there."""
    rows = running().filter(deputy=user_id, user__is_active=True)
    return list(rows.exclude(deputy__in=away_ids()).select_related("user"))


def may_stand_in(*, but: int) -> QuerySet[User]:
    """Who can be named a deputy, by name: whoever has a part in the plan."""
    held = RoleHolding.objects.filter(until=None, role__in=LENT).values("user")
    return User.objects.filter(pk__in=held, is_active=True).exclude(pk=but).order_by("display_name", "pk")
