"""What the conditions of ending and lifting hang on, as it stands: seen in the log and the signals, on record, or said by a person."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from django.utils.translation import gettext_lazy as _

from common.errors import Invalid
from engine import worlds
from escalation.services.levels import facts_of
from incidents.selectors import Incident
from plans.domain import Fact, Kind, Plan, kind_of, said_of
from plans.domain.ending import OF_MEAN, EndingCondition
from plans.domain.vocabulary import SAID_FACTS
from signals.selectors import calm_since, excess_now, on_target, values_now

Conditions = Mapping[str, EndingCondition]


def said_facts(
    plan: Plan, conditions: Conditions, declared: Mapping[str, bool], *, at: datetime, source: str
) -> dict[str, Fact]:
    """What a person declared, as facts; `source` is the role he declared it in. Raises Invalid for a name that no condition of
    this plan asks for; what the product offers to every plan may be sent all the same."""
    asked = said_of(plan, conditions)
    errors = [
        {
            "field": f"declared.{name}",
            "code": "unknown",
            "message": _("The plan asks for no such fact; it asks for: %(names)s.") % {"names": ", ".join(asked)},
        }
        for name in declared
        if name not in asked and name not in SAID_FACTS
    ]
    if errors:
        raise Invalid("fact.unknown", _("The plan asks for no such fact."), errors=errors)
    return {name: Fact(value, at, source) for name, value in declared.items() if name in asked}


def facts_now(incident: Incident, plan: Plan, conditions: Conditions) -> dict[str, Fact]:
    """Every fact that these conditions name and that no person has to say; what is unknown is left out."""
    now = worlds.now(incident.world_id)
    wanted = {kind: [row.fact for row in conditions.values() if kind_of(plan, row) is kind] for kind in Kind}
    found: dict[str, Fact] = {}
    if wanted[Kind.MEASURED]:
        read = values_now(incident.world_id, incident.regions, wanted[Kind.MEASURED])
        found |= {name: Fact(value, at, "signals") for name, (value, at) in read.items()}
    for name in wanted[Kind.OF_MEAN]:
        excess = excess_now(incident.world_id, incident.regions, name.removesuffix(OF_MEAN))
        if excess is not None:
            found[name] = Fact(1 + excess.figure, excess.at, "signals", place=excess.place)
    if wanted[Kind.RECORDED]:
        known = facts_of(incident, plan).known
        found |= {name: known[name] for name in wanted[Kind.RECORDED] if name in known}
    for name in wanted[Kind.SEEN]:
        seen = SEEN[name](incident, now)
        if seen is not None:
            found[name] = seen
    return found


def _stable(incident: Incident, now: datetime) -> Fact | None:
    """Hours since service was restored and every watch of the regions was calm, whichever is later."""
    if incident.service_restored_at is None:
        return None
    since = calm_since(incident.world_id, incident.regions)
    if since is None:
        return Fact(0.0, now, "signals")
    return Fact((now - max(incident.service_restored_at, since)).total_seconds() / 3600, now, "log")


def _on_target(incident: Incident, now: datetime) -> Fact | None:
    """Minutes for which all that the plan gives a target has met it."""
    run = on_target(incident.world_id, incident.regions)
    return None if run is None else Fact(run[0], run[1], "signals")


# Every fact of `plans.domain.vocabulary.SEEN_FACTS`, and how it is seen.
SEEN: Final[Mapping[str, Callable[[Incident, datetime], Fact | None]]] = {
    "stable_hours": _stable,
    "on_target_minutes": _on_target,
}
