"""What this room writes: the stream `resources` of the real world, and what concerns an incident into its log too."""

from engine.events import FreeText, Payload, event


@event("store.set")
class StoreSet(Payload):
    key: str
    name_zh: str
    name_en: str


@event("equipment.added")
class EquipmentAdded(Payload):
    """`fields` is the line as first written; dates as YYYY-MM-DD. `text` holds what was typed, as JSON: it can be erased."""

    equipment: int
    number: str
    fields: dict[str, str | int | None]
    text: FreeText = ""


@event("equipment.changed")
class EquipmentChanged(Payload):
    """Only the fields that changed; `text` has those that were typed, as JSON: field → [before, after]."""

    equipment: int
    number: str
    version: int
    before: dict[str, str | int | None]
    after: dict[str, str | int | None]
    text: FreeText = ""


@event("equipment.withdrawn")
class EquipmentWithdrawn(Payload):
    """`left` stay in store. Stands in an incident's log too when it was taken for one."""

    equipment: int
    number: str
    names: dict[str, str]
    quantity: int
    left: int
    incident: str | None = None
    note: FreeText = ""


@event("equipment.returned")
class EquipmentReturned(Payload):
    equipment: int
    number: str
    names: dict[str, str]
    quantity: int
    left: int
    condition: str
    incident: str | None = None
    note: FreeText = ""


@event("equipment.inspected")
class EquipmentInspected(Payload):
    equipment: int
    number: str
    on: str
    condition: str
    next_by: str | None
    note: FreeText = ""


@event("equipment.retired")
class EquipmentRetired(Payload):
    equipment: int
    number: str
    reason: FreeText


@event("ledger.imported")
class LedgerImported(Payload):
    """Stands before the events of its rows."""

    upload: int
    sha256: str
    added: int
    changed: int
