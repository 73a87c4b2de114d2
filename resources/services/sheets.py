"""The ledger as a spreadsheet: one set of columns for both directions, in the reader's language going out, in either coming in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from import_export import fields, widgets
from import_export.instance_loaders import CachedInstanceLoader
from import_export.resources import ModelResource
from tablib import Dataset

from common.bilingual import both
from common.errors import Text
from resources import selectors
from resources.domain.item import FIELDS, escaped, unescaped
from resources.models import Category, Equipment, Store, Unit
from resources.services import equipment
from resources.services.workbook import Cell, Row

COLUMNS: dict[str, Text] = {
    "number": _("Number"),
    "name_zh": _("Name in Chinese"),
    "name_en": _("Name in English"),
    "category": _("Category"),
    "specification": _("Specification"),
    "quantity": _("Quantity"),
    "unit": _("Unit"),
    "store": _("Store"),
    "use_conditions": _("Conditions of use"),
    "transport_conditions": _("Conditions of transport"),
    "purchased_on": _("Purchased on"),
    "inspect_months": _("Inspection interval, months"),
    "renew_months": _("Replacement interval, months"),
    "last_inspected_on": _("Last inspected on"),
    "keeper": _("Keeper"),
}
# Written by the product; read past when they come back.
COMPUTED: dict[str, Text] = {
    "quantity_out": _("Withdrawn now"),
    "inspect_by": _("Next inspection by"),
    "replace_by": _("Replace by"),
    "condition": _("Condition found last"),
}
NEEDED = ("number", "name_zh", "name_en", "category", "quantity", "unit", "store", "purchased_on", "keeper")


def headings() -> dict[str, str]:
    """Every heading we know, case-folded: the column's key and its name in both languages."""
    known: dict[str, str] = {}
    for key, label in {**COLUMNS, **COMPUTED}.items():
        known |= dict.fromkeys([key.casefold(), *(name.casefold() for name in both(label).values())], key)
    return known


# --- cells ------------------------------------------------------------------------------------------------------------
class CellWidget(widgets.Widget):
    """Refuses formulas and errors; a ValueError's text is what the person reads beside row and column."""

    def clean(self, value: Cell, row: Any = None, **kwargs: Any) -> Any:
        if isinstance(value, dict):
            if "formula" in value:
                raise ValueError(_("A formula stands here; copy the column and paste it as values."))
            raise ValueError(_("The spreadsheet could not work out this cell (%(error)s).") % {"error": value["error"]})
        return self.read(unescaped(str(value).strip()) if isinstance(value, str) else value)

    def read(self, value: Any) -> Any:
        """Text as typed; a number keeps no ".0" that the spreadsheet put behind it."""
        if value is None:
            return ""
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        return "" if value is None else value


class Whole(CellWidget):
    def __init__(self, *, optional: bool = False) -> None:
        super().__init__()
        self.optional = optional

    def read(self, value: Any) -> int | None:
        if value in (None, "") and self.optional:
            return None
        try:
            number = float(str(value))
        except ValueError:
            number = float("nan")
        if isinstance(value, bool) or not number.is_integer() or abs(number) > 10**9:
            raise ValueError(_("Write a whole number."))
        return int(number)


class Day(CellWidget):
    def __init__(self, *, optional: bool = False) -> None:
        super().__init__()
        self.optional = optional

    def read(self, value: Any) -> date | None:
        if value in (None, "") and self.optional:
            return None
        parts = str(value).replace("/", "-").replace(".", "-").split("-")
        try:
            year, month, day = (int(part) for part in parts)
            return date(year, month, day)
        except ValueError:
            raise ValueError(_("Write a date as YYYY-MM-DD.")) from None


class OneOf(CellWidget):
    """A value by its key or its name in either language."""

    def __init__(self, known: Callable[[], Mapping[str, Any]], refused: Text, shown: Callable[[Any], Any]) -> None:
        super().__init__()
        self.known, self.refused, self.shown = known, refused, shown
        self.names: Mapping[str, Any] | None = None

    def read(self, value: Any) -> Any:
        self.names = self.known() if self.names is None else self.names
        found = self.names.get(str(value or "").casefold())
        if found is None:
            raise ValueError(str(self.refused))
        return found

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        return self.shown(value)


def _choices(kind: type[Category] | type[Unit]) -> dict[str, str]:
    return {name.casefold(): one.value for one in kind for name in (one.value, *both(one.label).values())}


def _stores() -> dict[str, Store]:
    return {
        name.casefold(): store for store in selectors.stores() for name in (store.name_zh, store.name_en, store.key)
    }


def _keepers() -> dict[str, Any]:
    """By account; by name only where one person has it."""
    found = selectors.keepers()
    alone = {user.display_name.casefold(): user for user in found}
    names = [user.display_name.casefold() for user in found]
    by_name = {name: user for name, user in alone.items() if names.count(name) == 1}
    return by_name | {key.casefold(): user for user in found for key in (keeper_cell(user), user.username)}


def keeper_cell(user: Any) -> str:
    return f"{user.display_name} ({user.username})"


# --- the sheet --------------------------------------------------------------------------------------------------------
def _column(key: str, widget: CellWidget, attribute: str = "") -> fields.Field:
    return fields.Field(attribute=attribute or key, column_name=key, widget=widget)


class ByNumber(CachedInstanceLoader):
    """All lines a file names, in one query; a number that is no text has no line, and is refused as a cell."""

    def __init__(self, resource: Any, dataset: Any = None) -> None:
        super(CachedInstanceLoader, self).__init__(resource, dataset)
        self.pk_field = resource.fields["number"]
        cells = [row["number"] for row in dataset.dict]
        wanted = {self.pk_field.widget.clean(cell) for cell in cells if not isinstance(cell, dict)}
        self.all_instances = {row.number: row for row in self.get_queryset().filter(number__in=wanted)}

    def get_instance(self, row: Any) -> Equipment | None:
        cell = row["number"]
        return None if isinstance(cell, dict) else self.all_instances.get(self.pk_field.widget.clean(cell))


@dataclass(frozen=True, slots=True)
class Planned:
    """What one row of the file would do: `changes` is None for a new line."""

    row: int
    item: Equipment
    changes: dict[str, Any] | None
    before: dict[str, Any]

    @property
    def columns(self) -> list[str]:
        """Headings of what it would change, in the active language."""
        return [str(COLUMNS[field.removesuffix("_id")]) for field in self.changes or ()]


class LedgerSheet(ModelResource):
    """Reads rows into lines of the ledger without saving any: `planned` holds what the rows would add or change."""

    fields: dict[str, Any]
    number = _column("number", CellWidget())
    name_zh = _column("name_zh", CellWidget())
    name_en = _column("name_en", CellWidget())
    specification = _column("specification", CellWidget())
    quantity = _column("quantity", Whole())
    use_conditions = _column("use_conditions", CellWidget())
    transport_conditions = _column("transport_conditions", CellWidget())
    purchased_on = _column("purchased_on", Day())
    inspect_months = _column("inspect_months", Whole(optional=True))
    renew_months = _column("renew_months", Whole(optional=True))
    last_inspected_on = _column("last_inspected_on", Day(optional=True))

    class Meta:
        model = Equipment
        fields = tuple(COLUMNS)
        import_id_fields = ("number",)
        instance_loader_class = ByNumber
        use_transactions = False
        skip_diff = True
        report_skipped = True

    def __init__(self, columns: Sequence[str] = tuple(COLUMNS), row_numbers: Sequence[int] = ()) -> None:
        """Columns that are not in the file are left as they are; a new line takes the default for them."""
        super().__init__()
        sentences = equipment.SENTENCES
        every: dict[str, fields.Field] = {
            **dict(self.fields),
            "category": _column(
                "category", OneOf(lambda: _choices(Category), sentences["category"], lambda v: Category(v).label)
            ),
            "unit": _column("unit", OneOf(lambda: _choices(Unit), sentences["unit"], lambda v: Unit(v).label)),
            "store": _column("store", OneOf(_stores, sentences["store"], lambda store: store.name)),
            "keeper": _column("keeper", OneOf(_keepers, sentences["keeper"], keeper_cell)),
        }
        self.fields = {key: every[key] for key in COLUMNS if key in columns}
        self.keepers, self.today = equipment.keeper_ids(), selectors.today()
        self.planned: list[Planned] = []
        self.unchanged = 0
        self.row_numbers = row_numbers
        self.seen: dict[str, int] = {}
        self.row = 0
        self.before: dict[str, Any] = {}

    def get_queryset(self) -> Any:
        return selectors.items()

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        self.row = self.row_numbers[kwargs["row_number"] - 1]

    def after_init_instance(self, instance: Equipment, new: bool, row: Any, **kwargs: Any) -> None:
        self.before = {} if new else {field: getattr(instance, field) for field in FIELDS}

    def validate_instance(
        self, instance: Equipment, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        """The ledger's own checks, beside what the cells themselves were wrong in."""
        errors = dict(import_validation_errors or {})
        if not errors:
            item = {field: getattr(instance, field) for field in FIELDS}
            for problem in equipment.problems(item, self.keepers, today=self.today):
                errors[problem["field"]] = [str(problem["message"])]
            if (earlier := self.seen.setdefault(instance.number, self.row)) != self.row:
                errors["number"] = [_("This number stands in row %(row)s too.") % {"row": earlier}]
            elif instance.pk and not instance.in_service:
                errors["number"] = [_("This item is retired; its record stays as it is.")]
            if instance.pk and instance.quantity < instance.quantity_out:
                sentence = _("%(out)s are withdrawn; the quantity cannot be less. Let them be returned first.")
                errors["quantity"] = [sentence % {"out": instance.quantity_out}]
        if errors:
            raise ValidationError(errors)

    def after_import(self, dataset: Dataset, result: Any, **kwargs: Any) -> None:
        """Nothing was saved, so there is no sequence to reset; the application's role may not do that anyway."""

    def do_instance_save(self, instance: Equipment, is_create: bool) -> None:
        if is_create:
            self.planned.append(Planned(self.row, instance, None, {}))
            return
        changes = {field: getattr(instance, field) for field in FIELDS}
        changes = {field: value for field, value in changes.items() if value != self.before[field]}
        if changes:
            self.planned.append(Planned(self.row, instance, changes, self.before))
        else:
            self.unchanged += 1


def dataset_of(rows: Sequence[Row]) -> tuple[Dataset, list[str]]:
    """Rows as import-export reads them, with the columns the file had."""
    columns = [key for key in COLUMNS if any(key in cells for _number, cells in rows)]
    return Dataset(*[[cells.get(key) for key in columns] for _number, cells in rows], headers=columns), columns


def ledger_xlsx(rows: Sequence[Equipment]) -> bytes:
    """The ledger as a workbook in the active language; nothing in it is taken for a formula. Phones stay out (8.3)."""
    sheet = LedgerSheet()
    labels = {**COLUMNS, **COMPUTED}
    book = Dataset(headers=[str(label) for label in labels.values()], title=str(_("Equipment ledger")))
    for row in rows:
        own = [sheet.fields[key].export(row) for key in COLUMNS]
        computed = [row.quantity_out, row.inspect_by, row.replace_by, row.get_condition_display()]
        book.append([escaped(str(cell) if isinstance(cell, Text) else cell) for cell in [*own, *computed]])
    return book.export("xlsx")
