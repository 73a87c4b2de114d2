"""Clocks that ought to stand, worked out from the obligations themselves: a timer that was lost is set again.

The watchdog asks. It reads what is owed and what the plan says, never what the timers' own code remembers.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import OuterRef, Subquery

from common.clock import utc_text
from engine.models import Stream
from engine.timers import timer_set, timer_stands
from escalation import selectors
from escalation.models import Obligation
from escalation.services.obligations import DUE
from incidents.selectors import Incident, open_incidents
from plans.domain import still_applies

LAST = (Obligation.State.OPEN, Obligation.State.OVERDUE, Obligation.State.FULFILLED)


def clocks_mend(world_id: int) -> list[str]:
    """Set lost due timers of a world's open incidents again; what was lost, as "number rule turn due"."""
    return [said for incident in sorted(open_incidents(world_id), key=_stream) for said in _mend(incident)]


def _stream(incident: Incident) -> int:
    """Streams are locked in the order of their ids."""
    return incident.stream_id


def _mend(incident: Incident) -> list[str]:
    newest = Obligation.objects.filter(incident=incident, rule=OuterRef("rule")).order_by("-pk").values("pk")[:1]
    rows = Obligation.objects.filter(incident=incident, due_at__isnull=False, state__in=LAST, pk=Subquery(newest))
    suspects = [row for row in rows if _ought_to_stand(row, incident) and not timer_stands(DUE, [row.pk])]
    if not suspects:
        return []
    with transaction.atomic():
        # Whoever moves a clock holds this: what is missing now is lost, and not just being moved.
        Stream.objects.select_for_update(no_key=True).get(pk=incident.stream_id)
        lost = [row for row in rows.all() if _ought_to_stand(row, incident) and not timer_stands(DUE, [row.pk])]
        for row in lost:
            timer_set(incident.world_id, DUE, row.pk, _due(row))
    return [f"{incident.number} {row.rule} {row.turn} {utc_text(_due(row))}" for row in lost]


def _due(row: Obligation) -> datetime:
    assert row.due_at is not None, "asked of rows with a due time only"
    return row.due_at


def _ought_to_stand(row: Obligation, incident: Incident) -> bool:
    """What is open has a due timer; the newest turn of a rhythm has one, done or not, until the rhythm is over."""
    if row.state == Obligation.State.OPEN:
        return True
    plan = selectors.plan_for(incident)
    rule = plan.obligations.get(row.rule)
    if rule is None or not rule.repeat or not still_applies(rule, selectors.situation_of(incident)):
        return False
    return not set(rule.until).intersection(selectors.moments_occurred(incident))
