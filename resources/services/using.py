"""What is done with the pieces of a line: withdrawn, returned, inspected. One line locked, its record and the log written."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.errors import Conflict
from engine.log import log_append
from incidents import selectors as incidents
from incidents.domain.moves import OVER
from incidents.models import Incident
from people.rights import require
from plans.selectors import cites
from resources import selectors
from resources.events import EquipmentInspected, EquipmentReturned, EquipmentWithdrawn
from resources.models import Condition, Equipment, Movement
from resources.services.equipment import (
    SENTENCES,
    entered,
    in_service,
    lock,
    noted,
    redate,
    resources_stream,
    wrong,
)


@transaction.atomic
def equipment_withdraw(*, equipment_id: int, quantity: int, by: Actor, incident: str = "", note: str = "") -> Equipment:
    """Take pieces out of store, for an open incident of the real world or without one.

    Two who want the last piece stand in line at the row: the second is told what is left.
    """
    by = require(by, "equipment.withdraw")
    note = noted(note)
    _some(quantity)
    matter = _open_incident(incident)
    row = lock(equipment_id)
    in_service(row)
    _keeper_there(row)
    if quantity > row.in_store:
        sentence = _("You want %(wanted)s, but %(left)s are left in store; the others are withdrawn. Take fewer.")
        if row.in_store == 0:
            sentence = _("None is left in store: all %(out)s are withdrawn. Ask for one to be returned.")
        raise Conflict("equipment.too_few", sentence, wanted=quantity, left=row.in_store, out=row.quantity_out)
    row.quantity_out += quantity
    row.save(update_fields=["quantity_out"])
    entered(row, Movement.Kind.WITHDRAWN, quantity, by=by, incident=matter, note=note)
    payload = EquipmentWithdrawn(
        equipment=row.pk,
        number=row.number,
        names=row.names,
        quantity=quantity,
        left=row.in_store,
        incident=matter.number if matter else None,
        note=note,
    )
    _log(payload, matter, by)
    return row


@transaction.atomic
def equipment_return(
    *, equipment_id: int, quantity: int, by: Actor, incident: str = "", condition: str = "good", note: str = ""
) -> Equipment:
    """Bring pieces back into store, in the condition found.

    `incident` names what they were taken for; without it they come from wherever pieces are out, if that is one matter only.
    """
    by = require(by, "equipment.withdraw")
    note = noted(note)
    _some(quantity)
    _condition_known(condition)
    row = lock(equipment_id)
    in_service(row)
    _keeper_there(row)
    matter = _taken_for(row, quantity, incident)
    row.quantity_out -= quantity
    row.condition = condition
    row.save(update_fields=["quantity_out", "condition"])
    entered(row, Movement.Kind.RETURNED, quantity, by=by, incident=matter, condition=condition, note=note)
    payload = EquipmentReturned(
        equipment=row.pk,
        number=row.number,
        names=row.names,
        quantity=quantity,
        left=row.in_store,
        condition=condition,
        incident=matter.number if matter else None,
        note=note,
    )
    _log(payload, matter, by)
    return row


@transaction.atomic
def equipment_inspect(
    *, equipment_id: int, condition: str, by: Actor, on: date | None = None, note: str = ""
) -> Equipment:
    """Record a check of the item; the next one is due an interval later."""
    by = require(by, "equipment.inspect")
    note = noted(note)
    _condition_known(condition)
    row = lock(equipment_id)
    in_service(row)
    _keeper_there(row)
    on = on or selectors.today()
    if on > selectors.today():
        raise wrong("on", SENTENCES["future"])
    if on < max(row.purchased_on, row.last_inspected_on or row.purchased_on):
        raise wrong("on", _("This day lies before the purchase or the last inspection."))
    row.last_inspected_on, row.condition = on, condition
    redate(row)
    row.version += 1
    row.save(update_fields=["last_inspected_on", "condition", "inspect_by", "version"])
    entered(row, Movement.Kind.INSPECTED, row.quantity, by=by, condition=condition, note=note)
    payload = EquipmentInspected(
        equipment=row.pk,
        number=row.number,
        on=on.isoformat(),
        condition=condition,
        next_by=row.inspect_by.isoformat() if row.inspect_by else None,
        note=note,
    )
    log_append(resources_stream(), payload, by=by, clause=cites("equipment"))
    return row


# --- checks ------------------------------------------------------------------------------------------------------------
def _keeper_there(row: Equipment) -> None:
    if not row.keeper.is_active:
        sentence = _("%(keeper)s, who kept this item, has left. Name another keeper first, then go on.")
        raise Conflict("equipment.keeper_left", sentence, keeper=row.keeper.display_name)


def _some(quantity: int) -> None:
    if quantity < 1:
        raise wrong("quantity", SENTENCES["pieces"])


def _condition_known(condition: str) -> None:
    if condition not in Condition.values:
        raise wrong("condition", _("The condition is good, worn or defective."))


def _open_incident(number: str) -> Incident | None:
    """Raises Conflict for one that is over, or of a practice world: practice moves nothing real."""
    if not number:
        return None
    found = incidents.by_number(number)
    if not found.world.is_real:
        raise Conflict(
            "equipment.practice", _("This is a practice incident; equipment is withdrawn for real ones only.")
        )
    if found.phase in OVER:
        raise Conflict(
            "equipment.incident_over", _("This incident is over; withdraw without an incident, or for another.")
        )
    return found


def _taken_for(row: Equipment, quantity: int, number: str) -> Incident | None:
    """What the pieces that come back were taken for; raises Conflict when so many were never taken."""
    out = selectors.out_of(row.pk)
    if not out:
        raise Conflict("equipment.not_out", _("Nothing of this item is withdrawn; there is nothing to return."))
    matters = [one for one in out if one.number == number] if number or len(out) > 1 else out
    if not matters and not number:
        raise Conflict("equipment.which", _("Pieces are out for several incidents; say which they come back from."))
    there = matters[0].quantity if matters else 0
    if quantity > there:
        sentence = _("You want to return %(wanted)s, but %(out)s of these are withdrawn.")
        raise Conflict("equipment.not_out", sentence, wanted=quantity, out=there)
    return matters[0].incident


def _log(payload: EquipmentWithdrawn | EquipmentReturned, matter: Incident | None, by: Actor) -> None:
    """Into the ledger's stream, and into the incident's when it was for one; streams are locked in the order of their ids."""
    streams = [resources_stream(), *([matter.stream] if matter else [])]
    for stream in sorted(streams, key=lambda one: one.pk):
        log_append(stream, payload, by=by, clause=cites("equipment"))
