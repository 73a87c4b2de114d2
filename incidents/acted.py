"""What every form about an incident does with what was sent; the rooms above use it for their own forms."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from common.errors import HotlineError
from incidents.selectors import Incident, newest_seq
from people.endpoints import PageRequest, blame, change_once


def settled(
    request: PageRequest,
    incident: Incident,
    form: forms.Form,
    change: Callable[[], tuple[str, int]],
    *,
    label: str,
    said: str,
    to: str = "",
    **shown: Any,
) -> HttpResponse:
    """Make the change once and go back; when it is refused, the form again as typed, with what is wrong beside its fields.

    `to` is the address to go back to, else the incident's room. Whoever may not, or asks for what is not there, gets the
    page that says so.
    """
    status = 400
    if form.is_valid():
        try:
            change_once(request, change)
        except HotlineError as error:
            if error.status in (403, 404):
                raise
            status = error.status
            blame(form, error)
            if error.code == "incident.moved_on":
                _rest_on_now(form, incident, request)
        else:
            messages.success(request, said)
            return redirect(to) if to else redirect("incident-room", number=incident.number)
    name = request.path.strip("/").removeprefix(f"incidents/{incident.number}/").replace("/", "-")
    act = {"label": label, "form": form, "name": name, "action": request.path, **shown}
    return render(request, "incidents/act.html", {"incident": incident, "act": act}, status=status)


def _rest_on_now(form: forms.Form, incident: Incident, request: PageRequest) -> None:
    """Who was told that it changed and sends again decides on the incident as it stands now."""
    said = request.POST.copy()
    said["based_on"] = str(newest_seq(incident))
    form.data = said
