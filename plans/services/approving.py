"""The second person: approves a version from a time on, or gives it back."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.clock import utc_text
from common.errors import Conflict, Invalid
from engine import worlds
from engine.timers import timer_set
from people.rights import require
from plans.domain.versions import RIGHT, Act
from plans.events import VersionApproved, VersionReturned
from plans.models import PlanVersion
from plans.services.acting import (
    ENTER,
    Entered,
    approval_voided,
    entered,
    moved,
    named,
    read_plan,
    reason_given,
    same_text,
    written,
)
from plans.services.entering import put_in_force, versions_held


@transaction.atomic
def version_approve(
    *,
    number: int,
    revision: int,
    sha256: str,
    by: Actor,
    in_force_from: datetime | None = None,
    against: int | None = None,
) -> PlanVersion:
    """Approve this very text; it is in force from `in_force_from`, or at once.

    `against` is the number of the version in force that it was compared with: when another one is by now, what would change
    is not what was read, and that is a Conflict. Raises NotAllowed for whoever wrote or submitted it, Invalid for a time
    that is past.
    """
    require(by, RIGHT[Act.APPROVE])
    held = versions_held()
    it = entered(Act.APPROVE, number, by)
    version = it.version
    same_text(version, revision, sha256)
    standing = next((row for row in held if row.status == PlanVersion.Status.IN_FORCE), None)
    _still_against(standing, against)
    read_plan(version.text, version.file_name)
    if in_force_from is not None and in_force_from <= it.now:
        rows = [
            {"field": "in_force_from", "code": "past", "message": _("This time is past; leave it empty for at once.")}
        ]
        raise Invalid("plan.past", _("This time is past; leave it empty for at once."), errors=rows)
    version.approved_by_id, version.approved_at = it.me, it.now
    version.approved_revision, version.approved_sha256 = revision, version.sha256
    version.in_force_from = in_force_from or it.now
    moved(it, "approved_by", "approved_at", "approved_revision", "approved_sha256", "in_force_from")
    _told(it, standing)
    if in_force_from is None:
        put_in_force(version, held, by=it.by, now=it.now)
    else:
        timer_set(worlds.real().pk, ENTER, version.pk, in_force_from)
    return version


def _told(it: Entered, standing: PlanVersion | None) -> None:
    version = it.version
    begins = utc_text(version.in_force_from or it.now)
    against = standing.number if standing else None
    approved = VersionApproved(**named(version), in_force_from=begins, against=against)
    written(version, approved, by=it.by, at=it.now)


def _still_against(standing: PlanVersion | None, against: int | None) -> None:
    if against is not None and (standing is None or standing.number != against):
        raise Conflict(
            "plan.against",
            _("Another version came into force after you opened this page; read what would change now."),
        )


@transaction.atomic
def version_return(*, number: int, reason: str, by: Actor) -> PlanVersion:
    """Give it back to its writers with a reason; an approval given before is void, and it will not come into force."""
    reason = reason_given(reason)
    it = entered(Act.RETURN, number, by)
    version, was = it.version, it.version.status
    version.returned_by_id, version.returned_at, version.returned_why = it.me, it.now, reason
    moved(it, "returned_by", "returned_at", "returned_why", *approval_voided(version))
    written(version, VersionReturned(**named(version), was=was, reason=reason), by=it.by, at=it.now)
    return version
