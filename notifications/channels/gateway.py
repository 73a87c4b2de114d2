"""SMS and voice by a provider's gateway over HTTP and JSON (docs/operating.md, "SMS and voice").

    POST {base}/messages          {key, kind, to, text, language, code, urgent} → 2xx {id}; the same key again is the same message
    GET  {base}/messages/{key}    → 200 {id} | 404
    receipts come to us           POST /api/v1/messages/receipts/{name}, signed with the same secret

A provider that speaks otherwise gets a small translator of this shape in front of it.
"""

import re
from functools import cache
from http.cookiejar import DefaultCookiePolicy
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

import httpx
from django.utils.translation import gettext_lazy as _

from common.errors import NeverDelivers, TryLater
from notifications.channels import Letter, OutcomeUnknown
from people import selectors as people

# Of each step with the gateway: reaching it, sending, waiting for its answer. `sending.LEASE` outlasts an asking and a sending.
CALL_SECONDS = 5.0
# What says no to this very number; every other 4xx is the gateway's trouble with us, and another gateway may do better.
REFUSES_THE_NUMBER = frozenset({410, 422})
NAME = re.compile(r"[a-z0-9-]{1,40}")
# Seconds a connection is kept for the next letter: shorter than any server waits for one.
KEPT_SECONDS = 2.0


@cache
def client() -> httpx.Client:
    """One a process, for its threads: a client of its own costs a letter more than all the rest of its sending. No proxy and no
    redirect of the environment's: a number goes to this address or nowhere."""
    limits = httpx.Limits(max_connections=None, keepalive_expiry=KEPT_SECONDS)
    made = httpx.Client(trust_env=False, follow_redirects=False, limits=limits)
    # What one gateway leaves with us is not shown to the next.
    made.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return made


class Gateway:
    can_be_asked: ClassVar[bool] = True

    def __init__(self, kind: str, url: str) -> None:
        """`url`: `https://name:secret@host/base`; `kind`: `sms` or `voice`. Raises ValueError, which quotes nothing of it."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not (parts.hostname and parts.password):
            # Without a secret anybody could sign its receipts.
            raise ValueError("a gateway is https://name:secret@host/base")
        if not NAME.fullmatch(unquote(parts.username or "")):
            raise ValueError("a gateway's name has up to 40 small letters, digits and dashes")
        self.kind, self.name, self.secret = kind, unquote(parts.username or ""), unquote(parts.password or "")
        place = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
        self.base = f"{parts.scheme}://{place}{parts.path.rstrip('/')}"

    def deliver(self, letter: Letter) -> str:
        number = people.contact_value(letter.person, "phone")
        if not number:
            raise NeverDelivers(f"{self.kind}.no_number", _("This person has no telephone number; enter one."))
        said = {
            "key": letter.key,
            "kind": self.kind,
            "to": number,
            "text": letter.body,
            "language": letter.language,
            "code": letter.code,
            "urgent": letter.urgent,
        }
        answer = self._asked("POST", "/messages", json=said)
        if answer.status_code in REFUSES_THE_NUMBER:
            raise NeverDelivers(f"{self.kind}.refused", _("The provider refuses this number for good."))
        return self._id(answer)

    def find(self, key: str) -> str | None:
        answer = self._asked("GET", f"/messages/{key}")
        return None if answer.status_code == 404 else self._id(answer)

    def _asked(self, method: str, path: str, **said: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.secret}"}
        try:
            return client().request(method, self.base + path, headers=headers, timeout=CALL_SECONDS, **said)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise TryLater(f"{self.kind}.unreachable", _("The provider cannot be reached.")) from error
        except httpx.HTTPError as error:
            # The line broke after we began to speak.
            raise self._unknown() from error

    def _id(self, answer: httpx.Response) -> str:
        """The provider's id in a good answer. Its words may name the person: they are dropped."""
        status = answer.status_code
        if status in (401, 403):
            raise TryLater(f"{self.kind}.key_refused", _("The provider refuses our key; renew it."))
        if status == 429 or 500 <= status < 600:
            raise TryLater(f"{self.kind}.busy", _("The provider is busy."))
        if not 200 <= status < 300:
            raise TryLater(f"{self.kind}.odd_answer", _("The provider answered something we do not understand."))
        try:
            found = answer.json()["id"]
        except (ValueError, KeyError, TypeError):
            raise self._unknown() from None
        if not isinstance(found, str) or not 0 < len(found) <= 120:
            raise self._unknown()
        return found

    def _unknown(self) -> OutcomeUnknown:
        return OutcomeUnknown(f"{self.kind}.outcome_unknown", _("The provider did not say whether it took it."))
