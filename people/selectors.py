"""Reads about people and places."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, Model, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.actor import Actor, ActorKind, authority_read
from common.errors import Invalid, Missing
from common.ids import token_digest
from common.rows import Rows
from people import standins
from people.models import (
    ApiToken,
    Contact,
    Department,
    Hotline,
    Node,
    Region,
    RoleHolding,
    User,
    WorkGroup,
    WorkGroupMember,
)
from people.rights import LEADING, LENT, ROLES, Scope, acting_each, narrowed

Names = dict[str, str]
NO_NAMES: Mapping[str, str] = {}
Holding = tuple[str, str | None, str | None]  # role, region, group
USERS, DEPARTMENTS = Rows(User, "u"), Rows(Department, "d")
# Whatever is told to a role asks it.
HOLDERS = f"""
WITH {standins.AWAY}
SELECT h.role, EXISTS (SELECT FROM away WHERE away.user_id = u.id), {USERS.columns}, {DEPARTMENTS.columns}
FROM people_roleholding h
JOIN people_user u ON u.id = h.user_id AND u.is_active
LEFT JOIN people_department d ON d.id = u.department_id
WHERE h.until IS NULL AND h.role = ANY(%s)
ORDER BY u.display_name, u.id
"""  # noqa: S608 - constants


# --- who acts ---------------------------------------------------------------------------------------------------------
def actor_of(user: User) -> Actor:
    """The person as an actor with the roles held now; one query."""
    return actors_of([user])[user.pk]


def actors_of(users: Iterable[User]) -> dict[int, Actor]:
    """Many persons as actors by id, each with what those lend whose deputy they are now; who is shut out holds nothing. One query,
    and two while the lead of a group is away."""
    users = list(users)
    own: dict[int, list[Holding]] = {user.pk: [] for user in users}
    lent: dict[int, dict[int, list[Holding]]] = {user.pk: {} for user in users}
    names, leading = {user.pk: user.display_name for user in users}, []
    for held in standins.held_or_lent(own):
        said = (held.role, held.region, held.group)
        names.setdefault(held.user, held.name)
        if held.user in own:
            own[held.user].append(said)
        if held.deputy in lent and held.role in LENT:
            lent[held.deputy].setdefault(held.user, []).append(said)
        elif held.away and held.deputy is None and held.role in LEADING:
            leading.append((held.user, said))
    for deputy, lead, said in _led(leading, lent):
        lent[deputy].setdefault(lead, []).append(said)
    return {
        pk: replace(
            _actor(pk, names[pk], own[pk]),
            lent=tuple(_actor(lender, names[lender], held) for lender, held in lent[pk].items()),
        )
        for pk in own
    }


def _led(leading: list[tuple[int, Holding]], deputies: Container[int]) -> Iterator[tuple[int, int, Holding]]:
    """(deputy, lead, what is lent) where a work group's lead is away and named nobody: of that group alone."""
    groups = standins.led_by(lead for lead, _said in leading) if leading else {}
    for lead, (role, region, group) in leading:
        for key, seated in groups[lead].items():
            if group in (None, key) and region is None:
                yield from ((deputy, lead, (role, None, key)) for deputy in seated if deputy in deputies)


def _actor(user: int, name: str, holdings: list[Holding]) -> Actor:
    """A role held everywhere swallows its narrowed holdings."""
    everywhere = {role for role, region, group in holdings if region is None and group is None}
    rest = [holding for holding in holdings if holding[0] not in everywhere]
    roles = frozenset(role for role, _region, _group in holdings)
    kind: ActorKind = "source" if roles == {"source"} else "person"
    return Actor(
        kind=kind,
        id=user,
        name=name,
        roles=roles,
        regions=frozenset(narrowed(role, region) for role, region, _group in rest if region is not None),
        groups=frozenset(narrowed(role, group) for role, _region, group in rest if group is not None),
    )


def live_token(secret: str) -> ApiToken | None:
    """The unrevoked token of an active user; looked up by digest, so that timing tells nothing about the secret."""
    return (
        ApiToken.objects.select_related("user")
        .filter(sha256=token_digest(secret), revoked_at=None, user__is_active=True)
        .first()
    )


def actor_of_token(secret: str) -> Actor | None:
    """For doors outside DRF, such as the ingest route; two queries."""
    token = live_token(secret)
    return actor_of(token.user) if token else None


# --- who holds what ---------------------------------------------------------------------------------------------------
def current_holdings() -> QuerySet[RoleHolding]:
    return RoleHolding.objects.filter(until=None, user__is_active=True)


def holders(role: str, *, region: str | None = None) -> list[User]:
    """Active holders of a role, by name. With a region: those who hold it there or everywhere."""
    return holders_of_any([role], region=region)


def holders_of_any(roles: Iterable[str], *, region: str | None = None) -> list[User]:
    """Active holders of one of the roles, each once, by name, and whether they are on leave now (`away`)."""
    wanted = set(roles)
    if unknown := wanted - ROLES.keys():
        raise KeyError(f"no such role: {', '.join(sorted(unknown))}")
    holdings = current_holdings().filter(role__in=wanted)
    if region is not None:
        holdings = holdings.filter(Q(region=None) | Q(region__key=region))
    found = User.objects.filter(pk__in=holdings.values("user_id")).annotate(away=standins.is_away())
    return list(found.order_by("display_name", "pk"))


def holders_each(roles: Iterable[str]) -> dict[str, list[User]]:
    """Role → its active holders, each once, by name, with their department and whether they are on leave now (`away`). One query."""
    found: dict[str, dict[int, User]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(HOLDERS, [list(set(roles))])
        for role, away, *values in cursor.fetchall():
            user = USERS.made(values[: USERS.width])
            user.away = away  # type: ignore[attr-defined]
            user.department = DEPARTMENTS.made(values[USERS.width :]) if user.department_id else None
            found[role].setdefault(user.pk, user)
    return {role: list(users.values()) for role, users in found.items()}


def told(role: str) -> list[User]:
    """Who is told what concerns a role: its holders, and in the place of those on leave their deputies; where none of them is
    here, all holders: a gap must never be a silence."""
    found = holders(role)
    return (standins.answering(found) if role in LENT else []) or found


def users_by_id(ids: Iterable[int]) -> dict[int, User]:
    return User.objects.in_bulk(set(ids))


def authority_name(authority: str, named: Mapping[str, str] = NO_NAMES) -> str:
    """What an act relied on, in the active language: a role, a deputy's with whose place it was done in; empty for what is no role.
    `named`: what roles are called, by key, where a plan has names of its own."""
    role, person = authority_read(authority)
    name = named.get(role) or str(ROLES.get(role, ""))
    user = users_by_id([person]).get(person) if person is not None else None
    return deputising(name or role, user.display_name) if user else name


def deputising(role: str, name: str) -> str:
    """The one place where this is put together on this side; the board's scripts say it by the same sentence."""
    return gettext("{role}, as deputy of {name}").format(role=role, name=name)


def user_by_name(username: str) -> User:
    return _one(User.objects.all(), username=username)


def language_of(user: User) -> str:
    return user.language


def contact_value(user_id: int, kind: str) -> str | None:
    """The plain address for whoever delivers messages; showing it to a person is `services.contact_reveal`."""
    contact = Contact.objects.filter(user_id=user_id, kind=kind).first()
    return contact.opened() if contact else None


def phones_of(user_ids: Iterable[int]) -> dict[int, Contact]:
    """User id → where that person's telephone number is kept."""
    rows = Contact.objects.filter(user__in=set(user_ids), kind=Contact.Kind.PHONE).select_related("user")
    return {contact.user_id: contact for contact in rows}


def contacts_kept(user_ids: Iterable[int]) -> set[tuple[int, str]]:
    """(user id, kind) of every contact on record of these persons; no value is opened."""
    return set(Contact.objects.filter(user__in=set(user_ids)).values_list("user_id", "kind"))


def active_people() -> list[User]:
    """Everyone with an account that is not shut, by name; machines among them."""
    return list(User.objects.filter(is_active=True).order_by("display_name", "pk"))


# --- the directory ----------------------------------------------------------------------------------------------------
def departments() -> list[Department]:
    return list(Department.objects.order_by("key"))


def regions() -> list[Region]:
    return list(Region.objects.order_by("key"))


def hotlines() -> list[Hotline]:
    return list(Hotline.objects.select_related("region").order_by("key"))


def nodes() -> list[Node]:
    return list(Node.objects.select_related("region").order_by("key"))


def regions_of_nodes() -> dict[str, str]:
    """Node → its region, by their keys; read every few seconds where samples come in."""
    return dict(Node.objects.values_list("key", "region__key"))


def daily_calls_of(node: str) -> int | None:
    """How many calls a day the node of a sample's dimension takes; None when nobody said, or it has left the map."""
    # Asked while a crossed threshold waits for its board.
    with connection.cursor() as cursor:
        cursor.execute("SELECT daily_calls FROM people_node WHERE key = %s", [node])
        row = cursor.fetchone()
    return row[0] if row else None


def groups() -> list[WorkGroup]:
    """Work groups with their seats, lead first, and whether each is on leave now (`away`)."""
    away = Exists(standins.running().filter(user=OuterRef("user")))
    seats = WorkGroupMember.objects.select_related("user").annotate(away=away)
    seats = seats.order_by("group_id", "role", "user__display_name")
    ordered = Prefetch("seats", queryset=seats, to_attr="seated")
    found: list[Any] = list(
        WorkGroup.objects.select_related("lead_department").prefetch_related(ordered).order_by("key")
    )
    order = list(WorkGroupMember.Seat)
    for group in found:
        group.seated.sort(key=lambda seat: order.index(WorkGroupMember.Seat(seat.role)))
    return found


def group_named(key: str) -> Any:
    """One work group as in `groups`; raises Missing."""
    found = next((group for group in groups() if group.key == key), None)
    if found is None:
        raise Missing("people.missing", _("There is nobody and nothing by this name."))
    return found


def on_the_map(model: type[Model]) -> list[Any]:
    """Every department, region, hotline, node or work group, by key."""
    return list(_rows(model))


def place_named(model: type[Model], key: str) -> Any:
    """One of them; raises Missing."""
    return _one(model._default_manager.all(), key=key)


def seats_of(user: User) -> list[WorkGroupMember]:
    """Where a person sits, by group."""
    return list(WorkGroupMember.objects.filter(user=user).select_related("group").order_by("group__key"))


def seated() -> dict[str, int]:
    """Work group → how many sit in it who are still here."""
    rows = WorkGroup.objects.annotate(here=Count("seats", filter=Q(seats__user__is_active=True)))
    return dict(rows.values_list("key", "here"))


def groups_of(user: User) -> list[str]:
    """Keys of the work groups a person sits in."""
    return list(WorkGroupMember.objects.filter(user=user).order_by("group__key").values_list("group__key", flat=True))


def groups_each(user_ids: Iterable[int]) -> dict[int, set[str]]:
    """User id → keys of the work groups that person sits in; one query."""
    found: dict[int, set[str]] = defaultdict(set)
    for user, key in WorkGroupMember.objects.filter(user__in=set(user_ids)).values_list("user_id", "group__key"):
        found[user].add(key)
    return found


def leading(by: Actor, group: str, right: str, *, region: str | None = None) -> Actor | None:
    """The actor, acting as who leads a group: by a seat of his own, as its lead or deputy, or in the place of one of those who named
    him. None for who does neither, or whose role does not give the right there."""
    seated = (WorkGroupMember.Seat.LEAD, WorkGroupMember.Seat.DEPUTY)
    leaders = set(WorkGroupMember.objects.filter(group__key=group, role__in=seated).values_list("user_id", flat=True))
    ways = [actor for who, actor in acting_each(by, right, Scope(region, group), first=LEADING) if who in leaders]
    return next(iter(ways), None)


def department_of(user: User) -> str | None:
    """The key of the department a person works in."""
    return user.department.key if user.department else None


def people() -> list[User]:
    """Everyone with department, current holdings (`held`) and contacts, active first."""
    return list(_persons().order_by("-is_active", "display_name", "pk"))


def person(user_id: int) -> User:
    """One person as in `people`; raises Missing."""
    return _one(_persons(), pk=user_id)


def _persons() -> QuerySet[User]:
    current = RoleHolding.objects.filter(until=None).select_related("region", "group").order_by("role", "pk")
    held = Prefetch("holdings", queryset=current, to_attr="held")
    contacts = Prefetch("contacts", queryset=Contact.objects.order_by("kind"))
    return User.objects.select_related("department").prefetch_related(held, contacts)


def holding(holding_id: int) -> RoleHolding:
    return _one(RoleHolding.objects.select_related("user", "region", "group"), pk=holding_id)


def contact(contact_id: UUID) -> Contact:
    return _one(Contact.objects.select_related("user"), pk=contact_id)


def names(*only: str) -> dict[str, dict[str, Names]]:
    """Bilingual names of every place and group by key, for JSON: {"regions": {"east": {"zh": …, "en": …}}, …}; `only`: of these
    kinds."""
    kinds: dict[str, type[Model]] = {
        "departments": Department,
        "regions": Region,
        "groups": WorkGroup,
        "hotlines": Hotline,
        "nodes": Node,
    }
    return {
        kind: {key: {"zh": zh, "en": en} for key, zh, en in _rows(model).values_list("key", "name_zh", "name_en")}
        for kind, model in kinds.items()
        if not only or kind in only
    }


def role_labels() -> dict[str, str]:
    """Names of the roles in the active language."""
    return {role: str(label) for role, label in ROLES.items()}


# --- where ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Place:
    """What the dimensions of a sample or a report point at. A hotline or node brings its region along."""

    region: Region | None = None
    hotline: Hotline | None = None
    node: Node | None = None


def resolve(*, region: str | None = None, hotline: str | None = None, node: str | None = None) -> Place:
    """The rows of dimension keys; empty means not given. Raises Invalid naming each that is wrong."""
    found_region = Region.objects.filter(key=region).first() if region else None
    found_hotline = Hotline.objects.select_related("region").filter(key=hotline).first() if hotline else None
    found_node = Node.objects.select_related("region").filter(key=node).first() if node else None
    asked = {"region": (region, found_region), "hotline": (hotline, found_hotline), "node": (node, found_node)}
    errors = [
        {"field": field, "code": "unknown", "message": _("There is nothing by this key; see the list of places.")}
        for field, (key, row) in asked.items()
        if key and row is None
    ]
    brought = (found_region, found_hotline and found_hotline.region, found_node and found_node.region)
    own = {row.pk: row for row in brought if row}
    if len(own) > 1:
        errors.append({"field": "region", "code": "elsewhere", "message": _("These places lie in different regions.")})
    if errors:
        raise Invalid("place.wrong", _("Some places are not right; see errors."), errors=errors)
    return Place(next(iter(own.values()), None), found_hotline, found_node)


def _rows(model: type[Model]) -> QuerySet[Any]:
    return model._default_manager.order_by("key")


def _one(rows: QuerySet[Any], **wanted: object) -> Any:
    found = rows.filter(**wanted).first()
    if found is None:
        raise Missing("people.missing", _("There is nobody and nothing by this name."))
    return found
