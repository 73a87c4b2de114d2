"""Where a value of the file must name something, and whether it is there."""

from collections.abc import Iterator
from typing import Any, Final

from plans.domain.source import Path, Source
from plans.domain.vocabulary import (
    ALWAYS,
    CHANNELS,
    EVENT_KINDS,
    INCIDENT_EVENTS,
    MOMENTS,
    ROLES_OF_RIGHTS,
    level_moment,
)  # fmt: skip

# Path pattern ("*" is any key) → what the name must be, and where it is found.
_SECTIONS: Final = {
    "clauses": "a clause of this plan", "levels": "a level of this plan", "roles": "a role of this plan",
    "groups": "a group of this plan", "metrics": "a metric of this plan", "rulings": "a ruling of this plan",
    "facts": "a fact of this plan", "departments": "a department of this plan", "thresholds": "a threshold of this plan",
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
    ("facts.*.thresholds.*", "thresholds"), ("down.*", "facts"),
    ("levels.*.led_by.*", "roles"), ("groups.*.under", "roles"), ("obligations.*.needs.*", "obligations"),
    ("obligations.*.approves.*", "obligations"), ("tiers.*.all_clear.*", "channel"), ("*.*.by_ruling", "rulings"),
    ("powers.*.grants.*.roles.*", "roles"), ("powers.*.grants.*.clauses.*", "clauses"),
    ("powers.*.grants.*.level", "levels"), ("powers.*.grants.*.rulings.*", "rulings"), ("terms.*.declared_by.*", "roles"),
    ("tiers.*.chats.*", "groups", "roles"), ("templates.*.proves.*", "evidence"),
)  # fmt: skip


def references(source: Source) -> None:
    """Every name in the file is one of something that is there."""
    for pattern, *targets in _REFERENCES:
        names, expected = _allowed(source, targets)
        for path, value in _walk(source.data, pattern.split(".")):
            if str(value) not in names:
                source.fault(path, f"expected {expected}, not {value!r}")


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
