"""What is written down of an item, and what is wrong with it: codes here, sentences in `resources.services`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

NUMBER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}")
LONGEST: Final = {
    "name_zh": 80,
    "name_en": 80,
    "specification": 300,
    "use_conditions": 300,
    "transport_conditions": 300,
}
MOST_PIECES: Final = 1_000_000
MOST_MONTHS: Final = 600
# Everything a keeper writes; the rest of a row follows from it or from what is done with the item.
FIELDS: Final = (
    "number",
    "name_zh",
    "name_en",
    "category",
    "specification",
    "quantity",
    "unit",
    "store_id",
    "use_conditions",
    "transport_conditions",
    "purchased_on",
    "inspect_months",
    "renew_months",
    "last_inspected_on",
    "keeper_id",
)
TYPED: Final = frozenset({"specification", "use_conditions", "transport_conditions"})


@dataclass(frozen=True, slots=True)
class Fault:
    field: str
    code: str


def faults(item: Mapping[str, Any], *, today: date) -> list[Fault]:
    """Everything that is wrong with an item, each field once."""
    found: dict[str, Fault] = {}
    for fault in (*_texts(item), *_figures(item), *_dates(item, today)):
        found.setdefault(fault.field, fault)
    return list(found.values())


def _texts(item: Mapping[str, Any]) -> Iterator[Fault]:
    if not NUMBER.fullmatch(item["number"]):
        yield Fault("number", "number")
    for field, longest in LONGEST.items():
        text = item[field]
        if len(text) > longest:
            yield Fault(field, "long")
        elif any(not char.isprintable() and char != "\n" for char in text):
            yield Fault(field, "unprintable")
    for field in ("name_zh", "name_en"):
        if not item[field].strip():
            yield Fault(field, "empty")


def _figures(item: Mapping[str, Any]) -> Iterator[Fault]:
    if not 1 <= item["quantity"] <= MOST_PIECES:
        yield Fault("quantity", "pieces")
    for field in ("inspect_months", "renew_months"):
        if item[field] is not None and not 1 <= item[field] <= MOST_MONTHS:
            yield Fault(field, "months")


def _dates(item: Mapping[str, Any], today: date) -> Iterator[Fault]:
    bought, inspected = item["purchased_on"], item["last_inspected_on"]
    if bought > today:
        yield Fault("purchased_on", "future")
    elif bought.year < 1950:
        yield Fault("purchased_on", "ancient")
    if inspected is not None and inspected > today:
        yield Fault("last_inspected_on", "future")
    elif inspected is not None and inspected < bought:
        yield Fault("last_inspected_on", "before_purchase")


# --- the spreadsheet --------------------------------------------------------------------------------------------------
STARTS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def escaped(value: Any) -> Any:
    """Text a spreadsheet would take for a formula, with an apostrophe before it; other values as they are."""
    return f"'{value}" if isinstance(value, str) and value.startswith(STARTS_A_FORMULA) else value


def unescaped(text: str) -> str:
    """What `escaped` was given: an exported ledger comes back as it was."""
    return text[1:] if text.startswith("'") and text[1:].startswith(STARTS_A_FORMULA) else text
