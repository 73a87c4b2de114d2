"""A workbook into the ledger: read without trust, looked at row by row, applied whole or not at all; and out again."""

import zipfile
from collections.abc import Callable
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from django.utils import translation
from openpyxl import Workbook, load_workbook

from common.errors import Conflict, HotlineError, Missing
from engine.models import Event
from resources import selectors, services
from resources.models import Equipment, LedgerImport, Movement, Store
from resources.services.sheets import COLUMNS, ledger_xlsx
from resources.services.workbook import MOST_BYTES, MOST_ROWS
from tests.apps.resources.conftest import KEEPER, OFFICE, Add, everything, kinds, row, workbook
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def upload(cast: Cast) -> Callable[..., LedgerImport]:
    def uploaded(content: bytes, who: str = KEEPER) -> LedgerImport:
        return services.import_upload(content=content, file_name="ledger.xlsx", by=cast.actor(who))

    return uploaded


def done(cast: Cast, found: LedgerImport) -> LedgerImport:
    return services.import_apply(import_id=found.pk, plan=services.import_plan(found), by=cast.actor(KEEPER))


# --- the way it should be ---------------------------------------------------------------------------------------------
def test_new_rows_are_added_known_ones_changed_and_again_nothing_changes(cast: Cast, add: Add, upload) -> None:
    add(number="NT-1", quantity=5)
    rows = [row(), row(number="NT-1", name_en="Network tester", quantity=7, category="技术类", unit="台")]
    plan = services.import_plan(found := upload(workbook(rows)))
    assert ([one.row for one in plan.added], [one.row for one in plan.changed]) == ([2], [3])
    assert (plan.problems, Equipment.objects.count()) == ([], 1), "looking changes nothing"
    applied = done(cast, found)
    assert (applied.added, applied.changed) == (1, 1)
    phone = Equipment.objects.get(number="SP-1")
    assert (phone.inspect_by, phone.replace_by) == (date(2025, 6, 30), date(2030, 3, 31))
    assert (phone.keeper.username, phone.store.key, phone.category) == ("feng", "it-room", "communications")
    assert Equipment.objects.get(number="NT-1").quantity == 7
    assert list(Movement.objects.order_by("pk").values_list("kind", "quantity")) == [
        ("added", 5),
        ("adjusted", 2),
        ("added", 2),
    ]
    assert kinds()[-3:] == ["ledger.imported", "equipment.changed", "equipment.added"]
    before = everything()
    again = services.import_plan(upload(workbook(rows)))
    assert (again.does_something, again.unchanged, again.problems) == (False, 2, [])
    assert everything() == before


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_an_exported_ledger_comes_back_unchanged_in_either_language(add: Add, upload, language: str) -> None:
    add(
        specification="=1+1",
        use_conditions="+ 5 °C",
        transport_conditions="-20 °C @ night",
        last_inspected_on=date(2025, 6, 1),
    )
    add(number="NT-2", inspect_months=None, renew_months=None)
    with translation.override(language):
        content = ledger_xlsx(list(selectors.ledger()))
    plan = services.import_plan(upload(content))
    assert (plan.problems, plan.does_something, plan.unchanged) == ([], False, 2)


def test_an_export_holds_no_formula_and_no_phone(add: Add) -> None:
    texts = {"specification": "=cmd|' /C calc'!A0", "use_conditions": "@SUM(A1)", "transport_conditions": "+1"}
    add(name_en="-2+3", **texts)
    sheet = load_workbook(BytesIO(ledger_xlsx(list(selectors.ledger())))).worksheets[0]
    cells = [cell for line in sheet.iter_rows() for cell in line]
    assert not [cell for cell in cells if cell.data_type == "f"]
    said = {cell.value for cell in cells}
    assert {"'=cmd|' /C calc'!A0", "'@SUM(A1)", "'+1", "'-2+3"} <= said
    assert "138" not in str(said)
    assert [cell.value for cell in sheet[1]][: len(COLUMNS)] == [str(label) for label in COLUMNS.values()]
    assert sheet.cell(row=2, column=11).value.date() == date(2025, 1, 31)


def test_the_same_file_again_is_the_same_upload_and_is_applied_once(cast: Cast, upload) -> None:
    content = workbook([row()])
    first = upload(content)
    assert upload(content).pk == first.pk
    plan = services.import_plan(first)
    services.import_apply(import_id=first.pk, plan=plan, by=cast.actor(KEEPER))
    before = everything()
    with pytest.raises(Conflict) as twice:
        services.import_apply(import_id=first.pk, plan=plan, by=cast.actor(KEEPER))
    assert (twice.value.code, everything()) == ("ledger_import.applied", before)


def test_what_changed_since_the_look_stops_the_import_whole(cast: Cast, add: Add, upload) -> None:
    line = add()
    found = upload(workbook([row(), row(number="NT-1", quantity=7)]))
    plan = services.import_plan(found)
    services.equipment_change(equipment_id=line.pk, based_on=1, by=cast.actor(OFFICE), quantity=6)
    before = everything()
    with pytest.raises(Conflict) as stale:
        services.import_apply(import_id=found.pk, plan=plan, by=cast.actor(KEEPER))
    assert (stale.value.code, everything()) == ("ledger_import.stale", before)
    plan = services.import_plan(found)
    add(number="SP-1")
    with pytest.raises(Conflict):
        services.import_apply(import_id=found.pk, plan=plan, by=cast.actor(KEEPER))
    assert Equipment.objects.get(number="NT-1").quantity == 6


def test_an_upload_is_its_owners_alone(cast: Cast, upload) -> None:
    found = upload(workbook([row()]))
    with pytest.raises(Missing):
        selectors.ledger_import(found.pk, by_id=cast.user(OFFICE).pk)


# --- wrong cells ------------------------------------------------------------------------------------------------------
WRONG_CELLS: list[tuple[dict[str, Any], str, str]] = [
    ({"quantity": "=2+2"}, "Quantity", "formula"),
    ({"number": "=A1"}, "Number", "formula"),
    ({"quantity": 0}, "Quantity", "whole number, 1 or more"),
    ({"quantity": -4}, "Quantity", "whole number, 1 or more"),
    ({"quantity": 2.5}, "Quantity", "whole number"),
    ({"quantity": "many"}, "Quantity", "whole number"),
    ({"quantity": True}, "Quantity", "whole number"),
    ({"quantity": None}, "Quantity", "whole number"),
    ({"number": None}, "Number", "1 to 40"),
    ({"category": "weapons"}, "Category", "three categories"),
    ({"unit": "ton"}, "Unit", "units"),
    ({"store": "Moon base"}, "Store", "no such store"),
    ({"keeper": "gao"}, "Keeper", "role “Keeper”"),
    ({"purchased_on": "yesterday"}, "Purchased on", "YYYY-MM-DD"),
    ({"purchased_on": date(2999, 1, 1)}, "Purchased on", "future"),
    ({"last_inspected_on": "2024-01-01"}, "Last inspected on", "before the purchase"),
    ({"name_zh": None}, "Name in Chinese", "both languages"),
    ({"specification": "x" * 301}, "Specification", "too long"),
    ({"inspect_months": 0}, "Inspection interval, months", "1 to 600"),
]


def test_each_wrong_cell_is_named_by_row_and_column_and_nothing_is_done(cast: Cast, upload) -> None:
    rows = [row(number=f"SP-{n}") | cells for n, (cells, _column, _said) in enumerate(WRONG_CELLS)]
    found = upload(workbook([*rows, row(number="GOOD-1")]))
    plan, before = services.import_plan(found), everything()
    assert [(p.row, p.column) for p in plan.problems] == [
        (n + 2, column) for n, (_c, column, _s) in enumerate(WRONG_CELLS)
    ]
    for problem, (_cells, _column, said) in zip(plan.problems, WRONG_CELLS, strict=True):
        assert said in problem.message
    with pytest.raises(Conflict) as refused:
        services.import_apply(import_id=found.pk, plan=plan, by=cast.actor(KEEPER))
    assert (refused.value.code, everything()) == ("ledger_import.faulty", before)


def test_every_wrong_cell_is_told_at_once_in_the_readers_language(upload) -> None:
    found = upload(workbook([row(quantity="x", purchased_on="x"), row(number="SP-2", store="x")]))
    with translation.override("zh-hans"):
        problems = services.import_plan(found).problems
    assert {(p.row, p.column) for p in problems} == {(2, "数量"), (2, "购置日期"), (3, "存放地点")}
    assert [p.message for p in problems if p.message.isascii()] == []


def test_a_number_twice_in_a_file(upload) -> None:
    plan = services.import_plan(upload(workbook([row(), row(), row(number="SP-2")])))
    assert [(p.row, p.column, p.message) for p in plan.problems] == [(3, "Number", "This number stands in row 2 too.")]


def test_a_retired_item_and_one_that_is_out_are_not_changed_by_a_file(cast: Cast, add: Add, upload) -> None:
    out, old, by = add(), add(number="NT-2"), cast.actor(KEEPER)
    services.equipment_withdraw(equipment_id=out.pk, quantity=3, by=by)
    services.equipment_retire(equipment_id=old.pk, reason="worn out", by=by)
    rows = [row(number="NT-1", quantity=2), row(number="NT-2")]
    problems = services.import_plan(upload(workbook(rows))).problems
    assert [(p.row, p.column) for p in problems] == [(2, "Quantity"), (3, "Number")]


def test_dates_and_numbers_as_text_are_read(cast: Cast, upload) -> None:
    cells = {"purchased_on": "2025/3/31", "quantity": "2", "inspect_months": 3.0, "specification": 4000.0}
    done(cast, upload(workbook([row(**cells)])))
    line = Equipment.objects.get()
    assert (line.purchased_on, line.quantity, line.inspect_months, line.specification) == (
        date(2025, 3, 31), 2, 3, "4000",
    )  # fmt: skip


def test_columns_left_out_stay_as_they_are(cast: Cast, add: Add, upload) -> None:
    add(use_conditions="dry")
    short = [key for key in COLUMNS if key not in ("use_conditions", "transport_conditions", "last_inspected_on")]
    done(cast, upload(workbook([row(number="NT-1", quantity=9)], short)))
    line = Equipment.objects.get()
    assert (line.quantity, line.use_conditions, line.transport_conditions) == (9, "dry", "no shocks")


# --- wrong files ------------------------------------------------------------------------------------------------------
def bomb() -> bytes:
    """A small file that unpacks to 60 MB of spaces."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 60 * 1024 * 1024)
    return content.getvalue()


def spoilt(find: bytes, put: bytes) -> bytes:
    """A workbook with some bytes of its sheet exchanged."""
    source, content = zipfile.ZipFile(BytesIO(workbook([row()]))), BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in source.infolist():
            data = source.read(part)
            archive.writestr(part.filename, data.replace(find, put) if "sheet1" in part.filename else data)
    return content.getvalue()


def empty() -> bytes:
    content = BytesIO()
    Workbook().save(content)
    return content.getvalue()


def stray() -> bytes:
    book, content = load_workbook(BytesIO(workbook([row()]))), BytesIO()
    book.active.cell(row=2, column=30).value = "lost"
    book.save(content)
    return content.getvalue()


WRONG_FILES: list[tuple[str, Callable[[], bytes], str]] = [
    ("a text in a Chinese encoding", lambda: "编号,名称\nSP-1,卫星电话".encode("gbk"), "workbook.kind"),
    ("nothing", lambda: b"", "workbook.kind"),
    ("an old .xls or a password", lambda: b"\xd0\xcf\x11\xe0" + b"\0" * 600, "workbook.kind"),
    ("a file too large", lambda: b"PK" + b"\0" * MOST_BYTES, "workbook.large"),
    ("a bomb", bomb, "workbook.bomb"),
    ("another archive", lambda: spoilt(b"", b"")[:-40] + b"\0" * 40, "workbook.kind"),
    ("a broken sheet", lambda: spoilt(b"</row>", b"<row>"), "workbook.broken"),
    ("a wrong encoding inside", lambda: spoilt(b"<row", b"\xff\xfe<row"), "workbook.broken"),
    (
        "an entity that grows",
        lambda: spoilt(b"<worksheet", b'<!DOCTYPE a [<!ENTITY b "c">]><worksheet'),
        "workbook.broken",
    ),
    ("an empty sheet", empty, "workbook.empty"),
    ("headings only", lambda: workbook([]), "workbook.no_rows"),
    ("unknown headings", lambda: workbook([row()], [*COLUMNS, "colour"]), "workbook.headings"),
    ("a heading twice", lambda: workbook([row()], [*COLUMNS, "number"]), "workbook.headings"),
    ("missing columns", lambda: workbook([row()], ["number", "name_zh"]), "workbook.columns"),
    ("a value below no heading", stray, "workbook.stray"),
]


def test_each_wrong_file_is_refused_with_the_reason(upload) -> None:
    before = everything()
    for case, make, code in WRONG_FILES:
        with pytest.raises(HotlineError) as refused:
            upload(make())
        assert refused.value.code == code, case
    assert (everything(), LedgerImport.objects.count()) == (before, 0)


def test_a_hundred_thousand_rows_are_refused_before_they_are_read(upload) -> None:
    cells = b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (n, n) for n in range(3, 100_003))
    with pytest.raises(HotlineError) as refused:
        upload(spoilt(b"</sheetData>", cells + b"</sheetData>"))
    assert (refused.value.status, refused.value.code) == (413, "workbook.rows")
    assert f"{MOST_ROWS}" in refused.value.sentence()
    assert not Event.objects.filter(kind="ledger.imported").exists()


def test_hundreds_of_rows(cast: Cast, upload) -> None:
    rows = [row(number=f"N-{n}") for n in range(300)]
    assert done(cast, upload(workbook(rows))).added == 300
    assert Store.objects.get().equipment.count() == 300
