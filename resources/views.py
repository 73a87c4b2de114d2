"""Pages of the equipment ledger (clause 8.3)."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from common.errors import HotlineError
from people.endpoints import PageRequest, change_once, page, posts
from resources import selectors, services
from resources.answers import xlsx_response
from resources.forms import FilterForm, InspectForm, ItemForm, ReturnForm, StoreForm, UploadForm, WithdrawForm
from resources.models import Equipment
from resources.services.sheets import COLUMNS
from resources.services.workbook import MOST_BYTES

PAGE = 50


@page("equipment.view")
def start(request: PageRequest) -> HttpResponse:
    """The ledger is the first of the resources."""
    return redirect("equipment")


@page("equipment.view")
def ledger(request: PageRequest) -> HttpResponse:
    form = FilterForm(request.GET)
    today = selectors.today()
    found = Paginator(selectors.ledger(form.wanted(), on=today), PAGE).get_page(request.GET.get("page"))
    others = request.GET.copy()
    others.pop("page", None)
    shown = {
        "found": found,
        "form": form,
        "counts": selectors.counts(today),
        "today": today,
        "others": others.urlencode(),
    }
    return render(request, "resources/ledger.html", shown)


@page("equipment.view")
def export(request: PageRequest) -> HttpResponse:
    """What the filter shows, as a workbook."""
    return xlsx_response(selectors.ledger(FilterForm(request.GET).wanted()))


# --- one item ---------------------------------------------------------------------------------------------------------
ACTS: dict[str, Any] = {"withdraw": WithdrawForm, "return": ReturnForm, "inspect": InspectForm}


@page("equipment.view")
def item(request: PageRequest, equipment: int) -> HttpResponse:
    return _item(request, equipment)


def _item(request: PageRequest, equipment: int, *, status: int = 200, **tried: forms.Form) -> HttpResponse:
    """The item with its record and the forms of its acts; `tried` is a form that was refused."""
    row = selectors.equipment(equipment)
    shown = {
        "item": row,
        "record": selectors.record(row.pk),
        "out": selectors.out_of(row.pk),
        "acts": {name: tried.get(name) or kind(row) for name, kind in ACTS.items()},
        "tried": next(iter(tried), ""),
    }
    return render(request, "resources/item.html", shown, status=status)


@page("equipment.manage", posting="equipment.manage")
def new(request: PageRequest) -> HttpResponse:
    form = ItemForm(request.POST or None)
    if request.method == "POST" and form.is_valid():

        def add() -> tuple[str, int]:
            return f"equipment:{services.equipment_add(**form.item(), by=request.by).pk}", 201

        if reference := _tried(request, form, add):
            messages.success(request, _("The item is in the ledger."))
            return redirect("equipment-item", int(reference.removeprefix("equipment:")))
    return render(request, "resources/edit.html", {"form": form}, status=400 if form.errors else 200)


@page("equipment.manage", posting="equipment.manage")
def change(request: PageRequest, equipment: int) -> HttpResponse:
    row = selectors.equipment(equipment)
    form = ItemForm(request.POST).for_change() if request.method == "POST" else ItemForm.of(row)
    if request.method == "POST" and form.is_valid():
        based_on = form.cleaned_data["based_on"] or 0

        def save() -> tuple[str, int]:
            services.equipment_change(equipment_id=row.pk, based_on=based_on, by=request.by, **form.item())
            return f"equipment:{row.pk}", 200

        if _tried(request, form, save):
            messages.success(request, _("The item is saved."))
            return redirect("equipment-item", row.pk)
    return render(request, "resources/edit.html", {"form": form, "item": row}, status=400 if form.errors else 200)


def _tried(request: PageRequest, form: forms.Form, act: Callable[[], tuple[str, int]]) -> str:
    """What the change made; empty when it was refused and the form says why."""
    try:
        return change_once(request, act).reference
    except HotlineError as error:
        _say(form, error)
        return ""


def _say(form: forms.Form, error: HotlineError) -> None:
    for row in error.errors:
        form.add_error(row["field"] if row["field"] in form.fields else None, str(row["message"]))
    if not error.errors:
        form.add_error(None, error.sentence())


def _act(request: PageRequest, equipment: int, name: str, act: Callable[..., Equipment], said: str) -> HttpResponse:
    row = selectors.equipment(equipment)
    form = ACTS[name](row, request.POST)

    def do() -> tuple[str, int]:
        act(equipment_id=row.pk, by=request.by, **form.cleaned_data)
        return f"equipment:{row.pk}", 200

    if form.is_valid() and _tried(request, form, do):
        messages.success(request, said)
        return redirect("equipment-item", row.pk)
    return _item(request, equipment, status=400, **{name: form})


@posts("equipment.withdraw")
def withdraw(request: PageRequest, equipment: int) -> HttpResponse:
    return _act(request, equipment, "withdraw", services.equipment_withdraw, _("Withdrawn; it is in the usage record."))


@posts("equipment.withdraw")
def bring_back(request: PageRequest, equipment: int) -> HttpResponse:
    return _act(request, equipment, "return", services.equipment_return, _("Returned; it is in the usage record."))


@posts("equipment.inspect")
def inspect(request: PageRequest, equipment: int) -> HttpResponse:
    return _act(request, equipment, "inspect", services.equipment_inspect, _("The inspection is recorded."))


@posts("equipment.manage")
def retire(request: PageRequest, equipment: int) -> HttpResponse:
    reason = request.POST.get("reason", "")

    def do() -> tuple[str, int]:
        services.equipment_retire(equipment_id=equipment, reason=reason, by=request.by)
        return f"equipment:{equipment}", 200

    change_once(request, do)
    messages.success(request, _("The item is retired; its record stays."))
    return redirect("equipment-item", equipment)


# --- import -----------------------------------------------------------------------------------------------------------
@page("equipment.manage", posting="equipment.manage")
def upload(request: PageRequest) -> HttpResponse:
    """Choose a file. It needs no key against sending twice: the same file again is the same upload."""
    form = UploadForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            # One byte more than is allowed is enough to know that it is too much.
            found = services.import_upload(content=file.read(MOST_BYTES + 1), file_name=file.name, by=request.by)
            return redirect("equipment-import-review", found.pk)
        except HotlineError as error:
            form.add_error("file", error.sentence())
            status = error.status
    status = 400 if form.errors and status == 200 else status
    return render(request, "resources/import.html", {"form": form, "columns": list(COLUMNS.values())}, status=status)


@page("equipment.manage")
def review(request: PageRequest, upload: int) -> HttpResponse:
    """What the file would do, row by row, before it does anything."""
    found = selectors.ledger_import(upload, by_id=request.by.id)
    plan = None if found.applied_at else services.import_plan(found)
    return render(request, "resources/import_review.html", {"upload": found, "plan": plan})


@posts("equipment.manage")
def apply(request: PageRequest, upload: int) -> HttpResponse:
    """The rows are judged before the transaction opens: a long look holds no lock."""
    found = selectors.ledger_import(upload, by_id=request.by.id)
    plan = services.import_plan(found)

    def do() -> tuple[str, int]:
        services.import_apply(import_id=found.pk, plan=plan, by=request.by)
        return f"ledger_import:{found.pk}", 200

    change_once(request, do)
    messages.success(request, _("The file is imported."))
    return redirect("equipment-import-review", found.pk)


# --- stores -----------------------------------------------------------------------------------------------------------
@page("equipment.view", posting="equipment.manage")
def stores(request: PageRequest) -> HttpResponse:
    form = StoreForm(request.POST or None)
    if request.method == "POST" and form.is_valid():

        def save() -> tuple[str, int]:
            return f"store:{services.store_set(**form.cleaned_data, by=request.by).key}", 200

        if _tried(request, form, save):
            messages.success(request, _("The store is saved."))
            return redirect("stores")
    shown = {"stores": selectors.stores(), "form": form}
    return render(request, "resources/stores.html", shown, status=400 if form.errors else 200)
