"""While the response runs: what groups do and report, what headquarters makes of it (4.4)."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.errors import Invalid
from incidents.domain.moves import Act
from incidents.domain.reports import HandlingIn
from incidents.events import EffectEvaluated, GroupStatusSet, HandlingReported
from incidents.models import Evaluation, GroupAtWork, HandlingReport, Incident
from incidents.services.acting import chosen, entered, required, user_id, written
from people import selectors as people


@transaction.atomic
def group_status_set(*, number: str, group: str, status: str, note: str, by: Actor) -> Incident:
    """Say what a work group is doing. Raises Missing, NotAllowed (another group's lead), Invalid, Conflict."""
    incident, actor, now = entered(Act.SET_GROUP_STATUS, number=number, by=by, group=group)
    chosen("status", status, GroupAtWork.Status.values)
    chosen("group", group, [row.key for row in people.groups()])
    row = GroupAtWork.objects.filter(incident=incident, group=group).first()
    before = row.status if row else None
    if before == status and row is not None and row.note == note.strip():
        return incident
    GroupAtWork.objects.update_or_create(
        incident=incident, group=group, defaults={"status": status, "note": note.strip(), "at": now}
    )
    event = GroupStatusSet(group=group, before=before, after=status, note=note.strip())  # type: ignore[arg-type]
    written(incident, [event], by=actor, at=now, act=Act.SET_GROUP_STATUS)
    return incident


@transaction.atomic
def handling_report_add(*, number: str, report: HandlingIn, by: Actor) -> HandlingReport:
    """The technical response group's report (4.4). Raises Missing, NotAllowed, Invalid, Conflict."""
    incident, actor, now = entered(Act.REPORT, number=number, by=by)
    measures = required("measures", report.measures)
    if report.recovery_hours is not None and not 0 <= report.recovery_hours <= 24 * 365:
        errors = [{"field": "recovery_hours", "code": "out_of_bounds", "message": _("This number cannot be right.")}]
        raise Invalid("invalid", _("Some values are not right; see errors."), errors=errors)
    payload = HandlingReported(
        measures=measures,
        situation=report.situation.strip(),
        next_steps=report.next_steps.strip(),
        recovery_hours=report.recovery_hours,
    )
    event = written(incident, [payload], by=actor, at=now, act=Act.REPORT)[0]
    return HandlingReport.objects.create(
        incident=incident,
        at=now,
        by_user_id=user_id(actor),
        event_seq=event.seq,
        measures=measures,
        situation=payload.situation,
        next_steps=payload.next_steps,
        recovery_hours=report.recovery_hours,
    )


@transaction.atomic
def effect_evaluate(*, number: str, verdict: str, reason: str, by: Actor, based_on: int | None = None) -> Incident:
    """Headquarters judges the effect (4.4); a change of level is an act of its own, `level_set`."""
    incident, actor, now = entered(Act.EVALUATE, number=number, by=by, based_on=based_on)
    chosen("verdict", verdict, Evaluation.Verdict.values)
    reason = required("reason", reason)
    event = written(incident, [EffectEvaluated(verdict=verdict, reason=reason)], by=actor, at=now, act=Act.EVALUATE)[0]  # type: ignore[arg-type]
    Evaluation.objects.create(
        incident=incident, at=now, by_user_id=user_id(actor), event_seq=event.seq, verdict=verdict, reason=reason
    )
    return incident
