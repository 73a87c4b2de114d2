"""Pages of contact verification (8.1): begin a round, see who has confirmed which way, remind, end."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.errors import HotlineError
from engine import worlds
from notifications import rounds as read
from notifications import services
from notifications.domain.delivery import Channel
from notifications.domain.verification import LONGEST_DAYS
from people.endpoints import PageRequest, change_once, page, posts


class BeginForm(forms.Form):
    days = forms.IntegerField(
        label=gettext_lazy("Days it lasts"),
        min_value=1,
        max_value=LONGEST_DAYS,
        initial=LONGEST_DAYS,
        help_text=gettext_lazy("One to seven. What is not confirmed by then is listed as unconfirmed."),
    )


@page("verification.view")
def rounds(request: PageRequest) -> HttpResponse:
    return _rounds(request, BeginForm())


def _rounds(request: PageRequest, form: BeginForm, status: int = 200) -> HttpResponse:
    """The rounds, and the form that begins one while none stands."""
    asked, rule = services.channels_asked(), read.rule_in_force()
    shown = {
        "rounds": read.rounds(),
        "form": form,
        "standing": read.standing_round(),
        "asked": asked,
        "unasked": [channel for channel in (Channel.EMAIL, Channel.SMS) if not _led_to(channel, asked)],
        "next_at": read.next_begin_at(),
        "clause": rule.clause if rule else "",
    }
    return render(request, "notifications/rounds.html", shown, status=status)


def _led_to(channel: Channel, asked: list[Channel]) -> bool:
    """A call proves a telephone number as an SMS does."""
    return channel in asked or (channel is Channel.SMS and Channel.VOICE in asked)


@posts("verification.run")
def begin(request: PageRequest) -> HttpResponse:
    form = BeginForm(request.POST)
    if not form.is_valid():
        return _rounds(request, form, 400)
    made = change_once(
        request, lambda: (f"round:{services.round_begin(by=request.by, days=form.cleaned_data['days']).pk}", 201)
    )
    messages.success(request, _("The round stands; everybody was asked."))
    return redirect("verification", int(made.reference.removeprefix("round:")))


@page("verification.view")
def one(request: PageRequest, pk: int) -> HttpResponse:
    return _one(request, pk)


def _one(request: PageRequest, pk: int, error: HotlineError | None = None) -> HttpResponse:
    """One round: everybody with how each way stands, those no way has proven to reach first."""
    found = read.round_by_id(pk)
    now = worlds.now(worlds.real())
    channels = [Channel(channel) for channel in found.row.channels]
    people = [
        {"asked": asked, "ways": [(c, next((way for way in asked.ways if way.channel is c), None)) for c in channels]}
        for asked in found.people
    ]
    shown = {
        "round": found,
        "people": people,
        "channels": channels,
        "error": error,
        "may_remind_now": now >= found.remind_from,
    }
    return render(request, "notifications/round.html", shown, status=error.status if error else 200)


@posts("verification.run")
def remind(request: PageRequest, pk: int) -> HttpResponse:
    return _done(request, pk, services.round_remind, _("Those who have not confirmed were reminded."))


@posts("verification.run")
def end(request: PageRequest, pk: int) -> HttpResponse:
    return _done(request, pk, services.round_end, _("The round is over; what is not confirmed is listed."))


def _done(request: PageRequest, pk: int, act: Callable[..., Any], said: str) -> HttpResponse:
    try:
        change_once(request, lambda: (f"round:{act(round_id=pk, by=request.by).pk}", 200))
    except HotlineError as error:
        if error.status != 409:
            raise
        return _one(request, pk, error)
    messages.success(request, said)
    return redirect("verification", pk)
