"""What carries out each clause of a plan, and where a person sees it: read from the file, nothing typed twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from plans.domain.schema import Plan

ROOM: Final = "/incidents/…/"
# Section of the file → what its rows are, where a person meets them, and whether they act by themselves.
SECTIONS: Final[dict[str, tuple[str, tuple[str, ...], bool]]] = {
    "categories": ("category", ("/report/",), True),
    "business": ("business", ("/report/",), True),
    "levels": ("level", (ROOM, "/board/"), True),
    "facts": ("fact", (ROOM,), True),
    "level_rules": ("level rule", (ROOM,), True),
    "major_rules": ("major rule", (ROOM,), True),
    "metrics": ("metric", ("/signals/",), True),
    "thresholds": ("threshold", ("/signals/", "/board/"), True),
    "groups": ("group", (ROOM, "/board/"), True),
    "obligations": ("obligation", ("/", ROOM), True),
    "preparation": ("preparation", (ROOM,), True),
    "tiers": ("told", ("/messages/",), True),
    "templates": ("template", (ROOM, "/notices/"), True),
    "lifting": ("lifting", (ROOM,), True),
    "ending": ("ending", (ROOM,), True),
    "powers": ("power", ("/plan/findings/",), False),
    "acts": ("act", (ROOM,), True),
    "terms": ("term", ("/plan/findings/",), False),
    "standards": ("standard", ("/plan/findings/",), False),
    "checklists": ("checklist", (ROOM, "/plan/"), True),
    "roles": ("role", ("/plan/",), False),
}
READINESS: Final = ("/", "/readiness/")  # duties outside incidents


@dataclass(frozen=True, slots=True)
class Carried:
    """One clause: `by` names what carries it out, `seen` the pages; `acts` is false when nothing of it runs."""

    clause: str
    title: str
    by: tuple[str, ...]
    seen: tuple[str, ...]
    acts: bool


def coverage(plan: Plan) -> tuple[Carried, ...]:
    """Every clause in the file's order."""
    return tuple(_carried(plan, key) for key in plan.clauses)


def _carried(plan: Plan, clause: str) -> Carried:
    by: list[str] = []
    own = plan.clauses[clause].seen
    seen: list[str] = list(own)
    acts = bool(own)
    for section, (word, pages, running) in SECTIONS.items():
        for name, row in _citing(plan, section, clause):
            outside = section == "obligations" and row.outside_incidents
            by.append(f"{word} `{name}`" + (" (readiness)" if outside else ""))
            seen += READINESS if outside else pages
            acts |= running
    return Carried(clause, plan.clauses[clause].title.en, tuple(by), tuple(dict.fromkeys(seen)), acts)


def _citing(plan: Plan, section: str, clause: str) -> Iterator[tuple[str, Any]]:
    for name, row in getattr(plan, section).items():
        cited = row.clauses if section != "powers" else [c for grant in row.grants for c in grant.clauses]
        if clause in cited:
            yield name, row


def table(plan: Plan) -> str:
    """The same as a page of Markdown."""
    rows = coverage(plan)
    lines = [
        "# Clause by clause",
        "",
        f"What carries out each clause of *{plan.title.en}*, and where a person sees it. Written by `manage.py plan_table`;",
        "a test fails when it is stale. Every clause with its words and rulings stands on `/plan/`.",
        "",
        "| clause | what carries it out | where a person sees it |",
        "|---|---|---|",
        *(
            f"| {row.clause} {row.title} | {' · '.join(row.by) or '–'} | {' '.join(f'`{page}`' for page in row.seen) or '–'} |"
            for row in rows
        ),
    ]
    waiting = [row for row in rows if not row.acts]
    if waiting:
        lines += ["", "Nothing acts yet on: " + ", ".join(f"{row.clause} {row.title}" for row in waiting) + "."]
    return "\n".join(lines) + "\n"
