"""The plan as a page to read: each clause with what follows from it and what was ruled about it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from people.endpoints import PageRequest, page
from plans import selectors
from plans.domain import Finding, Plan, Ruling, Text
from plans.domain.units import SIGNS, said
from plans.moment_words import moment_said


@page("plan.view")
def plan(request: PageRequest) -> HttpResponse:
    """The version in force, in the reader's language; with `pinned` the one of this id, which incidents keep to."""
    now = selectors.in_force()
    version = selectors.pinned(request.GET.get("pinned")) or now
    read = selectors.plan_of(version.pk)
    words = read.in_language(get_language() or "zh-hans")
    shown = {
        "version": version,
        "now": now,
        "plan": words,
        "clauses": [clause | _about(words, key) for key, clause in words["clauses"].items()],
        "rules": [rule | {"when": _condition(words, rule["when"])} for rule in words["level_rules"].values()],
        "majors": [rule | {"when": _condition(words, rule["when"])} for rule in words["major_rules"].values()],
        "obligations": [row | _clock(words, row) for row in words["obligations"].values()],
        "preparation": [row | _prepared(words, row) for row in words["preparation"].values()],
        "handling": [_handled(words, row) for row in words["checklists"].values()],
        "cited": {"index": read.cites("index"), "prepare": read.cites("prepare")},
        "index": [row | _marked(words, row) for row in words["bci"].values()],
        "thresholds": [row | _line(words, row) for row in words["thresholds"].values()],
    }
    return render(request, "plans/plan.html", shown)


@page("plan.view")
def findings(request: PageRequest) -> HttpResponse:
    """Where the plan contradicts itself or says too little: what is open first, then what was ruled, then what people noted."""
    version = selectors.in_force()
    plan = selectors.plan_of(version.pk)
    report = selectors.report_of(version.pk)
    language = get_language() or "zh-hans"
    ruled = [ruling for key, ruling in plan.rulings.items() if key in report.matters]
    shown = {
        "version": version,
        "report": report,
        "open": [_finding(plan, finding, language) for finding in report.open],
        "unheld": [_finding(plan, finding, language) for finding in selectors.unheld_now(plan)],
        "ruled": [
            {
                "ruling": _ruling(ruling, language),
                "findings": [_finding(plan, f, language) for f in report.findings if not f.open and f.ruling is ruling],
            }
            for ruling in ruled
        ],
        "noted": [_ruling(ruling, language) | _cited(plan, ruling.clauses, language) for ruling in report.noted],
        "idle": [_ruling(ruling, language) for ruling in report.idle],
    }
    return render(request, "plans/findings.html", shown)


def _finding(plan: Plan, finding: Finding, language: str) -> dict[str, Any]:
    said = {key: text.in_language(language) for key, text in _texts(finding).items()}
    row = said | {"kind": finding.kind, "answer": finding.answer, "standing": finding.standing.value}
    ruling = _ruling(finding.ruling, language) if finding.ruling else None
    return row | {"ruling": ruling} | _cited(plan, finding.clauses, language)


def _texts(finding: Finding) -> dict[str, Text]:
    return {
        "title": finding.title,
        "said": finding.said,
        "example": finding.example,
        "suggestion": finding.suggestion,
    }


def _ruling(ruling: Ruling, language: str) -> dict[str, Any]:
    texts = {"finding": ruling.finding, "ruling": ruling.ruling, "by": ruling.by, "why": ruling.why}
    return {"id": ruling.id, "clauses": ruling.clauses} | {
        key: text.in_language(language) if text else "" for key, text in texts.items()
    }


def _cited(plan: Plan, clauses: tuple[str, ...], language: str) -> dict[str, Any]:
    """The clauses as they stand side by side."""
    rows = [plan.clauses[key] for key in clauses if key in plan.clauses]
    cited = [
        {"id": row.id, "title": row.title.in_language(language), "text": row.text.in_language(language)} for row in rows
    ]
    return {"cited": cited}


def _about(words: dict[str, Any], clause: str) -> dict[str, Any]:
    """The rulings and obligations that cite a clause."""
    return {
        "rulings": [row for row in words["rulings"].values() if clause in row["clauses"]],
        "obligations": [row for row in words["obligations"].values() if clause in row["clauses"]],
    }


def _clock(words: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    return {
        "owner_titles": [words["roles"][role]["title"] for role in row["owners"]],
        "anchor_titles": [_moment(words, moment) for moment in row["anchors"]],
    }


def _moment(words: dict[str, Any], moment: str) -> Any:
    return moment_said(moment, {key: row["title"] for key, row in words["levels"].items()})


def _prepared(words: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    return {
        "role_title": words["roles"][row["role"]]["title"],
        "department_title": words["departments"][row["department"]],
    }


def _handled(words: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    steps = [step | {"role_title": words["roles"][step["role"]]["title"]} for step in row["steps"]]
    return row | {"category_title": words["categories"][row["id"]]["title"], "steps": steps}


def _line(words: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    metric = words["metrics"][row["metric"]]
    over = {("above", False): ">", ("above", True): "≥", ("below", False): "<", ("below", True): "≤"}
    ratio = row["measure"] != "value"
    return {
        "metric_title": metric["title"],
        "op": over[row["direction"], row["inclusive"]],
        "shown": round(row["value"] * 100, 2) if ratio else row["value"],
        "calm": round(row["clear_at"] * 100, 2) if ratio else row["clear_at"],
        "unit": "percent" if ratio else metric["unit"],
    }


def _marked(words: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """A part of the index with what it is read from, and its ends in words."""
    metric = words["metrics"][row["metric"]]
    unit, language = "ratio" if row["measure"] == "excess" else metric["unit"], get_language() or "zh-hans"
    return {
        "metric_title": metric["title"],
        "best_shown": said(unit, row["best"]).in_language(language),
        "worst_shown": said(unit, row["worst"]).in_language(language),
    }


def _condition(words: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """A condition with the facts' and values' titles in place of their keys; nested under `parts` and `all`."""
    for word in ("all", "any"):
        if word in node:
            return {"all": word == "all", "parts": [_condition(words, part) for part in node[word]]}
    fact = words["facts"].get(node["fact"], {"title": _("Major fault"), "values": {}, "unit": None})
    value = node["value"]
    if isinstance(value, bool):
        return {"fact": fact["title"], "op": "", "value": "" if value else _("no")}
    if fact["unit"] == "ratio":
        return {"fact": fact["title"], "op": SIGNS[node["op"]], "value": f"{value * 100:g} %"}
    shown = fact["values"].get(value, value) if isinstance(value, str) else f"{value:g}"
    return {"fact": fact["title"], "op": SIGNS[node["op"]], "value": shown}
