"""A table of old samples (CSV), read line by line: what can be kept, and for each other line what is wrong with it."""

import csv
import io
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Final

from plans.domain import Plan
from signals.domain.intake import AHEAD, Rejected, SampleIn, SeriesKey, Why, checked, shown
from signals.domain.places import Directory

MOST_ROWS: Final = 200_000
MOST_BYTES: Final = 16 * 1024 * 1024
BEHIND: Final = timedelta(days=400)  # a year and what a baseline learns from before it
RECENT: Final = timedelta(hours=8)  # nothing live is judged on what lies further back
NEEDED: Final = ("at", "value")
WORDS: Final = ("metric", "unit", "region", "hotline", "node")
COLUMNS: Final = (*NEEDED, *WORDS)


class NotATable(Exception):
    """The file as a whole cannot be read; `code` is one of the keys of `signals.answers.NO_TABLE`."""

    def __init__(self, code: str, what: str = "") -> None:
        super().__init__(code)
        self.code, self.what = code, what


@dataclass(slots=True)
class History:
    """What a file holds. `index` of what was rejected is the line in the file, the heading being line 1."""

    rows: list[tuple[SeriesKey, datetime, float]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


def history_read(
    content: bytes,
    *,
    plan: Plan,
    places: Directory,
    now: datetime,
    defaults: dict[str, str] | None = None,
    zone: tzinfo | None = None,
) -> History:
    """Read a file with the columns of COLUMNS; `defaults` stand for columns it lacks. Raises NotATable.

    `zone`: that of times written without one; None rejects them.
    """
    reader = csv.DictReader(io.StringIO(_text(content), newline=""), strict=True)
    said, latest = History(), now - RECENT
    seen: dict[tuple[SeriesKey, datetime], float] = {}
    try:
        names = [name.strip().lower() for name in reader.fieldnames or []]
        _headings(names, defaults or {})
        reader.fieldnames = names
        for number, cells in enumerate(reader, 1):
            if number > MOST_ROWS:
                raise NotATable("too_many_rows", str(MOST_ROWS))
            line = reader.line_num
            row = _row(cells, defaults or {}, zone)
            if isinstance(row, Rejected):
                said.rejected.append(Rejected(line, row.why, row.what))
                continue
            found = checked(row, plan=plan, places=places, earliest=now - BEHIND, latest=now + AHEAD)
            if isinstance(found, Rejected):
                said.rejected.append(Rejected(line, found.why, found.what))
                continue
            series, value = found
            if row.at > latest:
                said.rejected.append(Rejected(line, Why.RECENT))
            elif seen.setdefault((series, row.at), value) != value:
                said.rejected.append(Rejected(line, Why.OTHER_VALUE))
            else:
                said.rows.append((series, row.at, value))
                said.lines.append(line)
    except csv.Error as error:
        raise NotATable("broken", f"{reader.line_num}: {error}"[:100]) from None
    return said


def _text(content: bytes) -> str:
    """UTF-8, or as a Chinese spreadsheet program writes."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text
    raise NotATable("no_text")


def _headings(names: list[str], defaults: dict[str, str]) -> None:
    if missing := [name for name in NEEDED if name not in names]:
        raise NotATable("columns_missing", ", ".join(missing))
    if "metric" not in names and not defaults.get("metric"):
        raise NotATable("columns_missing", "metric")
    if unknown := [name for name in names if name not in COLUMNS]:
        raise NotATable("columns_unknown", ", ".join(shown(name) for name in unknown)[:100])
    if len(set(names)) != len(names):
        raise NotATable("columns_twice")


def _row(cells: dict[str, str | None], defaults: dict[str, str], zone: tzinfo | None) -> SampleIn | Rejected:
    if None in cells:
        return Rejected(0, Why.SHAPE)
    words = {name: (cells.get(name) or "").strip() or defaults.get(name) or None for name in WORDS}
    text, figure = (cells.get("at") or "").strip(), (cells.get("value") or "").strip()
    at = _instant(text)
    if at is None:
        return Rejected(0, Why.SHAPE, shown(text))
    try:
        value = float(figure)
    except ValueError:
        return Rejected(0, Why.NOT_A_NUMBER, shown(figure))
    if at.tzinfo is None and zone is not None:
        at = at.replace(tzinfo=zone)
    return SampleIn(metric=words.pop("metric") or "", at=at, value=value, **words)


SPREADSHEET: Final = ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M")


def _instant(text: str) -> datetime | None:
    """RFC 3339, or as a Chinese spreadsheet program writes a time."""
    with suppress(ValueError):
        return datetime.fromisoformat(text)
    for form in SPREADSHEET:
        with suppress(ValueError):
            return datetime.strptime(text, form)  # noqa: DTZ007 - the zone is given beside it
    return None
