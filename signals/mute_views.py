"""The page of maintenance windows and silences."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from common.errors import HotlineError
from engine import worlds
from engine.models import World
from people.endpoints import PageRequest, blame, change_once, page, posts, world_of
from signals import muted
from signals.models import Mute
from signals.mute_forms import EndForm, ExtendForm, MuteForm
from signals.services.mutes import mute_end, mute_extend, mute_set


@page("signals.view", posting="signals.mute")
def mutes(request: PageRequest) -> HttpResponse:
    """What holds now, what comes, what was; and the form of a new one."""
    world = world_of(request)
    form = _new(request, world, request.POST or None)
    if request.method == "POST" and form.is_valid():

        def change() -> tuple[str, int]:
            return f"mute:{mute_set(world=world, by=request.by, **form.said()).pk}", 303

        if _tried(request, form, change):
            messages.success(request, _("It is set; its owner hears of the end."))
            return redirect(_address(world))
    return _shown(request, world, form, status=400 if form.errors else 200)


@posts("signals.mute", shown_at=lambda pk: _address(muted.mute_by_id(pk).world))
def extend(request: PageRequest, pk: int) -> HttpResponse:
    mute = muted.mute_by_id(pk)
    form = ExtendForm(request.POST, mute=mute)

    def change() -> tuple[str, int]:
        return f"mute:{mute_extend(mute_id=pk, by=request.by, **form.cleaned_data).pk}", 303

    if form.is_valid() and _tried(request, form, change):
        messages.success(request, _("It holds longer now."))
        return redirect(_address(mute.world))
    return _shown(request, mute.world, _new(request, mute.world), status=400, tried=(mute, form))


@posts("signals.mute", shown_at=lambda pk: _address(muted.mute_by_id(pk).world))
def end(request: PageRequest, pk: int) -> HttpResponse:
    mute = muted.mute_by_id(pk)
    form = EndForm(request.POST)
    if form.is_valid():
        based_on = form.cleaned_data["based_on"]
        change_once(request, lambda: (f"mute:{mute_end(mute_id=pk, by=request.by, based_on=based_on).pk}", 303))
        messages.success(request, _("It is over; what still stands speaks now."))
    return redirect(_address(mute.world))


def _new(request: PageRequest, world: World, data: Any = None) -> MuteForm:
    return MuteForm(data, now=worlds.now(world), user_id=request.by.id or 0)


def _tried(request: PageRequest, form: forms.Form, change: Callable[[], tuple[str, int]]) -> bool:
    try:
        change_once(request, change)
    except HotlineError as error:
        blame(form, error)
        return False
    return True


def _shown(
    request: PageRequest,
    world: World,
    form: MuteForm,
    *,
    status: int = 200,
    tried: tuple[Mute, ExtendForm] | None = None,
) -> HttpResponse:
    """The page; `tried` is an extension that was refused."""
    rows = muted.mutes_of(world.pk)
    refused = {tried[0].pk: tried[1]} if tried else {}

    def card(mute: Mute) -> dict[str, Any]:
        return {
            "mute": mute,
            "title": muted.where_of(mute),
            "held": muted.held_by(mute),
            "extend": refused.get(mute.pk) or ExtendForm(mute=mute),
            "tried": mute.pk in refused,
        }

    shown = {"world": world, "form": form, **{name: [card(row) for row in found] for name, found in rows.items()}}
    return render(request, "signals/mutes.html", shown, status=status)


def _address(world: World) -> str:
    return reverse("mutes") + ("" if world.is_real else f"?world={world.key}")
