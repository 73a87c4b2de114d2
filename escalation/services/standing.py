"""What every act on a warning shares: who may, the locks, and that it stands."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.errors import Conflict, Missing, NotAllowed
from engine import worlds
from engine.events import Payload
from engine.log import log_append
from engine.models import Event
from escalation import selectors
from escalation.models import EarlyWarning
from escalation.services.turns import stream_of
from incidents.selectors import Incident, by_number
from incidents.services.acting import locked, scope_of
from people.rights import require
from plans.domain import Plan

HOURLY, PREPARE, LIMIT = "warning.hourly_data", "warning.prepare", "warning.limit"


@dataclass(frozen=True, slots=True)
class Standing:
    """A standing warning, held until the transaction ends: its incident, plan, who acts with what authority, and now."""

    incident: Incident
    warning: EarlyWarning
    plan: Plan
    actor: Actor
    now: datetime

    def write(self, payload: Payload, *, act: str, by: Actor | None = None) -> Event:
        """Write an event that cites the clause this act stands under in the incident's plan; `by`: the same actor, where the act
        found the very role that allows it."""
        return log_append(
            stream_of(self.incident),
            payload,
            by=by or self.actor,
            occurred=self.now,
            known=self.now,
            clause=self.plan.cites(act),
            plan_version=self.incident.plan_version,
        )


def entered(right: str, *, number: str, by: Actor) -> Standing:
    """Begin an act on the warning of an incident. Raises Missing, NotAllowed, or Conflict when it is over."""
    seen = by_number(number)
    actor = require(by, right, scope_of(seen))
    # The incident's lock first, then its warning, then its stream: the order every writer takes.
    incident = locked(seen.pk)
    warning = EarlyWarning.objects.select_for_update(no_key=True).filter(incident=incident).first()
    if warning is None:
        raise Missing("warning.missing", _("There is no warning for this incident; issue one first."))
    if warning.ended_at is not None:
        raise Conflict("warning.over", _("This warning is over; nothing about it can be changed any more."))
    return Standing(incident, warning, selectors.plan_for(incident), actor, worlds.now(incident.world_id))


def person_id(by: Actor) -> int:
    """Raises NotAllowed: where two persons must act, the product is none."""
    if by.id is None or by.kind == "system":
        raise NotAllowed("warning.person", _("This takes a person; the product cannot do it by itself."))
    return by.id
