"""The business-continuity index (1.2) beside an incident: what the page computes it with, and what it cannot know yet."""

from typing import Any

from incidents.selectors import Incident, one_region
from people.selectors import names
from plans.domain import Plan
from signals.continuity import rules_of_index, series_of_index, trend
from signals.selectors import readings


def index_source(incident: Incident, plan: Plan) -> dict[str, Any]:
    """What the room's page computes the business-continuity index with, of the incident's region or the country."""
    region = one_region(incident)
    return {
        "bci": index_of(plan, incident.world_id, region),
        "readings": readings(incident.world_id, only=series_of_index(incident.world_id, region, plan)),
        "names": {"regions": names("regions")["regions"]},
    }


def said_down(incident: Incident, plan: Plan) -> dict[str, str] | None:
    """What people say is down, the gravest of it: the index beside it knows only what machines measured."""
    said = plan.said_down({name for name, fact in incident.facts.items() if (fact or {}).get("value") is True})
    return said.title.as_dict() if said else None


def index_of(plan: Plan, world_id: int, region: str | None) -> dict[str, Any]:
    return {"clause": plan.cites("index"), "rules": rules_of_index(plan), "trend": trend(world_id, region, plan)}
