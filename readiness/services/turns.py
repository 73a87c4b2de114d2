"""A turn of a readiness obligation: opened, proven, ended. Whoever writes holds the stream `readiness` of the world first."""

from collections.abc import Iterable
from datetime import datetime

from common.actor import SYSTEM, Actor
from common.clock import utc_text
from engine.log import log_append, stream_locked, stream_open
from engine.models import Event, Stream
from engine.timers import timer_set, timers_cancel
from plans.domain import ObligationRule, Plan, remind_at
from plans.selectors import plan_of
from readiness.domain.grid import Begins
from readiness.domain.moves import State
from readiness.events import OfTurn, TurnFulfilled, TurnOpened, TurnSuperseded
from readiness.known import Known
from readiness.models import ReadinessTurn

REMIND, DUE, CLIMB = "readiness.remind", "readiness.due", "readiness.climb"


def stream_held(world_id: int) -> Stream:
    """The stream, held until the transaction ends: turns of a world change one after another."""
    return stream_locked(stream_open(world_id, "readiness", "readiness").pk)


def rule_of(row: ReadinessTurn) -> tuple[Plan, ObligationRule]:
    """The plan a turn stands by, and its row there."""
    plan = plan_of(row.plan_version_id)
    return plan, plan.rule(row.rule)


def named(row: ReadinessTurn) -> dict[str, int | str]:
    return {"id": row.pk, "rule": row.rule, "matter": row.matter, "turn": row.turn}


def log(stream: Stream, row: ReadinessTurn, payload: OfTurn, by: Actor, *, at: datetime | None = None) -> Event:
    return log_append(stream, payload, by=by, occurred=at, clause=row.clause, plan_version=row.plan_version_id)


def turn_open(
    stream: Stream, plan: Plan, version: int, rule: ObligationRule, start: Begins, *, matter: str = "", turn: int = 1
) -> ReadinessTurn:
    """Open a turn and set its timers."""
    row = ReadinessTurn.objects.create(
        world_id=stream.world_id,
        rule=rule.id,
        matter=matter,
        plan_version_id=version,
        owners=list(rule.owners),
        clause=rule.clause,
        turn=turn,
        anchored_at=start.anchored_at,
        due_at=start.due_at,
    )
    if start.due_at is not None:
        timer_set(stream.world_id, DUE, row.pk, start.due_at)
        timer_set(stream.world_id, REMIND, row.pk, max(remind_at(plan, rule, start.due_at), start.anchored_at))
    due = utc_text(start.due_at) if start.due_at else None
    log(
        stream,
        row,
        TurnOpened(**named(row), title=rule.title.as_dict(), owners=row.owners, due_at=due),  # type: ignore[arg-type]
        SYSTEM,
    )
    return row


def turn_prove(
    stream: Stream,
    row: ReadinessTurn,
    *,
    evidence: str,
    note: str,
    now: datetime,
    by: Actor,
    known: Known | None = None,
) -> None:
    """End a turn by its proof. What has no clock stands anew at once: the next check is owed as this one was."""
    late = row.state == State.OVERDUE or (row.due_at is not None and now > row.due_at and known is None)
    payload = TurnFulfilled(
        **named(row),  # type: ignore[arg-type]
        evidence=evidence,
        late=late,
        note=note,
        known=known.said if known else None,
        drill=known.about if known else "",
    )
    turn_end(row, State.FULFILLED, log(stream, row, payload, by), now)
    plan, rule = rule_of(row)
    if row.due_at is None and not row.matter:
        turn_open(stream, plan, row.plan_version_id, rule, Begins(now, None), turn=row.turn + 1)


def turn_supersede(stream: Stream, row: ReadinessTurn, *, why: str, now: datetime) -> None:
    event = log(stream, row, TurnSuperseded(**named(row), why=why), SYSTEM)  # type: ignore[arg-type]
    turn_end(row, State.SUPERSEDED, event, now)
    timers_cancel(row.pk, DUE)


def turn_end(row: ReadinessTurn, state: State, event: Event, now: datetime) -> None:
    """The due timer stays: on the fixed grid the next turn opens when this one falls due, whatever became of it."""
    row.state, row.ended_at, row.ended_event = state.value, now, event
    row.save(update_fields=["state", "ended_at", "ended_event"])
    timers_cancel(row.pk, REMIND, CLIMB)


def overdue_of(row: ReadinessTurn) -> Iterable[ReadinessTurn]:
    """The other turns of the same matter that were missed, the oldest first: a proof given late covers them all."""
    rows = ReadinessTurn.objects.filter(world=row.world_id, rule=row.rule, matter=row.matter, state=State.OVERDUE)
    return rows.exclude(pk=row.pk).order_by("turn", "pk")
