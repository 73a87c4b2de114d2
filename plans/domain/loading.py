"""From a text to a checked plan, or to the list of everything that is wrong with it."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final

from pydantic import ValidationError

from plans.domain.citing import ACTS
from plans.domain.conditions import tests_of, ways
from plans.domain.ending import Kind, kind_of
from plans.domain.lint.findings import at
from plans.domain.lint.words import counted
from plans.domain.lint.written import SECTIONS, as_written
from plans.domain.schema import EndingCondition, FactSpec, Plan
from plans.domain.source import Path, PlanErrors, Source, read
from plans.domain.vocabulary import (
    ALWAYS,
    CHANNELS,
    EVENT_KINDS,
    INCIDENT_EVENTS,
    MAJOR,
    MOMENTS,
    ROLES_OF_RIGHTS,
    SAID_FACTS,
    SEEN_FACTS,
    level_moment,
)  # fmt: skip

MOST_WAYS: Final = 64  # alternatives of one rule; `all` of many `any` would grow without bound
MOST_WAYS_OF_ALL: Final = 600  # of all level rules, with `major` written out; the plan that ships has about 40
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

# Where a value must name something: path pattern ("*" is any key) → what the name must be, and where it is found.
_SECTIONS: Final = {
    "clauses": "a clause of this plan", "levels": "a level of this plan", "roles": "a role of this plan",
    "groups": "a group of this plan", "metrics": "a metric of this plan", "rulings": "a ruling of this plan",
    "departments": "a department of this plan", "thresholds": "a threshold of this plan",
    "obligations": "an obligation of this plan", "ladders": "a ladder of this plan", "categories": "a category of this plan",
}  # fmt: skip
_WORDS: Final[dict[str, tuple[str, frozenset[str]]]] = {
    "moment": ("a known moment or an event of an incident", MOMENTS | INCIDENT_EVENTS),
    "anchor": (f"a known moment, an event of an incident or {ALWAYS!r}", MOMENTS | INCIDENT_EVENTS | {ALWAYS}),
    "acts_as": ("a role of rights", ROLES_OF_RIGHTS),
    "channel": ("a known channel", CHANNELS),
}
_REFERENCES: Final = (
    ("*.*.clauses.*", "clauses"), ("*.*.rulings.*", "rulings"),
    ("level_rules.*.level", "levels"), ("obligations.*.levels.*", "levels"),
    ("obligations.*.owners.*", "roles"), ("roles.*.superior", "roles"), ("tiers.*.roles.*", "roles"),
    ("checklists.*.steps.*.role", "roles"), ("aliases.*", "roles", "departments", "groups"),
    ("preparation.*.role", "roles"), ("preparation.*.department", "departments"), ("roles.*.department", "departments"),
    ("roles.*.group", "groups"), ("groups.*.lead", "departments"), ("groups.*.support.*", "departments"),
    ("thresholds.*.metric", "metrics"), ("thresholds.*.out_of", "metrics"), ("obligations.*.ladder", "ladders"),
    ("roles.*.acts_as", "acts_as"), ("tiers.*.channels.*", "channel"), ("tiers.*.unanswered.*.channels.*", "channel"),
    ("tiers.*.unanswered.*.roles.*", "roles"), ("checklists.*", "categories"),
    ("obligations.*.anchors.*", "anchor"), ("obligations.*.until.*", "moment"),
    ("obligations.*.measured_from", "moment"), ("obligations.*.unless_after", "moment"),
    ("obligations.*.never_beyond.moment", "moment"), ("obligations.*.evidence.*", "evidence"),
    ("facts.*.thresholds.*", "thresholds"),
    ("levels.*.led_by.*", "roles"), ("groups.*.under", "roles"), ("obligations.*.needs.*", "obligations"),
    ("obligations.*.approves.*", "obligations"), ("tiers.*.all_clear.*", "channel"), ("*.*.by_ruling", "rulings"),
    ("powers.*.grants.*.roles.*", "roles"), ("powers.*.grants.*.clauses.*", "clauses"),
    ("powers.*.grants.*.level", "levels"), ("powers.*.grants.*.rulings.*", "rulings"), ("terms.*.declared_by.*", "roles"),
    ("tiers.*.chats.*", "groups", "roles"),
)  # fmt: skip


@lru_cache(maxsize=8)
def load(text: str, file: str = "plan.yaml") -> Plan:
    """Read and check a plan; raises PlanErrors with every fault, its line, its clause and what was expected.

    A plan is frozen: who asks for the same text again gets the same plan.
    """
    source = read(text, file)
    if source.errors and source.data is None:
        raise PlanErrors(source.errors)
    if not isinstance(source.data, dict):
        source.fault((), "a mapping with the sections of a plan")
        raise PlanErrors(source.errors)
    if not _sizes(source):
        raise PlanErrors(source.errors)
    _references(source)
    plan = _plan(source)
    if plan is None:
        _look_at_the_rest(source)
        raise PlanErrors(source.errors)
    for check in (*_OF_ROWS, *_OF_THE_WHOLE):
        check(plan, source)
    if source.errors:
        raise PlanErrors(source.errors)
    return plan


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


def _look_at_the_rest(source: Source) -> None:
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
    for check in _OF_ROWS if facts_known else _OF_ROWS[1:]:
        check(plan, source)


def _spoken(kind: str, loc: Path, message: str) -> str:
    if kind == "missing":
        return f"expected the key {loc[-1]!r}"
    if kind == "extra_forbidden":
        return f"expected no key {loc[-1]!r} here"
    return message.removeprefix("Value error, ")


def _walk(node: Any, pattern: list[str], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every (path, value) that the pattern reaches; the last "*" of a mapping yields its keys."""
    head, *rest = pattern
    rows: list[tuple[str | int, Any]] = []
    if isinstance(node, dict):
        rows = [(key, value) for key, value in node.items() if head in ("*", key)]
    elif isinstance(node, list) and head == "*":
        rows = list(enumerate(node))
    for key, value in rows:
        if rest:
            yield from _walk(value, rest, (*path, key))
        elif isinstance(node, dict) and head == "*":
            yield (*path, key), key
        elif value is not None:
            yield (*path, key), value


def _references(source: Source) -> None:
    for pattern, *targets in _REFERENCES:
        names, expected = _allowed(source, targets)
        for path, value in _walk(source.data, pattern.split(".")):
            if str(value) not in names:
                source.fault(path, f"expected {expected}, not {value!r}")


def _allowed(source: Source, targets: list[str]) -> tuple[set[str], str]:
    names: set[str] = set()
    for target in targets:
        if target == "evidence":
            names |= EVENT_KINDS | MOMENTS | _keys(source, "evidence")
        elif target in _WORDS:
            names |= _WORDS[target][1]
            if target in ("moment", "anchor"):
                names |= {level_moment(level) for level in _keys(source, "levels")}
        else:
            names |= _keys(source, target)
    spoken = {"evidence": "an event kind, a moment or a declared evidence type"}
    return names, " or ".join(spoken.get(t) or (_WORDS[t][0] if t in _WORDS else _SECTIONS[t]) for t in targets)


def _keys(source: Source, section: str) -> set[str]:
    rows = source.data.get(section)
    return set(rows) if isinstance(rows, dict) else set()


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


def _steps(plan: Plan, source: Source) -> None:
    """No step stands twice in one checklist: ticking one would tick the other."""
    for row in plan.checklists.values():
        seen: set[str] = set()
        for index, step in enumerate(row.steps):
            if step.key in seen:
                source.fault(("checklists", row.id, "steps", index), "expected every step of a checklist only once")
            seen.add(step.key)


def _acts_known(plan: Plan, source: Source) -> None:
    for name in plan.acts.keys() - ACTS.keys():
        source.fault(("acts", name), f"expected an act of the product: {', '.join(ACTS)}")


def _anchors(plan: Plan, source: Source) -> None:
    for row in plan.obligations.values():
        if ALWAYS in row.anchors and len(row.anchors) > 1:
            source.fault(("obligations", row.id, "anchors"), f"expected {ALWAYS!r} alone")


def _preparation(plan: Plan, source: Source) -> None:
    """No item of the preparation may take longer than the list as a whole (5.2)."""
    whole = plan.obligations.get("warning.prepare")
    for row in plan.preparation.values():
        if row.within.months or row.within.is_zero:
            source.fault(("preparation", row.id, "within"), "expected a time above zero without months")
        elif whole and whole.due and not whole.due.months and row.within.fixed() > whole.due.fixed():
            source.fault(("preparation", row.id, "within"), f"expected at most {whole.due.iso}, as warning.prepare")


def _paths(plan: Plan, source: Source) -> None:
    """What measures a term, and what a clause counts, is there."""
    for term in plan.terms.values():
        for index, path in enumerate(term.measured_by):
            if at(plan, path) is None:
                source.fault(
                    ("terms", term.id, "measured_by", index), f"expected the path of a row of this plan, not {path!r}"
                )
    for clause in plan.clauses.values():
        for index, count in enumerate(clause.counts):
            if counted(plan, count.of) is None:
                source.fault(
                    ("clauses", clause.id, "counts", index, "of"),
                    f"expected the path of a list of this plan, not {count.of!r}",
                )
    for row in plan.templates.values():
        for element, role in row.supplied_by.items():
            if element not in row.elements or role not in plan.roles:
                source.fault(
                    ("templates", row.id, "supplied_by", element),
                    "expected an element of this template and a role of this plan",
                )


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
_OF_ROWS: Final[tuple[Callable[[Plan, Source], None], ...]] = (
    _conditions,
    _templates,
    _anchors,
    _preparation,
    _acts_known,
    _steps,
)
_OF_THE_WHOLE: Final[tuple[Callable[[Plan, Source], None], ...]] = (
    _all_ways,
    _chains,
    _needs,
    _facts_named,
    _index_read,
    _conditions_of_the_end,
    _paths,
    _written,
)
