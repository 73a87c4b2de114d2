"""Reads of the files kept as evidence."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.bilingual import in_language
from common.clock import utc_text
from common.errors import Missing
from engine.log import with_texts
from engine.models import Event
from escalation.domain.files import SORTS, TEXT, charset_of
from escalation.models import EvidenceFile, FileContent, Obligation
from escalation.selectors import Place, owns
from plans.domain import Plan


@dataclass(frozen=True, slots=True)
class FileShown:
    """A file with the name and the word it came with; both are empty once they are erased. `later`: it came after the proof."""

    row: EvidenceFile
    name: str
    word: str
    rule: str
    later: bool

    def as_dict(self) -> dict[str, Any]:
        row = self.row
        return {
            "id": row.pk, "name": self.name, "word": self.word, "rule": self.rule, "obligation": row.obligation,
            "media": row.media, "size": row.size, "sha256": row.sha256, "at": utc_text(row.at),
            "by": row.by_user.display_name if row.by_user else "", "seq": row.event.seq,
            "later": self.later,
        }  # fmt: skip


def files_of(stream_id: int, **only: Any) -> list[FileShown]:
    """What is kept for an incident, or for readiness, the oldest first."""
    rows = EvidenceFile.objects.filter(stream=stream_id, **only).select_related("event", "by_user").order_by("pk")
    found = list(rows)
    events = {event.pk: event for event in with_texts([row.event for row in found])}
    return [_shown(row, events[row.event_id].data) for row in found]


def _shown(row: EvidenceFile, data: dict[str, Any]) -> FileShown:
    name = data["name"] or f"{row.pk}{SORTS[row.media].endings[0]}"
    return FileShown(row, name, data["word"], data["rule"], data.get("later", False))


def file_of(stream_id: int, pk: int) -> FileShown:
    """One of them; raises Missing."""
    found = files_of(stream_id, pk=pk)
    if not found:
        raise Missing("file.missing", _("There is no such file here."))
    return found[0]


def file_answer(shown: FileShown) -> HttpResponse:
    """The file to save, never to be shown within a page of ours."""
    content, kind = bytes(shown.row.content.content), shown.row.media
    charset = charset_of(content) if kind == TEXT.media else None
    answer = HttpResponse(content, content_type=f"{kind}; charset={charset}" if charset else kind)
    answer["Content-Disposition"] = content_disposition_header(True, shown.name) or "attachment"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    answer["Cache-Control"] = "private, no-store"
    return answer


def added_to(rows: Iterable[Obligation], plan: Plan, by: Actor, place: Place) -> list[tuple[int, str]]:
    """Of these obligations, those to whose proof this person may add files, with what each is called, the newest first."""
    proved = [row for row in rows if row.state == Obligation.State.FULFILLED and owns(by, plan, row, place)]
    proved.sort(key=lambda row: (row.ended_at or row.anchored_at, row.pk), reverse=True)
    return [(row.pk, f"{in_language(plan.rule(row.rule).title.as_dict())} · {_minute(row)}") for row in proved]


def _minute(row: Obligation) -> str:
    return timezone.localtime(row.ended_at).strftime("%m-%d %H:%M")


def told() -> QuerySet[Event]:
    """What the log says was kept: the measure of every check, for rows can be gone."""
    return Event.objects.filter(kind="evidence.file_kept").select_related("stream").order_by("pk")


def differing() -> Iterator[tuple[Event, str]]:
    """What the log tells of and is not there as it tells, and why; one file in memory at a time."""
    for event in told().iterator(100):
        said = event.data
        row = EvidenceFile.objects.filter(pk=said["file"], event=event).first()
        kept = FileContent.objects.filter(file=said["file"]).first()
        if row is None or kept is None:
            yield event, "its row is missing" if row is None else "its bytes are missing"
        elif hashlib.sha256(bytes(kept.content)).hexdigest() != said["sha256"]:
            yield event, "its bytes are not those of the log's digest"
        elif (row.sha256, row.size) != (said["sha256"], said["size"]):
            yield event, "its row is not what the log says of it"
