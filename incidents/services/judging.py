"""Facts and judgements: verifying, assessing, recording what is known, dismissing."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.errors import Conflict, Invalid, Text
from engine.events import Payload
from incidents.domain.facts import NOWHERE, Value, Wrong, changed, recorded, wrongs
from incidents.domain.moves import LEVELLED, Act, Phase
from incidents.events import (
    FactsRecorded,
    IncidentAssessed,
    IncidentDismissed,
    IncidentVerified,
    RegulatorConcerned,
    SupportArrived,
    SupportNeeded,
)
from incidents.models import Assessment, Incident, Intake
from incidents.services.acting import chosen, entered, moved, required, user_id, written
from plans.domain import Place
from plans.selectors import plan_of

Facts = Mapping[str, Value | None]

SENTENCES: dict[Wrong, Text] = {
    Wrong.UNKNOWN_FACT: _("The plan knows no such fact."),
    Wrong.NOT_A_CHOICE: _("This is not one of the choices."),
    Wrong.NOT_A_NUMBER: _("A number is needed here."),
    Wrong.NOT_YES_OR_NO: _("Yes or no is needed here."),
    Wrong.OUT_OF_BOUNDS: _("This number cannot be right."),
}


@transaction.atomic
def incident_verify(
    *, number: str, outcome: str, major: bool | None, note: str, by: Actor, based_on: int | None = None
) -> Incident:
    """Say whether the report holds (4.1) and whether it is major (3.1); a false alarm is dismissed in the same act (4.4).

    `major` None counts as ordinary. Raises Missing, NotAllowed, Invalid, Conflict.
    """
    incident, actor, now = entered(Act.VERIFY, number=number, by=by, based_on=based_on)
    chosen("outcome", outcome, Intake.Outcome.values)
    false_alarm = outcome == Intake.Outcome.FALSE_ALARM
    note = required("note", note) if false_alarm else note.strip()
    if false_alarm and Phase(incident.phase) in LEVELLED:
        sentence = _("The region of incident %(number)s has started a response; tell headquarters, which ends it.")
        raise Conflict("incident.response_runs", sentence, number=number)
    fields = _dismissed(incident, now, false_alarm=True) if false_alarm else moved(Act.VERIFY, incident, now)
    incident.verified_at, incident.major = now, bool(major) and not false_alarm
    incident.save(update_fields=["verified_at", "major", *fields])
    Intake.objects.filter(incident=incident).update(
        outcome=outcome, verification_note=note, verified_by_id=user_id(actor), verified_at=now
    )
    events: list[Payload] = [
        IncidentVerified(outcome=outcome, major=incident.major, note=note, phase=incident.phase)  # type: ignore[arg-type]
    ]
    if false_alarm:
        events.append(IncidentDismissed(reason=note, false_alarm=True, phase=incident.phase))
    written(incident, events, by=actor, at=now, act=Act.VERIFY)
    return incident


@transaction.atomic
def incident_dismiss(
    *, number: str, reason: str, false_alarm: bool, by: Actor, based_on: int | None = None
) -> Incident:
    """Close what needs no response, with a reason (4.4; ruling on contradiction 20)."""
    incident, actor, now = entered(Act.DISMISS, number=number, by=by, based_on=based_on)
    reason = required("reason", reason)
    incident.save(update_fields=_dismissed(incident, now, false_alarm=false_alarm))
    event = IncidentDismissed(reason=reason, false_alarm=false_alarm, phase=incident.phase)
    written(incident, [event], by=actor, at=now, act=Act.DISMISS)
    return incident


def _dismissed(incident: Incident, now: datetime, *, false_alarm: bool) -> list[str]:
    incident.closed_at, incident.false_alarm = now, false_alarm
    return [*moved(Act.DISMISS, incident, now), "closed_at", "false_alarm"]


@transaction.atomic
def facts_record(
    *, number: str, facts: Facts, by: Actor, source: str = "", places: Mapping[str, Place] = NOWHERE
) -> Incident:
    """Record what is known of the level dimensions (4.2); a value of None: not known any more. No rule runs here.

    `source` is shown on the decision card, with where it was measured (`places`: fact → where); without one it is the role that
    recorded. Nothing new writes no event, but a fact said again gets the newer time.
    """
    incident, actor, now = entered(Act.RECORD_FACTS, number=number, by=by)
    event = _record(incident, facts, now=now, source=source or actor.role, places=places)
    if event:
        written(incident, [event], by=actor, at=now, act=Act.RECORD_FACTS)
    return incident


@transaction.atomic
def regulator_name(*, number: str, regulator: str, reason: str, by: Actor) -> Incident:
    """Say which regulator is concerned, and why (3.4): a notice to it is owed from now on.

    Raises Missing, NotAllowed, Invalid (without name or reason), Conflict (closed or dismissed).
    """
    incident, actor, now = entered(Act.NAME_REGULATOR, number=number, by=by)
    said = RegulatorConcerned(regulator=required("regulator", regulator), reason=required("reason", reason))
    written(incident, [said], by=actor, at=now, act=Act.NAME_REGULATOR)
    return incident


@transaction.atomic
def cannot_hold(*, number: str, needs: str, reason: str, by: Actor) -> Incident:
    """Declare that our own means cannot hold it, with what is needed (6.3): outside support is owed within the plan's time.

    Raises Missing, NotAllowed, Invalid (without needs or reason), Conflict (not verified yet, or over).
    """
    incident, actor, now = entered(Act.CANNOT_HOLD, number=number, by=by)
    said = SupportNeeded(needs=required("needs", needs), reason=required("reason", reason))
    written(incident, [said], by=actor, at=now, act=Act.CANNOT_HOLD)
    return incident


@transaction.atomic
def support_arrived(*, number: str, forces: str, note: str, by: Actor) -> Incident:
    """Record that outside forces are here (6.3): the on-scene commander is to be named at once.

    Raises Missing, NotAllowed, Invalid (without who came), Conflict (not verified yet, or over).
    """
    incident, actor, now = entered(Act.SUPPORT_ARRIVED, number=number, by=by)
    said = SupportArrived(forces=required("forces", forces), note=note.strip())
    written(incident, [said], by=actor, at=now, act=Act.SUPPORT_ARRIVED)
    return incident


@transaction.atomic
def incident_assess(*, number: str, facts: Facts, impact: str, measures: str, by: Actor) -> Incident:
    """The technical response group's impact assessment (4.1), with the facts it found."""
    incident, actor, now = entered(Act.ASSESS, number=number, by=by)
    impact, measures = required("impact", impact), measures.strip()
    new = _record(incident, facts, now=now, source=actor.role)
    incident.assessed_at = now
    incident.save(update_fields=["assessed_at"])
    events: list[Payload] = [new] if new else []
    events.append(IncidentAssessed(facts=dict(facts), impact=impact, measures=measures))
    event = written(incident, events, by=actor, at=now, act=Act.ASSESS)[-1]
    Assessment.objects.create(
        incident=incident,
        at=now,
        by_user_id=user_id(actor),
        event_seq=event.seq,
        facts=dict(facts),
        impact=impact,
        measures=measures,
    )
    return incident


def _record(
    incident: Incident, facts: Facts, *, now: datetime, source: str, places: Mapping[str, Place] = NOWHERE
) -> FactsRecorded | None:
    """Write facts on the locked incident; the event, or None when every value stays what it was. Raises Invalid."""
    said, fields = facts_taken(incident, facts, now=now, source=source, places=places)
    incident.save(update_fields=fields)
    return said


def facts_taken(
    incident: Incident, facts: Facts, *, now: datetime, source: str, places: Mapping[str, Place] = NOWHERE
) -> tuple[FactsRecorded | None, list[str]]:
    """Take facts into an incident that is held: the event, or None when every value stays what it was, and the fields to
    save. Raises Invalid."""
    if wrong := wrongs(facts, plan_of(incident.plan_version).facts):
        errors = [{"field": f"facts.{k}", "code": w.value, "message": SENTENCES[w]} for k, w in wrong.items()]
        raise Invalid("invalid", _("Some values are not right; see errors."), errors=errors)
    before, after = changed(incident.facts, facts)
    incident.facts = recorded(incident.facts, facts, at=now, source=source, places=places)
    fields = ["facts"]
    if "reach" in after:
        incident.reach = after["reach"]  # type: ignore[assignment]
        fields.append("reach")
    return FactsRecorded(before=before, after=after) if after else None, fields
