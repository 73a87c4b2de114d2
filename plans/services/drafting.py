"""Writing a version: begin, edit, submit, give up."""

import difflib
import hashlib

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.errors import Conflict, Invalid, NotAllowed
from engine import worlds
from people.rights import require
from plans.domain import lint
from plans.domain.versions import Act, State
from plans.events import VersionDrafted, VersionEdited, VersionSubmitted, VersionWithdrawn
from plans.models import PlanText, PlanVersion
from plans.services.acting import (
    approval_voided,
    entered,
    keepable,
    moved,
    named,
    no_version,
    read_plan,
    reason_given,
    same_text,
    written,
)


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def next_number() -> int:
    return 1 + (PlanVersion.objects.aggregate(most=Max("number"))["most"] or 0)


def version_draft(
    *, by: Actor, base: int | None = None, text: str | None = None, file: str = "plan.yaml"
) -> PlanVersion:
    """Begin a draft: a copy of version `base`, or of an uploaded text, which must read as a plan.

    Raises NotAllowed, Missing (no such base), Invalid (with every fault of the text), Conflict (somebody drafted at this moment).
    """
    by = require(by, "plan.edit")
    if by.id is None:
        raise NotAllowed("plan.person", _("A version is written and approved by persons."))
    start = PlanVersion.objects.filter(number=base).first() if base is not None else None
    if base is not None and start is None:
        raise no_version()
    if text is None:
        if start is None:
            raise Invalid("plan.from_what", _("Name the version to begin from, or send a text."))
        text, key = start.text, start.plan_key
    else:
        text = keepable(text)
        key = read_plan(text, file).key
    try:
        with transaction.atomic():
            return _begun(text, key, start, by, me=by.id)
    except IntegrityError:
        raise Conflict(
            "plan.being_drafted", _("Somebody else began a version at this very moment; send it again.")
        ) from None


def _begun(text: str, key: str, start: PlanVersion | None, by: Actor, *, me: int) -> PlanVersion:
    now = worlds.now(worlds.real())
    version = PlanVersion.objects.create(
        plan_key=key,
        number=next_number(),
        text=text,
        sha256=sha256_of(text),
        status=State.DRAFT.value,
        origin=PlanVersion.Origin.DRAFTED,
        base=start,
        writers=sorted(by.persons),
        edited_by_id=me,
        edited_at=now,
        created_by_name=by.name,
    )
    _kept(version, me)
    imported = start is None or start.text != text
    drafted = VersionDrafted(**named(version), base=start.number if start else None, imported=imported)
    written(version, drafted, by=by, at=now)
    return version


@transaction.atomic
def version_edit(
    *, number: int, text: str, based_on: int, by: Actor, based_on_sha256: str | None = None, note: str = ""
) -> PlanVersion:
    """Keep another text: a draft of a new revision, which voids what was submitted or approved.

    A text with faults is kept too, so that no work is lost; it cannot be submitted. Raises Conflict when somebody changed it
    since revision `based_on`, or it is in force, retired or withdrawn.
    """
    text = keepable(text)
    it = entered(Act.EDIT, number, by)
    version = it.version
    same_text(version, based_on, based_on_sha256)
    if version.text == text:
        return version
    voided = version.state is not State.DRAFT
    added, removed = _lines(version.text, text)
    version.text, version.sha256 = text, sha256_of(text)
    version.revision += 1
    version.writers = sorted({*version.writers, *it.by.persons})
    version.edited_by_id, version.edited_at = it.me, it.now
    moved(it, "text", "sha256", "revision", "writers", "edited_by", "edited_at", *approval_voided(version))
    _kept(version, it.me)
    edited = VersionEdited(**named(version), added=added, removed=removed, voided=voided, note=note.strip()[:2000])
    written(version, edited, by=it.by, at=it.now)
    return version


def _kept(version: PlanVersion, me: int) -> None:
    PlanText.objects.create(
        version=version,
        revision=version.revision,
        text=version.text,
        sha256=version.sha256,
        by_id=me,
        at=version.edited_at,
    )


def _lines(before: str, after: str) -> tuple[int, int]:
    """How many lines came and went."""
    rows = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0))[2:]
    return sum(row.startswith("+") for row in rows), sum(row.startswith("-") for row in rows)


@transaction.atomic
def version_submit(*, number: int, by: Actor, revision: int | None = None) -> PlanVersion:
    """Ask for approval. Raises Invalid with every fault of the text, Conflict when `revision` is not the newest.

    Open findings do not stop it: whether one can live with them is for who approves, who sees them.
    """
    it = entered(Act.SUBMIT, number, by)
    version = it.version
    same_text(version, revision)
    plan = read_plan(version.text, version.file_name)
    if plan.key != version.plan_key:
        rows = [{"field": "key", "code": "plan.key", "message": version.plan_key}]
        raise Invalid(
            "plan.other_key",
            _("This draft is one of the plan “%(key)s”; for another plan upload a file of its own."),
            errors=rows,
            key=version.plan_key,
        )
    version.submitted_by_id, version.submitted_at = it.me, it.now
    # Nor does he approve in whose place it was submitted.
    version.writers = sorted({*version.writers, *(it.by.persons - {it.me})})
    moved(it, "submitted_by", "submitted_at", "writers")
    written(version, VersionSubmitted(**named(version), open=len(lint(plan).open)), by=it.by, at=it.now)
    return version


@transaction.atomic
def version_withdraw(*, number: int, reason: str, by: Actor) -> PlanVersion:
    """Give a version up that is not in force; it stays on record with the reason."""
    reason = reason_given(reason)
    it = entered(Act.WITHDRAW, number, by)
    version, was = it.version, it.version.status
    version.withdrawn_by_id, version.withdrawn_at, version.withdrawn_why = it.me, it.now, reason
    moved(it, "withdrawn_by", "withdrawn_at", "withdrawn_why", *approval_voided(version))
    written(version, VersionWithdrawn(**named(version), was=was, reason=reason), by=it.by, at=it.now)
    return version


def decoded(content: bytes) -> str:
    """The text of an uploaded file; raises Invalid for one that is too large or not UTF-8."""
    try:
        return keepable(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        rows = [{"field": "file", "code": "encoding", "message": _("This file is not UTF-8 text.")}]
        raise Invalid("plan.encoding", _("This file is not UTF-8 text."), errors=rows) from None
