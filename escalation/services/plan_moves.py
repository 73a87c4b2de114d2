"""Moving an incident under way to another version of the plan: asked for by one, approved by another (DESIGN.md, rule 14)."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.errors import Conflict, Invalid, Missing, NotAllowed, Text
from engine import worlds
from engine.events import Payload
from engine.log import log_append
from escalation.events import PlanAsked, PlanKept
from escalation.models import Obligation, PlanMove, PreparationTask
from escalation.services import levels
from escalation.services.turns import stream_of
from incidents import services as incidents
from incidents.events import PlanMoved
from incidents.selectors import Incident, by_number
from incidents.services.acting import check_open, locked, scope_of
from people.rights import require
from plans.domain import Plan
from plans.selectors import plan_of, version_by_number, version_of

LONGEST = 2000
SECOND = _("You asked for this; another person must approve it.")


# --- asking ---------------------------------------------------------------------------------------------------------------
@transaction.atomic
def plan_move_ask(*, number: str, to: int, reason: str, by: Actor) -> PlanMove:
    """Ask to carry an incident on by version `to`, which is or was in force.

    Raises Missing, NotAllowed, Invalid (no reason; the version has no place for what the incident carries, each thing named),
    Conflict (it is over, is carried on by that version already, or somebody asked before).
    """
    reason = _words("reason", reason)
    seen = by_number(number)
    by = require(by, "incident.ask_plan", scope_of(seen))
    incident = locked(seen.pk)
    check_open(incident)
    before, after = version_of(incident.plan_version), version_by_number(to)
    if after.pk == before.pk:
        raise Conflict("plan_move.there", _("The incident is carried on by this version already."))
    if not after.is_fixed:
        raise Invalid("plan_move.draft", _("Version %(number)s was never in force."), number=to)
    fits(incident, plan_of(before.pk), plan_of(after.pk))
    now = worlds.now(incident.world)
    try:
        with transaction.atomic():
            move = PlanMove.objects.create(
                incident=incident,
                before=before,
                after=after,
                reason=reason,
                asked_by_id=_person(by),
                asked_in_place_of_id=by.in_place_of,
                asked_at=now,
            )
    except IntegrityError:
        raise Conflict(
            "plan_move.asked", _("Somebody asked for another version before; decide on that first.")
        ) from None
    said = PlanAsked(move=move.pk, before=before.number, after=after.number, reason=reason)
    _written(incident, said, by, now)
    return move


def fits(incident: Incident, before: Plan, after: Plan) -> None:
    """Raise Invalid naming each thing of the incident that has no place in the other plan."""
    lost = [*_lost_words(incident, before, after), *_lost_duties(incident, after)]
    if before.key != after.key:
        lost.insert(0, ("key", _("it is another plan")))
    if lost:
        errors = [{"field": "to", "code": "plan_move.unfit", "message": f"{path}: {why}"} for path, why in lost]
        raise Invalid(
            "plan_move.unfit",
            _("That version has no place for what this incident carries; it stays with its own. See errors."),
            errors=errors,
        )


def _lost_words(incident: Incident, before: Plan, after: Plan) -> list[tuple[str, Text]]:
    named = (
        ("levels", incident.level, after.levels),
        ("levels", incident.proposed_level, after.levels),
        ("categories", incident.category, after.categories),
        ("business", incident.business, after.business),
    )
    lost: list[tuple[str, Text]] = [
        (f"{section}.{key}", _("is not there")) for section, key, rows in named if key and key not in rows
    ]
    for name, said in incident.facts.items():
        spec = after.facts.get(name)
        if spec is None and name in before.facts:
            lost.append((f"facts.{name}", _("is not there")))
        elif spec is not None and not spec.fits(said["value"]):
            lost.append((f"facts.{name}", _("is measured differently there")))
    return lost


def _lost_duties(incident: Incident, after: Plan) -> list[tuple[str, Text]]:
    """What it owes or owed, and who: everything of it must still have a name."""
    rows = Obligation.objects.filter(incident=incident).values_list("rule", "owners")
    rules = sorted({rule for rule, _owners in rows} - after.obligations.keys())
    roles = {role for _rule, owners in rows for role in owners}
    roles |= set(PreparationTask.objects.filter(warning__incident=incident).values_list("role", flat=True))
    lost = [f"obligations.{rule}" for rule in rules]
    lost += [f"roles.{role}" for role in sorted(roles - after.roles.keys())]
    return [(path, _("is not there")) for path in lost]


# --- deciding -------------------------------------------------------------------------------------------------------------
@transaction.atomic
def plan_move_approve(*, number: str, move: int, by: Actor, note: str = "") -> PlanMove:
    """The second person: from now on the incident is carried on by the other version.

    Obligations whose row differs begin anew by the new row, none with a deadline that is past; those that no longer apply are
    superseded, those that are new begin; the level is judged again.
    """
    row, incident, by, now = _entered(number, move, "incident.approve_plan", by)
    if row.barred(by):
        raise NotAllowed("plan_move.second_person", SECOND)
    check_open(incident)
    if incident.plan_version != row.before_id:
        raise Conflict("plan_move.moved", _("The incident is carried on by another version by now; ask again."))
    fits(incident, plan_of(row.before_id), plan_of(row.after_id))
    _decided(row, PlanMove.State.APPROVED, by, now, note.strip()[:LONGEST])
    moved = PlanMoved(
        move=row.pk,
        before=row.before.number,
        after=row.after.number,
        before_version=row.before_id,
        after_version=row.after_id,
        reason=row.reason,
    )
    incidents.plan_pin(incident=incident, version=row.after_id, moved=moved, by=by)
    if incident.phase in levels.DECIDABLE:
        levels.propose(incident)
    return row


@transaction.atomic
def plan_move_refuse(*, number: str, move: int, reason: str, by: Actor) -> PlanMove:
    """The second person refuses, or who asked takes it back; the incident stays with its version."""
    reason = _words("reason", reason)
    seen = _move(number, move)
    mine = seen.asked_by_id == by.id
    right = "incident.ask_plan" if mine else "incident.approve_plan"
    row, incident, by, now = _entered(number, move, right, by)
    _decided(row, PlanMove.State.WITHDRAWN if mine else PlanMove.State.REFUSED, by, now, reason)
    kept = PlanKept(move=row.pk, before=row.before.number, after=row.after.number, withdrawn=mine, reason=reason)
    _written(incident, kept, by, now)
    return row


def _move(number: str, move: int) -> PlanMove:
    found = PlanMove.objects.select_related("before", "after").filter(pk=move, incident__number=number).first()
    if found is None:
        raise Missing("plan_move.missing", _("Nobody asked for this; see the incident's plan."))
    return found


def _entered(number: str, move: int, right: str, by: Actor) -> tuple[PlanMove, Incident, Actor, datetime]:
    """Permission → the incident's lock, then the move's → still to be decided."""
    seen = by_number(number)
    by = require(by, right, scope_of(seen))
    incident = locked(seen.pk)
    rows = PlanMove.objects.select_for_update(no_key=True, of=("self",)).select_related("before", "after")
    row = rows.filter(pk=_move(number, move).pk).get()
    if row.state != PlanMove.State.ASKED:
        raise Conflict("plan_move.decided", _("Somebody was faster: this is decided already."))
    return row, incident, by, worlds.now(incident.world)


def _decided(row: PlanMove, state: PlanMove.State, by: Actor, now: datetime, note: str) -> None:
    row.state, row.decided_by_id, row.decided_at, row.note = state, _person(by), now, note
    row.save(update_fields=["state", "decided_by", "decided_at", "note"])


def _written(incident: Incident, payload: Payload, by: Actor, now: datetime) -> None:
    log_append(stream_of(incident), payload, by=by, occurred=now, plan_version=incident.plan_version)


def _person(by: Actor) -> int:
    if by.id is None:
        raise NotAllowed("plan_move.person", _("This takes a person; the product cannot do it by itself."))
    return by.id


def _words(field: str, text: str) -> str:
    text = text.strip()
    if not text or len(text) > LONGEST:
        rows: list[dict[str, Any]] = [
            {"field": field, "code": "length", "message": _("Write between 1 and 2,000 characters.")}
        ]
        raise Invalid("reason.required", _("Give the reason; it is kept with your name."), errors=rows)
    return text
