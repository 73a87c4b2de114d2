"""Addresses of the forms by which people decide, prove and warn; the pages that show them are the dashboard's."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from common.errors import HotlineError, Invalid
from escalation import selectors
from escalation.forms import ApproveForm, AssignForm, DataForm, DoneForm, LiftForm, ReasonForm, WarnForm
from escalation.services import endings, hourly, levels, lifting, obligations, preparing, warnings
from incidents.selectors import Incident, by_number
from people.endpoints import PageRequest, change_once, home_in, posts


def _done(request: PageRequest, number: str, change: Callable[[], tuple[str, int]], said: str) -> HttpResponse:
    """Make the change once; say what happened or what is wrong on the incident's page, where what was typed is kept."""
    try:
        change_once(request, change)
    except HotlineError as error:
        if error.status >= 500 or error.status in (403, 404):
            raise
        for row in error.errors or [{}]:
            detail = f" {row['message']}" if row.get("message") and not isinstance(error, Invalid) else ""
            messages.error(request, f"{error.sentence()}{detail}")
    else:
        messages.success(request, said)
    return redirect("incident-room", number=number)


def _number(request: PageRequest, name: str) -> int | None:
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else None


@posts("incident.decide_level")
def decide_level(request: PageRequest, number: str) -> HttpResponse:
    def change() -> tuple[str, int]:
        incident = levels.level_decide(
            number=number,
            level=request.POST.get("level", ""),
            reason=request.POST.get("reason", ""),
            provisional="provisional" in request.POST,
            by=request.by,
            based_on=_number(request, "based_on"),
        )
        return f"incident:{incident.number}", 303

    return _done(request, number, change, _("The level is decided."))


@posts("incident.evaluate")
def evaluate(request: PageRequest, number: str) -> HttpResponse:
    def change() -> tuple[str, int]:
        incident = levels.effect_evaluate(
            number=number,
            verdict=request.POST.get("verdict", ""),
            reason=request.POST.get("reason", ""),
            level=request.POST.get("level") or None,
            by=request.by,
            based_on=_number(request, "based_on"),
        )
        return f"incident:{incident.number}", 303

    return _done(request, number, change, _("The effect is evaluated."))


@posts("incident.end")
def end(request: PageRequest, number: str) -> HttpResponse:
    def change() -> tuple[str, int]:
        incident = endings.response_end(
            number=number,
            declared={name: True for name in endings.DECLARED if name in request.POST},
            waived=frozenset(request.POST.getlist("waived")),
            reason=request.POST.get("reason", ""),
            by=request.by,
            based_on=_number(request, "based_on"),
        )
        return f"incident:{incident.number}", 303

    return _done(request, number, change, _("The response has ended."))


@posts("obligation.fulfil")
def fulfil(request: PageRequest, pk: int) -> HttpResponse:
    def change() -> tuple[str, int]:
        row = obligations.obligation_fulfil(
            obligation_id=pk,
            evidence=request.POST.get("evidence", ""),
            note=request.POST.get("note", ""),
            by=request.by,
        )
        return f"obligation:{row.pk}", 303

    return _back(request, pk, change, _("Done and on record."))


@posts("obligation.waive")
def waive(request: PageRequest, pk: int) -> HttpResponse:
    def change() -> tuple[str, int]:
        row = obligations.obligation_waive(obligation_id=pk, reason=request.POST.get("reason", ""), by=request.by)
        return f"obligation:{row.pk}", 303

    return _back(request, pk, change, _("Waived; the reason is on record."))


def _back(request: PageRequest, pk: int, change: Callable[[], tuple[str, int]], said: str) -> HttpResponse:
    """To where the person came from: their own list, or the incident."""
    number = obligations.incident_number_of(pk)
    answer = _done(request, number, change, said)
    return home_in(by_number(number).world) if request.POST.get("from") == "home" else answer


# --- warnings (4.3, 5) --------------------------------------------------------------------------------------------------
Act = Callable[[dict[str, Any]], object]


def _acted(
    request: PageRequest, incident: Incident, form: forms.Form, act: Act, *, label: str, said: str
) -> HttpResponse:
    """Do what the form asks once and go back to the incident; when it cannot be done, the form again as typed, with why."""
    status = 400
    if form.is_valid():

        def change() -> tuple[str, int]:
            act(form.cleaned_data)
            return f"incident:{incident.number}", 303

        try:
            change_once(request, change)
        except HotlineError as error:
            if error.status in (403, 404):
                raise
            status = error.status
            _blame(form, error)
        else:
            messages.success(request, said)
            return redirect("incident-room", number=incident.number)
    shown = {"label": label, "form": form, "name": request.path.strip("/").replace("/", "-"), "action": request.path}
    return render(request, "incidents/act.html", {"incident": incident, "act": shown}, status=status)


def _blame(form: forms.Form, error: HotlineError) -> None:
    """Put what is wrong beside its field, the rest above the form."""
    beside = [row for row in error.errors if row.get("field") in form.fields]
    for row in beside:
        form.add_error(str(row["field"]), str(row["message"]))
    if not beside:
        form.add_error(None, error.sentence())


@posts("warning.issue_blue")
def warn(request: PageRequest, number: str) -> HttpResponse:
    incident = by_number(number)
    form = WarnForm(request.POST, incident=incident, by=request.by)
    # Which colour one may issue is the service's answer: it says who could.
    form.fields["colour"].choices = warnings.Colour.choices  # type: ignore[attr-defined]

    def act(data: dict[str, Any]) -> object:
        return warnings.warning_issue(number=number, by=request.by, **data)

    return _acted(request, incident, form, act, label=_("Issue the warning"), said=_("The warning is issued."))


@posts("warning.report_data")
def warning_data(request: PageRequest, number: str) -> HttpResponse:
    incident = by_number(number)
    form = DataForm(request.POST, incident=incident, plan=selectors.plan_for(incident))

    def act(data: dict[str, Any]) -> object:
        return hourly.warning_data_report(number=number, by=request.by, **data)

    return _acted(request, incident, form, act, label=_("Report the hourly data"), said=_("Done and on record."))


@posts("warning.extend")
def warning_extend(request: PageRequest, number: str) -> HttpResponse:
    def act(data: dict[str, Any]) -> object:
        return warnings.warning_extend(number=number, reason=data["reason"], by=request.by)

    form = ReasonForm(request.POST)
    return _acted(
        request, by_number(number), form, act, label=_("Extend the warning"), said=_("The warning is extended.")
    )


@posts("warning.prepare")
def task_assign(request: PageRequest, number: str, pk: int) -> HttpResponse:
    def act(data: dict[str, Any]) -> object:
        return preparing.task_assign(number=number, task_id=pk, by=request.by, **data)

    form = AssignForm(request.POST)
    return _acted(request, by_number(number), form, act, label=_("Give the task"), said=_("The task is given."))


@posts("warning.prepare")
def task_done(request: PageRequest, number: str, pk: int) -> HttpResponse:
    def act(data: dict[str, Any]) -> object:
        return preparing.task_done(number=number, task_id=pk, word=data["word"], by=request.by)

    form = DoneForm(request.POST)
    return _acted(request, by_number(number), form, act, label=_("Tick off"), said=_("Done and on record."))


@posts("warning.apply_lift")
def lift_apply(request: PageRequest, number: str) -> HttpResponse:
    def act(data: dict[str, Any]) -> object:
        return lifting.lift_apply(number=number, by=request.by, **data)

    form = LiftForm(request.POST)
    return _acted(
        request, by_number(number), form, act, label=_("Apply for lifting"), said=_("Headquarters is asked to approve.")
    )


@posts("warning.approve_lift")
def lift_approve(request: PageRequest, number: str) -> HttpResponse:
    def act(data: dict[str, Any]) -> object:
        return lifting.lift_approve(number=number, note=data["note"], by=request.by)

    form = ApproveForm(request.POST)
    return _acted(request, by_number(number), form, act, label=_("Approve lifting"), said=_("The warning is lifted."))


@posts("warning.approve_lift")
def lift_refuse(request: PageRequest, number: str) -> HttpResponse:
    def act(data: dict[str, Any]) -> object:
        return lifting.lift_refuse(number=number, reason=data["reason"], by=request.by)

    form = ReasonForm(request.POST)
    return _acted(
        request, by_number(number), form, act, label=_("Refuse lifting"), said=_("Refused; the reason is on record.")
    )
