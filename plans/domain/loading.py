"""From a text to a checked plan, or to the list of everything that is wrong with it."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from pydantic import ValidationError

from plans.domain import checks, entering
from plans.domain.checks import MOST_WAYS, Check
from plans.domain.references import references
from plans.domain.schema import Plan
from plans.domain.source import Path, PlanErrors, Source, read

MOST_ROWS: Final = {
    "level_rules": 200,
    "major_rules": 50,
    "facts": 40,
    "thresholds": 400,
    "metrics": 100,
    "aliases": 50,
    "levels": 20,
}
MOST_ROWS_ELSE: Final = 300


@lru_cache(maxsize=8)
def load(text: str, file: str = "plan.yaml") -> Plan:
    """Read a plan that is stored; raises PlanErrors with every fault, its line, its clause and what was expected.

    A plan is frozen: who asks for the same text again gets the same plan.
    """
    plan, source = _read(text, file, checks.OF_ROWS, checks.OF_THE_WHOLE)
    if plan is None or source.errors:
        raise PlanErrors(source.errors)
    return plan


@lru_cache(maxsize=8)
def admit(text: str, file: str = "plan.yaml") -> Plan:
    """Read a plan that is to enter: what may be asked of a new one is asked too (`entering`). Raises PlanErrors with all of it."""
    of_rows, of_the_whole = (*checks.OF_ROWS, *entering.OF_ROWS), (*checks.OF_THE_WHOLE, *entering.OF_THE_WHOLE)
    try:
        plan = load(text, file)
    except PlanErrors:
        _plan_read, source = _read(text, file, of_rows, of_the_whole)
        raise PlanErrors(source.errors) from None
    if _enters(plan):
        return plan
    _plan_read, source = _read(text, file, of_rows, of_the_whole)
    raise PlanErrors(source.errors)


def _enters(plan: Plan) -> bool:
    """Without its file, which is read a second time only when there is a line to be named."""
    nowhere = Source("")
    for check in (*entering.OF_ROWS, *entering.OF_THE_WHOLE):
        check(plan, nowhere)
    return not nowhere.errors


def _read(
    text: str, file: str, of_rows: tuple[Check, ...], of_the_whole: Iterable[Check]
) -> tuple[Plan | None, Source]:
    """The plan, or None where there is none to be made of it, and the file with every fault."""
    source = read(text, file)
    if source.errors and source.data is None:
        return None, source
    if not isinstance(source.data, dict):
        source.fault((), "a mapping with the sections of a plan")
        return None, source
    if not _sizes(source):
        return None, source
    references(source)
    plan = _plan(source)
    if plan is None:
        _look_at_the_rest(source, of_rows)
        return None, source
    for check in (*of_rows, *of_the_whole):
        check(plan, source)
    return plan, source


def _sizes(source: Source) -> bool:
    """Whether no section is longer than what the interpreter and the linter get through in the time that a person waits."""
    before = len(source.errors)
    for section, rows in source.data.items():
        most = MOST_ROWS.get(section, MOST_ROWS_ELSE)
        if isinstance(rows, dict) and len(rows) > most:
            source.fault((section,), f"expected at most {most} rows, found {len(rows)}")
    for section in ("level_rules", "major_rules"):
        rows = source.data.get(section)
        for key, row in rows.items() if isinstance(rows, dict) else ():
            if _parts(row) > MOST_WAYS * 2:
                source.fault((section, key), f"expected at most {MOST_WAYS * 2} tests in one rule")
    return len(source.errors) == before


def _parts(node: Any) -> int:
    """How many values a piece of the file holds."""
    if isinstance(node, dict):
        return sum(_parts(value) for key, value in node.items() if key in ("when", "all", "any")) + ("fact" in node)
    return sum(_parts(part) for part in node) if isinstance(node, list) else 0


def _plan(source: Source) -> Plan | None:
    try:
        return Plan.model_validate(source.data)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_context=False, include_input=False):
            source.fault(fault["loc"], _spoken(fault["type"], fault["loc"], fault["msg"]))
        return None


def _look_at_the_rest(source: Source, of_rows: tuple[Check, ...]) -> None:
    """Check the rows that can be read, so that a faulty one hides no fault of another."""
    sound = {
        section: {key: row for key, row in rows.items() if (section, key) not in source.touched}
        if isinstance(rows, dict)
        else rows
        for section, rows in source.data.items()
        if section in Plan.model_fields
    }
    missing = [name for name, field in Plan.model_fields.items() if field.is_required() and name not in sound]
    try:
        plan = Plan.model_validate(sound | {name: {} for name in missing})
    except ValidationError:
        return
    facts_known = "facts" not in missing and len(sound["facts"]) == len(source.data["facts"])
    for check in of_rows if facts_known else of_rows[1:]:
        check(plan, source)


def _spoken(kind: str, loc: Path, message: str) -> str:
    if kind == "missing":
        return f"expected the key {loc[-1]!r}"
    if kind == "extra_forbidden":
        return f"expected no key {loc[-1]!r} here"
    return message.removeprefix("Value error, ")
