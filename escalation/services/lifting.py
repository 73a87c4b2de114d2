"""Lifting a warning (5.3): the technical group applies, the plan judges, headquarters approves, all who were told hear of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor, authority_read
from common.bilingual import both, in_language
from common.errors import Conflict, NotAllowed
from engine import worlds
from engine.models import Event
from escalation import selectors
from escalation.events import LiftApplied, LiftRefused, WarningLifted
from escalation.models import EarlyWarning, LiftApplication
from escalation.services.conditions import facts_now, said_facts
from escalation.services.standing import Standing, entered, person_id
from escalation.services.telling import tell_people, tell_roles
from incidents import services as incidents
from incidents.selectors import Incident
from incidents.services.acting import required
from people import selectors as people
from plans.domain import EndVerdict, Plan, said_of, warning_lift

LIFT = "lift"  # the act that the plan is asked for the clause of
APPROVERS = ("hq_commander", "hq_member")  # roles of rights


def lift_verdict(
    incident: Incident, declared: Mapping[str, bool], *, source: str = "", since: datetime | None = None
) -> EndVerdict:
    """The conditions of the incident's plan as they stand; `declared` is the word of who applies, in what role (`source`), and `since`
    when it was given."""
    plan = selectors.plan_for(incident)
    at = since or worlds.now(incident.world_id)
    said = said_facts(plan, plan.lifting, declared, at=at, source=source)
    return warning_lift(plan, facts_now(incident, plan, plan.lifting) | said)


def applied_verdict(incident: Incident, application: LiftApplication) -> EndVerdict:
    """The conditions as they stand, with what was confirmed when somebody applied, by whom it was."""
    events = Event.objects.filter(
        stream=incident.stream_id, kind="warning.lift_applied", data__application=application.pk
    )
    authority = events.values_list("authority", flat=True).get()
    declared = declared_in(application, selectors.plan_for(incident))
    return lift_verdict(incident, declared, source=authority_read(authority)[0], since=application.applied_at)


def declared_in(application: LiftApplication, plan: Plan) -> dict[str, bool]:
    """What was confirmed with an application."""
    values = {row["id"]: row["value"] for row in application.conditions}
    asked = said_of(plan, plan.lifting)
    return {name: bool(values[row.id]) for name, row in asked.items() if values.get(row.id) is not None}


def _must_hold(verdict: EndVerdict) -> None:
    """Raises Conflict naming each condition that is not met, with its clause."""
    if verdict.allowed:
        return
    errors = [
        {
            "field": row.id,
            "code": row.met.value,
            "message": f"{in_language(row.title.as_dict())} ({', '.join(row.clauses)})",
        }
        for row in verdict.open
    ]
    raise Conflict(
        "lift.conditions",
        _("The warning cannot be lifted yet. Not met or not known: %(conditions)s."),
        errors=errors,
        conditions="; ".join(str(row["message"]) for row in errors),
    )


def _kept(verdict: EndVerdict) -> list[dict[str, Any]]:
    return [
        {
            "id": row.id,
            "met": row.met.value,
            "value": row.fact.value if row.fact else None,
            "clauses": list(row.clauses),
        }
        for row in verdict.conditions
    ]


@transaction.atomic
def lift_apply(*, number: str, declared: Mapping[str, bool], note: str, by: Actor) -> LiftApplication:
    """The technical group leader applies, confirming what the plan asks for, such as that there is no secondary risk.

    Raises NotAllowed, Invalid (no word on what was confirmed, or a fact that the plan does not ask for), Conflict (a condition
    is unmet or unknown, an application waits already, or the warning is over).
    """
    standing = entered("warning.apply_lift", number=number, by=by)
    note = required("note", note)
    if LiftApplication.objects.filter(warning=standing.warning, state="applied").exists():
        raise Conflict("lift.waits", _("An application for lifting waits for headquarters already."))
    verdict = lift_verdict(standing.incident, declared, source=standing.actor.role)
    _must_hold(verdict)
    application = LiftApplication.objects.create(
        warning=standing.warning,
        applied_by_id=person_id(standing.actor),
        applied_in_place_of_id=standing.actor.in_place_of,
        applied_at=standing.now,
        note=note,
        conditions=_kept(verdict),
    )
    payload = LiftApplied(application=application.pk, conditions=application.conditions, note=note)
    standing.write(payload, act=LIFT)
    tell_roles(
        standing.incident,
        standing.plan,
        standing.plan.acting_as(*APPROVERS),
        kind="warning.lift_applied",
        subject=both(_("Lifting waits for your approval: %(title)s"), title=standing.incident.titles),
        body=both(_("All conditions of lifting are met. The technical group confirms: %(note)s"), note=note),
        clause=standing.plan.cites(LIFT),
        key=f"lift:{application.pk}",
    )
    return application


@transaction.atomic
def lift_approve(*, number: str, note: str = "", by: Actor) -> EarlyWarning:
    """Headquarters approves: the conditions still hold, everyone who heard of the warning hears of its lifting, and the
    incident is dismissed as needing no response (docs/decisions/0009).

    Raises NotAllowed (the applicant himself), Conflict (no application, a condition fails by now, or it is over).
    """
    standing, application = _deciding(number, by)
    warning = standing.warning
    verdict = applied_verdict(standing.incident, application)
    _must_hold(verdict)
    _decide(application, LiftApplication.State.APPROVED, standing, note.strip())
    warning.ended_at, warning.outcome = standing.now, EarlyWarning.Outcome.LIFTED
    warning.save(update_fields=["ended_at", "outcome"])
    payload = WarningLifted(
        application=application.pk, colour=warning.colour, conditions=_kept(verdict), note=note.strip()
    )
    standing.write(payload, act=LIFT)
    _announce(standing)
    # The reason stands in the log for good, where no language is active: in both.
    reason = both(_("The warning was lifted."))
    incidents.incident_dismiss(number=number, reason=f"{reason['zh']} {reason['en']}", false_alarm=False, by=by)
    return warning


@transaction.atomic
def lift_refuse(*, number: str, reason: str, by: Actor) -> LiftApplication:
    """Headquarters refuses with a reason; the technical group owes a new application."""
    standing, application = _deciding(number, by)
    reason = required("reason", reason)
    _decide(application, LiftApplication.State.REFUSED, standing, reason)
    standing.write(LiftRefused(application=application.pk, reason=reason), act=LIFT)
    tell_people(
        standing.incident,
        [(application.applied_by_id, next(iter(standing.plan.acting_as("tech_lead")), ""))],
        kind="warning.lift_refused",
        subject=both(_("Lifting was refused: %(title)s"), title=standing.incident.titles),
        body=both(_("Headquarters refused the application: %(reason)s"), reason=reason),
        clause=standing.plan.cites(LIFT),
        key=f"lift_refused:{application.pk}",
    )
    return application


def _deciding(number: str, by: Actor) -> tuple[Standing, LiftApplication]:
    standing = entered("warning.approve_lift", number=number, by=by)
    rows = LiftApplication.objects.select_for_update(no_key=True).filter(warning=standing.warning, state="applied")
    application = rows.first()
    if application is None:
        raise Conflict("lift.none", _("No application for lifting waits; the technical group applies first."))
    if application.barred(standing.actor):
        raise NotAllowed("lift.same_person", _("You applied yourself; another person of headquarters must decide."))
    return standing, application


def _decide(application: LiftApplication, state: LiftApplication.State, standing: Standing, reason: str) -> None:
    application.state, application.reason = state, reason
    application.decided_by_id, application.decided_at = person_id(standing.actor), standing.now
    application.save(update_fields=["state", "reason", "decided_by", "decided_at"])


def _announce(standing: Standing) -> None:
    """The same recipients by the same ways as the issue (ruling on contradiction 29); who left since is passed over."""
    present = people.users_by_id(row[0] for row in standing.warning.told)
    to = [(pk, role) for pk, role in standing.warning.told if pk in present and present[pk].is_active]
    tier = standing.plan.tiers[f"warning_{standing.warning.colour}"]
    tell_people(
        standing.incident,
        to,
        kind="warning.lifted",
        subject=both(_("Warning lifted: %(title)s"), title=standing.incident.titles),
        body=both(
            _("The warning of %(number)s is lifted: every condition of clause %(clause)s is met."),
            number=standing.incident.number,
            clause=standing.plan.cites(LIFT),
        ),
        clause=standing.plan.cites(LIFT),
        key=f"warning.lifted:{standing.incident.number}",
        channels=tier.all_clear,
        chats=tier.chats,
    )
