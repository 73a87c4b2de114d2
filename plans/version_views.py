"""Pages of the versions: read, compare, submit, approve, export, import."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from common.errors import HotlineError
from people import selectors as people
from people.endpoints import PageRequest, change_once, page, posts
from people.rights import allowed
from plans import selectors, services
from plans.domain import PlanErrors
from plans.domain.source import LARGEST
from plans.domain.versions import PENDING, RIGHT, Act
from plans.forms import ApproveForm, ImportForm
from plans.models import PlanVersion
from plans.shown import (
    comparison_shown,
    finding_shown,
)

SHOWN = 200


@page("plan.view")
def versions(request: PageRequest) -> HttpResponse:
    """Every version, the newest first; what waits for me above."""
    rows = list(selectors.versions()[:SHOWN])
    waiting = selectors.versions_awaiting(request.by)
    may_edit = allowed(request.by, "plan.edit")
    return render(request, "plans/versions.html", {"versions": rows, "waiting": waiting, "may_edit": may_edit})


@posts("plan.edit")
def draft(request: PageRequest, number: int) -> HttpResponse:
    """Begin a draft that says what this version says."""

    def change() -> tuple[str, int]:
        return f"plan:{services.version_draft(base=number, by=request.by).number}", 303

    made = change_once(request, change)
    messages.success(request, _("The draft is begun; nothing is in force before it is approved."))
    return redirect("plan-version-values", number=int(made.reference.removeprefix("plan:")))


@page("plan.edit", posting="plan.edit")
def bring(request: PageRequest) -> HttpResponse:
    """Upload a plan file as a draft. A file with faults is refused with all of them."""
    form = ImportForm(request.POST or None, request.FILES or None)
    status = 200
    faults: list[Any] = []
    if request.method == "POST" and form.is_valid():
        try:
            made = _imported(request, form)
            messages.success(request, _("The draft is begun; nothing is in force before it is approved."))
            return redirect("plan-version", number=made)
        except HotlineError as error:
            if error.status == 403:
                raise
            form.add_error("file", error.sentence())
            faults, status = list(error.errors)[:SHOWN], error.status
    status = 400 if form.errors and status == 200 else status
    return render(request, "plans/import.html", {"form": form, "faults": faults}, status=status)


def _imported(request: PageRequest, form: ImportForm) -> int:
    """The number of the draft. Without a key against sending twice: a key knows nothing of files, and two drafts harm nobody."""
    file = form.cleaned_data["file"]
    text = services.decoded(file.read(LARGEST * 4 + 1))
    standing = next((row.number for row in selectors.versions() if row.status == PlanVersion.Status.IN_FORCE), None)
    return services.version_draft(text=text, base=standing, file=file.name, by=request.by).number


# --- one version --------------------------------------------------------------------------------------------------------
@page("plan.view")
def one(request: PageRequest, number: int) -> HttpResponse:
    """Where a version stands, what it would change, and what is open to me."""
    return _sheet(request, selectors.version_by_number(number))


def _sheet(request: PageRequest, version: PlanVersion, *, status: int = 200, **more: Any) -> HttpResponse:
    acts, second = selectors.acts_open(version, request.by)
    against = selectors.compared_with(version)
    shown = {
        "version": version,
        "acts": acts,
        "barred": second,
        "second_person": services.SECOND_PERSON,
        "against": against,
        "may_edit": allowed(request.by, "plan.edit"),
        "pending": version.state in PENDING,
        "history": _history(version),
        "approve_form": ApproveForm.of(version, against),
        **_beside(version, against if version.state in PENDING else None),
        **more,
    }
    return render(request, "plans/version.html", shown, status=status)


def _beside(version: PlanVersion, against: PlanVersion | None) -> dict[str, Any]:
    """What the version would change, or the faults that keep it from being read."""
    try:
        plan = selectors.plan_in(version)
        if version.state not in PENDING:
            return {"compared": None}
        unheld = [finding_shown(finding) for finding in selectors.unheld_now(plan)]
        return {"compared": comparison_shown(against.text, version.text) if against else None, "unheld": unheld}
    except PlanErrors as faulty:
        return {"faults": faulty.errors[:SHOWN], "faults_count": len(faulty.errors)}


def _history(version: PlanVersion) -> list[dict[str, Any]]:
    events = selectors.history(version)
    users = people.users_by_id(event.actor_id for event in events if event.actor_id is not None)
    return [{"event": event, "user": users.get(event.actor_id or 0)} for event in events]


Change = Callable[[PageRequest, int], object]


def _approve(request: PageRequest, number: int) -> object:
    form = ApproveForm(request.POST)
    if not form.is_valid():
        raise Unsaid(form)
    data = form.cleaned_data
    return services.version_approve(number=number, by=request.by, **data)


class Unsaid(Exception):
    """A form that says what is wrong with itself."""

    def __init__(self, form: forms.Form) -> None:
        self.form = form
        super().__init__()


CHANGES: dict[Act, Change] = {
    Act.SUBMIT: lambda request, number: services.version_submit(
        number=number, revision=number_in(request, "revision"), by=request.by
    ),
    Act.APPROVE: _approve,
    Act.RETURN: lambda request, number: services.version_return(
        number=number, reason=request.POST.get("reason", ""), by=request.by
    ),
    Act.WITHDRAW: lambda request, number: services.version_withdraw(
        number=number, reason=request.POST.get("reason", ""), by=request.by
    ),
}


def act_view(act: Act) -> Callable[..., HttpResponse]:
    """The address of an act's form: back to the version when it is done, the version with what is wrong when it is not."""

    @posts(RIGHT[act])
    def acted(request: PageRequest, number: int) -> HttpResponse:
        def change() -> tuple[str, int]:
            CHANGES[act](request, number)
            return f"plan:{number}", 303

        try:
            change_once(request, change)
        except Unsaid as unsaid:
            return _sheet(request, selectors.version_by_number(number), approve_form=unsaid.form, status=400)
        except HotlineError as error:
            if error.status == 404:
                raise
            problems = [str(row["message"]) for row in error.errors][:SHOWN] or [error.sentence()]
            now = selectors.version_by_number(number)
            return _sheet(request, now, problems=problems, said=request.POST, status=error.status)
        messages.success(request, _("Done and on record."))
        return redirect("plan-version", number=number)

    return acted  # type: ignore[return-value]


def number_in(request: PageRequest, name: str) -> int | None:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


# --- compare and export ---------------------------------------------------------------------------------------------------
@page("plan.view")
def compare(request: PageRequest, number: int) -> HttpResponse:
    """What differs between two versions; `?with=` names the other, else what is in force or what it began from."""
    version = selectors.version_by_number(number)
    asked = request.GET.get("with", "")
    other = selectors.version_by_number(int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 10 else None
    other = other or selectors.compared_with(version)
    shown: dict[str, Any] = {"version": version, "against": other, "versions": selectors.versions()[:SHOWN]}
    if other is not None:
        try:
            shown["compared"] = comparison_shown(other.text, version.text)
        except PlanErrors as faulty:
            shown |= {"faults": faulty.errors[:SHOWN], "faults_count": len(faulty.errors)}
    return render(request, "plans/compare.html", shown)


@page("plan.view")
def export(request: PageRequest, number: int) -> HttpResponse:
    """The file of a version, or with `?revision=` what a draft said then, to download."""
    version = selectors.version_by_number(number)
    text, name = version.text, version.file_name
    asked = request.GET.get("revision", "")
    if asked.isascii() and asked.isdigit() and len(asked) < 10:
        text, name = selectors.text_at(version, int(asked)).text, f"{version.plan_key}-{number}-r{asked}.yaml"
    answer = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
