"""What differs between two plans, row by row and clause by clause, and which decisions follow from that."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from plans.domain.base import Text
from plans.domain.decisions import Decisions, decisions
from plans.domain.schema import Plan

How = Literal["added", "removed", "changed"]
HEAD: Final = ("key", "title", "service", "calls", "down", "time_zone")
# Sections whose order is part of what they say.
ORDERED: Final = frozenset({"levels"})
# What a row is known by, not what it says.
NAMES: Final = frozenset({"id"})


@dataclass(frozen=True, slots=True)
class Moved:
    """One field of a row; None on a side where the row has none."""

    name: str
    before: Any
    after: Any

    def as_dict(self) -> dict[str, Any]:
        return {"field": self.name, "before": self.before, "after": self.after}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file that differs; `clauses` are those it cites on either side."""

    section: str
    key: str
    how: How
    title: Text
    clauses: tuple[str, ...]
    fields: tuple[Moved, ...]

    @property
    def path(self) -> str:
        return f"{self.section}.{self.key}" if self.key else self.section

    def as_dict(self) -> dict[str, Any]:
        return {
            "path": self.path, "section": self.section, "key": self.key, "how": self.how, "title": self.title.as_dict(),
            "clauses": list(self.clauses), "fields": [moved.as_dict() for moved in self.fields],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClauseChange:
    """A clause under which something differs: its own words (None: not there), and the rows that cite it."""

    clause: str
    title: Text
    before: Text | None
    after: Text | None
    rows: tuple[Row, ...]

    @property
    def words_differ(self) -> bool:
        return self.before != self.after

    def as_dict(self) -> dict[str, Any]:
        return {
            "clause": self.clause, "title": self.title.as_dict(), "words_differ": self.words_differ,
            "before": self.before and self.before.as_dict(), "after": self.after and self.after.as_dict(),
            "rows": [row.path for row in self.rows],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comparison:
    """`clauses` in the file's order; `rows` are all rows that differ, `loose` those of them that cite no clause."""

    rows: tuple[Row, ...]
    clauses: tuple[ClauseChange, ...]
    decisions: Decisions

    @property
    def same(self) -> bool:
        return not self.rows and not self.clauses

    @property
    def loose(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if not row.clauses)

    def of(self, section: str) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.section == section)

    @property
    def thresholds(self) -> tuple[Row, ...]:
        """Lines that differ, and the metrics (windows) they are read on."""
        return (*self.of("thresholds"), *self.of("metrics"))

    @property
    def obligations(self) -> tuple[Row, ...]:
        return self.of("obligations")

    def as_dict(self) -> dict[str, Any]:
        return {
            "same": self.same,
            "clauses": [change.as_dict() for change in self.clauses],
            "rows": [row.as_dict() for row in self.rows],
            "thresholds": [row.path for row in self.thresholds],
            "obligations": [row.path for row in self.obligations],
            "decisions": self.decisions.as_dict(),
        }


def compare(first: Plan, second: Plan) -> Comparison:
    """Everything in which the second plan differs from the first."""
    before, after = first.as_dict(), second.as_dict()
    rows = tuple(_rows(first, second, before, after))
    return Comparison(rows, tuple(_clauses(first, second, rows)), decisions(first, second))


def _rows(first: Plan, second: Plan, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[Row]:
    head = tuple(Moved(name, before[name], after[name]) for name in HEAD if before[name] != after[name])
    if head:
        yield Row("plan", "", "changed", second.title, (), head)
    for section in Plan.model_fields:
        if section in HEAD or section == "clauses":
            continue
        one, two = before[section], after[section]
        for key in (*one, *(key for key in two if key not in one)):
            if not _same(one.get(key), two.get(key)):
                yield _row(first, second, section, key, one.get(key), two.get(key))
        if section in ORDERED and [key for key in one if key in two] != [key for key in two if key in one]:
            yield Row(section, "", "changed", second.title, (), (Moved("order", list(one), list(two)),))


def _same(one: Any, two: Any) -> bool:
    """Whether two values say the same, the order of their keys included: a scale is its words in their order."""
    return json.dumps(one, ensure_ascii=False) == json.dumps(two, ensure_ascii=False)


def _row(first: Plan, second: Plan, section: str, key: str, one: Any, two: Any) -> Row:
    how: How = "added" if one is None else "removed" if two is None else "changed"
    fields = [*(one if isinstance(one, dict) else ()), *(two if isinstance(two, dict) else ())]
    if not _is_record(one if one is not None else two):
        moved: tuple[Moved, ...] = (Moved("value", one, two),)
    else:
        names = [name for name in dict.fromkeys(fields) if name not in NAMES]
        pairs = [(name, (one or {}).get(name), (two or {}).get(name)) for name in names]
        moved = tuple(Moved(name, a, b) for name, a, b in pairs if not _same(a, b))
    plan = first if two is None else second
    return Row(section, key, how, _title(plan, section, key), _cited(first, second, section, key), moved)


def _is_record(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() != {"zh", "en"}


def _title(plan: Plan, section: str, key: str) -> Text:
    row = getattr(plan, section)[key]
    if isinstance(row, Text):
        return row
    for name in ("title", "reason", "finding"):
        if isinstance(getattr(row, name, None), Text):
            return getattr(row, name)
    return Text(zh=key, en=key)


def _cited(first: Plan, second: Plan, section: str, key: str) -> tuple[str, ...]:
    cited: list[str] = []
    for plan in (first, second):
        row = getattr(plan, section).get(key)
        cited += getattr(row, "clauses", ())
        cited += [clause for grant in getattr(row, "grants", ()) for clause in grant.clauses]
    return tuple(dict.fromkeys(cited))


def _clauses(first: Plan, second: Plan, rows: tuple[Row, ...]) -> Iterable[ClauseChange]:
    for key in (*first.clauses, *(key for key in second.clauses if key not in first.clauses)):
        one, two = first.clauses.get(key), second.clauses.get(key)
        under = tuple(row for row in rows if key in row.clauses)
        if one == two and not under:
            continue
        clause = two or one
        if clause is not None:
            yield ClauseChange(key, clause.title, _words(one) if one else None, _words(two) if two else None, under)


def _words(clause: Any) -> Text:
    """A clause's title and text as one."""
    return Text(zh=f"{clause.title.zh}\n{clause.text.zh}", en=f"{clause.title.en}\n{clause.text.en}")
