"""Addresses of the forms by which people decide and prove; the pages that show them are the dashboard's."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from common.errors import HotlineError, Invalid
from escalation.services import endings, levels, obligations
from incidents.selectors import by_number
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
    return int(text) if text.isdecimal() else None


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
