"""Ending a response (6.4): judged by the plan on facts from the log, the signals and headquarters' own word."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.bilingual import in_language
from common.errors import Conflict, Invalid
from engine import worlds
from escalation import selectors
from incidents import services as incidents
from incidents.domain.moves import Act
from incidents.selectors import Incident
from incidents.services.acting import entered
from plans.domain import EndFacts, EndVerdict, Fact, incident_end
from signals.selectors import calm_since, excess_now

# What headquarters declares; the other conditions are read from the log and the signals.
DECLARED = ("no_secondary_risk", "resources_withdrawn", "assessed_safe")


def ending_facts(incident: Incident, declared: Mapping[str, bool], now: datetime) -> EndFacts:
    """`stable_hours`: since service was restored and every watch of its regions was calm, whichever is later."""
    facts: dict[str, Fact] = {name: Fact(value, now, "hq") for name, value in declared.items() if name in DECLARED}
    if incident.service_restored_at is not None:
        since = calm_since(incident.world_id, incident.regions)
        if since is not None:
            start = max(incident.service_restored_at, since)
            facts["stable_hours"] = Fact((now - start).total_seconds() / 3600, now, "log")
        else:
            facts["stable_hours"] = Fact(0.0, now, "signals")
    excess = excess_now(incident.world_id, incident.regions)
    if excess is not None:
        facts["complaints_of_mean"] = Fact(1 + excess[0], excess[1], "signals")
    return EndFacts(**facts)


def ending_verdict(
    incident: Incident, declared: Mapping[str, bool], waived: frozenset[str] = frozenset()
) -> EndVerdict:
    """The five conditions as they stand."""
    plan = selectors.plan_for(incident)
    return incident_end(plan, ending_facts(incident, declared, worlds.now(incident.world_id)), waived=waived)


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
    incident, _actor, _now = entered(Act.END, number=number, by=by, based_on=based_on)
    if waived and not reason.strip():
        raise Invalid(
            "reason.required",
            _("Give the reason; it is kept with your name."),
            errors=[{"field": "reason", "code": "required", "message": _("This field may not be blank.")}],
        )
    verdict = ending_verdict(incident, declared, waived)
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
