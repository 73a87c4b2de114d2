"""The page of an incident's plan: by which version it is carried on, and moving it to another with a diff in view."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.errors import HotlineError
from escalation import selectors
from escalation.services import plan_moves
from incidents.selectors import Incident, by_number
from incidents.services.acting import scope_of
from people.endpoints import PageRequest, blame, change_once, page, posts
from people.rights import acting, allowed
from plans.selectors import PlanVersion, in_force, version_by_number, version_of, versions_once_in_force
from plans.shown import comparison_shown


class MoveForm(forms.Form):
    to = forms.TypedChoiceField(label=gettext_lazy("To version"), coerce=int)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("It is kept with your name."),
    )

    def __init__(self, *args: Any, choices: list[PlanVersion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shown = [(row.number, _("Version %(number)s") % {"number": row.number}) for row in choices]
        self.fields["to"].choices = shown  # type: ignore[attr-defined]


@page("incident.view")
def plan(request: PageRequest, number: str) -> HttpResponse:
    """By which version this incident is carried on; `?to=` sets another one beside it."""
    return _sheet(request, by_number(number))


def _sheet(
    request: PageRequest, incident: Incident, *, form: MoveForm | None = None, status: int = 200, **more: Any
) -> HttpResponse:
    pinned, newest = version_of(incident.plan_version), in_force()
    moves = selectors.plan_moves_of(incident)
    standing = next((move for move in moves if move.state == "asked"), None)
    choices = [row for row in versions_once_in_force() if row.pk != pinned.pk and row.plan_key == pinned.plan_key]
    asked = request.GET.get("to", "")
    wanted = (
        standing.after.number
        if standing
        else int(asked)
        if asked.isascii() and asked.isdigit() and len(asked) < 10
        else None
    )
    if wanted is None and newest.pk != pinned.pk:
        wanted = newest.number
    beside = next((row for row in choices if row.number == wanted), None)
    scope = scope_of(incident)
    may_ask = allowed(request.by, "incident.ask_plan", scope) and not incident.is_over and not standing and choices
    approver = acting(request.by, "incident.approve_plan", scope)
    mine = standing is not None and standing.asked_by_id == request.by.id
    barred = standing is not None and standing.barred(approver or request.by)
    shown = {
        "incident": incident,
        "pinned": pinned,
        "newest": newest,
        "moves": moves,
        "standing": standing,
        "mine": mine,
        "beside": beside,
        "compared": _compared(pinned, beside) if beside else None,
        "form": form or (MoveForm(choices=choices, initial={"to": wanted}) if may_ask else None),
        "may_approve": standing and not barred and approver and not incident.is_over,
        "may_refuse": standing and allowed(request.by, "incident.refuse_plan", scope),
        "second": plan_moves.SECOND if barred else "",
        **more,
    }
    return render(request, "escalation/plan.html", shown, status=status)


def _compared(pinned: PlanVersion, beside: PlanVersion) -> dict[str, Any]:
    return comparison_shown(version_by_number(pinned.number).text, version_by_number(beside.number).text)


@posts("incident.ask_plan")
def ask(request: PageRequest, number: str) -> HttpResponse:
    incident = by_number(number)
    form = MoveForm(request.POST, choices=versions_once_in_force())
    status = 400
    if form.is_valid():

        def change() -> tuple[str, int]:
            plan_moves.plan_move_ask(number=number, by=request.by, **form.cleaned_data)
            return f"incident:{number}", 303

        try:
            change_once(request, change)
            messages.success(request, _("Asked for; another person decides."))
            return redirect("incident-plan", number=number)
        except HotlineError as error:
            if error.status in (403, 404):
                raise
            blame(form, error)
            status = error.status
    return _sheet(request, incident, form=form, status=status)


def _acted(request: PageRequest, number: str, act: Any, said: str) -> HttpResponse:
    def change() -> tuple[str, int]:
        act()
        return f"incident:{number}", 303

    try:
        change_once(request, change)
    except HotlineError as error:
        if error.status == 404:
            raise
        problems = [str(row["message"]) for row in error.errors] or [error.sentence()]
        return _sheet(request, by_number(number), status=error.status, problems=problems, said=request.POST)
    messages.success(request, said)
    return redirect("incident-plan", number=number)


@posts("incident.approve_plan")
def approve(request: PageRequest, number: str, pk: int) -> HttpResponse:
    def act() -> object:
        return plan_moves.plan_move_approve(number=number, move=pk, note=request.POST.get("note", ""), by=request.by)

    return _acted(request, number, act, _("The incident is carried on by the other version."))


@posts("incident.refuse_plan")
def refuse(request: PageRequest, number: str, pk: int) -> HttpResponse:
    def act() -> object:
        return plan_moves.plan_move_refuse(number=number, move=pk, reason=request.POST.get("reason", ""), by=request.by)

    return _acted(request, number, act, _("The incident stays with its version."))
