"""What differs between two versions, and what is found in a text, in the reader's words."""

import difflib
import re
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from plans import selectors
from plans.domain import Finding, Plan, PlanErrors, Span, Text, admit, units
from plans.domain.compare import ClauseChange, Comparison, Moved, Row
from plans.domain.decisions import Difference
from plans.domain.knobs import Knob
from plans.templatetags.plan_words import spoken_span

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
FIELDS: Final[dict[str, str | Promise]] = {
    "value": gettext_lazy("Value"),
    "clear_at": gettext_lazy("Calm again at"),
    "sustained_for": gettext_lazy("Sustained for"),
    "min_count": gettext_lazy("Smallest count"),
    "near": gettext_lazy("Near from"),
    "near_blue": gettext_lazy("Blue from (share of the value)"),
    "near_yellow": gettext_lazy("Yellow from (share of the value)"),
    "window": gettext_lazy("Window"),
    "inclusive": gettext_lazy("The value itself counts"),
    "direction": gettext_lazy("Direction"),
    "expected_every": gettext_lazy("Expected every"),
    "due": gettext_lazy("Due"),
    "owners": gettext_lazy("Owner"),
    "evidence": gettext_lazy("Proof"),
    "levels": gettext_lazy("Levels"),
    "anchors": gettext_lazy("Starts with"),
    "until": gettext_lazy("Ends with"),
    "repeat": gettext_lazy("Repeats"),
    "offset_before": gettext_lazy("Earlier by"),
    "ladder": gettext_lazy("Ladder of reminders"),
    "applies_to": gettext_lazy("Applies to"),
    "level": gettext_lazy("Level"),
    "raises": gettext_lazy("Raises by"),
    "when": pgettext_lazy("condition of a rule", "When"),
    "reason": gettext_lazy("Reason"),
    "title": gettext_lazy("Title"),
    "clauses": gettext_lazy("Clauses"),
    "rulings": gettext_lazy("Rulings"),
    "within": gettext_lazy("Within"),
    "role": gettext_lazy("Role"),
    "roles": gettext_lazy("Roles"),
    "channels": gettext_lazy("Channels"),
    "chats": gettext_lazy("Group chats of"),
    "unanswered": gettext_lazy("When it is not answered"),
    "quorum": gettext_lazy("Answers that suffice"),
    "at_once": gettext_lazy("Never in one letter with others"),
    "after": gettext_lazy("After"),
    "service": gettext_lazy("What is kept running"),
    "calls": gettext_lazy("The intake asks for the length of calls"),
    "metric": gettext_lazy("Read from"),
    "measure": gettext_lazy("Measured as"),
    "weight": gettext_lazy("Weight"),
    "best": gettext_lazy("Full marks"),
    "worst": gettext_lazy("No marks"),
    "finding": pgettext_lazy("of a ruling", "Finding"),
    "ruling": gettext_lazy("Ruling"),
    "by": gettext_lazy("Ruled by"),
    "why": gettext_lazy("Why"),
    "answers": gettext_lazy("Answers"),
    "order": gettext_lazy("Order"),
    "body": gettext_lazy("Text"),
}
SPANS: Final = frozenset({
    "sustained_for", "window", "expected_every", "due", "offset_before", "within", "takes", "lasts", "remind_before", "escalate_every",
    "after",
})  # fmt: skip
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
}


def language() -> str:
    return get_language() or "zh-hans"


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


def field_name(name: str) -> str:
    """A field in the reader's words; one without a word is called as in the file."""
    return str(FIELDS.get(name, name))


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
        "thresholds": [_row(row, before, after) for row in comparison.thresholds],
        "obligations": [_row(row, before, after) for row in comparison.obligations],
        "clauses": [_clause(change, before, after) for change in comparison.clauses],
        "loose": [_row(row, before, after) for row in comparison.loose],
    }


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
        "before": _value(row, moved.name, moved.before, before),
        "after": _value(row, moved.name, moved.after, after),
    }


def _value(row: Row, field: str, value: Any, plan: Plan) -> str:
    if row.section == "thresholds" and field in ("value", "clear_at") and isinstance(value, int | float):
        line = plan.thresholds[row.key]
        unit = plan.metrics[line.metric].unit if line.measure == "value" else "ratio"
        return units.said(unit, value).in_language(language())
    if field in SPANS and isinstance(value, str):
        return spoken_span(Span.parse(value).iso)
    if field == "near" and isinstance(value, dict):
        return " · ".join(f"{field_name(f'near_{key}')} {share * 100:g} %" for key, share in value.items())
    if field == "owners" and isinstance(value, list):
        return " · ".join(plan.roles[key].title.in_language(language()) if key in plan.roles else key for key in value)
    if field == "evidence" and isinstance(value, list):
        return " · ".join(plan.evidence[key].in_language(language()) if key in plan.evidence else key for key in value)
    return plainly(value)


def plainly(value: Any) -> str:
    """Plain data in words: a text in the reader's language, the rest as the file says it."""
    if value is None or value == [] or value == {}:
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float | int):
        return f"{value:g}"
    if isinstance(value, dict):
        if value.keys() == {"zh", "en"}:
            return str(value["zh" if language().startswith("zh") else "en"])
        if value.keys() == {"fact", "op", "value"}:
            return f"{value['fact']} {value['op']} {plainly(value['value'])}"
        return "; ".join(f"{key}: {plainly(own)}" for key, own in value.items())
    if isinstance(value, list):
        return ", ".join(plainly(own) for own in value)
    return str(value)


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
