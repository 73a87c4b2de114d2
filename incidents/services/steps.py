"""Steps of handling (6.2): ticked by whoever works on the incident, and taken back with a reason."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.errors import Conflict, Missing
from engine import worlds
from incidents.domain.moves import Phase, Why
from incidents.events import StepTicked, StepUnticked
from incidents.models import Incident, StepTick
from incidents.selectors import by_number, ticks_of
from incidents.services.acting import SENTENCES, locked, required, scope_of, user_id, written
from people.rights import allowed, require
from plans.domain.who import Checklist
from plans.selectors import plan_of

# Electronic waste and the like are treated when the response is over; what is closed stays as it is.
CLOSED = frozenset({Phase.CLOSED, Phase.DISMISSED})


def may_tick(by: Actor, incident: Incident) -> bool:
    """Whether this person ticks the steps of this incident now."""
    return Phase(incident.phase) not in CLOSED and allowed(by, "step.tick", scope_of(incident))


@transaction.atomic
def step_tick(*, number: str, step: str, by: Actor, note: str = "") -> StepTick:
    """Say that a step of the incident's checklist is done.

    Raises Missing (no such step in its plan), NotAllowed, Conflict (done already, or the incident is closed).
    """
    incident, actor, checklist, now = _entered(number, step, by)
    standing = ticks_of(incident)
    if step in standing:
        raise Conflict("step.done", _("This step is done already; read the room again before you act."))
    row = StepTick.objects.create(incident=incident, step=step, at=now, by_user_id=user_id(actor), note=note.strip())
    payload = StepTicked(
        step=step,
        title=_titles(checklist)[step],
        done=_done(checklist, {*standing, step}),
        steps=len(checklist.steps),
        note=row.note,
    )
    written(incident, [payload], by=actor, at=now, clause=checklist.clauses[0])
    return row


@transaction.atomic
def step_untick(*, number: str, step: str, reason: str, by: Actor) -> StepTick:
    """Take it back, with the reason. Raises as `step_tick`, Invalid without a reason, Conflict when it is not ticked."""
    incident, actor, checklist, now = _entered(number, step, by)
    reason = required("reason", reason)
    standing = ticks_of(incident)
    row = standing.get(step)
    if row is None:
        raise Conflict("step.open", _("This step is not ticked; read the room again before you act."))
    row.undone_at = now
    row.save(update_fields=["undone_at"])
    payload = StepUnticked(
        step=step,
        title=_titles(checklist)[step],
        done=_done(checklist, standing.keys() - {step}),
        steps=len(checklist.steps),
        reason=reason,
    )
    written(incident, [payload], by=actor, at=now, clause=checklist.clauses[0])
    return row


def _entered(number: str, step: str, by: Actor) -> tuple[Incident, Actor, Checklist, datetime]:
    """The incident, held, who acts, and the checklist of its category that has this step."""
    seen = by_number(number)
    actor = require(by, "step.tick", scope_of(seen))
    incident = locked(seen.pk)
    if Phase(incident.phase) in CLOSED:
        raise Conflict(Why.OVER.value, SENTENCES[Why.OVER], number=number)
    checklist = plan_of(incident.plan_version).checklists.get(incident.category)
    if checklist is None or step not in _titles(checklist):
        raise Missing("step.missing", _("The plan of incident %(number)s has no such step."), number=number)
    return incident, actor, checklist, worlds.now(incident.world)


def _titles(checklist: Checklist) -> dict[str, dict[str, str]]:
    return {step.key: step.text.as_dict() for step in checklist.steps}


def _done(checklist: Checklist, ticked: set[str]) -> int:
    return len(ticked & _titles(checklist).keys())
