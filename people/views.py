"""Pages about people: the directory, and the security administrator's desk."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.hashers import make_password
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from common.errors import HotlineError, Invalid
from engine import worlds
from people import selectors, services, standins
from people.endpoints import PageRequest, change_once, page, posts
from people.forms import RoleForm, UserForm
from people.rights import ROLES


@page("people.view")
def directory(request: PageRequest) -> HttpResponse:
    """Groups with seats and links, roles with holders, everyone with masked contacts."""
    people = selectors.people()
    now = worlds.now(worlds.real())
    shown = {
        "people": people,
        "groups": selectors.groups(),
        "roles": _roles(people),
        "standing_in": standins.standing_in(now),
    }
    return render(request, "people/directory.html", shown)


def _roles(people: list[Any]) -> list[dict[str, Any]]:
    """Each role with those who hold it; a role nobody holds is shown too, because someone must notice."""
    return [
        {
            "key": role,
            "name": label,
            "holders": [
                (person, held) for person in people if person.is_active for held in person.held if held.role == role
            ],
        }
        for role, label in ROLES.items()
    ]


@never_cache
@posts("contact.reveal")
def contact_reveal(request: PageRequest, contact: UUID) -> HttpResponse:
    """Shows the plain contact on a page of its own, which no cache keeps."""
    found = selectors.contact(contact)
    value = services.contact_reveal(contact=found, reason=request.POST.get("reason", ""), by=request.by)
    back = request.POST.get("next", "")
    back = back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else reverse("people")
    return render(request, "people/revealed.html", {"contact": found, "value": value, "back": back})


@page("user.manage")
def accounts(request: PageRequest) -> HttpResponse:
    return _desk(request, UserForm(), RoleForm())


def _desk(request: PageRequest, user_form: UserForm, role_form: RoleForm, status: int = 200) -> HttpResponse:
    shown = {"people": selectors.people(), "user_form": user_form, "role_form": role_form}
    return render(request, "people/accounts.html", shown, status=status)


@sensitive_post_parameters("password")
@posts("user.manage")
def user_create(request: PageRequest) -> HttpResponse:
    form = UserForm(request.POST)
    try:
        if not form.is_valid():
            return _desk(request, form, RoleForm(), status=400)
        said = form.cleaned_data | {"hashed": make_password(form.cleaned_data["password"])}
        change_once(request, lambda: (f"user:{services.user_create(**said, by=request.by).pk}", 201))
    except HotlineError as error:
        _say(form, error)
        return _desk(request, form, RoleForm(), status=error.status)
    messages.success(request, _("The account is made; now assign its roles."))
    return redirect("people-accounts")


@posts("user.manage")
def user_deactivate(request: PageRequest, user: int) -> HttpResponse:
    person = selectors.person(user)
    change_once(request, lambda: (f"user:{services.user_deactivate(user=person, by=request.by).pk}", 200))
    messages.success(request, _("The account is shut; its roles no longer count."))
    return redirect("people-accounts")


@posts("role.assign")
def role_assign(request: PageRequest) -> HttpResponse:
    form = RoleForm(request.POST)
    try:
        if not form.is_valid():
            return _desk(request, UserForm(), form, status=400)
        change_once(request, lambda: (f"role:{services.role_assign(**form.cleaned_data, by=request.by).pk}", 201))
    except HotlineError as error:
        _say(form, error)
        return _desk(request, UserForm(), form, status=error.status)
    messages.success(request, _("The role is assigned and counts at once."))
    return redirect("people-accounts")


@posts("role.assign")
def role_end(request: PageRequest, holding: int) -> HttpResponse:
    held = selectors.holding(holding)
    change_once(request, lambda: (f"role:{services.role_end(holding=held, by=request.by).pk}", 200))
    messages.success(request, _("The role has ended."))
    return redirect("people-accounts")


def _say(form: forms.BaseForm, error: HotlineError) -> None:
    """Put a service's refusal beside the fields it is about."""
    rows = error.errors if isinstance(error, Invalid) else []
    for row in rows:
        form.add_error(row["field"] if row["field"] in form.fields else None, str(row["message"]))
    if not rows:
        form.add_error(None, error.sentence())
