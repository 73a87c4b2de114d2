"""Readiness clocks that ought to stand: a timer that was lost is set again. The watchdog asks."""

from django.db import transaction

from common.clock import utc_text
from engine.timers import timer_set, timer_stands
from plans.selectors import in_force, plan_of
from readiness import selectors
from readiness.domain.moves import State
from readiness.models import ReadinessTurn
from readiness.services.turns import DUE, stream_held


def readiness_mend(world_id: int) -> list[str]:
    """Set lost due timers again; what was lost, as "rule turn due"."""
    if not _lost(world_id):
        return []
    with transaction.atomic():
        # Whoever moves a clock holds this: what is missing now is lost, and not just being moved.
        stream_held(world_id)
        lost = _lost(world_id)
        for row in lost:
            if row.due_at is not None:
                timer_set(world_id, DUE, row.pk, row.due_at)
    return [f"{row.rule} {row.turn} {utc_text(row.due_at)}" for row in lost if row.due_at is not None]


def _lost(world_id: int) -> list[ReadinessTurn]:
    return [row for row in selectors.running(world_id) if _ought_to_stand(row) and not timer_stands(DUE, [row.pk])]


def _ought_to_stand(row: ReadinessTurn) -> bool:
    """What runs has a due timer; the newest turn of a rhythm of the plan in force has one, whatever became of it."""
    if row.due_at is None or row.state not in (State.OPEN, State.FULFILLED, State.WAIVED):
        return False
    if row.state == State.OPEN:
        return True
    version = in_force()
    return row.plan_version_id == version.pk and plan_of(version.pk).rule(row.rule).repeat
