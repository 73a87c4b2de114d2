"""Addresses of the forms by which people decide, prove and warn; the pages that show them are the dashboard's."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from common.bilingual import in_language
from escalation import selectors
from escalation.file_fields import AddFilesForm
from escalation.files import added_to, file_answer, file_of
from escalation.forms import (
    ApproveForm,
    AssignForm,
    DataForm,
    DecideForm,
    DoneForm,
    EndForm,
    EvaluateForm,
    LiftForm,
    ProofForm,
    ReasonForm,
    RegionalForm,
    WaiveForm,
    WarnForm,
)
from escalation.services import endings, hourly, levels, lifting, preparing, proving, regional, taking, warnings
from escalation.services.files import uploads_of
from escalation.stops import TAKEN, stops_by
from incidents.acted import settled
from incidents.selectors import Incident, by_number
from incidents.services.acting import scope_of
from people.endpoints import PageRequest, change_once, home_in, page, posts

Act = Callable[[dict[str, Any]], object]


def _acted(
    request: PageRequest,
    incident: Incident,
    form: forms.Form,
    act: Act,
    *,
    label: str,
    said: str,
    to: str = "",
    **shown: Any,
) -> HttpResponse:
    """Do what the form asks once and go back; when it cannot be done, the form again as typed, with why."""

    def change() -> tuple[str, int]:
        act(form.cleaned_data)
        return f"incident:{incident.number}", 303

    return settled(request, incident, form, change, label=label, said=said, to=to, **shown)


# --- decisions ----------------------------------------------------------------------------------------------------------
@posts("incident.decide_level")
def decide_level(request: PageRequest, number: str) -> HttpResponse:
    incident = by_number(number)
    form = DecideForm(request.POST, incident=incident)

    def act(data: dict[str, Any]) -> object:
        return levels.level_decide(number=number, by=request.by, **data)

    return _acted(request, incident, form, act, label=_("Decide the level"), said=_("The level is decided."))


@posts("incident.start_regional")
def start_regional(request: PageRequest, number: str) -> HttpResponse:
    def act(data: dict[str, Any]) -> object:
        return regional.start_regional(number=number, by=request.by, **data)

    incident = by_number(number)
    form = RegionalForm(request.POST, incident=incident)
    said = _("The response is started; headquarters is told and confirms the level.")
    return _acted(request, incident, form, act, label=_("Start the response for your region"), said=said)


@posts("incident.evaluate")
def evaluate(request: PageRequest, number: str) -> HttpResponse:
    incident = by_number(number)
    form = EvaluateForm(request.POST, incident=incident)

    def act(data: dict[str, Any]) -> object:
        return levels.effect_evaluate(number=number, by=request.by, **{**data, "level": data["level"] or None})

    return _acted(request, incident, form, act, label=_("Evaluate the effect"), said=_("The effect is evaluated."))


@posts("incident.end")
def end(request: PageRequest, number: str) -> HttpResponse:
    incident = by_number(number)
    form = EndForm(request.POST, incident=incident)

    def act(data: dict[str, Any]) -> object:
        return endings.response_end(
            number=number,
            declared={name: True for name in form.said if data[name]},
            waived=frozenset(data["waived"]),
            reason=data["reason"],
            by=request.by,
            based_on=data["based_on"],
        )

    return _acted(request, incident, form, act, label=_("End the response"), said=_("The response has ended."))


# --- obligations --------------------------------------------------------------------------------------------------------
def _room_of(pk: int) -> str:
    return reverse("incident-room", args=[selectors.obligation_of(pk)[0].incident.number])


@posts("obligation.fulfil", shown_at=_room_of)
def fulfil(request: PageRequest, pk: int) -> HttpResponse:
    row, rule, plan = selectors.obligation_of(pk)

    def act(data: dict[str, Any]) -> object:
        files = uploads_of(request.FILES.getlist("files"))
        return proving.obligation_fulfil(
            obligation_id=pk, evidence=data["evidence"], note=data["note"], by=request.by, files=files
        )

    form = ProofForm(request.POST, rule=rule, plan=plan)
    label = in_language(rule.title.as_dict())
    said, to = _("Done and on record."), _back(form, row)
    return _acted(request, row.incident, form, act, label=label, said=said, to=to, proof=row)


@posts("obligation.fulfil")
def add_files(request: PageRequest, number: str) -> HttpResponse:
    """Files that came after a proof; its clock stays as it was."""
    incident = by_number(number)
    plan, place = selectors.plan_for(incident), selectors.place_of(request.by)
    proved = added_to(selectors.obligations_of(incident), plan, request.by, place)

    def act(data: dict[str, Any]) -> object:
        files = uploads_of(request.FILES.getlist("files"))
        return proving.evidence_add(obligation_id=data["turn"], note=data["note"], by=request.by, files=files)

    to = f"{reverse('incident-room', args=[number])}#room-files"
    form, said = AddFilesForm(request.POST, proved=proved), _("Kept, and on record as added later.")
    return _acted(request, incident, form, act, label=_("Add files"), said=said, to=to)


@page("incident.view")
def evidence_file(request: PageRequest, number: str, pk: int) -> HttpResponse:
    """A file kept as evidence, to save: never shown within a page of ours."""
    return file_answer(file_of(by_number(number).stream_id, pk))


@posts("obligation.fulfil", shown_at=_room_of)
def take(request: PageRequest, pk: int) -> HttpResponse:
    """One tap: I am at it. The clock goes on."""
    row, rule, plan = selectors.obligation_of(pk)
    change_once(request, lambda: (f"obligation:{taking.obligation_take(obligation_id=pk, by=request.by).pk}", 303))
    messages.success(request, str(TAKEN[stops_by(rule, plan)]))
    home = home_in(row.incident.world) if request.POST.get("from") == "home" else ""
    return redirect(home or f"{_room_of(pk)}#obligation-{pk}")


@posts("obligation.waive", shown_at=_room_of)
def waive(request: PageRequest, pk: int) -> HttpResponse:
    row, _rule, _plan = selectors.obligation_of(pk)

    def act(data: dict[str, Any]) -> object:
        return proving.obligation_waive(obligation_id=pk, reason=data["reason"], by=request.by)

    form = WaiveForm(request.POST)
    said = _("Waived; the reason is on record.")
    label = _("Waive this obligation")
    return _acted(request, row.incident, form, act, label=label, said=said, to=_back(form, row))


def _back(form: forms.Form, row: selectors.Obligation) -> str:
    """To where the person came from: their own list, or the incident's room."""
    return home_in(row.incident.world) if form.data.get("from") == "home" else ""


# --- warnings (4.3, 5) --------------------------------------------------------------------------------------------------
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
    plan = selectors.plan_for(incident)
    reports = hourly.departments_of(request.by, plan, scope_of(incident))
    form = DataForm(request.POST, incident=incident, plan=plan, reports=reports)

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
        declared = {name: data[name] for name in form.said}
        return lifting.lift_apply(number=number, declared=declared, note=data["note"], by=request.by)

    form = LiftForm(request.POST, plan=selectors.plan_for(by_number(number)))
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
