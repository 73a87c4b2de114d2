"""The version of the plan an incident is carried on by."""

from common.actor import Actor
from engine import worlds
from incidents.events import PlanMoved
from incidents.models import Incident
from incidents.services.acting import check_open, written


def plan_pin(*, incident: Incident, version: int, moved: PlanMoved, by: Actor, clause: str = "") -> Incident:
    """Pin an incident, which the caller holds and has judged by both plans, to another version; raises Conflict when it is over.

    What follows from the event follows by the new version already.
    """
    check_open(incident)
    incident.plan_version = version
    incident.save(update_fields=["plan_version"])
    written(incident, [moved], by=by, at=worlds.now(incident.world), clause=clause)
    return incident
