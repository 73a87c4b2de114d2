"""E-mail over SMTP: `smtp://` (with STARTTLS when offered) or `smtps://`, as `…://user:password@host:port?from=address`."""

import os
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from common.errors import NeverDelivers, TryLater
from notifications.channels import Letter, OutcomeUnknown
from people import selectors as people

MAIL_VARIABLE = "HOTLINE_EMAIL_URL"
CALL_SECONDS = 5.0  # of each exchange with the server; `sending.LEASE` outlasts them


def server() -> str:
    """Address of the mail server; empty: mail stays in the sink."""
    return os.environ.get(MAIL_VARIABLE, "")


def readable(url: str) -> bool:
    """Whether mail could be handed to this address, as it is written; an empty one says that none leaves the house."""
    if not url:
        return True
    try:
        parts, smtp = urlsplit(url), Smtp(url)
        return parts.scheme in ("smtp", "smtps") and bool(parts.hostname and smtp.sender) and parts.port != 0
    except ValueError:  # of a port that is no number
        return False


class Smtp:
    # SMTP has no question "do you have this?"; the Message-ID carries our key, so that mailboxes can tell a repeat.
    can_be_asked: ClassVar[bool] = False

    def __init__(self, url: str) -> None:
        self.url = urlsplit(url)
        self.sender = parse_qs(self.url.query).get("from", [unquote(self.url.username or "")])[0]

    def deliver(self, letter: Letter) -> str:
        mail = self._mail(letter)
        with self._server() as server:
            try:
                server.send_message(mail)
            except smtplib.SMTPRecipientsRefused as error:
                raise _refused(max(code for code, _text in error.recipients.values())) from None
            except smtplib.SMTPResponseException as error:
                raise _refused(error.smtp_code) from None
            except (smtplib.SMTPServerDisconnected, OSError) as error:
                # The line broke somewhere between MAIL FROM and the answer to DATA.
                raise OutcomeUnknown("email.outcome_unknown", _("The mail server did not answer.")) from error
        return str(mail["Message-ID"])

    def find(self, key: str) -> str | None:
        raise NotImplementedError("SMTP cannot be asked")

    def _mail(self, letter: Letter) -> EmailMessage:
        address = people.contact_value(letter.person, "email")
        if not address:
            raise NeverDelivers("email.no_address", _("This person has no e-mail address; enter one."))
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self.sender, address, letter.subject
        mail["Message-ID"] = f"<{letter.key}@{self.sender.rpartition('@')[2] or 'hotline-ep.invalid'}>"
        if letter.urgent:
            mail["X-Priority"], mail["Importance"] = "1", "high"
        mail.set_content(letter.body)
        return mail

    @contextmanager
    def _server(self) -> Iterator[smtplib.SMTP]:
        """A signed-in connection. Whatever breaks before the letter is handed over leaves no doubt: it did not go."""
        kind = smtplib.SMTP_SSL if self.url.scheme == "smtps" else smtplib.SMTP
        try:
            server = kind(self.url.hostname or "", self.url.port or 0, timeout=CALL_SECONDS)
        except (smtplib.SMTPException, OSError) as error:
            raise TryLater("email.unreachable", _("The mail server cannot be reached.")) from error
        try:
            self._sign_in(server)
            yield server
        finally:
            server.close()

    def _sign_in(self, server: smtplib.SMTP) -> None:
        try:
            server.ehlo()
            if self.url.scheme == "smtp" and server.has_extn("starttls"):
                server.starttls()
            if self.url.password:
                server.login(unquote(self.url.username or ""), unquote(self.url.password))
        except smtplib.SMTPAuthenticationError as error:
            if 400 <= error.smtp_code < 500:
                raise TryLater("email.busy", _("The mail server is busy.")) from None
            raise NeverDelivers("email.key_refused", _("The mail server refuses our password; renew it.")) from None
        except (smtplib.SMTPException, OSError) as error:
            raise TryLater("email.unreachable", _("The mail server cannot be reached.")) from error


def _refused(code: int) -> TryLater | NeverDelivers:
    """4xx asks us to come back, 5xx says no. The server's words may name the person: they are dropped."""
    if 400 <= code < 500:
        return TryLater("email.busy", _("The mail server is busy."))
    return NeverDelivers("email.refused", _("The mail server refuses this letter for good."))
