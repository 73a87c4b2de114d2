"""What people do with a readiness obligation: prove it, add files to its proof, or waive a turn of it."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.bilingual import in_language
from common.errors import Conflict, Invalid, NotAllowed, Text
from engine import worlds
from engine.models import Stream
from escalation.selectors import holding_any, place_of
from escalation.services.files import About, Upload, check_files, check_later, files_keep
from people.rights import require
from plans.domain import Plan
from readiness import selectors
from readiness.domain.moves import State
from readiness.drills import drill_proof
from readiness.events import TurnWaived
from readiness.known import DRILL, known_of
from readiness.models import ReadinessTurn
from readiness.services.turns import log, named, overdue_of, rule_of, stream_held, turn_end, turn_prove

LONGEST = 2000


@transaction.atomic
def readiness_fulfil(
    *, turn_id: int, evidence: str, note: str, by: Actor, drill: str = "", files: Sequence[Upload] = ()
) -> ReadinessTurn:
    """An owner proves that a turn is done, with words, or by the number of a drill that was held (8.2); given late, the proof
    covers every turn that was missed.

    Raises Missing, NotAllowed (not an owner), Invalid (proof of a kind the plan does not accept, without words, or a drill that
    there is not), Conflict (it ended meanwhile, the product itself sees that it is not so, or the drill proves nothing).
    """
    by = require(by, "readiness.fulfil")
    row, stream = _standing(turn_id)
    plan, rule = rule_of(row)
    by = _as_owner(by, plan, row)
    accepted = selectors.proofs_of(rule, plan)
    if evidence not in accepted:
        said = ", ".join(accepted) or "-"
        raise Invalid(
            "readiness.evidence",
            _("This obligation does not accept that kind of proof; it accepts: %(accepted)s."),
            errors=[{"field": "evidence", "code": "invalid_choice", "message": said}],
            accepted=said,
        )
    now = worlds.now(row.world_id)
    known = known_of(rule, now)
    if known is not None and not known.holds:
        sentence = _("%(known)s Mend that first; then it is proven without your word.")
        raise Conflict("readiness.not_so", sentence, known=in_language(known.said))
    held = drill_proof(row, drill) if evidence == DRILL else None
    if held is None or note.strip():
        note = _words(note, "note", _("Say in a few words what was done and where it can be found."))
    check_files(evidence, files, accepted)
    files_keep(files, _about(stream, row), word=note, by=by)
    missed = list(overdue_of(row)) if row.state == State.OVERDUE else []
    for turn in (*missed, row):
        turn_prove(stream, turn, evidence=evidence, note=note, now=now, by=by, known=held)
    return row


@transaction.atomic
def readiness_evidence_add(*, turn_id: int, note: str, by: Actor, files: Sequence[Upload]) -> ReadinessTurn:
    """Files that came after the proof of a turn, from whoever may prove it. The proof and its clock stay as they were.

    Raises Missing, NotAllowed (not an owner), Conflict (it is still owed, or ended without a proof), Invalid and TooLarge.
    """
    by = require(by, "readiness.fulfil")
    row, stream = _locked(turn_id)
    plan, _rule = rule_of(row)
    by = _as_owner(by, plan, row)
    check_later(files, proved=row.state == State.FULFILLED, stands=row.stands)
    files_keep(files, _about(stream, row), word=note, by=by, later=True)
    return row


def _about(stream: Stream, row: ReadinessTurn) -> About:
    return About(stream, row.pk, row.rule, row.turn, row.clause, row.plan_version_id)


def _as_owner(by: Actor, plan: Plan, row: ReadinessTurn) -> Actor:
    """Who owes it, as a deputy where it is owed in somebody's place; raises NotAllowed."""
    owner = by if by.kind == "system" else holding_any(by, plan, row.owners, place_of(by))
    if owner is None:
        owners = ", ".join(in_language(plan.role(key).title.as_dict()) for key in row.owners)
        raise NotAllowed("readiness.not_yours", _("Only its owner can settle this: %(owners)s."), owners=owners)
    return owner


@transaction.atomic
def readiness_waive(*, turn_id: int, reason: str, by: Actor) -> ReadinessTurn:
    """Let one turn go, with a reason; the next one comes as it would. Never by who owes it.

    Raises Missing, NotAllowed, Invalid (no reason), Conflict (it ended meanwhile, or has no clock: nothing presses).
    """
    by = require(by, "readiness.waive")
    row, stream = _standing(turn_id)
    plan, _rule = rule_of(row)
    if by.kind == "person" and selectors.owns(by, plan, row):
        raise NotAllowed("readiness.own", _("You owe this yourself; somebody else must waive it."))
    if row.due_at is None:
        raise Conflict("readiness.no_clock", _("This has no deadline; there is nothing to waive."))
    reason = _words(reason, "reason", _("Give the reason; it is kept with your name."))
    event = log(stream, row, TurnWaived(**named(row), reason=reason), by)  # type: ignore[arg-type]
    turn_end(row, State.WAIVED, event, worlds.now(row.world_id))
    return row


def _standing(turn_id: int) -> tuple[ReadinessTurn, Stream]:
    row, stream = _locked(turn_id)
    if not row.stands:
        raise Conflict("readiness.ended", _("This was settled or ended meanwhile; reload the page."))
    return row, stream


def _locked(turn_id: int) -> tuple[ReadinessTurn, Stream]:
    stream = stream_held(selectors.turn(turn_id).world_id)
    return ReadinessTurn.objects.select_for_update(no_key=True).get(pk=turn_id), stream


def _words(text: str, field: str, sentence: Text) -> str:
    text = text.strip()
    if not text or len(text) > LONGEST or "\x00" in text:
        rows = [{"field": field, "code": "length", "message": _("Write between 1 and 2,000 characters.")}]
        raise Invalid(f"readiness.{field}", sentence, errors=rows)
    return text
