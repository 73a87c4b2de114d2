"""Ending a response (6.4): judged by the plan on facts from the log, the signals and headquarters' own word."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.bilingual import in_language
from common.errors import Conflict, Invalid
from engine import worlds
from escalation import selectors
from escalation.services.conditions import facts_now, said_facts
from incidents import services as incidents
from incidents.domain.moves import Act
from incidents.selectors import Incident
from incidents.services.acting import entered
from plans.domain import EndVerdict, incident_end


def ending_verdict(
    incident: Incident, declared: Mapping[str, bool], waived: frozenset[str] = frozenset(), *, source: str = ""
) -> EndVerdict:
    """The conditions of the incident's plan as they stand; `source` is the role in which a fact is declared. Raises Invalid when a
    fact is declared that it does not ask for."""
    plan, now = selectors.plan_for(incident), worlds.now(incident.world_id)
    said = said_facts(plan, plan.ending, declared, at=now, source=source)
    return incident_end(plan, facts_now(incident, plan, plan.ending) | said, waived=waived)


@transaction.atomic
def response_end(
    *,
    number: str,
    declared: Mapping[str, bool],
    waived: frozenset[str],
    reason: str,
    by: Actor,
    based_on: int | None = None,
) -> Incident:
    """End the response when every condition is met or lawfully waived with a reason.

    Raises NotAllowed, Conflict when it is not that far, or naming each open condition with its clause, Invalid when a waiver
    comes without a reason.
    """
    incident, actor, _now = entered(Act.END, number=number, by=by, based_on=based_on)
    if waived and not reason.strip():
        raise Invalid(
            "reason.required",
            _("Give the reason; it is kept with your name."),
            errors=[{"field": "reason", "code": "required", "message": _("This field may not be blank.")}],
        )
    verdict = ending_verdict(incident, declared, waived, source=actor.role)
    if not verdict.allowed:
        raise Conflict(
            "end.conditions",
            _(
                "The response cannot end yet; see which conditions are open. One may be waived only where the plan allows it."
            ),
            errors=[
                {
                    "field": row.id,
                    "code": "waivable" if row.waivable else row.met.value,
                    "message": f"{in_language(row.title.as_dict())} ({', '.join(row.clauses)})",
                }
                for row in verdict.open
            ],
        )
    conditions = [{"id": row.id, "state": row.met.value, "waived": row.waived} for row in verdict.conditions]
    return incidents.response_end(number=number, conditions=conditions, reason=reason, by=by, based_on=based_on)
