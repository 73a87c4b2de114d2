"""Coming into force: at approval, or when its time has come."""

from collections.abc import Sequence
from datetime import datetime

from common.actor import SYSTEM, Actor
from common.clock import utc_text
from engine.alarms import alarm_clear, alarm_raise
from plans.domain import PlanErrors, admit
from plans.domain.versions import State
from plans.events import VersionPutInForce
from plans.models import PlanVersion
from plans.patience import reading
from plans.services.acting import ENTER, named, written

__all__ = ["ENTER", "put_in_force", "version_enter", "versions_held", "versions_held_for"]


def versions_held() -> list[PlanVersion]:
    """Every version, held until the transaction ends in the order of their ids: one change of what is in force at a time."""
    return list(PlanVersion.objects.select_for_update(no_key=True).defer("text").order_by("pk"))


def versions_held_for(ref: int) -> None:
    """What `version_enter` holds, before the timer itself: whoever gives an approved version back holds it and takes the timer."""
    versions_held()


def put_in_force(version: PlanVersion, held: Sequence[PlanVersion], *, by: Actor, now: datetime) -> None:
    """Retire what is in force and put this version in its place. Incidents under way keep theirs."""
    before = next((row for row in held if row.status == PlanVersion.Status.IN_FORCE), None)
    if before is not None:
        before.status, before.retired_at = State.RETIRED.value, now
        before.save(update_fields=["status", "retired_at"])
    version.status = State.IN_FORCE.value
    version.save(update_fields=["status"])
    entered = VersionPutInForce(
        **named(version),
        plan_key=version.plan_key,
        before=before.number if before else None,
        due=utc_text(version.in_force_from or now),
    )
    written(version, entered, by=by, at=now)


def version_enter(ref: int, due_at: datetime, now: datetime) -> None:
    """The timer of an approved version: its time has come. What was given back, withdrawn or put off meanwhile stays as it is."""
    held = versions_held()
    version = next((row for row in held if row.pk == ref), None)
    if version is None or version.state is not State.APPROVED or version.in_force_from != due_at:
        return
    try:
        with reading():
            admit(version.text, version.file_name)
    except PlanErrors as faulty:
        # Approved by another release of the product, which read it otherwise: the plan in force goes on, and a person looks.
        alarm_raise("plan.unfit", str(version.number), number=version.number, error=str(faulty.errors[0]))
        return
    alarm_clear("plan.unfit", str(version.number))
    put_in_force(version, held, by=SYSTEM, now=now)
