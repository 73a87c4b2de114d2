"""What stands in the ledger: stores and lines added, changed, retired; each act in the usage record and in the log."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.errors import Conflict, Invalid, Missing
from engine import worlds
from engine.log import log_append, stream_open
from engine.models import Stream
from people.rights import require
from plans.selectors import cites
from resources import selectors
from resources.domain import dates
from resources.domain.item import FIELDS, TYPED, faults
from resources.events import (
    EquipmentAdded,
    EquipmentChanged,
    EquipmentRetired,
    StoreSet,
)
from resources.models import Category, Equipment, Movement, Store, Unit

LONGEST_NOTE = 300
SHORTEST_REASON = 4
SENTENCES = {
    "number": _("A number has 1 to 40 letters and digits, with . _ / or - between them."),
    "long": _("This text is too long."),
    "unprintable": _("This text has characters that cannot be shown; write it again."),
    "empty": _("Write the name in both languages."),
    "pieces": _("Write a whole number, 1 or more."),
    "months": _("An interval is 1 to 600 months; leave it empty when there is none."),
    "future": _("This date lies in the future."),
    "ancient": _("This date is too long ago."),
    "before_purchase": _("The last inspection lies before the purchase."),
    "category": _("This is none of the three categories."),
    "unit": _("This is none of the units."),
    "store": _("There is no such store; see the list of stores."),
    "keeper": _("The keeper must be a person with an open account and the role “Keeper”; name somebody else."),
}


def resources_stream() -> Stream:
    """Equipment is real: it is logged in the real world."""
    return stream_open(worlds.real(), "resources", "resources")


# --- stores -----------------------------------------------------------------------------------------------------------
@transaction.atomic
def store_set(*, key: str, name_zh: str, name_en: str, by: Actor) -> Store:
    """Make a store or rename it; the same again changes nothing."""
    by = require(by, "equipment.manage")
    names = {"name_zh": name_zh.strip(), "name_en": name_en.strip()}
    if not all(names.values()):
        raise Invalid("store.wrong", SENTENCES["empty"])
    store, made = Store.objects.select_for_update(no_key=True).get_or_create(key=key, defaults=names)
    if made or store.names != {"zh": names["name_zh"], "en": names["name_en"]}:
        store.name_zh, store.name_en = names["name_zh"], names["name_en"]
        store.save(update_fields=["name_zh", "name_en"])
        log_append(resources_stream(), StoreSet(key=key, **names), by=by, clause=cites("equipment"))
    return store


# --- a line of the ledger ---------------------------------------------------------------------------------------------
@transaction.atomic
def equipment_add(*, by: Actor, **item: Any) -> Equipment:
    """A new line; `item` has every field of `resources.domain.item.FIELDS`. Raises Invalid naming each wrong field."""
    by = require(by, "equipment.manage")
    checked(item)
    row = Equipment(**item)
    redate(row)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise number_taken(row.number) from None
    entered(row, Movement.Kind.ADDED, row.quantity, by=by)
    log_append(resources_stream(), added_event(row), by=by, clause=cites("equipment"))
    return row


@transaction.atomic
def equipment_change(*, equipment_id: int, based_on: int, by: Actor, **changes: Any) -> Equipment:
    """Change fields of a line as read at version `based_on`; the same values again change nothing.

    Its number stays for good. A quantity below what is withdrawn is a Conflict.
    """
    by = require(by, "equipment.manage")
    row = lock(equipment_id)
    in_service(row)
    if row.version != based_on:
        raise Conflict("equipment.stale", _("The item changed after you opened it; look at it again before you save."))
    changes = {field: value for field, value in changes.items() if getattr(row, field) != value}
    if not changes and row.keeper.is_active:
        return row
    if "number" in changes:
        raise Conflict("equipment.number_stays", _("An item keeps its number; add a new item instead."))
    checked({field: getattr(row, field) for field in FIELDS} | changes)
    if changes:
        before = change_apply(row, changes, by=by)
        log_append(resources_stream(), changed_event(row, before, changes), by=by, clause=cites("equipment"))
    return row


def change_apply(row: Equipment, changes: Mapping[str, Any], *, by: Actor) -> dict[str, Any]:
    """Write checked changes to a locked row, and into its record when the quantity moved; what stood there before."""
    if changes.get("quantity", row.quantity) < row.quantity_out:
        sentence = _("%(out)s are withdrawn; the quantity cannot be less. Let them be returned first.")
        raise Conflict("equipment.out", sentence, out=row.quantity_out)
    before = {field: getattr(row, field) for field in changes}
    for field, value in changes.items():
        setattr(row, field, value)
    redate(row)
    row.version += 1
    row.save(update_fields=[*changes, "inspect_by", "replace_by", "version"])
    if "quantity" in changes:
        entered(row, Movement.Kind.ADJUSTED, row.quantity - before["quantity"], by=by)
    return before


@transaction.atomic
def equipment_retire(*, equipment_id: int, reason: str, by: Actor) -> Equipment:
    """Take a line out of the ledger for good; all of it must be in store. Its record stays."""
    by = require(by, "equipment.manage")
    reason = noted(reason)
    if len(reason) < SHORTEST_REASON:
        raise Invalid("equipment.reason", _("Say in a few words why the item is retired; it is put on record."))
    row = lock(equipment_id)
    in_service(row)
    if row.quantity_out:
        sentence = _("%(out)s are withdrawn; they must be returned before the item is retired.")
        raise Conflict("equipment.out", sentence, out=row.quantity_out)
    row.status = Equipment.Status.RETIRED
    row.version += 1
    row.save(update_fields=["status", "version"])
    entered(row, Movement.Kind.RETIRED, row.quantity, by=by, note=reason)
    payload = EquipmentRetired(equipment=row.pk, number=row.number, reason=reason)
    log_append(resources_stream(), payload, by=by, clause=cites("equipment"))
    return row


# --- shared with the import -------------------------------------------------------------------------------------------
def checked(item: Mapping[str, Any], *, keepers: frozenset[int] | None = None) -> None:
    """Raises Invalid naming every field that is wrong. `keepers` spares the look-up to who checks many."""
    errors = problems(item, keepers if keepers is not None else keeper_ids())
    if errors:
        raise Invalid("equipment.wrong", _("Some values are not right; see errors."), errors=errors)


def problems(item: Mapping[str, Any], keepers: frozenset[int], *, today: date | None = None) -> list[dict[str, Any]]:
    found = [(fault.field, fault.code) for fault in faults(item, today=today or selectors.today())]
    known = [("category", item["category"] in Category.values), ("unit", item["unit"] in Unit.values)]
    found += [(field, field) for field, right in known if not right]
    if item["keeper_id"] not in keepers:
        found.append(("keeper", "keeper"))
    return [{"field": field, "code": code, "message": SENTENCES[code]} for field, code in found]


def keeper_ids() -> frozenset[int]:
    return frozenset(user.pk for user in selectors.keepers())


def redate(row: Equipment) -> None:
    """The two dates that follow from the two intervals (ruling on contradiction 30)."""
    row.inspect_by = dates.inspect_by(
        purchased_on=row.purchased_on, last_inspected_on=row.last_inspected_on, months=row.inspect_months
    )
    row.replace_by = dates.replace_by(purchased_on=row.purchased_on, months=row.renew_months)


def entered(row: Equipment, kind: Movement.Kind, quantity: int, *, by: Actor, **more: Any) -> Movement:
    line = movement(row, kind, quantity, by=by, at=worlds.now(worlds.real()), **more)
    line.save(force_insert=True)
    return line


def movement(row: Equipment, kind: Movement.Kind, quantity: int, *, by: Actor, at: datetime, **more: Any) -> Movement:
    """A line of the usage record, not yet written."""
    return Movement(
        equipment=row,
        kind=kind,
        quantity=quantity,
        quantity_after=row.quantity,
        out_after=row.quantity_out,
        at=at,
        by_id=by.id,
        authority=by.authority,
        **more,
    )


def added_event(row: Equipment) -> EquipmentAdded:
    fields, typed = _told({field: getattr(row, field) for field in FIELDS})
    return EquipmentAdded(equipment=row.pk, number=row.number, fields=fields, text=_json(typed))


def changed_event(row: Equipment, before: Mapping[str, Any], after: Mapping[str, Any]) -> EquipmentChanged:
    fields_before, typed_before = _told(before)
    fields_after, typed_after = _told(after)
    typed = {field: [typed_before[field], text] for field, text in typed_after.items()}
    return EquipmentChanged(
        equipment=row.pk,
        number=row.number,
        version=row.version,
        before=fields_before,
        after=fields_after,
        text=_json(typed),
    )


def _told(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Fields for the log, and apart from them what a person typed."""
    told = {field: value.isoformat() if isinstance(value, date) else value for field, value in values.items()}
    typed = {field: told.pop(field) for field in TYPED & told.keys()}
    return told, typed


def _json(values: Mapping[str, Any]) -> str:
    return msgspec.json.encode(values, order="sorted").decode() if values else ""


def number_taken(number: str) -> Conflict:
    return Conflict(
        "equipment.taken",
        _("The number %(number)s is taken; look the item up or choose another number."),
        number=number,
    )


def lock(equipment_id: int) -> Equipment:
    rows = Equipment.objects.select_for_update(no_key=True, of=("self",)).select_related("keeper", "store")
    row = rows.filter(pk=equipment_id).first()
    if row is None:
        raise Missing("equipment.missing", _("There is no such item; see the ledger."))
    return row


def in_service(row: Equipment) -> None:
    if not row.in_service:
        raise Conflict("equipment.retired", _("This item is retired; its record stays as it is."))


def wrong(field: str, sentence: Any) -> Invalid:
    rows = [{"field": field, "code": "invalid", "message": sentence}]
    return Invalid("equipment.wrong", _("Some values are not right; see errors."), errors=rows)


def noted(note: str) -> str:
    note = " ".join(note.split())
    if len(note) > LONGEST_NOTE:
        raise wrong("note", _("Write at most 300 characters."))
    return note
