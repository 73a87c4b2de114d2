"""What every form about an incident does with what was sent; the rooms above use it for their own forms."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from common.errors import HotlineError
from incidents.news import News, news_since
from incidents.selectors import Incident, by_id
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
                shown["news"] = _rest_on_now(form, incident, request)
                incident = by_id(incident.pk)
        else:
            messages.success(request, said)
            return redirect(to) if to else redirect("incident-room", number=incident.number)
    name = request.path.strip("/").removeprefix(f"incidents/{incident.number}/").replace("/", "-")
    act = {"label": label, "form": form, "name": name, "action": request.path, **shown}
    return render(request, "incidents/act.html", {"incident": incident, "act": act}, status=status)


def _rest_on_now(form: forms.Form, incident: Incident, request: PageRequest) -> list[News]:
    """Who was told that it changed, and reads here how, and sends again, decides on the incident as the form saw it."""
    known = form.cleaned_data["based_on"]
    said = request.POST.copy()
    # As the row was read before the form was built: what came since is read once more.
    said["based_on"] = str(incident.stream.head_seq)
    form.data = said
    return news_since(incident, known)
