"""Obligations: opened, satisfied and ended by what happens (PLAN.md's table).

`follow` reacts together with every event of an incident, so a fact and the clocks it starts commit as one. The incident's
stream lock, held by the event's own transaction, makes reactions of one incident run one after another.
"""

from collections.abc import Iterable
from datetime import datetime

from common.actor import SYSTEM, Actor
from engine.log import log_append
from engine.models import Event
from engine.timers import timer_stands, timers_cancel
from escalation import selectors
from escalation.domain.moments import (
    CHANGES_SITUATION,
    HQ_ACTIVE,
    PROOFS_OF,
    moments_of,
)
from escalation.domain.turns import Turn, covered
from escalation.events import ObligationFulfilled, ObligationSuperseded, ObligationWaived
from escalation.models import Moment, Obligation
from escalation.services.turns import CLIMB, DUE, REMIND, stream_of, turn_open
from incidents.selectors import Incident, of_event
from plans.domain import (
    ObligationRule,
    Plan,
    obligations_for,
    opening,
    rules_ended_by,
    rules_satisfied_by,
    still_applies,
    turn_due,
)
from plans.selectors import plan_of

PLAN_MOVED = "incident.plan_moved"
# What of a row is seen or counted while it stands.
CARRIED = ("title", "owners", "clauses", "due", "repeat", "offset_before", "ladder")


def indifferent(event: Event) -> bool:
    """Whether an event that is written right now moves no clock of its incident's plan: it is no moment, proves nothing."""
    incident = event.stream.matter
    if not isinstance(incident, Incident) or event.kind in CHANGES_SITUATION:
        return False
    plan = selectors.plan_for(incident)
    if moments_of(event.kind, event.data, plan.events_named):
        return False
    proofs = {event.kind, *PROOFS_OF.get((event.kind, event.data.get("kind", "")), ())}
    return not any(proofs & {*rule.evidence} for rule in plan.obligations.values())


def follow(event: Event) -> None:
    """React to an event of an incident: note its moments, settle what it proves, end what it ends, open what it starts."""
    if event.stream.kind != "incident":
        return  # a notice that belongs to no incident yet
    incident = of_event(event)
    plan = selectors.plan_for(incident)
    moments = moments_of(event.kind, event.data, plan.events_named)
    _moments_note(incident, moments, event)
    for evidence in (event.kind, *moments, *PROOFS_OF.get((event.kind, event.data.get("kind", "")), ())):
        _settle(incident, plan, evidence, event)
    _end(incident, plan, moments, event)
    for moment in moments:
        _open_all(incident, plan, moment, event)
    if incident.hq_active and event.kind == "level.decided":
        # A level raised to one that calls for headquarters finds it together: what asks for that is met as it opens.
        _settle(incident, plan, HQ_ACTIVE, event)
    if event.kind == PLAN_MOVED:
        _plan_moved(incident, plan, event)
    if event.kind in CHANGES_SITUATION:
        _situation_changed(incident, plan, event)


def _moments_note(incident: Incident, moments: Iterable[str], event: Event) -> None:
    rows = [Moment(incident=incident, moment=m, at=event.occurred_at, event=event) for m in moments]
    Moment.objects.bulk_create(rows, ignore_conflicts=True)


# --- opening -----------------------------------------------------------------------------------------------------------
def _open_all(incident: Incident, plan: Plan, moment: str, event: Event) -> None:
    occurred = {**selectors.moments_occurred(incident), moment: event.occurred_at}
    for rule in obligations_for(plan, moment, selectors.situation_of(incident)):
        start = opening(rule, moment, occurred, plan.zone)
        _open(incident, plan, rule, event, anchored_at=start.anchored_at, due_at=start.due_at)


def _open(
    incident: Incident,
    plan: Plan,
    rule: ObligationRule,
    event: Event,
    *,
    anchored_at: datetime,
    due_at: datetime | None,
) -> None:
    """One clock of a rule at a time: a second anchor while it runs changes nothing (contradiction 17).

    A rhythm runs on while its newest turn, done in time, waits to open the next: a second notice starts no second rhythm.
    """
    turns = Obligation.objects.filter(incident=incident, rule=rule.id)
    if turns.filter(state__in=Obligation.STANDING).exists() or (rule.repeat and timer_stands(DUE, turns.values("pk"))):
        return
    turn_open(incident, plan, rule, event, turn=1, anchored_at=anchored_at, due_at=due_at)


# --- settling and ending -----------------------------------------------------------------------------------------------
def _settle(incident: Incident, plan: Plan, evidence: str, event: Event) -> None:
    for rule in rules_satisfied_by(plan, evidence):
        for row in _covered(incident, rule.id):
            row_fulfil(row, evidence, event, by=SYSTEM, by_event=event.seq)


def _covered(incident: Incident, rule: str) -> list[Obligation]:
    rows = list(
        Obligation.objects.select_for_update(no_key=True)
        .filter(incident=incident, rule=rule, state__in=Obligation.STANDING)
        .order_by("turn", "pk")
    )
    turns = covered([Turn(row.pk, row.due_at, row.state == Obligation.State.OVERDUE) for row in rows])
    by_id = {row.pk: row for row in rows}
    return [by_id[turn.id] for turn in turns]


def row_fulfil(
    row: Obligation, evidence: str, event: Event, *, by: Actor, by_event: int | None, note: str = ""
) -> None:
    late = row.state == Obligation.State.OVERDUE or (row.due_at is not None and event.occurred_at > row.due_at)
    row.proof_event = event
    row_close(row, Obligation.State.FULFILLED, event.occurred_at, also=("proof_event",))
    payload = ObligationFulfilled(
        id=row.pk, rule=row.rule, turn=row.turn, evidence=evidence, by_event=by_event, late=late, note=note
    )
    row_log(row, payload, by)


def row_close(row: Obligation, state: Obligation.State, at: datetime, *, also: tuple[str, ...] = ()) -> None:
    row.state, row.ended_at = state, at
    row.save(update_fields=["state", "ended_at", *also])
    timers_cancel(row.pk, REMIND, CLIMB)
    if state is not Obligation.State.FULFILLED:
        # A fulfilled turn keeps its due timer: on the fixed grid the next turn opens when this one falls due, done or not.
        timers_cancel(row.pk, DUE)


def _end(incident: Incident, plan: Plan, moments: Iterable[str], event: Event) -> None:
    for moment in moments:
        ended = {rule.id for rule in rules_ended_by(plan, moment)}
        _supersede(incident, ended, event, why=moment)
        # Turns done in time still wait to open the next: the rhythm stops with them.
        done = Obligation.objects.filter(incident=incident, rule__in=ended, state=Obligation.State.FULFILLED)
        for pk in done.values_list("pk", flat=True):
            timers_cancel(pk, DUE)


def _supersede(incident: Incident, rules: Iterable[str], event: Event, *, why: str) -> None:
    rows = Obligation.objects.select_for_update(no_key=True).filter(
        incident=incident, rule__in=set(rules), state__in=Obligation.STANDING
    )
    for row in rows.order_by("pk"):
        # What this very event opened is not ended by it.
        if row.anchor_event_id == event.pk:
            continue
        row_close(row, Obligation.State.SUPERSEDED, event.occurred_at)
        row_log(row, ObligationSuperseded(id=row.pk, rule=row.rule, turn=row.turn, why=why), SYSTEM)


def _situation_changed(incident: Incident, plan: Plan, event: Event) -> None:
    """After a change of level or of ordinary to major: what no longer applies is superseded, what now applies begins (4.4)."""
    situation = selectors.situation_of(incident)
    exempt = [rule.id for rule in plan.obligations.values() if not still_applies(rule, situation)]
    _supersede(incident, exempt, event, why=event.kind)
    known = set(Obligation.objects.filter(incident=incident).exclude(state="superseded").values_list("rule", flat=True))
    occurred = selectors.moments_occurred(incident)
    gone_by = set(occurred)
    for moment in ("response_started", HQ_ACTIVE):
        if moment not in occurred:
            continue
        for rule in obligations_for(plan, moment, situation):
            if rule.id not in known and not gone_by.intersection(rule.until):
                start = opening(rule, moment, {**occurred, moment: event.occurred_at}, plan.zone)
                _open(incident, plan, rule, event, anchored_at=event.occurred_at, due_at=start.due_at)


def _plan_moved(incident: Incident, plan: Plan, event: Event) -> None:
    """Carry what stands over to another version: a row that reads differently there begins anew by it, a new one begins.

    No deadline is set back into the past: where the new one would have been over, it counts from now.
    """
    before = plan_of(event.data["before_version"])
    standing = Obligation.objects.filter(incident=incident, state__in=Obligation.STANDING).order_by("pk")
    for row in list(standing):
        rule = plan.rule(row.rule)
        old = before.rule(row.rule)
        if all(getattr(rule, name) == getattr(old, name) for name in CARRIED):
            continue
        _supersede(incident, [row.rule], event, why=event.kind)
        anchored_at, due_at = _due_ahead(rule, plan, row.anchored_at, event.occurred_at)
        turn_open(incident, plan, rule, event, turn=1, anchored_at=anchored_at, due_at=due_at)
    occurred = selectors.moments_occurred(incident)
    situation = selectors.situation_of(incident)
    for moment in occurred:
        for rule in obligations_for(plan, moment, situation):
            if rule.id not in before.obligations and not set(occurred).intersection(rule.until):
                start = opening(rule, moment, {**occurred, moment: event.occurred_at}, plan.zone)
                _open(incident, plan, rule, event, anchored_at=event.occurred_at, due_at=start.due_at)


def _due_ahead(
    rule: ObligationRule, plan: Plan, anchored_at: datetime, now: datetime
) -> tuple[datetime, datetime | None]:
    """From when the row counts, and its first due time that lies ahead."""
    if rule.due is None:
        return anchored_at, None
    first = turn_due(rule, anchored_at, 1, plan.zone)
    if first > now:
        return anchored_at, first
    if not rule.repeat:
        return now, turn_due(rule, now, 1, plan.zone)
    turn = 2
    while (due_at := turn_due(rule, anchored_at, turn, plan.zone)) <= now:
        turn += 1
    return anchored_at, due_at


def turns_settle(incident: Incident, rule: str, turns: Iterable[int], evidence: str, event: Event) -> None:
    """Settle standing turns of a rule by an act that only its own service can weigh: hourly data is whole when all reported."""
    rows = Obligation.objects.select_for_update(no_key=True).filter(
        incident=incident, rule=rule, turn__in=list(turns), state__in=Obligation.STANDING
    )
    for row in rows.order_by("turn", "pk"):
        row_fulfil(row, evidence, event, by=SYSTEM, by_event=event.seq)


def clock_renew(incident: Incident, plan: Plan, rule: str, event: Event, *, due_at: datetime) -> None:
    """Give a rule's clock a later due time: what stands is superseded by the event, and a turn opens that is due then."""
    _supersede(incident, [rule], event, why=event.kind)
    turn_open(incident, plan, plan.rule(rule), event, turn=1, anchored_at=event.occurred_at, due_at=due_at)


def moment_came(incident: Incident, plan: Plan, moment: str, event: Event) -> None:
    """A moment that is no kind of event came with this one: it settles and opens what the plan says."""
    _moments_note(incident, [moment], event)
    _settle(incident, plan, moment, event)
    _open_all(incident, plan, moment, event)


def row_log(row: Obligation, payload: ObligationFulfilled | ObligationSuperseded | ObligationWaived, by: Actor) -> None:
    incident = row.incident
    log_append(stream_of(incident), payload, by=by, clause=row.clause, plan_version=incident.plan_version)
