"""Who plays whom in a practice world, and the button to play a role oneself."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from common.errors import HotlineError
from drills import selectors, services
from engine import worlds
from people.endpoints import PageRequest, change_once, page, posts


@page("drill.view")
def cast(request: PageRequest, world: str) -> HttpResponse:
    """Every role of the plan with who plays it now."""
    found = worlds.by_key(world)
    shown = {"drill": found, "parts": selectors.parts(found), "mine": request.by.roles}
    return render(request, "drills/cast.html", shown)


@posts("drill.take")
def take(request: PageRequest, world: str, role: str) -> HttpResponse:
    def change() -> tuple[str, int]:
        services.seat_take(world=worlds.by_key(world), role=role, by=request.by)
        return f"seat:{role}", 303

    return _done(request, world, change, _("You play this role now; its stand-in rests."))


@posts("drill.take")
def give_back(request: PageRequest, world: str, role: str) -> HttpResponse:
    def change() -> tuple[str, int]:
        services.seat_return(world=worlds.by_key(world), role=role, by=request.by)
        return f"seat:{role}", 303

    return _done(request, world, change, _("The stand-in plays this role again."))


def _done(request: PageRequest, world: str, change: Callable[[], tuple[str, int]], said: str) -> HttpResponse:
    try:
        change_once(request, change)
    except HotlineError as error:
        if error.status in (403, 404):
            raise
        messages.error(request, error.sentence())
    else:
        messages.success(request, said)
    return redirect("drill-cast", world=world)
