"""A form that was refused, with what helped to write it in the room: `{% load aids %}{% with_aids act incident as act %}`."""

from typing import Any

from django import template

from dashboard.aids import act_aids, proof_aids
from dashboard.record import Record
from escalation.selectors import plan_for
from incidents.selectors import Incident

register = template.Library()


@register.simple_tag
def with_aids(act: dict[str, Any], incident: Incident) -> dict[str, Any]:
    """What was typed stays as it is: sentences that stand in it show as kept, the others can be taken over."""
    if row := act.get("proof"):
        return {**act, **proof_aids(row, act["form"])}
    return {**act, **act_aids(act["name"], act["form"], incident, plan_for(incident), Record([incident]))}
