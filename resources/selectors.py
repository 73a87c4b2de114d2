"""Reads of the ledger."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Case, Count, F, IntegerField, Prefetch, Q, QuerySet, Sum, Value, When
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.errors import Missing
from engine import worlds
from engine.models import World
from incidents import selectors as incidents
from incidents.models import Incident
from people import selectors as people
from people.models import Contact, User
from resources.domain.dates import SOON
from resources.models import Equipment, LedgerImport, Movement, Store

RECORD_LINES = 100


def today() -> date:
    """The day it is in the company's time zone, in the real world: the ledger is about real things."""
    return day_of(worlds.now(worlds.real()))


def day_of(at: datetime) -> date:
    return at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


# --- the ledger -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Filter:
    """What a list shows; empty means all. `state`: expired, soon, out, retired; without it what is in service."""

    words: str = ""
    category: str = ""
    store: str = ""
    state: str = ""
    keeper: int | None = None


STATES = ("expired", "soon", "out", "retired")


def _expired(on: date) -> Q:
    return Q(inspect_by__lt=on) | Q(replace_by__lt=on)


def _soon(on: date) -> Q:
    window = (on, on + SOON)
    return (Q(inspect_by__range=window) | Q(replace_by__range=window)) & ~_expired_known(on)


def _expired_known(on: date) -> Q:
    """As `_expired`, but never NULL, so that it can be negated: a missing date is not an expired one."""
    return Q(inspect_by__isnull=False, inspect_by__lt=on) | Q(replace_by__isnull=False, replace_by__lt=on)


def ledger(wanted: Filter | None = None, *, on: date | None = None) -> QuerySet[Equipment]:
    """Lines of the ledger, those that expired first, then those due soon, then by number."""
    wanted, on = wanted or Filter(), on or today()
    by_state = {
        "expired": Q(status="in_service") & _expired(on),
        "soon": Q(status="in_service") & _soon(on),
        "out": Q(status="in_service", quantity_out__gt=0),
        "retired": Q(status="retired"),
    }
    rows = items().filter(by_state.get(wanted.state, Q(status="in_service")))
    if wanted.category:
        rows = rows.filter(category=wanted.category)
    if wanted.store:
        rows = rows.filter(store__key=wanted.store)
    if wanted.keeper is not None:
        rows = rows.filter(keeper_id=wanted.keeper)
    for word in wanted.words.split():
        said = ("number", "name_zh", "name_en", "specification", "keeper__display_name")
        anywhere = Q()
        for said_in in said:
            anywhere |= Q(**{f"{said_in}__icontains": word})
        rows = rows.filter(anywhere)
    urgency = Case(
        When(_expired(on), then=Value(0)), When(_soon(on), then=Value(1)), default=Value(2), output_field=IntegerField()
    )
    return rows.order_by(urgency, "number")


@dataclass(frozen=True, slots=True)
class Tally:
    """How many lines of the ledger, and how many pieces on them."""

    lines: int
    pieces: int


@dataclass(frozen=True, slots=True)
class Duty:
    """What an item asks of its keeper (8.3): `kind` is inspect or replace; overdue from `due_at` on, in the company's zone."""

    item: Equipment
    kind: str
    due_at: datetime


def duties_of(by: Actor, *, on: date | None = None) -> list[Duty]:
    """What the intervals of one's own items ask for soon or since; of items whose keeper left, administration is asked."""
    on = on or today()
    whose = Q(keeper_id=by.id)
    if "administration" in by.every_role:
        whose |= Q(keeper__is_active=False)
    rows = items().filter(whose, status="in_service").order_by("number")
    dates = [
        (row, kind, day) for row in rows for kind, day in (("inspect", row.inspect_by), ("replace", row.replace_by))
    ]
    return [Duty(row, kind, _day_after(day)) for row, kind, day in dates if day is not None and day <= on + SOON]


def _day_after(day: date) -> datetime:
    """On its last day an item is still good."""
    return datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(settings.TIME_ZONE))


def counts(on: date) -> dict[str, Tally]:
    """What stands out at a glance: `inspection` and `replacement` expired, `soon`, `out`."""
    wanted = {
        "inspection": (Q(inspect_by__lt=on), "quantity"),
        "replacement": (Q(replace_by__lt=on), "quantity"),
        "soon": (_soon(on), "quantity"),
        "out": (Q(quantity_out__gt=0), "quantity_out"),
    }
    asked = {f"{name}_lines": Count("pk", filter=which) for name, (which, _field) in wanted.items()}
    asked |= {f"{name}_pieces": Sum(field, filter=which) for name, (which, field) in wanted.items()}
    found = Equipment.objects.filter(status="in_service").aggregate(**asked)
    return {name: Tally(found[f"{name}_lines"], found[f"{name}_pieces"] or 0) for name in wanted}


def items() -> QuerySet[Equipment]:
    return Equipment.objects.select_related("store", "keeper")


def equipment(equipment_id: int) -> Equipment:
    """One line with its keeper's contacts; raises Missing."""
    contacts = Prefetch("keeper__contacts", queryset=Contact.objects.select_related("user").order_by("-kind"))
    found = items().prefetch_related(contacts).filter(pk=equipment_id).first()
    if found is None:
        raise Missing("equipment.missing", _("There is no such item; see the ledger."))
    return found


def numbers() -> set[str]:
    return set(Equipment.objects.values_list("number", flat=True))


def record(equipment_id: int) -> list[Movement]:
    """The usage record of an item, newest first."""
    lines = Movement.objects.filter(equipment_id=equipment_id).select_related("by", "incident")
    return list(lines.order_by("-pk")[:RECORD_LINES])


def inspected_since(user_id: int, since: datetime, most: int) -> list[Movement]:
    """Which items this person has inspected after an instant, the newest first."""
    lines = Movement.objects.filter(by=user_id, kind=Movement.Kind.INSPECTED, at__gt=since).select_related("equipment")
    return list(lines.order_by("-pk")[:most])


def inspected_until(user_id: int, until: datetime, most: int) -> list[Movement]:
    """Which items this person had inspected up to an instant, the newest first."""
    lines = Movement.objects.filter(by=user_id, kind=Movement.Kind.INSPECTED, at__lte=until).select_related("equipment")
    return list(lines.order_by("-pk")[:most])


def inspected_last(equipment_id: int) -> Movement | None:
    return Movement.objects.filter(equipment_id=equipment_id, kind=Movement.Kind.INSPECTED).order_by("-pk").first()


def used_since(equipment_id: int, line: Movement | None) -> list[Movement]:
    """How an item was withdrawn and returned after a line of its record, or from its beginning, the oldest first."""
    used = [Movement.Kind.WITHDRAWN, Movement.Kind.RETURNED]
    lines = Movement.objects.filter(equipment_id=equipment_id, kind__in=used, pk__gt=line.pk if line else 0)
    return list(lines.order_by("pk"))


@dataclass(frozen=True, slots=True)
class Out:
    """Pieces of an item that are out, for an incident or (None) without one."""

    incident: Incident | None
    quantity: int

    @property
    def number(self) -> str:
        return self.incident.number if self.incident else ""


def out_of(equipment_id: int) -> list[Out]:
    """Where the withdrawn pieces of an item are, the oldest matter first."""
    rows = (
        Movement.objects.filter(equipment_id=equipment_id, kind__in=["withdrawn", "returned"])
        .values("incident_id")
        .annotate(net=Sum(Case(When(kind="withdrawn", then=F("quantity")), default=-F("quantity"))))
        .filter(net__gt=0)
        .order_by(F("incident_id").asc(nulls_first=True))
    )
    found = [(row["incident_id"], row["net"]) for row in rows]
    by_id = incidents.incidents().in_bulk([pk for pk, _net in found if pk is not None])
    return [Out(by_id[pk] if pk is not None else None, net) for pk, net in found]


@dataclass(slots=True)
class Away:
    """Pieces of an item that are out for an incident: since when, and who took them (`by` None: the product)."""

    equipment: Equipment
    since: datetime
    quantity: int = 0
    takers: list[User | None] = field(default_factory=list)


def away_for(incident_id: int) -> list[Away]:
    """What is out for an incident now, longest first. What came back wholly and went out again counts from then."""
    lines = Movement.objects.filter(incident_id=incident_id, kind__in=["withdrawn", "returned"])
    away: dict[int, Away] = {}
    for line in lines.select_related("equipment__store", "equipment__keeper", "by").order_by("pk"):
        one = away.setdefault(line.equipment_id, Away(line.equipment, line.at))
        if line.kind == Movement.Kind.RETURNED:
            one.quantity -= line.quantity
        else:
            one.quantity += line.quantity
            if line.by not in one.takers:
                one.takers.append(line.by)
        if one.quantity <= 0:
            del away[line.equipment_id]
    return sorted(away.values(), key=lambda one: one.since)


def withdrawn_for(incident_id: int) -> list[tuple[Equipment, int]]:
    """What is still out for an incident: 6.4 asks that emergency resources are withdrawn before it ends."""
    rows = (
        Movement.objects.filter(incident_id=incident_id, kind__in=["withdrawn", "returned"])
        .values("equipment_id")
        .annotate(net=Sum(Case(When(kind="withdrawn", then=F("quantity")), default=-F("quantity"))))
        .filter(net__gt=0)
    )
    net = {row["equipment_id"]: row["net"] for row in rows}
    return [(row, net[row.pk]) for row in items().filter(pk__in=net).order_by("number")]


# --- what a form offers -----------------------------------------------------------------------------------------------
def stores() -> list[Store]:
    return list(Store.objects.annotate(lines=Count("equipment")).order_by("key"))


def store_by_key(key: str) -> Store:
    found = Store.objects.filter(key=key).first()
    if found is None:
        raise Missing("store.missing", _("There is no store by this key; see the list of stores."))
    return found


def keepers() -> list[User]:
    """Who may answer for an item: active holders of the role."""
    return people.holders("keeper")


def keepers_to_choose() -> QuerySet[User]:
    return User.objects.filter(pk__in=[user.pk for user in keepers()]).order_by("display_name", "pk")


def open_incidents() -> list[Incident]:
    """What equipment can be withdrawn for: the real world's open incidents, newest first."""
    return incidents.open_incidents(World.objects.get(key=World.REAL))[::-1]


# --- imports ----------------------------------------------------------------------------------------------------------
def ledger_import(import_id: int, *, by_id: int | None) -> LedgerImport:
    """One's own upload; raises Missing, also for another person's."""
    found = LedgerImport.objects.filter(pk=import_id, uploaded_by_id=by_id).first()
    if found is None:
        raise Missing("ledger_import.missing", _("There is no such upload of yours; upload the file again."))
    return found


def by_numbers(wanted: Iterable[str]) -> dict[str, Equipment]:
    return {row.number: row for row in items().filter(number__in=set(wanted))}
