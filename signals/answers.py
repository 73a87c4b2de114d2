"""What the ingest answers: which samples were kept, which not and why, or why the whole request was refused."""

from collections.abc import Sequence
from math import ceil
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.problems import MEDIA_TYPE, problem
from signals.domain.intake import MOST_SAMPLES, Batch, Rejected, Unreadable, Why, batch_of
from signals.domain.mapping import Fault

Answer = tuple[int, dict[str, Any]]  # status and body; of a status without a body it is not sent
NO_CONTENT: Final = 204
SHOWN_ROWS: Final = 20

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
    Why.PAST: _("The time is more than 90 days past; hand old samples in as history."),
    Why.OTHER_VALUE: _("Another value is recorded for this series and time; the first one stands."),
    Why.RECENT: _("History ends eight hours ago; what is newer is judged, so send it as samples."),
    Why.TEXT: _("A label is not UTF-8, stands there twice, or there are more than 64."),
    Why.HISTOGRAM: _("Native histograms are not taken; send the figure a recording rule makes of them."),
    Why.NO_METRIC: _("No rule of this source fits the alert, and it has no label hotline_metric: %(what)s"),
    Why.NO_VALUE: _("The alert brings no value, and its rule gives none: %(what)s"),
}
# Why a whole remote-write body was refused.
UNWRITABLE: Final[dict[str, str | Promise]] = {
    "not_snappy": _("The body is not one snappy block; Prometheus sends it so by itself."),
    "too_large": _(
        "A request may have 2 MB as sent, 16 MB unpacked and 20,000 samples at most; lower max_samples_per_send."
    ),
    "truncated": _("The body is not a whole prometheus.WriteRequest."),
    "labels_apart": _("The labels of a series must stand before its samples."),
}
NOT_V1: Final = _("Only remote write 1.0 is spoken here: prometheus.WriteRequest in protobuf, compressed with snappy.")
# Why a file of history was refused.
NO_TABLE: Final[dict[str, str | Promise]] = {
    "no_text": _("The file is no text; save it as CSV in UTF-8."),
    "broken": _("The table breaks off at line %(what)s."),
    "columns_missing": _("These columns are missing: %(what)s. Needed are at, value and metric."),
    "columns_unknown": _(
        "These columns mean nothing here: %(what)s. Known are at, value, metric, unit, region, hotline, node."
    ),
    "columns_twice": _("A column stands there twice."),
    "too_many_rows": _("There are more than %(what)s lines; split the file."),
}
# What is counted of a source beside the reasons above.
OTHER_COUNTS: Final[dict[str, str | Promise]] = {
    "bad_json": _("The body was not what this address takes."),
    "flood": _("More came than one source may send; it was told to wait."),
    "unsupported": NOT_V1,
    "bad_alerts": _("The body was no message of alerts."),
    "history.no_table": _("The file was no table of samples."),
    "history.too_large": _("The file was too large."),
    "unmatched_full": _("Too many kinds of alerts fit no rule; these were only counted."),
}


# What is wrong with a mapping.
FAULTS: Final[dict[str, str | Promise]] = {
    "too_many": _("There may be %(what)s at most."),
    "matches_all": _("A rule for alerts needs at least one label to match."),
    "unknown_metric": SENTENCES[Why.METRIC],
    "unknown_unit": SENTENCES[Why.UNIT],
    "out_of_range": _("A value lies outside what the metric %(what)s can be."),
}


def fault_sentence(fault: Fault) -> str:
    return str(FAULTS[fault.code]) % {"what": fault.what}


BY_CODE: Final = {why.value: why for why in Why}


def reason(code: str, what: str = "…") -> str:
    """A sentence for a counter's code."""
    if code in BY_CODE:
        return str(SENTENCES[BY_CODE[code]]) % {"what": what}
    return str(UNWRITABLE.get(code) or OTHER_COUNTS.get(code) or code)


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


def flooding() -> Answer:
    return refused(
        "flood", 429, _("This source sends more than it may. Nothing was stored; wait, then send the same again.")
    )


def unwritable(code: str) -> Answer:
    return refused(code, 413 if code == "too_large" else 400, UNWRITABLE[code])


def unsupported() -> Answer:
    return refused("unsupported", 415, NOT_V1)


def written(kept: int, rejected: Sequence[Rejected]) -> Answer:
    """Of a remote write: 204, or 400, which Prometheus does not send again, with what is wrong. The good samples are kept."""
    if not rejected:
        return NO_CONTENT, {}
    rows = _rows(rejected[:SHOWN_ROWS])
    title = _("%(kept)s samples were kept, %(rejected)s were not. The first: %(why)s")
    said = str(title) % {"kept": kept, "rejected": len(rejected), "why": rows[0]["error"]}
    body = problem(code=rows[0]["code"], title=said, status=400)
    return 400, {**body, "accepted": kept, "rejected": rows}


def parsed(body: bytes) -> Batch | Answer:
    """The raw samples of a body, or the answer that says what is wrong with it."""
    try:
        batch = batch_of(body)
    except Unreadable as error:
        return refused("bad_json", 400, _("The body is not {“samples”: […]} in JSON: %(why)s") % {"why": error})
    return too_large() if len(batch) > MOST_SAMPLES else batch


def answered(kept: int, rejected: Sequence[Rejected]) -> Answer:
    return 202, {"accepted": kept, "rejected": _rows(rejected)}


def _rows(rejected: Sequence[Rejected]) -> list[dict[str, Any]]:
    return [
        {"index": row.index, "code": row.why.value, "error": str(SENTENCES[row.why]) % {"what": row.what}}
        for row in sorted(rejected, key=lambda row: row.index)
    ]


SHOWN_LINES: Final = 200


def history_answer(stored: int, known: int, rejected: Sequence[Rejected]) -> dict[str, Any]:
    rows = [
        {"line": row.index, "code": row.why.value, "error": reason(row.why, row.what)} for row in rejected[:SHOWN_LINES]
    ]
    return {"stored": stored, "known": known, "rejected": rows, "rejected_total": len(rejected)}


def headers_of(status: int, wait: float = 1.0) -> list[tuple[bytes, bytes]]:
    """What goes with an answer, through either door; `wait`: seconds after which to come again."""
    headers = [(b"cache-control", b"no-store")]
    if status != NO_CONTENT:
        headers.insert(0, (b"content-type", b"application/json" if status < 400 else MEDIA_TYPE.encode()))
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if status in (429, 503):
        headers.append((b"retry-after", str(max(1, ceil(wait))).encode()))
    return headers
