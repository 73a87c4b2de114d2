"""Taking an obligation: somebody says that he is at it. It stops no clock; only the act or its proof does.
It holds the ladder for one step."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.clock import utc_text
from common.errors import Conflict, NotAllowed
from engine import worlds
from engine.log import log_append
from engine.timers import timer_set, timer_stands
from escalation import selectors
from escalation.events import ObligationTaken
from escalation.models import Obligation, Taking
from escalation.services.proving import standing_locked
from escalation.services.turns import CLIMB, stream_of
from escalation.stops import TAKEN_BEFORE, stops_by
from people.rights import require


@transaction.atomic
def obligation_take(*, obligation_id: int, by: Actor) -> Obligation:
    """Say that one is at it. Raises Missing, NotAllowed (neither its owner nor told of it), Conflict (ended, or taken before by
    the same person: whoever said so once and is late again cannot hold it back a second time)."""
    by = require(by, "obligation.fulfil")
    row, plan = standing_locked(obligation_id)
    taker = selectors.taking(by, plan, row, selectors.place_of(by))
    if by.id is None or taker is None:
        raise NotAllowed(
            "obligation.not_yours_to_take", _("Only its owner, or who was told that it is late, can take this.")
        )
    if Taking.objects.filter(obligation=row, user_id=by.id).exists():
        raise Conflict("obligation.taken", TAKEN_BEFORE[stops_by(plan.rule(row.rule), plan)])
    now = worlds.now(row.incident.world_id)
    held = _hold(row, now + plan.ladders[plan.rule(row.rule).ladder].escalate_every.fixed())
    Taking.objects.create(obligation=row, user_id=by.id, at=now, held_until=held)
    payload = ObligationTaken(
        id=row.pk, rule=row.rule, turn=row.turn, person=by.id, held_until=utc_text(held) if held else None
    )
    log_append(stream_of(row.incident), payload, by=taker, clause=row.clause, plan_version=row.incident.plan_version)
    return row


def _hold(row: Obligation, until: datetime) -> datetime | None:
    """Put the next step of the ladder off; None where none is to come. Before it is due nothing is put off: at due its owner and
    the next one up hear, whoever took it."""
    if row.state != Obligation.State.OVERDUE or not timer_stands(CLIMB, [row.pk]):
        return None
    timer_set(row.incident.world_id, CLIMB, row.pk, until)
    return until
