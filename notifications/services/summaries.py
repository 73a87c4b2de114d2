"""Progress summaries (clause 3.2): drafted from the log, edited by headquarters, published to the tiers."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from common.actor import SYSTEM, Actor
from common.errors import Conflict, Invalid, Missing
from engine import worlds
from engine.log import log_append
from engine.models import Stream
from engine.selectors import events_after
from incidents import selectors as incidents
from incidents.selectors import Incident
from notifications.domain import summary as rules
from notifications.domain.delivery import USUAL
from notifications.events import SummaryDrafted, SummaryEdited, SummaryPublished
from notifications.models import Summary
from notifications.selectors import SUMMARY_TIER, names_for, plan_for
from notifications.services.messages import message_send
from people.rights import require

LONGEST = 8000


@transaction.atomic
def summary_draft(*, incident_id: int, turn: int, due_at: datetime, now: datetime) -> Summary:
    """Draft a turn's summary from the incident's log, or draw a draft nobody has touched up to now.

    A draft a person wrote into, and a published summary, stay as they are.
    """
    _hold(incidents.by_id(incident_id).stream_id)
    nothing = {"due_at": due_at, "draft": [], "drafted_through": 0, "text_zh": "", "text_en": ""}
    row, made = Summary.objects.get_or_create(incident_id=incident_id, turn=turn, defaults=nothing)
    summary = _with_incident().get(pk=row.pk)
    if not made and (summary.edited or not summary.is_draft):
        return summary
    events = _log_of(summary.incident.stream_id)
    through = events[-1]["seq"] if events else 0
    if not made and not _news(events, summary.drafted_through):
        return summary
    zone = ZoneInfo(settings.TIME_ZONE)
    sections = rules.sections(
        events, since=_told_through(incident_id, turn), now=now, names=names_for(summary.incident), zone=zone
    )
    number = str(summary.incident.number)
    summary.text_zh, summary.text_en = (
        rules.text(sections, language, number=number, turn=turn, now=now, zone=zone) for language in ("zh", "en")
    )
    summary.draft = [section.as_dict() for section in sections]
    summary.drafted_through = through
    summary.revision += 0 if made else 1
    summary.save(update_fields=["draft", "drafted_through", "text_zh", "text_en", "revision"])
    if made:
        payload = SummaryDrafted(summary=summary.pk, turn=turn)
        log_append(summary.incident.stream, payload, by=SYSTEM, occurred=now, clause=_clause(summary.incident))
    return summary


def _clause(incident: Incident) -> str:
    plan = plan_for(incident)
    return plan.cites("summary") if plan else ""


def _log_of(stream_id: int) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    while page := events_after(stream_id, events[-1]["seq"] if events else 0):
        events += [event.as_dict() for event in page]
    return events


def _news(events: Sequence[dict[str, Any]], through: int) -> bool:
    return any(event["seq"] > through and not event["kind"].startswith(("summary.", "message.")) for event in events)


def _told_through(incident_id: int, turn: int) -> int:
    """The newest event the last published summary knew."""
    before = Summary.objects.filter(incident_id=incident_id, turn__lt=turn, status=Summary.Status.PUBLISHED)
    return before.order_by("-turn").values_list("drafted_through", flat=True).first() or 0


@transaction.atomic
def summary_edit(*, summary_id: int, zh: str, en: str, based_on: int, by: Actor) -> Summary:
    """Replace both texts; raises Conflict when somebody changed it since revision `based_on`, or it is published."""
    by = require(by, "summary.edit")
    # A browser sends the ends of lines its own way.
    zh, en = ("\n".join(text.splitlines()) for text in (zh, en))
    errors = [
        {"field": field, "code": "length", "message": _("Write between 1 and 8,000 characters.")}
        for field, text in (("zh", zh), ("en", en))
        if not 1 <= len(text.strip()) <= LONGEST
    ]
    if errors:
        raise Invalid("summary.wrong", _("The summary is not complete; see errors."), errors=errors)
    summary = _locked_draft(summary_id, based_on)
    if (summary.text_zh, summary.text_en) == (zh, en):
        return summary
    summary.text_zh, summary.text_en = zh, en
    summary.revision, summary.edited = summary.revision + 1, True
    summary.save(update_fields=["text_zh", "text_en", "revision", "edited"])
    log_append(
        summary.incident.stream,
        SummaryEdited(summary=summary.pk, revision=summary.revision),
        by=by,
        clause=_clause(summary.incident),
    )
    return summary


@transaction.atomic
def summary_publish(*, summary_id: int, revision: int, by: Actor, to: Sequence[tuple[int, str]]) -> Summary:
    """Publish exactly the revision the person read, and tell `to`: the persons of the tiers, each with his role.

    Raises Conflict when the text changed since, or when it is published already.
    """
    by = require(by, "summary.publish")
    summary = _locked_draft(summary_id, revision)
    incident = summary.incident
    plan = plan_for(incident)
    tier = plan.tiers.get(SUMMARY_TIER) if plan else None
    now = worlds.now(incident.world_id)
    summary.status, summary.published_at, summary.published_by_id = Summary.Status.PUBLISHED, now, by.id
    summary.late = now > summary.due_at
    summary.content_hash = content_hash(summary)
    summary.save(update_fields=["status", "published_at", "published_by", "late", "content_hash"])
    payload = SummaryPublished(
        summary=summary.pk, revision=summary.revision, late=summary.late, sha256=summary.content_hash
    )
    log_append(incident.stream, payload, by=by, occurred=now, clause=_clause(incident))
    message_send(
        world_id=incident.world_id,
        incident_id=incident.pk,
        kind="summary.published",
        to=to,
        subject=rules.subject(str(incident.number), summary.turn),
        body={"zh": summary.text_zh, "en": summary.text_en},
        clause=_clause(incident),
        urgent=False,
        key=f"summary:{summary.pk}",
        link=f"/incidents/{incident.number}/summaries/{summary.pk}/",
        channels=tier.channels if tier else USUAL,
        chats=tier.chats if tier else (),
        by=by,
    )
    return summary


def content_hash(summary: Summary) -> str:
    """SHA-256 over both texts as published; the log keeps the same value."""
    return hashlib.sha256(f"{summary.text_zh}\x00{summary.text_en}".encode()).hexdigest()


def _locked_draft(summary_id: int, revision: int) -> Summary:
    stream_id = Summary.objects.filter(pk=summary_id).values_list("incident__stream_id", flat=True).first()
    if stream_id is None:
        raise Missing("summary.missing", _("There is no such summary."))
    _hold(stream_id)
    summary = _with_incident().get(pk=summary_id)
    if not summary.is_draft:
        raise Conflict("summary.published", _("This summary is published; its text stays as it is."))
    if summary.revision != revision:
        raise Conflict("summary.stale", _("The text changed after you opened it; read it again before you go on."))
    return summary


def _hold(stream_id: int) -> None:
    """Whoever changes a summary stands in line at the incident's stream first: a reaction that drafts holds it already."""
    Stream.objects.select_for_update(no_key=True).get(pk=stream_id)


def _with_incident() -> QuerySet[Summary]:
    return Summary.objects.select_related("incident__stream")
