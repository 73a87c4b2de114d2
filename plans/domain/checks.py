"""What must hold for a plan to be read at all, beyond the form of its rows: a stored one as well."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

from plans.domain.conditions import tests_of, ways
from plans.domain.deciding import FactSpec
from plans.domain.ending import EndingCondition, Kind, kind_of
from plans.domain.lint.written import SECTIONS, as_written
from plans.domain.schema import Plan
from plans.domain.source import Path, Source
from plans.domain.vocabulary import ALWAYS, MAJOR, SAID_FACTS, SEEN_FACTS

MOST_WAYS: Final = 64  # alternatives of one rule; `all` of many `any` would grow without bound
MOST_WAYS_OF_ALL: Final = 600  # of all level rules, with `major` written out; the plan that ships has about 40
Check = Callable[[Plan, Source], None]


def _conditions(plan: Plan, source: Source) -> None:
    """Every test names a fact and compares it with a value of its kind; no rule explodes."""
    for section in ("level_rules", "major_rules"):
        derived = {MAJOR} if section == "level_rules" else set()
        for rule in getattr(plan, section).values():
            if ways(rule.when) > MOST_WAYS:
                source.fault((section, rule.id, "when"), f"expected at most {MOST_WAYS} alternatives in one rule")
            for path, row in _tests(source.data[section][rule.id]["when"], (section, rule.id, "when")):
                problem = _test_problem(plan.facts, row, derived)
                if problem:
                    source.fault(path, problem)


def _all_ways(plan: Plan, source: Source) -> None:
    """Nor do all rules together explode, with the major rules written out wherever one asks for them."""
    majors = sum(ways(rule.when) for rule in plan.major_rules.values())
    every = 0
    for rule in plan.level_rules.values():
        asks = sum(test.fact == MAJOR for test in tests_of(rule.when))
        every += ways(rule.when) * (max(majors, 1) if asks else 1)
        if asks > 1:
            source.fault(("level_rules", rule.id, "when"), f"expected `{MAJOR}` at most once in one rule")
    if every > MOST_WAYS_OF_ALL:
        source.fault(
            ("level_rules",), f"expected at most {MOST_WAYS_OF_ALL} alternatives in all rules together, found {every}"
        )


def _tests(node: Any, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for word in ("all", "any"):
        if word in node:
            for index, part in enumerate(node[word]):
                yield from _tests(part, (*path, word, index))
            return
    yield path, node


def _test_problem(facts: dict[str, FactSpec], row: dict[str, Any], derived: set[str]) -> str | None:
    fact, op, value = row["fact"], row["op"], row["value"]
    if fact in derived:
        wanted = (op, value) == ("is", True)
        return None if wanted else f"expected `{fact}` only as `{{fact: {fact}, op: is, value: true}}`"
    if fact not in facts:
        return f"expected one of the facts {', '.join(sorted(facts.keys() | derived))}, not {fact!r}"
    spec = facts[fact]
    if spec.kind == "switch" and (op != "is" or not isinstance(value, bool)):
        return f"expected `op: is` with true or false for {fact}"
    if spec.kind == "scale" and value not in spec.values:
        return f"expected one of {', '.join(spec.values)}, not {value!r}"
    return None if spec.fits(value) else f"expected a number for {fact}, not {value!r}"


def _chains(plan: Plan, source: Source) -> None:
    """Superiors lead to one top, without a circle."""
    tops = [role.id for role in plan.roles.values() if role.superior is None]
    if len(tops) != 1:
        source.fault(("roles",), f"expected one role without a superior, found {', '.join(tops) or 'none'}")
    for role in plan.roles.values():
        seen, at = {role.id}, role.superior
        while at in plan.roles and at not in seen:
            seen.add(at)
            at = plan.roles[at].superior
        if at in seen:
            source.fault(("roles", role.id, "superior"), f"expected a chain without a circle; it comes back to {at!r}")


def _needs(plan: Plan, source: Source) -> None:
    """No obligation waits for itself, straight or through others."""
    for row in plan.obligations.values():
        ahead, seen = list(row.needs), set[str]()
        while ahead:
            key = ahead.pop()
            if key == row.id:
                source.fault(("obligations", row.id, "needs"), "expected no circle; in the end it needs itself")
                break
            if key not in seen and key in plan.obligations:
                seen.add(key)
                ahead += plan.obligations[key].needs


def _facts_named(plan: Plan, source: Source) -> None:
    if MAJOR in plan.facts:
        source.fault(("facts", MAJOR), f"expected another name: {MAJOR!r} stands for the major rules")


def _down(plan: Plan, source: Source) -> None:
    for index, name in enumerate(source.data.get("down", ())):
        if name in plan.facts and plan.facts[name].kind != "switch":
            source.fault(("down", index), f"expected a fact with a yes or no, not {name!r}")


def _conditions_of_the_end(plan: Plan, source: Source) -> None:
    """What ending and lifting hang on can be known: it is measured, on record, seen by the product or asked of a person."""
    for section in ("ending", "lifting"):
        for row in getattr(plan, section).values():
            problem = _unknowable(plan, section, row)
            if problem:
                source.fault((section, row.id, "fact"), problem)


def _unknowable(plan: Plan, section: str, row: EndingCondition) -> str | None:
    kind = kind_of(plan, row)
    if kind is None or (section == "lifting" and row.fact == "stable_hours"):
        return (
            f"expected a metric of this plan, one followed by `_of_mean`, a fact of this plan, "
            f"{', '.join(sorted(SEEN_FACTS.keys() | SAID_FACTS))}, or `asked` beside it, not {row.fact!r}"
        )
    if kind is Kind.RECORDED:
        return _test_problem(plan.facts, {"fact": row.fact, "op": row.op, "value": row.value}, set())
    if kind is Kind.SAID:
        return (
            None
            if row.op == "is" and isinstance(row.value, bool)
            else f"expected `op: is` with true or false for {row.fact}"
        )
    return f"expected a number for {row.fact}, not {row.value!r}" if isinstance(row.value, bool | str) else None


def _index_read(plan: Plan, source: Source) -> None:
    """Every part of the index is read where a line of its metric is."""
    for part in plan.bci.values():
        lines = [row for row in plan.thresholds.values() if row.metric == part.metric]
        if part.metric not in plan.metrics:
            source.fault(("bci", part.id, "metric"), f"expected a metric of this plan, not {part.metric!r}")
        elif not any(row.measure == "excess" or part.measure == "value" for row in lines):
            said = "of the measure excess " if part.measure == "excess" else ""
            source.fault(("bci", part.id, "metric"), f"expected a metric with a threshold {said}to be read beside")


def _templates(plan: Plan, source: Source) -> None:
    for row in plan.templates.values():
        for language in ("zh", "en"):
            used = Counter(re.findall(r"\{(\w+)\}", getattr(row.body, language)))
            for name in row.elements.keys() ^ used.keys():
                source.fault(("templates", row.id, "body", language), f"expected the element {name!r} in both places")


def _anchors(plan: Plan, source: Source) -> None:
    for row in plan.obligations.values():
        if ALWAYS in row.anchors and len(row.anchors) > 1:
            source.fault(("obligations", row.id, "anchors"), f"expected {ALWAYS!r} alone")


def _written(plan: Plan, source: Source) -> None:
    """What a clause says instead is said of keys that the row has, in their own form."""
    faults = len(source.errors)
    for section in SECTIONS:
        for row in getattr(plan, section).values():
            for key in row.written or {}:
                if key not in type(row).model_fields or key in ("id", "written", "title"):
                    source.fault((section, row.id, "written", key), f"expected a key of this row, not {key!r}")
    if len(source.errors) > faults:
        return
    try:
        as_written(plan)
    except ValueError as error:
        source.fault((), str(error))


# The conditions first: they alone look at another section, the facts.
OF_ROWS: Final[tuple[Check, ...]] = (_conditions, _templates, _anchors)
OF_THE_WHOLE: Final[tuple[Check, ...]] = (
    _all_ways,
    _chains,
    _needs,
    _facts_named,
    _down,
    _index_read,
    _conditions_of_the_end,
    _written,
)
