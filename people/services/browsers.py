"""Turning notifications on in a browser, and off. What enters the log is whose and which, never where it is told."""

import hashlib
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.actor import SYSTEM, Actor
from common.errors import Conflict, Invalid
from people.browsers import own_browser
from people.domain.browsers import MOST, POINT, SECRET, Gone, called, is_near, key_bytes, served_by, usable
from people.events import BrowserAdded
from people.models import Browser, User
from people.models.browsers import Subscription
from people.rights import require
from people.services import browser_drop, record


@transaction.atomic
def browser_add(*, address: str, p256dh: str, auth: str, user_agent: str, server_key: str, by: Actor) -> Browser:
    """Tell the actor in this browser from now on; the same browser again is the same row, with its new keys.

    Where another person had turned it on in the same browser, that ends: one browser speaks for one person.
    """
    by = require(by, "message.view")
    _check(address, p256dh, auth)
    user = User.objects.select_for_update(no_key=True).get(pk=by.id)
    digest = digest_of(address)
    known = Browser.objects.select_for_update().filter(digest=digest).first()
    if known is not None and known.user_id != user.pk:
        browser_drop(known, Gone.TAKEN_OVER, by=by)
        known = None
    if known is None and Browser.objects.filter(user=user).count() >= MOST:
        raise Conflict(
            "browser.too_many", _("You are told in %(most)s browsers already; remove one of them first."), most=MOST
        )
    browser = known or Browser(user=user, digest=digest)
    browser.name, browser.server_key = called(user_agent), server_key
    browser.seal(Subscription(address, p256dh, auth))
    if known is None:
        browser.save(force_insert=True)
        record(BrowserAdded(browser=str(browser.pk), user=user.pk), by=by)
    else:
        browser.save(update_fields=["name", "server_key", "sealed", "key_id"])
    return browser


@transaction.atomic
def browser_remove(*, browser_id: UUID, by: Actor) -> None:
    """Not told there any more, from now on; one's own only, whatever one may still do. Raises Missing."""
    own_browser(by.id or 0, browser_id)
    found = Browser.objects.select_for_update().filter(pk=browser_id, user=by.id).first()
    if found is not None:
        browser_drop(found, Gone.REMOVED, by=by)


@transaction.atomic
def browser_expired(*, browser_id: UUID, digest: str) -> None:
    """Its push service does not know it any more. One that was turned on anew meanwhile has another digest, and stays."""
    found = Browser.objects.select_for_update().filter(pk=browser_id, digest=digest).first()
    if found is not None:
        browser_drop(found, Gone.EXPIRED, by=SYSTEM)


def browser_told(*, browser_id: UUID, key: str) -> None:
    """Its push service took what has this key of ours."""
    Browser.objects.filter(pk=browser_id).update(told_at=Now(), told_key=key)


def digest_of(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()


def _check(address: str, p256dh: str, auth: str) -> None:
    """Raises Invalid; what was sent is quoted nowhere."""
    sentence = _("This is not what a browser hands over; turn notifications on from the page itself.")
    near, point = settings.PUSH_NEAR, key_bytes(p256dh, POINT)
    fine = {
        "endpoint": usable(address, near=near),
        "p256dh": point is not None and _on_the_curve(point),
        "auth": key_bytes(auth, SECRET) is not None,
    }
    wrong = [{"field": name, "code": "invalid", "message": sentence} for name, well in fine.items() if not well]
    if wrong:
        raise Invalid("browser.wrong", sentence, errors=wrong)
    if not callable_at(address):
        raise Invalid(
            "browser.service",
            _("This browser's push service is not among those allowed; ask the system administrator."),
        )


def callable_at(address: str) -> bool:
    """Whether we call this address: one of the push services of the settings; this machine itself in practice."""
    near = settings.PUSH_NEAR
    return usable(address, near=near) and (is_near(address) or served_by(address, settings.PUSH_HOSTS))


def _on_the_curve(point: bytes) -> bool:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        return False
    return True
