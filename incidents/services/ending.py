"""Restoring, ending and closing (6.4, 7.2). Whether a response may end is judged by the plan; the verdict comes in."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from common.actor import Actor
from incidents.domain.moves import Act
from incidents.events import ConditionSaid, EndingReported, IncidentClosed, ResponseEnded, ServiceRestored
from incidents.models import Incident
from incidents.services.acting import entered, moved, required, written

HQ = frozenset({"hq_commander", "hq_member"})


@transaction.atomic
def service_restore(*, number: str, note: str, by: Actor) -> Incident:
    """Service is back: monitoring begins, the rhythms of the response stop (ruling on contradiction 13)."""
    incident, actor, now = entered(Act.RESTORE, number=number, by=by)
    fields = moved(Act.RESTORE, incident, now)
    incident.service_restored_at = now
    incident.save(update_fields=[*fields, "service_restored_at"])
    written(incident, [ServiceRestored(phase=incident.phase, note=note.strip())], by=actor, at=now, act=Act.RESTORE)
    return incident


@transaction.atomic
def ending_report(*, number: str, summary: str, by: Actor) -> Incident:
    """The technical response group submits the ending report (6.4)."""
    incident, actor, now = entered(Act.REPORT_ENDING, number=number, by=by)
    summary = required("summary", summary)
    incident.ending_reported_at = now
    incident.save(update_fields=["ending_reported_at"])
    written(incident, [EndingReported(summary=summary)], by=actor, at=now, act=Act.REPORT_ENDING)
    return incident


@transaction.atomic
def response_end(
    *,
    number: str,
    conditions: Sequence[Mapping[str, Any]],
    reason: str,
    by: Actor,
    based_on: int | None = None,
) -> Incident:
    """End the response on conditions the plan judged ({id, state, waived}); the event keeps them."""
    incident, actor, now = entered(Act.END, number=number, by=by, based_on=based_on)
    fields = moved(Act.END, incident, now)
    incident.ended_at = now
    incident.save(update_fields=[*fields, "ended_at"])
    said = [ConditionSaid(**condition) for condition in conditions]
    event = ResponseEnded(phase=incident.phase, conditions=said, reason=reason.strip())
    written(incident, [event], by=actor, at=now, act=Act.END)
    return incident


@transaction.atomic
def incident_close(*, number: str, note: str, by: Actor) -> Incident:
    """Top management approves the ending. `approved` is false when the approver sits in headquarters himself: then it is
    on record as self-approval (ruling on contradiction 25)."""
    incident, actor, now = entered(Act.CLOSE, number=number, by=by)
    fields = moved(Act.CLOSE, incident, now)
    incident.closed_at = now
    incident.save(update_fields=[*fields, "closed_at"])
    event = IncidentClosed(phase=incident.phase, approved=not HQ & by.every_role, note=note.strip())
    written(incident, [event], by=actor, at=now, act=Act.CLOSE)
    return incident
