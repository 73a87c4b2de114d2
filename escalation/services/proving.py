"""What people do about an obligation: attach a proof, add files to one, or let it go from above."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import SYSTEM, Actor
from common.bilingual import in_language, listed
from common.errors import Conflict, Invalid, Missing, NotAllowed
from engine import worlds
from engine.log import log_append
from engine.models import Event, Stream
from escalation import selectors
from escalation.domain.moments import INCOMPLETE, MOMENT_OF_PROOF
from escalation.events import ObligationFulfilled, ObligationWaived
from escalation.models import Obligation
from escalation.services.files import About, Upload, check_files, check_later, files_keep
from escalation.services.obligations import moment_came, row_close, row_fulfil, row_log
from escalation.services.turns import stream_of
from people.rights import ROLES, require
from plans.domain import Plan


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
    about = _about(row)
    files_keep(files, about, word=note, by=by)
    proof = log_append(
        about.stream,
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
    row_close(row, Obligation.State.FULFILLED, proof.occurred_at, also=("proof_event",))
    _same_proof(row, plan, evidence, proof)
    if open_still and plan.template_of[evidence].rest_later:
        # Facts fast (3.3): it left with what is known, and what it says is not yet known is owed from here on.
        moment_came(row.incident, plan, INCOMPLETE, proof)
    return row


@transaction.atomic
def evidence_add(*, obligation_id: int, note: str, by: Actor, files: Sequence[Upload]) -> Obligation:
    """Files that came after the proof, from whoever may prove it. The proof and its clock stay as they were.

    Raises Missing, NotAllowed (not its owner), Conflict (it is still owed, or ended without a proof), Invalid and TooLarge.
    """
    by = require(by, "obligation.fulfil")
    row, plan = _locked(obligation_id)
    by = _as_owner(by, plan, row)
    check_later(files, proved=row.state == Obligation.State.FULFILLED, stands=row.state in Obligation.STANDING)
    files_keep(files, _about(row), word=note, by=by, later=True)
    return row


def _about(row: Obligation) -> About:
    return About(stream_of(row.incident), row.pk, row.rule, row.turn, row.clause, row.incident.plan_version)


def _must_be_said(plan: Plan, evidence: str, note: str) -> None:
    if not note.strip():
        raise Invalid(
            "obligation.note",
            _("Say in a few words what was done and where it can be found."),
            errors=[{"field": "note", "code": "required", "message": _("This field may not be blank.")}],
        )
    if missing := selectors.missing_of(plan, evidence, note):
        named = in_language(listed(missing))
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
                row_fulfil(other, evidence, proof, by=SYSTEM, by_event=proof.seq)
    moment = MOMENT_OF_PROOF.get(row.rule, {}).get(evidence)
    if moment:
        moment_came(incident, plan, moment, proof)


@transaction.atomic
def obligation_waive(*, obligation_id: int, reason: str, by: Actor) -> Obligation:
    """Whoever stands above all who owe it lets it go, with a reason. Raises Missing, NotAllowed (naming who may), Invalid (no reason),
    Conflict (it ended meanwhile)."""
    by = require(by, "obligation.waive")
    row, plan = standing_locked(obligation_id)
    by = _from_above(by, plan, row)
    if not reason.strip():
        raise Invalid(
            "reason.required",
            _("Give the reason; it is kept with your name."),
            errors=[{"field": "reason", "code": "required", "message": _("This field may not be blank.")}],
        )
    row_close(row, Obligation.State.WAIVED, worlds.now(row.incident.world_id))
    row_log(row, ObligationWaived(id=row.pk, rule=row.rule, turn=row.turn, reason=reason), by)
    return row


def standing_locked(obligation_id: int) -> tuple[Obligation, Plan]:
    """A standing obligation with its plan, its stream held until the transaction ends. Raises Missing, or Conflict when it ended."""
    row, plan = _locked(obligation_id)
    if row.state not in Obligation.STANDING:
        raise Conflict("obligation.ended", _("This obligation was settled or ended meanwhile; reload the page."))
    return row, plan


def _locked(obligation_id: int) -> tuple[Obligation, Plan]:
    found = Obligation.objects.filter(pk=obligation_id).select_related("incident").first()
    if found is None:
        raise Missing("obligation.missing", _("There is no such obligation."))
    # The stream's lock first, as every reaction takes it; then the row.
    Stream.objects.select_for_update(no_key=True).get(pk=found.incident.stream_id)
    row = (
        Obligation.objects.select_for_update(no_key=True, of=("self",)).select_related("incident").get(pk=obligation_id)
    )
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


def _from_above(by: Actor, plan: Plan, row: Obligation) -> Actor:
    """Who waives it, in the role that stands above; raises NotAllowed."""
    if by.kind == "system":
        return by
    above = selectors.waiving(by, plan, row, selectors.place_of(by))
    if above is not None:
        return above
    who = ", ".join(str(ROLES[role]) for role in selectors.waivers_of(plan, row))
    if not who:
        raise NotAllowed("obligation.nobody_waives", _("Top management owes this itself; nobody can waive it."))
    sentence = _(
        "Whoever owes this does not waive it, and nobody below him. Ask one of these who does not owe it: %(who)s."
    )
    raise NotAllowed("obligation.waive_above", sentence, who=who)


def _is_late(row: Obligation) -> bool:
    return row.due_at is not None and worlds.now(row.incident.world_id) > row.due_at
