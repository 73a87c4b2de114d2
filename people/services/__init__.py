"""Every change about persons: accounts, roles, tokens, contacts. Each is an event of the stream `people`."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.clock import wall
from common.errors import Conflict, Invalid, Missing, NotAllowed
from common.ids import token, token_digest
from engine import worlds
from engine.events import Payload
from engine.log import log_append, stream_open
from engine.models import Event, Stream
from people.domain.browsers import Gone
from people.events import (
    BrowserRemoved,
    ContactRemoved,
    ContactRevealed,
    ContactSet,
    RoleAssigned,
    RoleEnded,
    TokenIssued,
    TokenRevoked,
    UserChanged,
    UserCreated,
    UserDeactivated,
)
from people.models import ApiToken, Browser, Contact, Department, Region, RoleHolding, User, WorkGroup
from people.rights import ROLES, allowed, require

PHONE: Final = re.compile(r"\+?[0-9][0-9 -]{3,18}[0-9]")
SHORTEST_REASON = 4


def people_stream() -> Stream:
    """Who may do what is the same in every world, and logged in the real one."""
    return stream_open(worlds.real(), "people", "people")


def record(payload: Payload, *, by: Actor, occurred: datetime | None = None, clause: str = "") -> Event:
    return log_append(people_stream(), payload, by=by, occurred=occurred, clause=clause)


# --- accounts --------------------------------------------------------------------------------------------------------
def user_create(
    *,
    username: str,
    display_name: str,
    by: Actor,
    password: str | None = None,
    hashed: str = "",
    language: str = "zh-hans",
    department: Department | None = None,
) -> User:
    """Make an account without any role. Without a password nobody can sign in on a page with it: right for a machine.

    Hashing takes its time, in which a transaction that waits can be ended: whoever calls within one hands over what he has `hashed`
    of the password before.
    """
    by = require(by, "user.manage")
    user = User(username=username, display_name=display_name, language=language, department=department)
    user.password = hashed or make_password(password)
    try:
        user.full_clean(validate_unique=False)
        if password is not None:
            validate_password(password, user)
    except ValidationError as error:
        raise Invalid("user.wrong", _("Some values are not right; see errors."), errors=_rows(error)) from None
    return _user_kept(user, by)


@transaction.atomic
def _user_kept(user: User, by: Actor) -> User:
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        raise Conflict("user.taken", _("This user name is taken; choose another one.")) from None
    record(UserCreated(user=user.pk, username=user.username, display_name=user.display_name), by=by)
    return user


@transaction.atomic
def user_change(*, user: User, display_name: str, language: str, department: Department | None, by: Actor) -> User:
    """Rename an account, move it to another department, speak to it in another language. Its user name stays: the log knows it."""
    by = require(by, "user.manage")
    user = _lock(user)
    wanted = {"display_name": display_name, "language": language, "department": department}
    changed = [name for name, value in wanted.items() if getattr(user, name) != value]
    for name in changed:
        setattr(user, name, wanted[name])
    try:
        user.clean_fields(exclude={"password"})
    except ValidationError as error:
        raise Invalid("user.wrong", _("Some values are not right; see errors."), errors=_rows(error)) from None
    if changed:
        user.save(update_fields=changed)
        key = department.key if department else None
        payload = UserChanged(
            user=user.pk, display_name=display_name, department=key, language=language, changed=changed
        )
        record(payload, by=by)
    return user


@transaction.atomic
def user_deactivate(*, user: User, by: Actor) -> User:
    """Shut an account: sessions and tokens stop working at once, roles no longer count, nothing is kept that reaches its browsers.
    Its history stays."""
    by = require(by, "user.manage")
    _refuse_self(by, user)
    user = _lock(user)
    if not user.is_active:
        raise Conflict("user.inactive", _("This account is shut already."))
    user.is_active, user.left_at = False, worlds.now(worlds.real())
    user.save(update_fields=["is_active", "left_at"])
    record(UserDeactivated(user=user.pk), by=by)
    for browser in Browser.objects.select_for_update().filter(user=user).order_by("pk"):
        browser_drop(browser, Gone.SHUT, by=by)
    return user


def browser_drop(browser: Browser, why: Gone, *, by: Actor) -> None:
    """Within a transaction that holds its row: where it was told, and its keys, are gone; that it was there is on record."""
    payload = BrowserRemoved(browser=str(browser.pk), user=browser.user_id, why=str(why))
    browser.delete()
    record(payload, by=by)


# --- roles -----------------------------------------------------------------------------------------------------------
@transaction.atomic
def role_assign(
    *, user: User, role: str, by: Actor, region: Region | None = None, group: WorkGroup | None = None
) -> RoleHolding:
    """Give a role, everywhere or narrowed to a region or a group; never to oneself."""
    by = require(by, "role.assign")
    _refuse_self(by, user)
    if role not in ROLES:
        raise Invalid("role.unknown", _("There is no role “%(role)s”."), role=role)
    if region and group:
        raise Invalid("role.two_narrowings", _("A role is narrowed to a region or to a group, not to both."))
    user = _lock(user)
    if not user.is_active:
        raise Conflict("user.inactive", _("This account is shut already."))
    held = RoleHolding.objects.filter(user=user, until=None)
    if held.filter(role=role, region=region, group=group).exists():
        raise Conflict("role.held", _("This person holds this role already."))
    if held.exclude(role=role).exists() and (role == "source" or held.filter(role="source").exists()):
        raise Conflict(
            "role.source_alone", _("An account of a signal source holds no other role; make a second account.")
        )
    holding = RoleHolding.objects.create(user=user, role=role, region=region, group=group, assigned_by_id=_user_id(by))
    record(RoleAssigned(holding=holding.pk, **_holding_words(holding)), by=by)
    return holding


@transaction.atomic
def role_end(*, holding: RoleHolding, by: Actor) -> RoleHolding:
    """Take a role back; never one's own."""
    by = require(by, "role.assign")
    _refuse_self(by, holding.user)
    holding = RoleHolding.objects.select_for_update(no_key=True, of=("self",)).select_related().get(pk=holding.pk)
    if holding.until is not None:
        raise Conflict("role.ended", _("This role has ended already."))
    holding.until, holding.ended_by_id = max(wall(), holding.since), _user_id(by)
    holding.save(update_fields=["until", "ended_by"])
    record(RoleEnded(holding=holding.pk, **_holding_words(holding)), by=by)
    return holding


# --- tokens ----------------------------------------------------------------------------------------------------------
@transaction.atomic
def token_issue(*, user: User, name: str, by: Actor) -> str:
    """A new secret, shown this once. One's own, or a signal source's: nobody takes out a token in another person's name."""
    by = _of_token(by, user)
    secret = token("hep")
    issued = ApiToken.objects.create(user=user, sha256=token_digest(secret), name=name)
    record(TokenIssued(token=issued.pk, user=user.pk, name=name), by=by)
    return secret


@transaction.atomic
def token_revoke(*, issued: ApiToken, by: Actor) -> None:
    """The token stops working at once; revoking twice is no error. Its owner may, and who manages accounts."""
    by = by if allowed(by, "user.manage") else _of_token(by, issued.user)
    if ApiToken.objects.filter(pk=issued.pk, revoked_at=None).update(revoked_at=wall()):
        record(TokenRevoked(token=issued.pk, user=issued.user_id), by=by)


def _of_token(by: Actor, user: User) -> Actor:
    if _user_id(by) == user.pk:
        return by
    if by.kind != "system" and not RoleHolding.objects.filter(user=user, role="source", until=None).exists():
        raise NotAllowed("token.not_yours", _("A token speaks in its owner's name; only the owner can take one out."))
    return require(by, "source.manage")


# --- contacts --------------------------------------------------------------------------------------------------------
@transaction.atomic
def contact_set(*, user: User, kind: str, value: str, by: Actor) -> Contact:
    """How to reach a person by `phone` or `email`; one's own, or by who manages accounts."""
    by = by if _user_id(by) == user.pk else require(by, "user.manage")
    value = _contact_checked(kind, value.strip())
    user = _lock(user)
    known = Contact.objects.filter(user=user, kind=kind).first()
    contact = known or Contact(user=user, kind=kind)
    contact.seal(value)
    contact.save(**({"update_fields": ["key_id", "sealed"]} if known else {"force_insert": True}))
    record(ContactSet(contact=str(contact.pk), user=user.pk, kind=kind), by=by)
    return contact


@transaction.atomic
def contact_remove(*, contact: Contact, by: Actor, confirmed: bool = False) -> User:
    """Take a way to reach a person away; one's own, or by who manages accounts. `confirmed`: also the last one of somebody whom
    a tier of the plan tells.

    Raises NotAllowed, Missing (it is gone already), Conflict (the last one, unconfirmed).
    """
    by = by if _user_id(by) == contact.user_id else require(by, "user.manage")
    user = _lock(contact.user)
    known = Contact.objects.filter(pk=contact.pk).first()
    if known is None:
        raise Missing("contact.missing", _("This contact is gone already."))
    last = contact_is_last(known)
    if last and not confirmed and contact_matters(user):
        sentence = _(
            "This is the last way to reach %(name)s outside this product; confirm that it is to go all the same."
        )
        raise Conflict("contact.last", sentence, name=user.display_name)
    removed = ContactRemoved(contact=str(known.pk), user=user.pk, kind=known.kind, masked=known.masked, last=last)
    known.delete()
    record(removed, by=by)
    return user


def contact_is_last(contact: Contact) -> bool:
    return not Contact.objects.filter(user=contact.user_id).exclude(pk=contact.pk).exists()


def contact_matters(user: User) -> bool:
    """Whether somebody counts on reaching this person: tiers of the plan tell whoever holds a role."""
    return user.is_active and RoleHolding.objects.filter(user=user, until=None).exists()


@transaction.atomic
def contact_reveal(*, contact: Contact, reason: str, by: Actor) -> str:
    """The plain value, once the reason is on record."""
    by = require(by, "contact.reveal")
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise Invalid("contact.reason", _("Say in a few words why you need this contact; it is put on record."))
    record(ContactRevealed(contact=str(contact.pk), user=contact.user_id, kind=contact.kind, reason=reason), by=by)
    return contact.opened()


def _contact_checked(kind: str, value: str) -> str:
    if kind not in Contact.Kind.values:
        raise Invalid("contact.kind", _("A contact is a phone or an e-mail address."))
    try:
        if kind == Contact.Kind.EMAIL:
            validate_email(value)
        elif not PHONE.fullmatch(value):
            raise ValidationError("phone")
    except ValidationError:
        sentence = _("This does not look right: a phone has 5 to 20 digits, an e-mail address a name, @ and a domain.")
        row = {"field": kind, "code": "invalid", "message": sentence}
        raise Invalid("contact.wrong", sentence, errors=[row]) from None
    return value


# --- shared ----------------------------------------------------------------------------------------------------------
def _lock(user: User) -> User:
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _user_id(by: Actor) -> int | None:
    return None if by.kind == "system" else by.id


def _refuse_self(by: Actor, user: User) -> None:
    if _user_id(by) == user.pk:
        raise NotAllowed("people.self", _("Nobody changes his own rights; ask another security administrator."))


def _holding_words(holding: RoleHolding) -> dict[str, Any]:
    return {
        "user": holding.user_id,
        "role": holding.role,
        "region": holding.region.key if holding.region else None,
        "group": holding.group.key if holding.group else None,
    }


def _rows(error: ValidationError) -> list[Mapping[str, Any]]:
    """Django's errors by field; those of the password as a whole carry its name."""
    if not hasattr(error, "error_dict"):
        return [{"field": "password", "code": e.code, "message": e.messages[0]} for e in error.error_list]
    by_field = error.error_dict.items()
    return [{"field": name, "code": e.code, "message": e.messages[0]} for name, errors in by_field for e in errors]
