"""Obligations: opened, satisfied and ended by what happens (PLAN.md's table).

`follow` reacts together with every event of an incident, so a fact and the clocks it starts commit as one. The incident's
stream lock, held by the event's own transaction, makes reactions of one incident run one after another.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from common.actor import SYSTEM, Actor
from common.bilingual import in_language
from common.errors import Conflict, Invalid, Missing, NotAllowed
from engine import worlds
from engine.log import log_append
from engine.models import Event, Stream
from engine.timers import timer_stands, timers_cancel
from escalation import selectors
from escalation.domain.moments import (
    CHANGES_SITUATION,
    COMPLETED_LATER,
    HQ_ACTIVE,
    INCOMPLETE,
    MOMENT_OF_PROOF,
    PROOFS_OF,
    moments_of,
)
from escalation.domain.turns import Turn, covered
from escalation.events import ObligationFulfilled, ObligationSuperseded, ObligationWaived
from escalation.models import Moment, Obligation
from escalation.services.files import About, Upload, check_files, files_keep
from escalation.services.turns import CLIMB, DUE, REMIND, stream_of, turn_open
from incidents.selectors import Incident, of_event
from people.rights import ROLES, require
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
            _fulfil(row, evidence, event, by=SYSTEM, by_event=event.seq)


def _covered(incident: Incident, rule: str) -> list[Obligation]:
    rows = list(
        Obligation.objects.select_for_update(no_key=True)
        .filter(incident=incident, rule=rule, state__in=Obligation.STANDING)
        .order_by("turn", "pk")
    )
    turns = covered([Turn(row.pk, row.due_at, row.state == Obligation.State.OVERDUE) for row in rows])
    by_id = {row.pk: row for row in rows}
    return [by_id[turn.id] for turn in turns]


def _fulfil(row: Obligation, evidence: str, event: Event, *, by: Actor, by_event: int | None, note: str = "") -> None:
    late = row.state == Obligation.State.OVERDUE or (row.due_at is not None and event.occurred_at > row.due_at)
    row.proof_event = event
    _close(row, Obligation.State.FULFILLED, event.occurred_at, also=("proof_event",))
    payload = ObligationFulfilled(
        id=row.pk, rule=row.rule, turn=row.turn, evidence=evidence, by_event=by_event, late=late, note=note
    )
    _log(row, payload, by)


def _close(row: Obligation, state: Obligation.State, at: datetime, *, also: tuple[str, ...] = ()) -> None:
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
        _close(row, Obligation.State.SUPERSEDED, event.occurred_at)
        _log(row, ObligationSuperseded(id=row.pk, rule=row.rule, turn=row.turn, why=why), SYSTEM)


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
        _fulfil(row, evidence, event, by=SYSTEM, by_event=event.seq)


def clock_renew(incident: Incident, plan: Plan, rule: str, event: Event, *, due_at: datetime) -> None:
    """Give a rule's clock a later due time: what stands is superseded by the event, and a turn opens that is due then."""
    _supersede(incident, [rule], event, why=event.kind)
    turn_open(incident, plan, plan.rule(rule), event, turn=1, anchored_at=event.occurred_at, due_at=due_at)


# --- acts of people ----------------------------------------------------------------------------------------------------
@transaction.atomic
def obligation_fulfil(
    *, obligation_id: int, evidence: str, note: str, by: Actor, files: Sequence[Upload] = ()
) -> Obligation:
    """A person attaches a declared kind of proof: a meeting held, a report sent, a budget readied.

    Raises Missing, NotAllowed (not its owner), Invalid (proof of a kind the plan does not accept, without words, or a report
    of which an element is missing, 3.3) and Conflict (it ended meanwhile). Event kinds are proved by doing the act itself,
    never by saying so.
    """
    by = require(by, "obligation.fulfil")
    row, plan = standing_locked(obligation_id)
    by = _as_owner(by, plan, row)
    accepted = selectors.proofs_of(plan.rule(row.rule), plan)
    if evidence not in accepted:
        said = ", ".join(accepted) or "-"
        raise Invalid(
            "obligation.evidence",
            _("This obligation does not accept that kind of proof; it accepts: %(accepted)s."),
            errors=[{"field": "evidence", "code": "invalid_choice", "message": said}],
            accepted=said,
        )
    check_files(evidence, files, accepted)
    _must_be_said(plan, evidence, note)
    open_still = selectors.left_open_of(plan, evidence, note)
    stream = stream_of(row.incident)
    about = About(stream, row.pk, row.rule, row.turn, row.clause, row.incident.plan_version)
    files_keep(files, about, word=note, by=by)
    proof = log_append(
        stream,
        ObligationFulfilled(
            id=row.pk,
            rule=row.rule,
            turn=row.turn,
            evidence=evidence,
            by_event=None,
            late=_is_late(row),
            note=note,
            left_open=open_still,
        ),
        by=by,
        clause=row.clause,
        plan_version=row.incident.plan_version,
    )
    row.proof_event = proof
    _close(row, Obligation.State.FULFILLED, proof.occurred_at, also=("proof_event",))
    _same_proof(row, plan, evidence, proof)
    if open_still and evidence in COMPLETED_LATER:
        # Facts fast (3.3): it left with what is known, and what it says is not yet known is owed from here on.
        _moment_by_proof(row.incident, plan, INCOMPLETE, proof)
    return row


def _must_be_said(plan: Plan, evidence: str, note: str) -> None:
    if not note.strip():
        raise Invalid(
            "obligation.note",
            _("Say in a few words what was done and where it can be found."),
            errors=[{"field": "note", "code": "required", "message": _("This field may not be blank.")}],
        )
    if missing := selectors.missing_of(plan, evidence, note):
        named = (
            "、".join(map(in_language, missing))
            if get_language() == "zh-hans"
            else ", ".join(map(in_language, missing))
        )
        raise Invalid(
            "report.element_missing",
            _("The report cannot leave without: %(missing)s. Write it, or “not yet known” where its blank is."),
            errors=[{"field": "note", "code": "incomplete", "message": named}],
            missing=named,
        )


def _same_proof(row: Obligation, plan: Plan, evidence: str, proof: Event) -> None:
    """One meeting satisfies both obligations that ask for it (contradiction 17); some proofs are moments of their own."""
    incident = row.incident
    if evidence == "meeting":
        for other in Obligation.objects.filter(incident=incident, state__in=Obligation.STANDING).order_by("pk"):
            if evidence in plan.rule(other.rule).evidence and other.owners == row.owners:
                _fulfil(other, evidence, proof, by=SYSTEM, by_event=proof.seq)
    moment = MOMENT_OF_PROOF.get(row.rule, {}).get(evidence)
    if moment:
        _moment_by_proof(incident, plan, moment, proof)


def _moment_by_proof(incident: Incident, plan: Plan, moment: str, proof: Event) -> None:
    _moments_note(incident, [moment], proof)
    _settle(incident, plan, moment, proof)
    _open_all(incident, plan, moment, proof)


@transaction.atomic
def obligation_waive(*, obligation_id: int, reason: str, by: Actor) -> Obligation:
    """Whoever stands above all who owe it lets it go, with a reason. Raises Missing, NotAllowed (naming who may), Invalid (no reason),
    Conflict (it ended meanwhile)."""
    by = require(by, "obligation.waive")
    row, plan = standing_locked(obligation_id)
    _must_stand_above(by, plan, row)
    if not reason.strip():
        raise Invalid(
            "reason.required",
            _("Give the reason; it is kept with your name."),
            errors=[{"field": "reason", "code": "required", "message": _("This field may not be blank.")}],
        )
    _close(row, Obligation.State.WAIVED, worlds.now(row.incident.world_id))
    _log(row, ObligationWaived(id=row.pk, rule=row.rule, turn=row.turn, reason=reason), by)
    return row


def standing_locked(obligation_id: int) -> tuple[Obligation, Plan]:
    """A standing obligation with its plan, its stream held until the transaction ends. Raises Missing, or Conflict when it ended."""
    found = Obligation.objects.filter(pk=obligation_id).select_related("incident").first()
    if found is None:
        raise Missing("obligation.missing", _("There is no such obligation."))
    # The stream's lock first, as every reaction takes it; then the row.
    Stream.objects.select_for_update(no_key=True).get(pk=found.incident.stream_id)
    row = (
        Obligation.objects.select_for_update(no_key=True, of=("self",)).select_related("incident").get(pk=obligation_id)
    )
    if row.state not in Obligation.STANDING:
        raise Conflict("obligation.ended", _("This obligation was settled or ended meanwhile; reload the page."))
    return row, selectors.plan_for(row.incident)


def _as_owner(by: Actor, plan: Plan, row: Obligation) -> Actor:
    """Who owes it, as a deputy where it is owed in somebody's place; raises NotAllowed."""
    if by.kind == "system":
        return by
    owner = selectors.holding_any(by, plan, row.owners, selectors.place_of(by))
    if owner is None:
        owners = ", ".join(in_language(plan.role(key).title.as_dict()) for key in row.owners)
        raise NotAllowed("obligation.not_yours", _("Only its owner can settle this: %(owners)s."), owners=owners)
    return owner


def _must_stand_above(by: Actor, plan: Plan, row: Obligation) -> None:
    if by.kind == "system" or selectors.may_waive(by, plan, row, selectors.place_of(by)):
        return
    who = ", ".join(str(ROLES[role]) for role in selectors.waivers_of(plan, row))
    if not who:
        raise NotAllowed("obligation.nobody_waives", _("Top management owes this itself; nobody can waive it."))
    sentence = _(
        "Whoever owes this does not waive it, and nobody below him. Ask one of these who does not owe it: %(who)s."
    )
    raise NotAllowed("obligation.waive_above", sentence, who=who)


def _is_late(row: Obligation) -> bool:
    return row.due_at is not None and worlds.now(row.incident.world_id) > row.due_at


def _log(row: Obligation, payload: ObligationFulfilled | ObligationSuperseded | ObligationWaived, by: Actor) -> None:
    incident = row.incident
    log_append(stream_of(incident), payload, by=by, clause=row.clause, plan_version=incident.plan_version)
