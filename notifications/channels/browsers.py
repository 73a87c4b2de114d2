"""Notifications in browsers (RFC 8030): encrypted for the browser alone (RFC 8291) and handed to its push service.

That service's address comes from a browser, so it is trusted with little: https only, one of the names of the settings, resolved by
us and called at the very address that was looked at, never inside the company's network; no redirect is followed.
"""

import json
import socket
import time
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from typing import ClassVar, NamedTuple

import httpx
from django.utils.translation import gettext_lazy as _
from webpush import WebPush, WebPushSubscription

from common.errors import NeverDelivers, TryLater
from notifications.channels import Letter, OutcomeUnknown
from notifications.channels.vapid import Signer
from people import secrecy
from people.browsers import Browser, Subscription, browsers_of
from people.domain.browsers import is_near, outside
from people.services.browsers import browser_expired, browser_told, callable_at

# Of each step with a push service; all browsers of a person together stay within what `sending.LEASE` outlasts.
CALL_SECONDS = 3.0
ALL_SECONDS = 10.0
# So long a push service keeps it for a browser that is switched off.
KEPT_SECONDS = 24 * 3600
LARGEST_ANSWER = 4096


class Origin(NamedTuple):
    """What the library reads of an address."""

    scheme: str
    host: str  # with its port, unless that is the usual one


class Expired(Exception):
    """The push service does not know the browser any more."""


class Browsers:
    """A push service cannot be asked what it has. The same key again replaces: on its side by the topic, on the screen by the tag."""

    can_be_asked: ClassVar[bool] = False

    def __init__(self, signer: Signer) -> None:
        self.signer = signer

    def deliver(self, letter: Letter) -> str:
        """Tell every browser of the person; one that took it suffices. Raises what the others came to when none did."""
        there = browsers_of(letter.person, server_key=self.signer.digest)
        if not there:
            raise NeverDelivers("push.no_browser", _("This person has turned notifications on in no browser."))
        took, trouble = 0, list[TryLater | NeverDelivers]()
        over = time.monotonic() + ALL_SECONDS
        for browser in there:
            if browser.told_key == letter.key:
                took += 1
                continue
            if time.monotonic() > over:
                trouble.append(_busy())
                break
            try:
                self._tell(browser, letter)
            except Expired:
                browser_expired(browser_id=browser.pk, digest=browser.digest)
            except (TryLater, NeverDelivers) as error:
                trouble.append(error)
            else:
                browser_told(browser_id=browser.pk, key=letter.key)
                took += 1
        if took:
            return ""
        if not trouble:
            raise NeverDelivers("push.expired", _("Notifications were turned off in every browser of this person."))
        # What may have arrived comes first, then what may yet arrive.
        order = (OutcomeUnknown, TryLater, NeverDelivers)
        raise min(trouble, key=lambda error: next(n for n, kind in enumerate(order) if isinstance(error, kind)))

    def find(self, key: str) -> str | None:
        raise NotImplementedError("a push service cannot be asked")

    def _tell(self, browser: Browser, letter: Letter) -> None:
        try:
            to = browser.opened()
        except secrecy.Broken:
            raise NeverDelivers("push.unreadable", _("What this browser is told by cannot be read any more.")) from None
        body, headers = self._sealed(to, letter)
        _judge(_posted(to.address, body, headers))

    def _sealed(self, to: Subscription, letter: Letter) -> tuple[bytes, dict[str, str]]:
        said = {
            "title": letter.subject,
            "body": letter.body,
            "lang": letter.language,
            "link": letter.link,
            "tag": letter.key,
            "urgent": letter.urgent,
        }
        ours = WebPush(
            private_key=self.signer.private_pem,
            public_key=self.signer.public_pem,
            subscriber=self.signer.contact,
            ttl=KEPT_SECONDS,
        )
        subscription = WebPushSubscription.model_validate(
            {"endpoint": to.address, "keys": {"p256dh": to.p256dh, "auth": to.auth}}
        )
        made = ours.get(json.dumps(said, ensure_ascii=False).encode(), subscription)
        return made.encrypted, {
            **made.headers,
            "authorization": _signed(ours, to.address, self.signer.contact),
            "content-type": "application/octet-stream",
            "topic": letter.key.replace("-", ""),
            "urgency": "high" if letter.urgent else "normal",
        }


def _signed(ours: WebPush, address: str, contact: str) -> str:
    """Who we are, for this push service: its origin (RFC 8292), of whose port the library says nothing."""
    url = httpx.URL(address)
    return ours.vapid.get_authorization_header(Origin(url.scheme, url.netloc.decode()), contact, ours.expiration)


@lru_cache(maxsize=32)
def _client(host: str) -> httpx.Client:
    """One a host, so that no connection made for one name carries what is meant for another. As the gateways' client, without the
    environment's proxy and without cookies."""
    made = httpx.Client(trust_env=False, follow_redirects=False)
    made.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return made


def _posted(address: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
    """Raises NeverDelivers for an address that leads inside, TryLater and OutcomeUnknown; none of them quotes the address."""
    if not callable_at(address):
        raise _inside()
    url = httpx.URL(address)
    near = is_near(address)
    at = url if near else url.copy_with(host=_looked_up(url.host))
    try:
        with _client(url.host).stream(
            "POST",
            at,
            content=body,
            headers={**headers, "host": url.netloc.decode()},
            extensions={} if near else {"sni_hostname": url.host},
            timeout=CALL_SECONDS,
        ) as answer:
            # Its words are kept nowhere, and never read to a far end.
            next(answer.iter_raw(LARGEST_ANSWER), None)
            return answer
    except (httpx.ConnectError, httpx.ConnectTimeout):
        raise TryLater("push.unreachable", _("The browser's push service cannot be reached.")) from None
    except httpx.HTTPError:
        raise OutcomeUnknown("push.outcome_unknown", _("The push service did not say whether it took it.")) from None


def _looked_up(host: str) -> str:
    """The address to call, all addresses of the name being outside; IPv4 first, which every network has."""
    try:
        found = [str(row[4][0]) for row in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise TryLater("push.unreachable", _("The browser's push service cannot be reached.")) from None
    if not found or not all(outside(address) for address in found):
        raise _inside()
    return min(found, key=lambda address: ":" in address)


def _inside() -> NeverDelivers:
    return NeverDelivers("push.address", _("This browser's push service is at no address we call."))


def _busy() -> TryLater:
    return TryLater("push.busy", _("The browser's push service is busy."))


def _judge(answer: httpx.Response) -> None:
    status = answer.status_code
    if status in (404, 410):
        raise Expired
    if status in (401, 403):
        text = _("The push service refuses our key; where the key was changed, notifications are turned on anew.")
        raise TryLater("push.key_refused", text)
    if status == 413:
        raise NeverDelivers("push.too_large", _("The push service takes nothing of this length."))
    if status == 429 or 500 <= status < 600:
        raise _busy()
    if not 200 <= status < 300:
        raise TryLater("push.odd_answer", _("The push service answered something we do not understand."))
