"""What can go wrong, by kind. The text is for the person who must act: it says what to do next."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class HotlineError(Exception):
    """`code` is stable and machine-readable; `text` is a translatable sentence with named placeholders filled from `params`."""

    status = 500

    def __init__(self, code: str, text: Text, *, errors: Sequence[Mapping[str, Any]] = (), **params: object) -> None:
        super().__init__(code)
        self.code, self.text, self.errors, self.params = code, text, list(errors), params

    def sentence(self) -> str:
        """The text in the language now active."""
        text = str(self.text)
        return text % self.params if self.params else text

    def __str__(self) -> str:
        return f"{self.code}: {self.sentence()}"


class Invalid(HotlineError):
    """The input is wrong; `errors` names each field or item."""

    status = 400


class NotAllowed(HotlineError):
    status = 403


class Missing(HotlineError):
    status = 404


class Conflict(HotlineError):
    """The move is not legal from here, or somebody was faster."""

    status = 409


class TooLarge(HotlineError):
    status = 413


def body_too_large() -> TooLarge:
    """The body of a request is larger than the product reads."""
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024**2
    return TooLarge("too_large", _("A request may have %(most)s MB at most."), most=most)


class TryLater(HotlineError):
    """Busy or out of reach: the same call may succeed later."""

    status = 503


BUSY = TryLater("try_later", _("The product is busy right now. Nothing was changed; send the same request again."))
RETRY_AFTER = "1"


class NeverDelivers(HotlineError):
    """No retry will help (wrong address, revoked key): a person must act."""

    status = 502
