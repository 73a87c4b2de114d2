"""What differs between two versions, and what is found in a text, in the reader's words."""

import difflib
import re
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

from plans import selectors
from plans.domain import Finding, Plan, PlanErrors, Text, admit
from plans.domain.compare import ClauseChange, Comparison, Moved, Row
from plans.domain.decisions import Difference
from plans.domain.knobs import Knob
from plans.row_fields import field_name
from plans.row_words import language, value_said

FAULTS_SHOWN: Final = 40
SECTIONS: Final[dict[str, str | Promise]] = {
    "plan": gettext_lazy("The plan as a whole"),
    "categories": gettext_lazy("Category"),
    "business": gettext_lazy("Business"),
    "symptoms": gettext_lazy("What is noticed"),
    "levels": gettext_lazy("Level"),
    "facts": gettext_lazy("Fact"),
    "metrics": gettext_lazy("Metric"),
    "thresholds": gettext_lazy("Threshold"),
    "level_rules": gettext_lazy("Level rule"),
    "major_rules": gettext_lazy("Rule of major faults"),
    "bci": gettext_lazy("Part of the index"),
    "departments": gettext_lazy("Department"),
    "groups": gettext_lazy("Work group"),
    "roles": gettext_lazy("Role"),
    "evidence": gettext_lazy("Kind of proof"),
    "ladders": gettext_lazy("Ladder of reminders"),
    "obligations": gettext_lazy("Obligation"),
    "checklists": gettext_lazy("Checklist"),
    "preparation": gettext_lazy("Preparation"),
    "tiers": gettext_lazy("Who is told"),
    "templates": gettext_lazy("Template"),
    "lifting": gettext_lazy("Condition of lifting"),
    "ending": gettext_lazy("Condition of ending"),
    "powers": gettext_lazy("Power"),
    "acts": gettext_lazy("Act of the product"),
    "terms": gettext_lazy("Term"),
    "standards": gettext_lazy("Standard"),
    "aliases": gettext_lazy("Other names"),
    "rulings": gettext_lazy("Ruling"),
}
HOW: Final[dict[str, str | Promise]] = {
    "added": pgettext_lazy("a row of the plan", "New"),
    "removed": pgettext_lazy("a row of the plan", "Gone"),
    "changed": pgettext_lazy("a row of the plan", "Changed"),
}
EXPECTED: Final[dict[str, str | Promise]] = {
    "number": gettext_lazy("a number, such as 480"),
    "percent": gettext_lazy("a percentage, such as 30"),
    "count": gettext_lazy("a whole number, such as 10"),
    "span": gettext_lazy("a time, such as 30 min, 6 h or 3 d"),
    "text": gettext_lazy("a title of 1 to 200 characters on one line"),
}


# --- what is found in a text --------------------------------------------------------------------------------------------
def checked(text: str, file: str, *, beside: str | None = None, wrong: dict[str, str] | None = None) -> dict[str, Any]:
    """What a text is worth as it is being typed: its faults; or its open findings and what would be decided otherwise than by
    the text `beside`. `wrong` are values of a form that could not be read, by their title."""
    shown: dict[str, Any] = {"wrong": wrong or {}}
    try:
        plan = admit(text, file)
        report = selectors.found_once(text, file)
    except PlanErrors as faulty:
        return shown | {"faults": faulty.errors[:FAULTS_SHOWN], "faults_count": len(faulty.errors)}
    shown |= {
        "findings": [finding_shown(finding) for finding in report.open],
        "ruled": len(report.findings) - len(report.open),
    }
    shown |= {"plan": plan}
    if beside is not None and beside != text:
        try:
            comparison = selectors.compared_once(beside, text)
        except PlanErrors:
            return shown
        before = selectors.read_once(beside, "before")
        rows = [_row(row, before, plan) for row in comparison.rows]
        shown |= {"differences": _differences(comparison, before, plan), "rows": rows}
        shown |= {"lines_differ": _lines_differ(comparison)}
        shown |= {"whole": comparison.decisions.whole}
    return shown


def finding_shown(finding: Finding) -> dict[str, Any]:
    texts = {"title": finding.title, "said": finding.said, "example": finding.example, "suggestion": finding.suggestion}
    return {key: text.in_language(language()) for key, text in texts.items()} | {
        "kind": finding.kind,
        "subjects": finding.subjects,
        "clauses": finding.clauses,
        "standing": finding.standing.value,
        "ruling": finding.ruling,
    }


def wrongs_shown(knobs: tuple[Knob, ...], wrong: dict[str, Any], plan: Plan) -> dict[str, str]:
    """Title of the value → what was expected instead of what was written."""
    by_name = {knob.name: knob for knob in knobs}
    return {
        f"{row_title(plan, by_name[name].row)}: {field_name(by_name[name].what)}": str(EXPECTED[error.kind])
        for name, error in wrong.items()
    }


def row_title(plan: Plan, path: str) -> str:
    section, _dot, key = path.partition(".")
    row = getattr(plan, section).get(key)
    for name in ("title", "reason", "finding"):
        if isinstance(getattr(row, name, None), Text):
            return str(getattr(row, name).in_language(language()))
    return path


# --- what differs -------------------------------------------------------------------------------------------------------
def comparison_shown(first: str, second: str) -> dict[str, Any]:
    """What differs between two texts, for the template `plans/compare_body.html`; raises PlanErrors."""
    comparison = selectors.compared_once(first, second)
    before, after = selectors.read_once(first, "before"), selectors.read_once(second, "after")
    old, new = selectors.found_once(first, "before"), selectors.found_once(second, "after")
    was = {(f.kind, f.subjects) for f in old.open}
    now = {(f.kind, f.subjects) for f in new.open}
    return {
        "same": comparison.same,
        "whole": comparison.decisions.whole,
        "apart": [row_title(after, f"facts.{name}") for name in comparison.decisions.apart],
        "differences": _differences(comparison, before, after),
        "findings_new": [finding_shown(f) for f in new.open if (f.kind, f.subjects) not in was],
        "findings_gone": [finding_shown(f) for f in old.open if (f.kind, f.subjects) not in now],
        "findings_open": len(new.open),
        "lines_differ": _lines_differ(comparison),
        "thresholds": [_row(row, before, after) for row in comparison.thresholds],
        "obligations": [_row(row, before, after) for row in comparison.obligations],
        "clauses": [_clause(change, before, after) for change in comparison.clauses],
        "loose": [_row(row, before, after) for row in comparison.loose],
    }


def _lines_differ(comparison: Comparison) -> bool:
    """Whether machines would warn otherwise: a line or the window it is read over differs in more than its words."""
    return any(
        row.how != "changed" or {field.name for field in row.fields} - {"title", "clauses", "rulings", "written"}
        for row in comparison.thresholds
    )


def _differences(comparison: Comparison, before: Plan, after: Plan) -> list[dict[str, Any]]:
    levels = [_difference(row, before, after, major=False) for row in comparison.decisions.levels]
    return [*levels, *(_difference(row, before, after, major=True) for row in comparison.decisions.majors)]


def _difference(row: Difference, before: Plan, after: Plan, *, major: bool) -> dict[str, Any]:
    return {
        "major": major,
        "before": row.before,
        "after": row.after,
        "before_title": _level(before, row.before),
        "after_title": _level(after, row.after),
        "region": row.region.in_language(language()),
        "unless_else": row.unless_else,
        "example": row.example_text.in_language(language()),
        "hits_before": [(hit.reason.in_language(language()), hit.clauses) for hit in row.hits_before],
        "hits_after": [(hit.reason.in_language(language()), hit.clauses) for hit in row.hits_after],
    }


def _level(plan: Plan, level: str | None) -> str:
    return plan.levels[level].title.in_language(language()) if level in plan.levels and level is not None else ""


def _clause(change: ClauseChange, before: Plan, after: Plan) -> dict[str, Any]:
    one = change.before.in_language(language()) if change.before else ""
    two = change.after.in_language(language()) if change.after else ""
    other = "en" if language().startswith("zh") else "zh-hans"
    differs_elsewhere = one == two and change.words_differ
    if differs_elsewhere:
        one = change.before.in_language(other) if change.before else ""
        two = change.after.in_language(other) if change.after else ""
    return {
        "id": change.clause,
        "title": change.title.in_language(language()),
        "words": marked(one, two) if change.words_differ else [],
        "elsewhere": other if differs_elsewhere else "",
        "rows": [_row(row, before, after) for row in change.rows],
    }


def _row(row: Row, before: Plan, after: Plan) -> dict[str, Any]:
    return {
        "path": row.path,
        "how": row.how,
        "how_name": HOW[row.how],
        "section": SECTIONS.get(row.section, row.section),
        "title": row.title.in_language(language()) if row.key else "",
        "clauses": row.clauses,
        "fields": [_field(row, moved, before, after) for moved in row.fields] if row.how == "changed" else [],
    }


def _field(row: Row, moved: Moved, before: Plan, after: Plan) -> dict[str, str]:
    return {
        "name": field_name(moved.name),
        "before": value_said(row.section, row.key, moved.name, moved.before, before),
        "after": value_said(row.section, row.key, moved.name, moved.after, after),
    }


def marked(before: str, after: str) -> list[tuple[str, str]]:
    """Two texts as one, word by word: (same | gone | new, words)."""
    one, two = _words(before), _words(after)
    parts: list[tuple[str, str]] = []
    for what, a, b, c, d in difflib.SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
        if what == "equal":
            parts.append(("same", "".join(one[a:b])))
            continue
        if a < b:
            parts.append(("gone", "".join(one[a:b])))
        if c < d:
            parts.append(("new", "".join(two[c:d])))
    return parts


def _words(text: str) -> list[str]:
    """Words of a Latin text, single characters of a Chinese one; at most 2,000, beyond which nobody compares word by word."""
    found = re.findall(r"[A-Za-z0-9]+|\s+|.", text, re.DOTALL)
    return found if len(found) <= 2000 else [text]
