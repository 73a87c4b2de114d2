"""Who stands in for whom while somebody is on leave (docs/decisions/0037). By the real world's clock: people are on leave in all worlds."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db import connection
from django.db.models import DateTimeField, Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Least

from engine import worlds
from engine.models import World
from engine.worlds import CLOCK
from people.domain.standins import Holding, Known, Leave, Seats, Stretch, places, stretches
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


@dataclass(frozen=True, slots=True)
class Held:
    """A role somebody holds now; whether they are on leave, and who stands in for them by name."""

    role: str
    user: int
    name: str
    region: str | None
    group: str | None
    away: bool
    deputy: int | None


# Leave that runs at this instant, for statements written out (docs/decisions/0045).
AWAY: Final = f"""
away AS MATERIALIZED (
    SELECT l.id, l.user_id, l.deputy_id
    FROM people_leave l, (SELECT {CLOCK} AS at FROM engine_world w WHERE w.key = '{World.REAL}') now
    WHERE l.cancelled_at IS NULL AND l.starts_at <= now.at AND l.ends_at > now.at
)
"""  # noqa: S608 - constants
_HELD: Final = f"""
WITH {AWAY} SELECT h.role, h.user_id, u.display_name, r.key, g.key,
    EXISTS (SELECT FROM away WHERE away.user_id = h.user_id), d.deputy_id
FROM people_roleholding h
JOIN people_user u ON u.id = h.user_id AND u.is_active
LEFT JOIN people_region r ON r.id = h.region_id
LEFT JOIN people_workgroup g ON g.id = h.group_id
LEFT JOIN LATERAL (
    SELECT away.deputy_id FROM away JOIN people_user s ON s.id = away.deputy_id AND s.is_active
    WHERE away.user_id = h.user_id AND away.deputy_id NOT IN (SELECT user_id FROM away)
    ORDER BY away.id DESC LIMIT 1
) d ON true
WHERE h.until IS NULL AND (
    h.user_id = ANY(%(users)s)
    OR d.deputy_id = ANY(%(users)s) AND h.role = ANY(%(lent)s)
    OR d.deputy_id IS NULL AND h.role = ANY(%(leading)s) AND h.user_id IN (
        SELECT away.user_id FROM away
        JOIN people_workgroupmember l ON l.user_id = away.user_id AND l.role = '{LEAD}'
        JOIN people_workgroupmember s ON s.group_id = l.group_id AND s.role = '{DEPUTY}' AND s.user_id = ANY(%(users)s)
    )
)
ORDER BY h.id
"""  # noqa: S608 - constants


def held_or_lent(users: Iterable[int]) -> list[Held]:
    """What these persons hold now, what those hold whose deputy one of them is, and what leads of work groups hold who are away,
    named nobody, and have one of them for the group's deputy. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD, {"users": list(users), "lent": list(LENT), "leading": list(LEADING)})
        return [Held(*row) for row in cursor.fetchall()]


def led_by(leads: Iterable[int]) -> dict[int, dict[str, list[int]]]:
    """Of these leads of work groups: group → its deputies who are here; one query."""
    found: dict[int, dict[str, list[int]]] = {lead: {} for lead in leads}
    for one in _seats(found, but=away_ids()):
        found[one.lead][one.group] = list(one.deputies)
    return found


def _seats(leads: Iterable[int], *, but: Iterable[Any] = ()) -> list[Seats]:
    """The work groups these persons lead, with their deputies who are still with the company, but for these; one query."""
    rows = WorkGroupMember.objects.filter(role=DEPUTY, group__seats__role=LEAD, group__seats__user__in=list(leads))
    rows = rows.filter(user__is_active=True).exclude(user__in=but).order_by("group__key", "pk")
    deputies: dict[tuple[str, int], list[int]] = defaultdict(list)
    for key, lead, user in rows.values_list("group__key", "group__seats__user", "user"):
        deputies[key, lead].append(user)
    return [Seats(key, lead, tuple(found)) for (key, lead), found in deputies.items()]


def answering(users: Sequence[User], group: str | None = None) -> list[User]:
    """Who answers in the place of these holders of a role: those who are here, the deputies of those who are not, and, where the
    role is of a work group and its lead named nobody, the group's deputies. Nobody stands in for who has no deputy."""
    return answering_each([(users, group)])[0]


def answering_each(asked: Sequence[tuple[Sequence[User], str | None]]) -> list[list[User]]:
    """As `answering`, of many roles at once: no query while all are here, else three at most."""
    away = {user.pk for users, _group in asked for user in users if getattr(user, "away", True)}
    if not away:
        return [list(users) for users, _group in asked]
    now = worlds.now(worlds.real())
    stand = places(_known(_leaves(now)), now)
    ids = [
        [pk for user in users for pk in (stand[user.pk].answering(group) if user.pk in stand else (user.pk,))]
        for users, group in asked
    ]
    here = {user.pk: user for users, _group in asked for user in users}
    here |= User.objects.in_bulk({pk for found in ids for pk in found} - here.keys())
    return [[here[pk] for pk in dict.fromkeys(found)] for found in ids]


def deputies_in(group: str) -> list[User]:
    """The deputies of a work group who are here: next when its lead does not answer."""
    seats = Q(seats__group__key=group, seats__role=DEPUTY)
    return list(User.objects.filter(seats, is_active=True).exclude(pk__in=away_ids()).order_by("display_name", "pk"))


# --- at any instant -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class StandIn:
    """Somebody is on leave, and for this part of it these stand in: whoever they named, or the deputies of the work groups they
    lead. `unheld` are the roles of theirs that nobody answers for meanwhile."""

    leave: LeaveRow
    start: datetime
    end: datetime
    deputies: tuple[User, ...]
    groups: tuple[WorkGroup, ...] = ()
    unheld: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        return [user.display_name for user in self.deputies]

    @property
    def unheld_names(self) -> str:
        return str(role_names(self.unheld))


def standing_in(now: datetime, until: datetime | None = None) -> list[StandIn]:
    """Who is on leave at an instant, and who stands in for each: what was is read as it was, but for the seats of work groups, of
    which only the log has a history. With `until`, over a span: a leave stands there in parts where that changes meanwhile, the
    first from its own beginning, the last to its own end.

    One query while nobody is away, else five, however many are.
    """
    return _told(_leaves(now, until), now, until)


def standing_in_now() -> list[StandIn]:
    """As `standing_in`, at this instant of the real world."""
    rows, now = _running()
    return _told(rows, now)


def stands_now() -> list[tuple[int, tuple[int, ...], tuple[str, ...]]]:
    """The same by ids alone: each leave that runs, who stands in, and the roles nobody answers for. One query while nobody is away,
    else three: leaves with the clock, seats, holdings."""
    rows, now = _running()
    return [(rows[one.n].pk, one.place.people, one.unheld) for one in _stretches(_known(rows), now)] if rows else []


def _running() -> tuple[Sequence[LeaveRow], datetime]:
    """Leave that runs now, with that instant, in one query; without leave the instant says nothing."""
    rows = list(running().select_related("user", "deputy").annotate(at=NOW))
    return rows, max((row.at for row in rows), default=datetime.min.replace(tzinfo=UTC))


def _stretches(known: Known, now: datetime, until: datetime | None = None) -> list[Stretch]:
    return stretches(known, _holdings(now), now, until, roles=[r for r in ROLES if r in LENT], leading=LEADING)


def _told(rows: Sequence[LeaveRow], now: datetime, until: datetime | None = None) -> list[StandIn]:
    if not rows:
        return []
    known = _known(rows)
    found = _stretches(known, now, until)
    ids = {who for one in found for who in one.place.people}
    users = User.objects.in_bulk(ids)
    groups = {
        group.key: group for group in WorkGroup.objects.filter(key__in={k for s in found for k in s.place.groups})
    }
    return [
        StandIn(
            rows[one.n],
            rows[one.n].starts_at if one.start == now else one.start,
            known.leaves[one.n].end if one.end == until else one.end,
            tuple(users[who] for who in one.place.people),
            tuple(groups[key] for key in one.place.groups),
            one.unheld,
        )
        for one in sorted(found, key=lambda one: (one.start, rows[one.n].starts_at, one.n))
    ]


def _leaves(now: datetime, until: datetime | None = None) -> list[LeaveRow]:
    """Leaves that ran or will at an instant, or in some part of a span, in the order they were set; a leave taken back ran up to
    then."""
    rows = LeaveRow.objects.filter(ends_at__gt=now)
    rows = rows.filter(starts_at__lte=now) if until is None else rows.filter(starts_at__lt=until)
    rows = rows.filter(Q(cancelled_at=None) | (Q(cancelled_at__gt=now) & Q(cancelled_at__gt=F("starts_at"))))
    return list(rows.select_related("user", "deputy").order_by("pk"))


def _known(rows: Sequence[LeaveRow]) -> Known:
    """What these leaves say, with the seats as they are."""
    gone = {user.pk: _left(user) for row in rows for user in (row.user, row.deputy) if user and not user.is_active}
    leaves = [Leave(row.user_id, row.starts_at, _end(row, gone), row.deputy_id) for row in rows]
    return Known(leaves, _seats({row.user_id for row in rows}), gone)


def _left(user: User) -> datetime:
    """When an account was shut; of one shut before that was kept nobody knows, and it counts for no instant."""
    return user.left_at or datetime.min.replace(tzinfo=UTC)


def _end(row: LeaveRow, gone: Mapping[int, datetime]) -> datetime:
    """When a leave ended in fact: it was over, or taken back, or its holder left."""
    return min(at for at in (row.ends_at, row.cancelled_at, gone.get(row.user_id)) if at is not None)


def _holdings(now: datetime) -> list[Holding]:
    """Who held a role that is lent at an instant, or does since."""
    rows = RoleHolding.objects.filter(Q(until=None) | Q(until__gt=now), role__in=LENT)
    rows = rows.filter(Q(user__is_active=True) | Q(user__left_at__gt=now))
    found = rows.values_list("role", "user_id", "since", Least("until", "user__left_at"))
    return [Holding(*row) for row in found]


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
