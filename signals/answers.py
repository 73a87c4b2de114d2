"""What the ingest answers: which samples were kept, which not and why, or why the whole request was refused."""

from collections.abc import Sequence
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.problems import MEDIA_TYPE, problem
from signals.domain.intake import MOST_SAMPLES, Batch, Rejected, Unreadable, Why, batch_of

Answer = tuple[int, dict[str, Any]]  # status and body

SENTENCES: Final[dict[Why, str | Promise]] = {
    Why.SHAPE: _("This is not a sample: metric, at (RFC 3339) and value are needed. %(what)s"),
    Why.METRIC: _("The plan has no metric “%(what)s”."),
    Why.UNIT: _("“%(what)s” is not a unit of this metric."),
    Why.NOT_A_NUMBER: _("The value is not a number."),
    Why.RANGE: _("The value %(what)s lies outside what this metric can be."),
    Why.REGION: _("There is no region “%(what)s”."),
    Why.HOTLINE: _("There is no hotline “%(what)s”."),
    Why.NODE: _("There is no node “%(what)s”."),
    Why.ELSEWHERE: _("Node “%(what)s” lies in another region."),
    Why.NO_ZONE: _("The time has no time zone; write it as 2026-11-24T03:05:00+08:00."),
    Why.FUTURE: _("The time lies in the future; check the source's clock."),
    Why.PAST: _("The time is more than 90 days past; load old history with the replay command."),
    Why.OTHER_VALUE: _("Another value is recorded for this series and time; the first one stands."),
}


def refused(code: str, status: int, title: str | Promise) -> Answer:
    return status, problem(code=code, title=str(title), status=status)


def unauthorised() -> Answer:
    return refused("bad_token", 401, _("Send the token of a signal source: Authorization: Bearer …"))


def too_large() -> Answer:
    return refused("too_large", 413, _("A request may have 2 MB and 20,000 samples at most; send smaller batches."))


def busy() -> Answer:
    return refused("try_later", 503, _("The product is busy right now. Nothing was stored; send the same batch again."))


def broken() -> Answer:
    title = _("Something went wrong here. Nothing was changed; tell the system administrator if it happens again.")
    return refused("internal", 500, title)


def parsed(body: bytes) -> Batch | Answer:
    """The raw samples of a body, or the answer that says what is wrong with it."""
    try:
        batch = batch_of(body)
    except Unreadable as error:
        return refused("bad_json", 400, _("The body is not {“samples”: […]} in JSON: %(why)s") % {"why": error})
    return too_large() if len(batch) > MOST_SAMPLES else batch


def answered(kept: int, rejected: Sequence[Rejected]) -> Answer:
    rows = [
        {"index": row.index, "code": row.why.value, "error": str(SENTENCES[row.why]) % {"what": row.what}}
        for row in sorted(rejected, key=lambda row: row.index)
    ]
    return 202, {"accepted": kept, "rejected": rows}


def headers_of(status: int) -> list[tuple[bytes, bytes]]:
    """What goes with an answer, through either door."""
    kind = b"application/json" if status < 400 else MEDIA_TYPE.encode()
    headers = [(b"content-type", kind), (b"cache-control", b"no-store")]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if status == 503:
        headers.append((b"retry-after", b"1"))
    return headers
