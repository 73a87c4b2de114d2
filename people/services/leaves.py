"""Who is away: leave set and cancelled, by oneself or by whoever answers for a duty or for personnel (8.1)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.clock import utc_text
from common.errors import Conflict, Missing
from people.events import LeaveCancelled, LeaveSet
from people.models import Leave, User
from people.rights import require_somewhere
from people.services import record
from people.services.roster import MANAGE, TAKE, invalid, now_here, wrong_span
from people.services.turns import changing, duties_locked


@transaction.atomic
def leave_set(*, user_id: int, starts_at: datetime, ends_at: datetime, by: Actor) -> Leave:
    """A person is away: one's own leave, or recorded by who answers for a duty or for personnel. Its gaps show at once.

    Raises Missing, NotAllowed, Invalid. A beginning in the past counts from now.
    """
    by = require_somewhere(by, TAKE if user_id == by.id else MANAGE)
    now = now_here()
    starts_at = max(starts_at, now)
    if errors := wrong_span(starts_at, ends_at, now):
        raise invalid(errors)
    if not User.objects.filter(pk=user_id, is_active=True).exists():
        raise Missing("people.missing", _("There is nobody and nothing by this name."))
    with changing(duties_locked(), now):
        row = Leave.objects.create(user_id=user_id, starts_at=starts_at, ends_at=ends_at, set_by_id=by.id, set_at=now)
        event = LeaveSet(leave=row.pk, user=user_id, starts_at=utc_text(starts_at), ends_at=utc_text(ends_at))
        record(event, by=by)
    return row


@transaction.atomic
def leave_cancel(*, leave_id: int, by: Actor) -> Leave:
    """The person is back, or does not go. Raises Missing, NotAllowed, Conflict (it is over)."""
    duties = duties_locked()
    row = Leave.objects.select_for_update(no_key=True).filter(pk=leave_id).first()
    if row is None:
        raise Missing("leave.missing", _("There is no such leave."))
    by, now = require_somewhere(by, TAKE if row.user_id == by.id else MANAGE), now_here()
    if row.cancelled_at is not None or row.ends_at <= now:
        raise Conflict("leave.over", _("This is over already."))
    with changing(duties, now):
        row.cancelled_at = now
        row.save(update_fields=["cancelled_at"])
        record(LeaveCancelled(leave=row.pk, user=row.user_id), by=by)
    return row
