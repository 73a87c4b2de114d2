"""Reading an uploaded workbook without trusting it: what it is, how large, and each cell as a plain value.

Refused with the reason before a row is looked at: what is no .xlsx, what unpacks to too much, headings we do not know, too many rows.
"""

import math
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from io import BytesIO
from typing import Any, Final
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from common.errors import Invalid, TooLarge

MOST_BYTES: Final = 2 * 1024 * 1024
MOST_UNPACKED: Final = 40 * 1024 * 1024
MOST_PARTS: Final = 300
MOST_ROWS: Final = 5000
MOST_COLUMNS: Final = 60
# Old .xls files, and .xlsx files with a password, are both of this container.
OLE: Final = b"\xd0\xcf\x11\xe0"
# What openpyxl and the parsers below it raise on a file that only looks like a workbook.
BROKEN: Final = (
    InvalidFileException, zipfile.BadZipFile, zlib.error, ParseError, KeyError, ValueError, TypeError, AttributeError, IndexError,
    EOFError, OSError, NotImplementedError, RuntimeError,
)  # fmt: skip

Cell = str | int | float | bool | None | dict[str, str]
Row = tuple[int, dict[str, Cell]]


def rows_of(content: bytes, headings: Mapping[str, str]) -> list[Row]:
    """The filled rows of the first sheet: (row number as the spreadsheet counts, {column: cell}).

    `headings` maps every heading we know, case-folded, to its column. Dates come as YYYY-MM-DD; a formula or an error as
    `{"formula": …}` or `{"error": …}`, to be refused with its row and column.
    """
    _looked_at(content)
    try:
        book = load_workbook(BytesIO(content), read_only=True, data_only=False, keep_links=False)
        if not book.worksheets:
            raise ValueError("no sheet")
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what a file says of its own size need not be so
        return list(_rows(sheet.iter_rows(max_col=MOST_COLUMNS), headings))
    except BROKEN:
        raise Invalid(
            "workbook.broken", _("This file cannot be read as a workbook. Open it, save it as .xlsx and try again.")
        ) from None


def _looked_at(content: bytes) -> None:
    if len(content) > MOST_BYTES:
        raise TooLarge("workbook.large", _("The file is larger than 2 MB. Split it into several files."))
    if content.startswith(OLE):
        sentence = _(
            "This is an old .xls file, or it has a password. Save it as .xlsx without a password and try again."
        )
        raise Invalid("workbook.kind", sentence)
    if not zipfile.is_zipfile(BytesIO(content)):
        sentence = _(
            "This is not a workbook. Save a .csv or another file as .xlsx first, so that no letter is read wrongly."
        )
        raise Invalid("workbook.kind", sentence)
    try:
        parts = zipfile.ZipFile(BytesIO(content)).infolist()
    except BROKEN:
        raise Invalid(
            "workbook.broken", _("This file cannot be read as a workbook. Open it, save it as .xlsx and try again.")
        ) from None
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        sentence = _(
            "The file unpacks to far more than a ledger holds. Copy the rows into a new workbook and try again."
        )
        raise TooLarge("workbook.bomb", sentence)


def _rows(lines: Iterator[Sequence[Any]], headings: Mapping[str, str]) -> Iterator[Row]:
    columns = None
    for number, cells in enumerate(lines, 1):
        if all(cell.value in (None, "") for cell in cells):
            continue
        if columns is None:
            columns = _columns([cell.value for cell in cells], headings)
            continue
        if number > MOST_ROWS + 1:
            sentence = _("The sheet has more than %(most)s rows. Split it into several files.")
            raise TooLarge("workbook.rows", sentence, most=MOST_ROWS)
        if any(cell.value not in (None, "") for n, cell in enumerate(cells) if n not in columns):
            sentence = _(
                "Row %(row)s has a value in a column without a heading. Give the column a heading or empty it."
            )
            raise Invalid("workbook.stray", sentence, row=number)
        yield number, {columns[n]: _plain(cell) for n, cell in enumerate(cells) if n in columns}
    if columns is None:
        raise Invalid(
            "workbook.empty", _("The first sheet is empty. The first row holds the headings, the others one item each.")
        )


def _columns(headings: Sequence[Any], known: Mapping[str, str]) -> dict[int, str]:
    """Position → column. Raises Invalid naming headings that are unknown, twice there or missing."""
    said = {n: " ".join(str(text).split()) for n, text in enumerate(headings) if text not in (None, "")}
    columns = {n: known[text.casefold()] for n, text in said.items() if text.casefold() in known}
    twice = {column for column in columns.values() if list(columns.values()).count(column) > 1}
    strange = [text for n, text in said.items() if n not in columns or columns[n] in twice]
    if strange:
        sentence = _("These headings are unknown or stand there twice: %(headings)s. Use those of an exported ledger.")
        raise Invalid("workbook.headings", sentence, headings=_listed(strange))
    return columns


def _listed(texts: Sequence[str]) -> str:
    return pgettext("between the items of a list", ", ").join(text[:40] for text in texts[:10])


def _plain(cell: Any) -> Cell:
    value, kind = cell.value, getattr(cell, "data_type", "n")
    if kind == "f":
        return {"formula": str(getattr(value, "text", value))[:60]}
    if kind == "e":
        return {"error": str(value)[:20]}
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return {"error": str(value)}
    if value is None or isinstance(value, int | float):
        return value
    # What PostgreSQL cannot keep as text becomes something that the ledger then refuses with row and column.
    return str(value).replace("\x00", "\x01").encode("utf-8", "replace").decode()
