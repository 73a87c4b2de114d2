"""Pages of the duty roster."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from common.errors import HotlineError
from people import calendars, rostered, standins
from people.duty_forms import DeputyForm, DutyForm, LeaveForm, OverrideForm, RotationForm, SwapForm
from people.endpoints import PUBLIC, PageRequest, blame, change_once, page, posts
from people.models import Duty, Rotation
from people.rights import allowed_somewhere, role_names
from people.services import leaves, roster, swaps

WEEKS = timedelta(days=14)
AHEAD = timedelta(days=28)
NEXT = 4  # of one's own shifts that are shown; the later ones are folded
FURTHEST = timedelta(days=370)


@page("duty.view")
def duties(request: PageRequest) -> HttpResponse:
    """Who is on now, and two weeks of all duties as a calendar; gaps of the fortnight ahead above all."""
    now = roster.now_here()
    first = _first_day(request.GET.get("from", ""), now)
    found = rostered.shown(rostered.duties(), rostered.midnight(first), rostered.midnight(first + WEEKS), now)
    standing_in = standins.standing_in(now, now + rostered.AHEAD)
    shown = {
        "found": [{"shown": one, "may_take": _may_take(request, one)} for one in found],
        "days": rostered.calendar(found, first, WEEKS.days, now),
        "before": first - WEEKS,
        "after": first + WEEKS,
        "gaps": sum(len(one.gaps) for one in found) + len({one.leave.pk for one in standing_in if one.unheld}),
        "standing_in": standing_in,
        "may_make": allowed_somewhere(request.by, "user.manage"),
    }
    return render(request, "people/duties.html", shown)


def _first_day(said: str, now: datetime) -> date:
    """The day asked for, else today."""
    here = rostered.today(now)
    try:
        day = date.fromisoformat(said)
    except ValueError:
        day = here
    return min(max(day, here - FURTHEST), here + FURTHEST)


def _may_take(request: PageRequest, one: rostered.DutyShown) -> bool:
    return _may_stand(request, one.duty) and (one.now.user is None or one.now.user.pk != request.by.id)


def _may_stand(request: PageRequest, duty: Duty) -> bool:
    return allowed_somewhere(request.by, roster.TAKE) and bool(request.by.every_role & set(duty.stood_by))


@page("duty.view")
def duty(request: PageRequest, key: str) -> HttpResponse:
    return _duty(request, rostered.duty_named(key))


def _duty(request: PageRequest, duty: Duty, *, status: int = 200, tried: OverrideForm | None = None) -> HttpResponse:
    """One duty: the four weeks ahead, what may be done about them, who was on."""
    now = roster.now_here()
    (one,) = rostered.shown([duty], now, rostered.midnight(rostered.today(now) + AHEAD), now)
    manages = roster.manages(request.by, duty)
    shown = {
        "duty": duty,
        "one": one,
        "may_take": _may_take(request, one),
        "may_stand": _may_stand(request, duty),
        "manages": manages,
        "overrides": rostered.overrides_standing(duty, now),
        "rotations": list(rostered.rotations_of([duty], now)),
        "now": now,
        "history": rostered.history_of(duty),
        "may_make": allowed_somewhere(request.by, "user.manage"),
        "form": (tried or OverrideForm(duty=duty, now=now)) if manages else None,
    }
    return render(request, "people/duty.html", shown, status=status)


@page("user.manage", posting="user.manage")
def duty_new(request: PageRequest) -> HttpResponse:
    return _duty_set(request, None)


@page("user.manage", posting="user.manage")
def duty_edit(request: PageRequest, key: str) -> HttpResponse:
    return _duty_set(request, rostered.duty_named(key))


def _duty_set(request: PageRequest, duty: Duty | None) -> HttpResponse:
    form = DutyForm(request.POST or None, duty=duty)

    def change() -> tuple[str, int]:
        said = {"key": duty.key if duty else "", **form.cleaned_data}
        return f"duty:{roster.duty_set(by=request.by, **said).key}", 303

    if request.method == "POST" and form.is_valid() and _tried(request, form, change):
        messages.success(request, _("The duty is kept."))
        return redirect("duty", duty.key if duty else form.cleaned_data["key"])
    return render(request, "people/duty_edit.html", {"duty": duty, "form": form}, status=400 if form.errors else 200)


@posts("duty.take")
def take(request: PageRequest, key: str) -> HttpResponse:
    """One tap: whoever presses is on from now."""
    duty = rostered.duty_named(key)
    change_once(request, lambda: (f"override:{roster.duty_take(duty_id=duty.pk, by=request.by).pk}", 303))
    messages.success(request, _("You are on duty from now."))
    return redirect("duty", key)


@posts("duty.view")
def override(request: PageRequest, key: str) -> HttpResponse:
    """Put somebody on, or oneself where nobody is; the service looks who may."""
    duty = rostered.duty_named(key)
    form = OverrideForm(request.POST, duty=duty, now=roster.now_here())

    def change() -> tuple[str, int]:
        data = {**form.cleaned_data, "user_id": form.cleaned_data["user"].pk}
        data.pop("user")
        return f"override:{roster.override_set(duty_id=duty.pk, by=request.by, **data).pk}", 303

    if form.is_valid() and _tried(request, form, change):
        messages.success(request, _("It is in the roster."))
        return redirect("duty", key)
    return _duty(request, duty, status=400, tried=form)


@posts("duty.view")
def override_cancel(request: PageRequest, key: str, pk: int) -> HttpResponse:
    change_once(request, lambda: (f"override:{roster.override_cancel(override_id=pk, by=request.by).pk}", 303))
    messages.success(request, _("Taken back; the rotation counts again."))
    return redirect("duty", key)


def _tried(request: PageRequest, form: forms.Form, change: Callable[[], tuple[str, int]]) -> bool:
    try:
        change_once(request, change)
    except HotlineError as error:
        blame(form, error)
        return False
    return True


# --- rotations ------------------------------------------------------------------------------------------------------------
@page("duty.manage", posting="duty.manage")
def rotation_new(request: PageRequest, key: str) -> HttpResponse:
    return _rotation(request, rostered.duty_named(key), None)


@page("duty.manage", posting="duty.manage")
def rotation(request: PageRequest, key: str, pk: int) -> HttpResponse:
    return _rotation(request, rostered.duty_named(key), pk)


def _rotation(request: PageRequest, duty: Duty, pk: int | None) -> HttpResponse:
    roster.require_manager(request.by, duty)
    row = rostered.rotation_of(duty, pk) if pk is not None else None
    form = RotationForm(request.POST or None, duty=duty, now=roster.now_here(), rotation=row)

    def change() -> tuple[str, int]:
        made = roster.rotation_set(duty_id=duty.pk, rotation_id=pk, by=request.by, **form.said())
        return f"rotation:{made.pk}", 303

    if request.method == "POST" and form.is_valid() and _tried(request, form, change):
        ahead = form.cleaned_data["begins_at"]
        said = _("It is entered; the calendar shows it.") if ahead else _("The rotation counts from now on.")
        messages.success(request, said)
        return redirect("duty", duty.key)
    shown = {"duty": duty, "rotation": row, "form": form}
    return render(request, "people/rotation.html", shown, status=400 if form.errors else 200)


@posts("duty.manage")
def rotation_end(request: PageRequest, key: str, pk: int) -> HttpResponse:
    change_once(request, lambda: (f"rotation:{roster.rotation_end(rotation_id=pk, by=request.by).pk}", 303))
    taken_back = Rotation.objects.get(pk=pk).taken_back
    said = _("Taken back; everything stays as it was.") if taken_back else _("Nobody takes turns by it any more.")
    messages.success(request, said)
    return redirect("duty", key)


# --- one's own ------------------------------------------------------------------------------------------------------------
@page("duty.view")
def mine(request: PageRequest) -> HttpResponse:
    return _mine(request)


def _mine(
    request: PageRequest,
    *,
    status: int = 200,
    leave: LeaveForm | None = None,
    swap: SwapForm | None = None,
    deputy: DeputyForm | None = None,
    deputising: tuple[int, DeputyForm] | None = None,
) -> HttpResponse:
    """One's shifts of the four weeks ahead, swaps, and leave; who keeps the roster sees everybody's."""
    now = roster.now_here()
    others = allowed_somewhere(request.by, roster.MANAGE)
    shifts = rostered.shifts_of(request.user.pk, now, now + AHEAD)
    may_leave = others or allowed_somewhere(request.by, roster.TAKE)
    shown: dict[str, Any] = {
        "shifts": shifts,
        "shift_parts": (shifts[:NEXT], shifts[NEXT:]),
        "leaves": rostered.leaves_standing(now, None if others else request.user.pk),
        "others": others,
        "swaps": swaps.swaps_open(request.user, now),
        "swap_form": swap or _swap_form(request, now),
        "calendar": request.build_absolute_uri(calendars.link_of(request.user)),
        "leave_form": (leave or LeaveForm(user=request.user, others=others, now=now)) if may_leave else None,
        "sole": role_names(standins.sole_roles(request.user.pk)),
        "deputies": standins.may_stand_in(but=request.user.pk) if may_leave else (),
        "standing_deputy": leaves.standing_deputy(request.user.pk),
        "standing_for": standins.standing_for(request.user.pk),
        "may_assign": allowed_somewhere(request.by, leaves.ASSIGN),
        "deputy_form": deputy,
        "deputising": deputising,
    }
    return render(request, "people/duty_mine.html", shown, status=status)


def _swap_form(request: PageRequest, now: datetime, data: Any = None) -> SwapForm | None:
    """None for who stands no duty."""
    if not allowed_somewhere(request.by, roster.TAKE):
        return None
    form = SwapForm(data, user=request.user, now=now, until=now + AHEAD)
    return form if form.offered or data else None


@posts("duty.take")
def swap_ask(request: PageRequest) -> HttpResponse:
    form = _swap_form(request, roster.now_here(), request.POST)
    assert form is not None

    def change() -> tuple[str, int]:
        return f"swap:{swaps.swap_ask(by=request.by, **form.said()).pk}", 303

    if form.is_valid() and _tried(request, form, change):
        messages.success(request, _("Asked; the roster changes when it is accepted."))
        return redirect("duty-mine")
    return _mine(request, status=400, swap=form)


@posts("duty.take")
def swap_accept(request: PageRequest, pk: int) -> HttpResponse:
    change_once(request, lambda: (f"swap:{swaps.swap_answer(swap_id=pk, accept=True, by=request.by).pk}", 303))
    messages.success(request, _("Accepted; it is in the roster."))
    return redirect("duty-mine")


@posts("duty.take")
def swap_decline(request: PageRequest, pk: int) -> HttpResponse:
    change_once(request, lambda: (f"swap:{swaps.swap_answer(swap_id=pk, accept=False, by=request.by).pk}", 303))
    messages.success(request, _("Declined; the roster stays as it is."))
    return redirect("duty-mine")


@posts("duty.take")
def swap_withdraw(request: PageRequest, pk: int) -> HttpResponse:
    change_once(request, lambda: (f"swap:{swaps.swap_withdraw(swap_id=pk, by=request.by).pk}", 303))
    messages.success(request, _("Taken back."))
    return redirect("duty-mine")


@never_cache
@page(PUBLIC)
def calendar(request: PageRequest, token: str) -> HttpResponse:
    """One person's shifts for their own calendar program, by a signed address."""
    found = calendars.calendar_of(calendars.linked(token), roster.now_here())
    return HttpResponse(found, content_type="text/calendar; charset=utf-8")


@posts("duty.view")
def calendar_renew(request: PageRequest) -> HttpResponse:
    calendars.calendar_renew(by=request.by)
    messages.success(request, _("Your calendar has a new address; the old one is not valid any more."))
    return redirect("duty-mine")


@posts("duty.view")
def leave(request: PageRequest) -> HttpResponse:
    others = allowed_somewhere(request.by, roster.MANAGE)
    form = LeaveForm(request.POST, user=request.user, others=others, now=roster.now_here())

    def change() -> tuple[str, int]:
        data = form.cleaned_data
        said = {"starts_at": data["starts_at"], "ends_at": data["ends_at"]}
        said |= {"deputy_id": data["deputy"].pk} if data["deputy"] else {}
        return f"leave:{leaves.leave_set(user_id=data['user'].pk, by=request.by, **said).pk}", 303

    if form.is_valid() and _tried(request, form, change):
        messages.success(request, _("The leave is in the roster; gaps it makes are shown."))
        _warn_of_gap(request, form.cleaned_data)
        return redirect("duty-mine")
    return _mine(request, status=400, leave=form)


def _warn_of_gap(request: PageRequest, data: dict[str, Any]) -> None:
    """Say at once which roles nobody answers for in this leave."""
    now = roster.now_here()
    for one in standins.standing_in(max(data["starts_at"], now), data["ends_at"]):
        if one.unheld and one.leave.user_id == data["user"].pk:
            said = _("Nobody answers for %(roles)s while %(name)s is away; name a deputy.")
            messages.warning(request, said % {"roles": one.unheld_names, "name": one.leave.user.display_name})
            return


@posts("duty.view")
def leave_deputise(request: PageRequest, pk: int) -> HttpResponse:
    """Another deputy for the rest of a leave; nobody where none is chosen."""
    form = DeputyForm(request.POST)

    def change() -> tuple[str, int]:
        deputy = form.cleaned_data["deputy"]
        return f"leave:{leaves.leave_deputise(leave_id=pk, deputy_id=deputy, by=request.by).pk}", 303

    if form.is_valid() and _tried(request, form, change):
        messages.success(request, _("The deputy is on record from now on."))
        return redirect("duty-mine")
    return _mine(request, status=400, deputising=(pk, form))


@posts("duty.take")
def deputy_name(request: PageRequest) -> HttpResponse:
    """One's own deputy for every leave set from now on."""
    form = DeputyForm(request.POST)

    def change() -> tuple[str, int]:
        said = {"deputy_id": form.cleaned_data["deputy"], "based_on": form.cleaned_data["based_on"]}
        leaves.deputy_name(user_id=request.user.pk, by=request.by, **said)
        return f"user:{request.user.pk}", 303

    if form.is_valid() and _tried(request, form, change):
        messages.success(request, _("The deputy is on record from now on."))
        return redirect("duty-mine")
    return _mine(request, status=400, deputy=form)


@posts("duty.view")
def leave_cancel(request: PageRequest, pk: int) -> HttpResponse:
    change_once(request, lambda: (f"leave:{leaves.leave_cancel(leave_id=pk, by=request.by).pk}", 303))
    messages.success(request, _("The leave is taken back."))
    return redirect("duty-mine")
