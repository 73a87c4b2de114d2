"""Pages on which a draft is written: its whole text, its values as a form, what is found as one types, rulings on that."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from common.errors import Conflict, HotlineError
from people.endpoints import PageRequest, blame, change_once, page, posts
from plans import selectors, services
from plans.domain import Plan, PlanErrors, units
from plans.domain.editing import NotThere
from plans.domain.knobs import Knob, knobs, turned
from plans.domain.versions import Act
from plans.forms import RulingForm, TextForm
from plans.models import PlanVersion
from plans.row_fields import field_name
from plans.row_words import language
from plans.shown import EXPECTED, checked, finding_shown, row_title, wrongs_shown
from plans.version_views import SHOWN, number_in


@page("plan.edit", posting="plan.edit")
def text(request: PageRequest, number: int) -> HttpResponse:
    """The whole file as text; findings as one types."""
    version = _editable(number)
    if request.method != "POST":
        return _text_page(request, version, TextForm.of(version))
    form = TextForm(request.POST)
    if not form.is_valid():
        return _text_page(request, version, form, status=400)

    def change() -> tuple[str, int]:
        services.version_edit(number=number, by=request.by, **form.cleaned_data)
        return f"plan:{number}", 303

    try:
        change_once(request, change)
    except HotlineError as error:
        if error.status in (403, 404):
            raise
        blame(form, error)
        now = selectors.version_by_number(number)
        stale = error.status == Conflict.status and error.code == "plan.stale"
        return _text_page(request, now, form.on(now) if stale else form, status=error.status, stale=stale)
    messages.success(request, _("The draft is saved."))
    return redirect("plan-version", number=number)


def _editable(number: int) -> PlanVersion:
    """Raises Conflict for a version whose text stays as it is."""
    version = selectors.version_by_number(number)
    services.must_be_open(Act.EDIT, version)
    return version


def _text_page(
    request: PageRequest, version: PlanVersion, form: TextForm, *, status: int = 200, stale: bool = False
) -> HttpResponse:
    typed = form.data.get("text", version.text) if form.is_bound else version.text
    shown = {"version": version, "form": form, "check": _checked(version, typed), "stale": stale}
    return render(request, "plans/edit.html", shown, status=status)


@page("plan.edit", posting="plan.edit")
def values(request: PageRequest, number: int) -> HttpResponse:
    """Thresholds, windows, limits and deadlines as a form; findings and consequences as one types."""
    version = _editable(number)
    try:
        plan = selectors.plan_in(version)
    except PlanErrors:
        messages.warning(request, _("The draft has faults; mend them in the text first."))
        return redirect("plan-version-text", number=number)
    if request.method != "POST":
        return _values_page(request, version, plan, {})
    said = _said(request, plan)
    try:
        saved, wrong = turned(version.text, plan, said)
    except NotThere as gone:
        problem = _("The file has no such place as a form can change (%(path)s); change it in the text.")
        return _values_page(request, version, plan, said, problems=[problem % {"path": gone.path}], status=400)
    if wrong:
        return _values_page(request, version, plan, said, wrong=wrong, status=400)

    def change() -> tuple[str, int]:
        services.version_edit(
            number=number,
            text=saved,
            based_on=number_in(request, "based_on") or 0,
            based_on_sha256=request.POST.get("based_on_sha256", ""),
            note=request.POST.get("note", ""),
            by=request.by,
        )
        return f"plan:{number}", 303

    try:
        change_once(request, change)
    except HotlineError as error:
        if error.status in (403, 404):
            raise
        now = selectors.version_by_number(number)
        return _values_page(request, now, plan, said, problems=[error.sentence()], status=error.status)
    messages.success(request, _("The draft is saved."))
    return redirect("plan-version", number=number)


def _said(request: PageRequest, plan: Plan) -> dict[str, str]:
    return {knob.name: request.POST[knob.name] for knob in knobs(plan) if knob.name in request.POST}


def _values_page(
    request: PageRequest,
    version: PlanVersion,
    plan: Plan,
    said: dict[str, str],
    *,
    wrong: dict[str, Any] | None = None,
    problems: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    shown = {
        "version": version,
        "sections": _sections(plan, said, wrong or {}),
        "problems": problems or [],
        "note": request.POST.get("note", ""),
        "check": _checked(version, _typed(version, plan, said)[0]),
    }
    return render(request, "plans/values.html", shown, status=status)


TITLES = {
    "thresholds": ("thresholds", "metrics"),
    "rules": ("level_rules", "major_rules"),
    "obligations": ("obligations",),
}


def _sections(plan: Plan, said: dict[str, str], wrong: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The knobs row by row, under the headings of the page."""
    rows: dict[str, dict[str, Any]] = {}
    for knob in knobs(plan):
        row = rows.setdefault(knob.row, {"path": knob.row, "title": row_title(plan, knob.row), "fields": []})
        row["fields"].append(_knob(plan, knob, said, wrong))
    return {
        title: [row for path, row in rows.items() if path.partition(".")[0] in sections]
        for title, sections in TITLES.items()
    }


def _knob(plan: Plan, knob: Knob, said: dict[str, str], wrong: dict[str, Any]) -> dict[str, Any]:
    fact, _space, op = knob.what.partition(" ")
    label = f"{plan.facts[fact].title.in_language(language())} {op}" if op else field_name(knob.what)
    standing = knob.shown(language())
    return {
        "name": knob.name,
        "label": label,
        "unit": units.name_of(knob.unit, language()) if knob.unit == "percent" or knob.kind == "number" else "",
        "value": said.get(knob.name, standing),
        "standing": standing,
        "moved": said.get(knob.name, standing).strip() != standing,
        "decimal": knob.kind not in ("span", "text"),
        "wide": knob.kind == "text",
        "lang": {"title_zh": "zh-Hans", "title_en": "en"}.get(knob.what, ""),
        "problem": _("Expected %(what)s.") % {"what": EXPECTED[wrong[knob.name].kind]} if knob.name in wrong else "",
    }


def _typed(version: PlanVersion, plan: Plan, said: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """The text that the values of the form would make; what cannot be read yet stays as it is."""
    try:
        return turned(version.text, plan, said)
    except NotThere:
        return version.text, {}


def _checked(version: PlanVersion, typed: str, wrong: dict[str, str] | None = None) -> dict[str, Any]:
    against = selectors.compared_with(version)
    typed = typed.replace("\r\n", "\n")
    return checked(typed, version.file_name, beside=against.text if against else None, wrong=wrong)


@posts("plan.edit")
def check(request: PageRequest, number: int) -> HttpResponse:
    """What the text or the values now in the form are worth; changes nothing, and is asked for while one types."""
    version = selectors.version_by_number(number)
    if "text" in request.POST:
        shown = _checked(version, request.POST["text"])
    else:
        try:
            plan = selectors.plan_in(version)
        except PlanErrors:
            shown = _checked(version, version.text)
        else:
            typed, wrong = _typed(version, plan, _said(request, plan))
            shown = _checked(version, typed, wrongs_shown(knobs(plan), wrong, plan))
    return render(request, "plans/check.html", {"version": version, "check": shown, "goes": "text" in request.POST})


@page("plan.view", posting="plan.edit")
def rulings(request: PageRequest, number: int) -> HttpResponse:
    """What the linter finds in a version; in a draft each open finding can be ruled on."""
    version = selectors.version_by_number(number)
    status, said = 200, None
    if request.method == "POST":
        form = RulingForm(request.POST)
        if form.is_valid():

            def change() -> tuple[str, int]:
                services.ruling_record(number=number, by=request.by, **form.said())
                return f"plan:{number}", 303

            try:
                change_once(request, change)
                messages.success(request, _("The ruling is recorded in the draft with your name."))
                return redirect("plan-version-rulings", number=number)
            except HotlineError as error:
                if error.status in (403, 404):
                    raise
                blame(form, error)
                status = error.status
        said, status = form, max(status, 400)
        version = selectors.version_by_number(number)
    return render(request, "plans/rulings.html", _rulings(request, version, said), status=status)


def _rulings(request: PageRequest, version: PlanVersion, said: RulingForm | None) -> dict[str, Any]:
    may = "edit" in selectors.acts_open(version, request.by)[0]
    try:
        report = selectors.found_once(version.text, version.file_name)
    except PlanErrors as faulty:
        return {"version": version, "faults": faulty.errors[:SHOWN], "faults_count": len(faulty.errors)}
    rows = []
    for index, finding in enumerate(report.open):
        subjects = " ".join(finding.subjects)
        mine = said is not None and (said.data.get("kind"), said.data.get("subjects")) == (finding.kind, subjects)
        initial = {"kind": finding.kind, "subjects": subjects, "based_on": version.revision}
        form = said if mine else RulingForm(initial=initial, auto_id=f"ruling-{index}-%s")
        rows.append(finding_shown(finding) | {"form": form if may else None, "opened": mine})
    lost = said if said is not None and not any(row["opened"] for row in rows) else None
    return {"version": version, "rows": rows, "report": report, "lost": lost}
