"""Files as evidence (docs/decisions/0038): kept whole in the database, their digest in the log."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.errors import Conflict, Invalid, Text, TooLarge
from engine import worlds
from engine.log import log_append
from engine.models import Event, Stream
from escalation.domain.files import sort_of, tidy_name
from escalation.events import FileKept
from escalation.models import EvidenceFile, FileContent

FILE = "file"  # the kind of proof of the plan
MOST_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Upload:
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class About:
    """What files prove: an obligation of an incident, or a turn of readiness, whose log is `stream`."""

    stream: Stream
    obligation: int
    rule: str
    turn: int
    clause: str
    plan_version: int


def uploads_of(sent: Iterable[Any]) -> list[Upload]:
    """What a request carries, read only when it is not too much. Raises TooLarge, Invalid."""
    found = list(sent)
    most = settings.EVIDENCE_FILE_BYTES
    if len(found) > MOST_AT_ONCE:
        raise _invalid("file.many", _("Send ten files at most at once."))
    if sum(one.size or 0 for one in found) > most:
        sentence = _("Together the files are larger than %(most)s MB; send smaller ones, or send them one by one.")
        raise TooLarge("file.too_large", sentence, most=most // 1_000_000)
    return [Upload(one.name or "", one.read()) for one in found]


def files_keep(uploads: Sequence[Upload], about: About, *, word: str, by: Actor, later: bool = False) -> list[Event]:
    """Keep the files of one proof, each with an event that holds its digest; whoever calls holds the stream, in the transaction
    of the proof itself, or, `later`, after it. Raises Invalid (empty, or of a kind that is not taken), TooLarge (the incident is
    full)."""
    _check_room(uploads, about)
    return [_keep(upload, about, word=word, by=by, later=later) for upload in uploads]


def _keep(upload: Upload, about: About, *, word: str, by: Actor, later: bool) -> Event:
    sort = sort_of(upload.content)
    if sort is None:
        sentence = _(
            "“%(name)s” is empty or of a kind that is not taken. Taken are PDF, photos (JPEG, PNG, WebP, HEIC), films (MP4, MOV),"
            " Word, Excel and PowerPoint files without macros, and plain text."
        )
        raise _invalid("file.kind", sentence, name=upload.name[:80])
    sha256 = hashlib.sha256(upload.content).hexdigest()
    row = EvidenceFile(
        stream=about.stream,
        obligation=about.obligation,
        size=len(upload.content),
        media=sort.media,
        sha256=sha256,
        by_user_id=by.id,
        at=worlds.now(about.stream.world_id),
    )
    row.pk = EvidenceFile.next_number()
    payload = FileKept(
        file=row.pk,
        obligation=about.obligation,
        rule=about.rule,
        turn=about.turn,
        sha256=sha256,
        size=row.size,
        media=sort.media,
        name=tidy_name(upload.name, sort),
        word=word,
        later=later,
    )
    row.event = log_append(about.stream, payload, by=by, clause=about.clause, plan_version=about.plan_version)
    row.save(force_insert=True)
    FileContent.objects.create(file=row, content=upload.content)
    return row.event


def _check_room(uploads: Sequence[Upload], about: About) -> None:
    """What one obligation of readiness, or one incident, may hold."""
    kept = EvidenceFile.objects.filter(stream=about.stream)
    if about.stream.kind != "incident":
        kept = kept.filter(obligation=about.obligation)
    held = kept.aggregate(total=Sum("size"))["total"] or 0
    if held + sum(len(upload.content) for upload in uploads) > settings.EVIDENCE_TOTAL_BYTES:
        sentence = _(
            "The evidence kept here would be more than %(most)s MB; keep this file elsewhere and write down where."
        )
        raise TooLarge("file.full", sentence, most=settings.EVIDENCE_TOTAL_BYTES // 1_000_000)


def _invalid(code: str, sentence: Text, **params: Any) -> Invalid:
    said = str(sentence) % params if params else sentence
    return Invalid(code, sentence, errors=[{"field": "files", "code": code, "message": said}], **params)


def check_files(evidence: str, uploads: Sequence[Upload], accepted: Sequence[str]) -> None:
    """A file proves what accepts one; without a file that kind of proof is none. Raises Invalid."""
    if evidence == FILE and not uploads:
        raise _invalid("file.none", _("Choose the file that proves it."))
    if uploads and FILE not in accepted:
        raise _invalid("file.not_accepted", _("This obligation takes no file as proof."))


def check_later(uploads: Sequence[Upload], *, proved: bool, stands: bool) -> None:
    """Files are added to what was proved, and to nothing else. Raises Conflict, Invalid (no file)."""
    if stands:
        raise Conflict("file.not_proved_yet", _("This is still owed: send the file with its proof."))
    if not proved:
        raise Conflict("file.nothing_proved", _("This ended without a proof; there is nothing to add a file to."))
    if not uploads:
        raise _invalid("file.none", _("Choose the files to add."))
