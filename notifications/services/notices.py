"""Public notices (clause 3.4): PR drafts, legal approves this very text, the PR manager publishes; three different people."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.errors import Conflict, Invalid, Missing, NotAllowed, Text
from engine import worlds
from engine.log import log_append, stream_open
from engine.models import Event, Stream, World
from incidents.selectors import Incident
from notifications.domain import notices as rules
from notifications.domain.notices import Act, Barred, Kind, State, Why, Wrong
from notifications.events import (
    HoldingKept,
    NoticeApproved,
    NoticeDrafted,
    NoticeEdited,
    NoticePublished,
    NoticeReturned,
    NoticeSubmitted,
    NoticeWithdrawn,
    OfNotice,
)
from notifications.models import Notice
from notifications.notice_selectors import NOTICE_STREAM, notice_scope
from notifications.selectors import plan_for
from notifications.services import notice_words
from people.rights import require

LONGEST_REASON = 2000
REFUSED: dict[Why, Text] = {
    Why.PUBLISHED: _("This notice is published; its text stays as it is. Withdraw it, or draft a new one."),
    Why.WITHDRAWN: _("This notice was withdrawn; draft a new one."),
    Why.NOT_APPROVED: _("Legal has not approved this text; it cannot be published yet."),
    Why.NOT_SUBMITTED: _("This notice is a draft; it must be submitted to legal first."),
    Why.DONE_ALREADY: _("Somebody was faster: this was done already. Read the notice again."),
}
BARRED: dict[Barred, Text] = {
    Barred.WROTE: _("You wrote this text or a part of it; another person must approve and publish it."),
    Barred.APPROVED: _("You approved this text for legal; another person must publish it."),
}
WRONG: dict[Wrong, Text] = {
    Wrong.LENGTH: _("Write between 5 and 2,000 characters."),
    Wrong.CONTROL: _(
        "This text holds control characters that cannot be seen; type it again or paste it as plain text."
    ),
    Wrong.GAP: _("A gap of the template is still open; fill it in, or take the sentence out."),
}


# --- writing -----------------------------------------------------------------------------------------------------------
@transaction.atomic
def notice_draft(*, world: World, incident: Incident | None, kind: str, zh: str, en: str, by: Actor) -> Notice:
    """Begin a notice, of an incident or a general one. Raises NotAllowed, or Invalid naming each text that is wrong."""
    by = require(by, "notice.draft", notice_scope(incident))
    kind = _kind(kind)
    zh, en = _texts(zh, en)
    if incident is not None and incident.world_id != world.pk:
        raise Invalid("notice.world", _("This incident belongs to another world."))
    now = worlds.now(world)
    me = _person(by)
    notice = Notice.objects.create(
        world=world,
        incident=incident,
        kind=kind,
        text_zh=zh,
        text_en=en,
        content_hash=rules.content_hash(zh, en),
        writers=sorted(by.persons),
        drafted_by_id=me,
        drafted_at=now,
        edited_by_id=me,
        edited_at=now,
    )
    drafted = NoticeDrafted(**_named(notice), zh=zh, en=en, sha256=notice.content_hash)
    _log(notice, drafted, by, now)
    return notice


@transaction.atomic
def notice_edit(*, notice_id: int, zh: str, en: str, based_on: int, by: Actor) -> Notice:
    """Replace both texts: a draft of a new revision, which voids what legal approved or is reading.

    Raises Conflict when somebody changed it since revision `based_on`, or it is out or withdrawn; Invalid for wrong texts.
    """
    zh, en = _texts(zh, en)
    it = _entered(Act.EDIT, notice_id, by)
    notice = it.notice
    _same_revision(notice, based_on)
    if (notice.text_zh, notice.text_en) == (zh, en):
        return notice
    voided = notice.state != State.DRAFT
    me = _person(it.by)
    notice.text_zh, notice.text_en, notice.content_hash = zh, en, rules.content_hash(zh, en)
    notice.revision += 1
    notice.writers = sorted({*notice.writers, *it.by.persons})
    notice.edited_by_id, notice.edited_at = me, it.now
    texts = ("text_zh", "text_en", "content_hash", "revision", "writers", "edited_by", "edited_at")
    _moved(it, *texts, *_approval_voided(notice))
    _log(notice, NoticeEdited(**_named(notice), zh=zh, en=en, sha256=notice.content_hash, voided=voided), it.by, it.now)
    return notice


@transaction.atomic
def notice_submit(*, notice_id: int, by: Actor, revision: int | None = None) -> Notice:
    """Hand the text to legal and tell them. Raises Conflict, also when `revision` is not the newest; Invalid at an open gap."""
    it = _entered(Act.SUBMIT, notice_id, by)
    notice = it.notice
    _same_revision(notice, revision)
    _complete(notice)
    notice.submitted_by_id, notice.submitted_at = it.by.id, it.now
    _moved(it, "submitted_by", "submitted_at")
    event = _log(notice, NoticeSubmitted(**_named(notice), sha256=notice.content_hash), it.by, it.now)
    notice_words.tell_legal(notice, event)
    return notice


# --- legal -------------------------------------------------------------------------------------------------------------
@transaction.atomic
def notice_approve(*, notice_id: int, revision: int, content_hash: str, by: Actor, opinion: str = "") -> Notice:
    """Legal approves this very text, and the PR manager is told.

    Raises Conflict when the text is not the one that was read, NotAllowed for who wrote it, Invalid when a notice to the
    regulator comes without legal's opinion.
    """
    it = _entered(Act.APPROVE, notice_id, by)
    notice = it.notice
    if (notice.revision, notice.content_hash) != (revision, content_hash):
        raise _stale()
    if notice.kind == Kind.REGULATOR:
        opinion = _reason("opinion", opinion)
    notice.approved_by_id, notice.approved_at = it.by.id, it.now
    notice.approved_in_place_of_id = it.by.in_place_of
    notice.approved_revision, notice.approved_hash = revision, content_hash
    notice.opinion = opinion.strip()[:LONGEST_REASON]
    _moved(it, "approved_by", "approved_at", "approved_in_place_of", "approved_revision", "approved_hash", "opinion")
    payload = NoticeApproved(**_named(notice), sha256=content_hash, opinion=notice.opinion)
    notice_words.tell_publisher(notice, _log(notice, payload, it.by, it.now))
    return notice


@transaction.atomic
def notice_return(*, notice_id: int, reason: str, by: Actor) -> Notice:
    """Legal gives it back with a reason, and who wrote it is told; an approval given before is void."""
    reason = _reason("reason", reason)
    it = _entered(Act.RETURN, notice_id, by)
    notice_words.tell_writers(it.notice, _returned(it, reason))
    return it.notice


# --- out, and back -----------------------------------------------------------------------------------------------------
@transaction.atomic
def notice_publish(*, notice_id: int, by: Actor, revision: int | None = None, incident_id: int | None = None) -> Notice:
    """The PR manager, the single voice, puts the approved text out; a second time is a Conflict.

    A holding statement approved ahead goes out for the incident named here, and its text stands ready for the next one.
    Raises NotAllowed for who wrote or approved it.
    """
    it = _entered(Act.PUBLISH, notice_id, by, also=incident_id)
    notice = it.notice
    _same_revision(notice, revision)
    _assign(it, incident_id)
    notice.published_by_id, notice.published_at = it.by.id, it.now
    _moved(it, "incident", "published_by", "published_at")
    _log(notice, NoticePublished(**_named(notice), sha256=notice.content_hash), it.by, it.now)
    return notice


@transaction.atomic
def notice_withdraw(*, notice_id: int, reason: str, by: Actor) -> Notice:
    """Take it off the public page, or give a draft up; it stays on record with the reason.

    The same text, kept ready for the next incident by a holding statement that was out, goes back to its writers.
    """
    reason = _reason("reason", reason)
    it = _entered(Act.WITHDRAW, notice_id, by)
    notice = it.notice
    was_out = notice.state == State.PUBLISHED
    notice.withdrawn_by_id, notice.withdrawn_at, notice.withdrawn_why = it.by.id, it.now, reason
    _moved(it, "withdrawn_by", "withdrawn_at", "withdrawn_why")
    _log(notice, NoticeWithdrawn(**_named(notice), published=was_out, reason=reason), it.by, it.now)
    if was_out and notice.kind == Kind.HOLDING:
        _no_longer_ready(it, reason)
    return notice


# --- what every act shares ----------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Entered:
    """An act that may be done: the notice held until the transaction ends, the actor with his authority, the world's now."""

    act: Act
    notice: Notice
    by: Actor
    now: datetime


def _entered(act: Act, notice_id: int, by: Actor, *, also: int | None = None) -> Entered:
    """Permission → lock → move → person. Raises Missing, NotAllowed, Conflict."""
    seen = Notice.objects.select_related("incident", "world").filter(pk=notice_id).first()
    if seen is None:
        raise Missing("notice.missing", _("There is no such notice; see the list of notices."))
    by = require(by, rules.RIGHT[act], notice_scope(seen.incident))
    _hold(seen, also, store=act is Act.WITHDRAW and seen.kind == Kind.HOLDING)
    notice = (
        Notice.objects.select_for_update(no_key=True, of=("self",))
        .select_related("world", "incident__stream", "incident__world")
        .get(pk=notice_id)
    )
    why = rules.judge(act, State(notice.state))
    if why is not None:
        raise Conflict(why.value, REFUSED[why])
    bar = rules.barred(act, by.persons, writers=notice.writers, approved_by=notice.approvers)
    if bar is not None:
        raise NotAllowed(bar.value, BARRED[bar])
    return Entered(act, notice, by, worlds.now(notice.world))


def _hold(notice: Notice, also: int | None, *, store: bool = False) -> None:
    """Whoever changes a notice stands in line at its stream first, as every reaction does; several are taken in id order.

    `store`: the act reaches what stands ready for the next incident, too.
    """
    wanted = [_stream(notice).pk]
    if store:
        wanted.append(stream_open(notice.world, NOTICE_STREAM, NOTICE_STREAM).pk)
    if also is not None:
        wanted += Incident.objects.filter(pk=also).values_list("stream_id", flat=True)
    list(Stream.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk"))


def _stream(notice: Notice) -> Stream:
    """The incident's, or the world's stream of notices while it belongs to none."""
    if notice.incident is not None:
        return notice.incident.stream
    return stream_open(notice.world, NOTICE_STREAM, NOTICE_STREAM)


def _moved(it: Entered, *fields: str) -> None:
    it.notice.state = rules.MOVES[it.act][State(it.notice.state)].value
    it.notice.save(update_fields=["state", *fields])


def _approval_voided(notice: Notice) -> tuple[str, ...]:
    notice.approved_by = notice.approved_at = notice.approved_in_place_of = None
    notice.approved_revision, notice.approved_hash, notice.opinion = 0, "", ""
    return ("approved_by", "approved_at", "approved_in_place_of", "approved_revision", "approved_hash", "opinion")


def _keep_ready(it: Entered) -> None:
    """The next need finds the same approved text in store (ruling on contradiction 10): nobody has to approve it twice."""
    out = it.notice
    names = ("world_id", "kind", "text_zh", "text_en", "revision", "content_hash", "writers", "opinion",
             "approved_in_place_of_id")  # fmt: skip
    people = ("drafted", "edited", "submitted", "approved")
    same = {name: getattr(out, name) for name in names}
    same |= {f"{did}_{what}": getattr(out, f"{did}_{what}") for did in people for what in ("by_id", "at")}
    ready = Notice.objects.create(**same, approved_revision=out.approved_revision, approved_hash=out.approved_hash)
    # The same way as every notice: the database lets none begin as approved.
    for state in (State.IN_REVIEW, State.APPROVED):
        ready.state = state.value
        ready.save(update_fields=["state"])
    kept = HoldingKept(**_named(ready), of=out.pk, sha256=ready.content_hash)
    log_append(_stream(ready), kept, by=it.by, occurred=it.now, clause=_clause(ready))


def _no_longer_ready(it: Entered, reason: str) -> None:
    """What was wrong with the text out there is wrong with it in store: legal reads it again before it is offered."""
    out = it.notice
    twins = Notice.objects.select_for_update(no_key=True, of=("self",)).select_related("world")
    same = twins.filter(world=out.world_id, kind=Kind.HOLDING.value, incident=None, content_hash=out.content_hash)
    for twin in same.filter(state=State.APPROVED.value).order_by("pk"):
        notice_words.tell_withdrawn(twin, _returned(Entered(Act.RETURN, twin, it.by, it.now), reason))


def _returned(it: Entered, reason: str) -> Event:
    notice = it.notice
    notice.returned_by_id, notice.returned_at, notice.returned_why = it.by.id, it.now, reason
    _moved(it, "returned_by", "returned_at", "returned_why", *_approval_voided(notice))
    return _log(notice, NoticeReturned(**_named(notice), reason=reason), it.by, it.now)


def _assign(it: Entered, incident_id: int | None) -> None:
    """A holding statement goes out for an incident; every other keeps the one it was drafted for."""
    notice = it.notice
    if notice.kind != Kind.HOLDING or notice.incident_id is not None:
        if incident_id not in (None, notice.incident_id):
            raise Invalid("notice.incident", _("Only a holding statement may be published for another incident."))
        return
    incident = Incident.objects.select_related("stream", "world").filter(pk=incident_id).first()
    if incident is None or incident.world_id != notice.world_id:
        rows = [{"field": "incident", "code": "required", "message": _("Choose the incident this is published for.")}]
        raise Invalid("notice.incident", _("Choose the incident this is published for."), errors=rows)
    _keep_ready(it)
    notice.incident = incident


def _log(notice: Notice, payload: OfNotice, by: Actor, now: datetime) -> Event:
    plan_version = notice.incident.plan_version if notice.incident else None
    return log_append(_stream(notice), payload, by=by, occurred=now, clause=_clause(notice), plan_version=plan_version)


def _clause(notice: Notice) -> str:
    """Of the incident's own plan; a statement ahead of any stands under the plan in force."""
    plan = plan_for(notice.incident)
    return plan.cites("notice") if plan else ""


def _named(notice: Notice) -> dict[str, Any]:
    return {"notice": notice.pk, "kind": str(notice.kind), "revision": notice.revision}


def _person(by: Actor) -> int:
    if by.id is None:
        raise NotAllowed("notice.person", _("A notice is written by a person."))
    return by.id


def _kind(kind: str) -> str:
    if kind not in set(Kind):
        rows = [{"field": "kind", "code": "invalid_choice", "message": _("This is not one of the choices.")}]
        raise Invalid("notice.kind", _("Some values are not right; see errors."), errors=rows)
    return str(kind)


def _texts(zh: str, en: str) -> tuple[str, str]:
    zh, en = rules.tidy(zh), rules.tidy(en)
    _refuse({"zh": rules.wrong(zh), "en": rules.wrong(en)})
    return zh, en


def _complete(notice: Notice) -> None:
    texts = {"zh": notice.text_zh, "en": notice.text_en}
    _refuse({language: Wrong.GAP if rules.GAP[language] in text else None for language, text in texts.items()})


def _refuse(wrongs: dict[str, Wrong | None]) -> None:
    errors = [{"field": f, "code": wrong.value, "message": WRONG[wrong]} for f, wrong in wrongs.items() if wrong]
    if errors:
        raise Invalid("notice.wrong", _("The notice cannot be kept like this; see errors."), errors=errors)


def _reason(field: str, text: str) -> str:
    text = rules.tidy(text)
    if not text or len(text) > LONGEST_REASON or rules.wrong(text) is Wrong.CONTROL:
        rows = [{"field": field, "code": "length", "message": _("Write between 1 and 2,000 characters.")}]
        raise Invalid("reason.required", _("Give the reason; it is kept with your name."), errors=rows)
    return text


def _same_revision(notice: Notice, revision: int | None) -> None:
    if revision is not None and notice.revision != revision:
        raise _stale()


def _stale() -> Conflict:
    return Conflict("notice.stale", _("The text changed after you opened it; read it again before you go on."))
