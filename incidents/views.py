"""The intake, the list of incidents, and the addresses of the forms in the incident room."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from common.bilingual import in_language
from common.errors import HotlineError
from engine import worlds
from incidents import services
from incidents.acted import settled
from incidents.domain.moves import RIGHT, Act
from incidents.domain.reports import HandlingIn, ReportIn
from incidents.forms import (
    FORMS,
    ActForm,
    AssessForm,
    CancelForm,
    FactsForm,
    ReassignForm,
    ReportForm,
    TaskForm,
    form_for,
)
from incidents.models import Incident, Phase
from incidents.selectors import Filter, by_number, newest, task_of
from people import selectors as people
from people.endpoints import PageRequest, blame, change_once, home_in, page, posts, world_of
from plans.selectors import current

PAGE = 50


@page("incident.report", posting="incident.report")
def report(request: PageRequest) -> HttpResponse:
    """The intake: a tired person, a phone, under a minute. Sending twice makes one incident."""
    form = ReportForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                number = _reported(request, form)
            except HotlineError as error:
                status = error.status
                blame(form, error)
            else:
                messages.success(request, _("Recorded as %(number)s. Now verify it.") % {"number": number})
                return redirect("incident-room", number=number)
    return render(request, "incidents/report.html", {"form": form}, status=status)


def _reported(request: PageRequest, form: ReportForm) -> str:
    said = {name: value for name, value in form.cleaned_data.items() if value not in ("", None)}

    def change() -> tuple[str, int]:
        incident = services.incident_report(report=ReportIn(**said), by=request.by, world=world_of(request))
        return f"incident:{incident.number}", 303

    return change_once(request, change).reference.removeprefix("incident:")


@page("incident.view")
def listing(request: PageRequest) -> HttpResponse:
    """Incidents of a world, newest first."""
    phase = request.GET.get("phase", "")
    level = request.GET.get("level", "")
    levels = [(key, in_language(row.title.as_dict())) for key, row in current().levels.items()]
    wanted = Filter(
        phase=phase if phase in Phase.values else "",
        level=level if level in dict(levels) else "",
        standing="all" not in request.GET and not phase,
    )
    rows = list(newest(world_of(request), wanted)[:PAGE])
    return render(
        request,
        "incidents/list.html",
        {"incidents": rows, "wanted": wanted, "phases": Phase.choices, "levels": levels},
    )


# --- acts ---------------------------------------------------------------------------------------------------------------
Change = Callable[[str, Any, PageRequest], Incident]


def _based(form: ActForm) -> int | None:
    return form.cleaned_data["based_on"]


def _verify(number: str, form: Any, request: PageRequest) -> Incident:
    data = form.cleaned_data
    return services.incident_verify(
        number=number,
        outcome=data["outcome"],
        major=data["major"],
        note=data["note"],
        by=request.by,
        based_on=_based(form),
    )


def _assess(number: str, form: AssessForm, request: PageRequest) -> Incident:
    data = form.cleaned_data
    return services.incident_assess(
        number=number, facts=form.facts(), impact=data["impact"], measures=data["measures"], by=request.by
    )


def _facts(number: str, form: FactsForm, request: PageRequest) -> Incident:
    return services.facts_record(number=number, facts=form.facts(), by=request.by)


def _dismiss(number: str, form: Any, request: PageRequest) -> Incident:
    data = form.cleaned_data
    return services.incident_dismiss(
        number=number, reason=data["reason"], false_alarm=data["false_alarm"], by=request.by, based_on=_based(form)
    )


def _start(number: str, form: Any, request: PageRequest) -> Incident:
    return services.response_start(number=number, by=request.by, based_on=_based(form))


def _report(number: str, form: Any, request: PageRequest) -> Incident:
    said = {name: form.cleaned_data[name] for name in ("measures", "situation", "next_steps", "recovery_hours")}
    return services.handling_report_add(number=number, report=HandlingIn(**said), by=request.by).incident


def _group(number: str, form: Any, request: PageRequest) -> Incident:
    data = form.cleaned_data
    return services.group_status_set(
        number=number, group=data["group"], status=data["status"], note=data["note"], by=request.by
    )


def _regulator(number: str, form: Any, request: PageRequest) -> Incident:
    said = {name: form.cleaned_data[name] for name in ("regulator", "reason")}
    return services.regulator_name(number=number, **said, by=request.by)


def _cannot_hold(number: str, form: Any, request: PageRequest) -> Incident:
    said = {name: form.cleaned_data[name] for name in ("needs", "reason")}
    return services.cannot_hold(number=number, **said, by=request.by)


def _arrived(number: str, form: Any, request: PageRequest) -> Incident:
    said = {name: form.cleaned_data[name] for name in ("forces", "note")}
    return services.support_arrived(number=number, **said, by=request.by)


def _restore(number: str, form: Any, request: PageRequest) -> Incident:
    return services.service_restore(number=number, note=form.cleaned_data["note"], by=request.by)


def _ending(number: str, form: Any, request: PageRequest) -> Incident:
    return services.ending_report(number=number, summary=form.cleaned_data["summary"], by=request.by)


def _close(number: str, form: Any, request: PageRequest) -> Incident:
    return services.incident_close(number=number, note=form.cleaned_data["note"], by=request.by)


CHANGES: dict[Act, Change] = {
    Act.VERIFY: _verify,
    Act.ASSESS: _assess,
    Act.RECORD_FACTS: _facts,
    Act.DISMISS: _dismiss,
    Act.START: _start,
    Act.REPORT: _report,
    Act.SET_GROUP_STATUS: _group,
    Act.NAME_REGULATOR: _regulator,
    Act.CANNOT_HOLD: _cannot_hold,
    Act.SUPPORT_ARRIVED: _arrived,
    Act.RESTORE: _restore,
    Act.REPORT_ENDING: _ending,
    Act.CLOSE: _close,
}


def act_view(act: Act) -> Callable[..., HttpResponseBase]:
    """The address of an act's form: back to the incident when it is done; the form again, as typed, when it is not."""

    @posts(RIGHT[act])
    def acted(request: PageRequest, number: str) -> HttpResponse:
        incident = by_number(number)
        form = form_for(act, incident, request.POST)

        def change() -> tuple[str, int]:
            return f"incident:{CHANGES[act](number, form, request).number}", 303

        return settled(request, incident, form, change, label=FORMS[act][0], said=_("Done and on record."))

    return acted


# --- steps of handling (6.2) --------------------------------------------------------------------------------------------
@posts("step.tick")
def step_tick(request: PageRequest, number: str, step: str) -> HttpResponse:
    """One tap, with a note where there is one."""

    def change() -> tuple[str, int]:
        note = request.POST.get("note", "")
        return f"step:{services.step_tick(number=number, step=step, note=note, by=request.by).pk}", 303

    return _said(request, number, change, _("Done and on record."), at="handling")


@posts("step.tick")
def step_untick(request: PageRequest, number: str, step: str) -> HttpResponse:
    form = CancelForm(request.POST)

    def change() -> tuple[str, int]:
        reason = form.cleaned_data["reason"]
        return f"step:{services.step_untick(number=number, step=step, reason=reason, by=request.by).pk}", 303

    said, label = _("Taken back; the reason is on record."), _("Take this step back")
    to = _part(number, "handling")
    return settled(request, by_number(number), form, change, label=label, said=said, to=to)


# --- tasks of work groups (2.2) -----------------------------------------------------------------------------------------
@posts("task.give")
def task_give(request: PageRequest, number: str, group: str) -> HttpResponse:
    """A task for a member of a group; the form again, as typed, when it cannot be given."""
    incident, team = by_number(number), people.group_named(group)
    form = TaskForm(request.POST, group=team)

    def change() -> tuple[str, int]:
        said, due = form.cleaned_data, form.cleaned_data["due_in"]
        task = services.task_give(
            number=number,
            group=group,
            title=said["title"],
            assignee=said["assignee"],
            due_at=worlds.now(incident.world) + timedelta(minutes=due) if due else None,
            by=request.by,
        )
        return f"task:{task.pk}", 303

    label = _("A task for %(group)s") % {"group": team.name}
    return settled(request, incident, form, change, label=label, said=_("The task is given."), to=_groups(number))


@posts("task.do")
def task_done(request: PageRequest, number: str, pk: int) -> HttpResponse:
    """One tap: done."""

    def change() -> tuple[str, int]:
        note = request.POST.get("note", "")
        return f"task:{services.task_done(number=number, task_id=pk, note=note, by=request.by).pk}", 303

    return _said(request, number, change, _("Done and on record."))


@posts("task.give")
def task_cancel(request: PageRequest, number: str, pk: int) -> HttpResponse:
    form = CancelForm(request.POST)

    def change() -> tuple[str, int]:
        reason = form.cleaned_data["reason"]
        return f"task:{services.task_cancel(number=number, task_id=pk, reason=reason, by=request.by).pk}", 303

    said = _("Cancelled; the reason is on record.")
    label = _("Cancel this task")
    return settled(request, by_number(number), form, change, label=label, said=said, to=_groups(number))


@posts("task.give")
def task_reassign(request: PageRequest, number: str, pk: int) -> HttpResponse:
    incident, task = by_number(number), task_of(pk)
    form = ReassignForm(request.POST, group=people.group_named(task.group))

    def change() -> tuple[str, int]:
        said = form.cleaned_data
        done = services.task_reassign(
            number=number, task_id=pk, assignee=said["assignee"], reason=said["reason"], by=request.by
        )
        return f"task:{done.pk}", 303

    said = _("The task is passed on.")
    return settled(request, incident, form, change, label=_("Pass the task on"), said=said, to=_groups(number))


def _said(
    request: PageRequest, number: str, change: Callable[[], tuple[str, int]], said: str, *, at: str = "groups"
) -> HttpResponse:
    """Make the change of a form without words once; say what happened or what is wrong where the person came from."""
    try:
        change_once(request, change)
    except HotlineError as error:
        if error.status >= 500 or error.status in (403, 404):
            raise
        messages.error(request, error.sentence())
    else:
        messages.success(request, said)
    return redirect(home_in(by_number(number).world) if request.POST.get("from") == "home" else _part(number, at))


def _groups(number: str) -> str:
    return _part(number, "groups")


def _part(number: str, part: str) -> str:
    return reverse("incident-room", args=[number]) + f"#room-{part}"
