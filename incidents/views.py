"""The intake, the list of incidents, and the addresses of the forms in the incident room."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from common.errors import HotlineError
from incidents import services
from incidents.domain.moves import RIGHT, Act
from incidents.domain.reports import HandlingIn, ReportIn
from incidents.forms import FORMS, ActForm, AssessForm, FactsForm, ReportForm, form_for
from incidents.models import Incident, Level, Phase
from incidents.selectors import Filter, by_number, newest
from people.endpoints import PageRequest, change_once, page, posts, world_of

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
                _blame(form, error)
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


def _blame(form: Any, error: HotlineError) -> None:
    """Put what is wrong beside the fields, or above the form."""
    for row in error.errors:
        name = str(row.get("field", "")).removeprefix("facts.")
        form.add_error(name if name in form.fields else None, str(row["message"]))
    if not error.errors:
        form.add_error(None, error.sentence())


@page("incident.view")
def listing(request: PageRequest) -> HttpResponse:
    """Incidents of a world, newest first."""
    phase = request.GET.get("phase", "")
    level = request.GET.get("level", "")
    wanted = Filter(
        phase=phase if phase in Phase.values else "",
        level=level if level in Level.values else "",
        standing="all" not in request.GET and not phase,
    )
    rows = list(newest(world_of(request), wanted)[:PAGE])
    return render(
        request,
        "incidents/list.html",
        {"incidents": rows, "wanted": wanted, "phases": Phase.choices, "levels": Level.choices},
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
        status = 400
        if form.is_valid():

            def change() -> tuple[str, int]:
                return f"incident:{CHANGES[act](number, form, request).number}", 303

            try:
                change_once(request, change)
            except HotlineError as error:
                if error.status in (403, 404):
                    raise
                status = error.status
                _blame(form, error)
            else:
                messages.success(request, _("Done and on record."))
                return redirect("incident-room", number=number)
        shown = {"label": FORMS[act][0], "form": form, "name": act.value, "action": request.path}
        return render(request, "incidents/act.html", {"incident": incident, "act": shown}, status=status)

    return acted
