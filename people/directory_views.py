"""Pages on which the company's map, its accounts and how people are reached are kept up to date."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from common.errors import HotlineError, Missing
from people import directory, selectors, services, standins
from people.directory_forms import KINDS, AccountForm, Kind, ReachForm, SeatForm
from people.duty_forms import DeputyForm
from people.endpoints import SIGNED_IN, PageRequest, blame, change_once, page, posts
from people.models import Contact, User
from people.services import leaves

Change = Callable[[], tuple[str, int]]


def _tried(request: PageRequest, form: forms.BaseForm, change: Change) -> bool:
    """Whether the form was right and its change is made; else it says what is wrong."""
    if not form.is_valid():
        return False
    try:
        change_once(request, change)
    except HotlineError as error:
        blame(form, error)
        return False
    return True


# --- the map ----------------------------------------------------------------------------------------------------------
def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise Missing("people.missing", _("There is nobody and nothing by this name."))
    return KINDS[name]


@page("user.manage")
def overview(request: PageRequest) -> HttpResponse:
    """Departments, work groups, regions, hotlines and nodes, each with a way to change it."""
    shown = [{"kind": kind, "rows": selectors.on_the_map(kind.model)} for kind in KINDS.values()]
    return render(request, "people/map.html", {"kinds": shown})


@page("user.manage", posting="user.manage")
def place_new(request: PageRequest, kind: str) -> HttpResponse:
    return _place(request, _kind(kind), None)


@page("user.manage", posting="user.manage")
def place(request: PageRequest, kind: str, key: str) -> HttpResponse:
    found = _kind(kind)
    return _place(request, found, selectors.place_named(found.model, key))


def _place(request: PageRequest, kind: Kind, row: Any) -> HttpResponse:
    form = kind.form(request.POST or None, row=row)

    def change() -> tuple[str, int]:
        return f"{kind.key}:{kind.keep(by=request.by, **form.cleaned_data).pk}", 303

    if request.method == "POST" and _tried(request, form, change):
        messages.success(request, _("It is kept."))
        return redirect("place", kind.key, form.cleaned_data["key"])
    return _place_page(request, kind, row, form)


def _place_page(
    request: PageRequest, kind: Kind, row: Any, form: forms.Form, seat: SeatForm | None = None
) -> HttpResponse:
    shown: dict[str, Any] = {"kind": kind, "row": row, "form": form}
    if row is not None and kind.key == "groups":
        shown |= {"group": selectors.group_named(row.key), "seat_form": seat or SeatForm(auto_id="seat-%s")}
    wrong = bool(form.errors or (seat and seat.errors))
    return render(request, "people/place.html", shown, status=400 if wrong else 200)


@posts("user.manage")
def seat(request: PageRequest, key: str) -> HttpResponse:
    """Somebody sits in a work group from now, or in another seat of it."""
    kind = KINDS["groups"]
    group = selectors.place_named(kind.model, key)
    form = SeatForm(request.POST, auto_id="seat-%s")

    def change() -> tuple[str, int]:
        return f"seat:{directory.group_member_set(group=group, by=request.by, **form.cleaned_data).pk}", 303

    if _tried(request, form, change):
        messages.success(request, _("The seat is taken. What the person may do comes from roles; assign them too."))
        return redirect("place", kind.key, key)
    return _place_page(request, kind, group, kind.form(row=group), form)


@posts("user.manage")
def seat_end(request: PageRequest, key: str, user: int) -> HttpResponse:
    group = selectors.place_named(KINDS["groups"].model, key)
    person = selectors.person(user)

    def change() -> tuple[str, int]:
        directory.group_member_end(group=group, user=person, by=request.by)
        return f"user:{person.pk}", 303

    change_once(request, change)
    messages.success(request, _("The seat is free. Roles that the person holds stay until they are ended."))
    return redirect("place", "groups", key)


# --- accounts and how people are reached -----------------------------------------------------------------------------------
@page("user.manage")
def account(request: PageRequest, user: int) -> HttpResponse:
    return _account(request, selectors.person(user))


def _account(
    request: PageRequest,
    person: User,
    *,
    details: AccountForm | None = None,
    reach: ReachForm | None = None,
    deputy: DeputyForm | None = None,
) -> HttpResponse:
    shown = {
        "person": person,
        "seats": selectors.seats_of(person),
        "details": details or AccountForm(instance=person),
        "reach": reach or ReachForm(person=person, auto_id="reach-%s"),
        "ways": _ways(person),
        "standing_deputy": leaves.standing_deputy(person.pk),
        "deputies": standins.may_stand_in(but=person.pk),
        "deputy_form": deputy,
    }
    return render(request, "people/account.html", shown, status=400 if details or reach or deputy else 200)


@posts("user.manage")
def account_change(request: PageRequest, user: int) -> HttpResponse:
    person = selectors.person(user)
    form = AccountForm(request.POST)

    def change() -> tuple[str, int]:
        return f"user:{services.user_change(user=person, by=request.by, **form.cleaned_data).pk}", 303

    if _tried(request, form, change):
        messages.success(request, _("The account is changed."))
        return redirect("people-account", person.pk)
    return _account(request, person, details=form)


@posts("role.assign")
def account_deputy(request: PageRequest, user: int) -> HttpResponse:
    """Who stands in for this person on every leave set from now on; nobody where none is chosen."""
    person, form = selectors.person(user), DeputyForm(request.POST)

    def change() -> tuple[str, int]:
        said = {"deputy_id": form.cleaned_data["deputy"], "based_on": form.cleaned_data["based_on"]}
        leaves.deputy_name(user_id=person.pk, by=request.by, **said)
        return f"user:{person.pk}", 303

    if _tried(request, form, change):
        messages.success(request, _("The deputy is on record from now on."))
        return redirect("people-account", person.pk)
    return _account(request, person, deputy=form)


@posts("user.manage")
def account_reach(request: PageRequest, user: int) -> HttpResponse:
    person = selectors.person(user)
    form = ReachForm(request.POST, person=person, auto_id="reach-%s")
    if _reached(request, form, person):
        return redirect("people-account", person.pk)
    return _account(request, person, reach=form)


@page(SIGNED_IN, posting=SIGNED_IN)
def own_reach(request: PageRequest) -> HttpResponse:
    """How one is reached oneself: who changes a telephone sees to it that messages still arrive."""
    person = selectors.person(request.user.pk)
    form = ReachForm(request.POST if request.method == "POST" else None, person=person)
    if request.method == "POST" and _reached(request, form, person):
        return redirect("own-reach")
    shown = {"form": form, "ways": _ways(person)}
    return render(request, "people/reach.html", shown, status=400 if form.errors else 200)


def _ways(person: User) -> list[dict[str, Any]]:
    """What may be taken away; `warns`: nobody on whom others count would be reached any more."""
    found, matters = list(person.contacts.all()), services.contact_matters(person)
    return [{"contact": contact, "warns": matters and len(found) == 1} for contact in found]


def _reach_page(contact: UUID) -> str:
    return reverse("own-reach")


@posts(SIGNED_IN, shown_at=_reach_page)
def contact_remove(request: PageRequest, contact: UUID) -> HttpResponse:
    """Take a way to reach somebody away: one's own, or anybody's by who manages accounts."""
    found = selectors.contact(contact)

    def change() -> tuple[str, int]:
        confirmed = "confirmed" in request.POST
        return f"user:{services.contact_remove(contact=found, by=request.by, confirmed=confirmed).pk}", 303

    change_once(request, change)
    messages.success(request, _("Messages go there no more."))
    own = found.user_id == request.user.pk
    return redirect("own-reach") if own else redirect("people-account", found.user_id)


def _reached(request: PageRequest, form: ReachForm, person: User) -> bool:
    def change() -> tuple[str, int]:
        for kind, value in form.said().items():
            services.contact_set(user=person, kind=Contact.Kind(kind), value=value, by=request.by)
        return f"user:{person.pk}", 303

    if not _tried(request, form, change):
        return False
    messages.success(request, _("From now on messages go there."))
    return True
