"""Who is away, and who stands in for them: leave set and cancelled, deputies named (8.1, docs/decisions/0037)."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import SYSTEM, Actor
from common.clock import utc_text
from common.errors import Conflict, Invalid, Missing, NotAllowed
from engine import worlds
from engine.timers import timer_set, timers_cancel
from people.events import DeputyBegan, DeputyEnded, DeputyNamed, LeaveCancelled, LeaveSet
from people.models import Deputy, Leave, User
from people.rights import LENT, allowed_somewhere, require_somewhere
from people.selectors import current_holdings
from people.services import record
from people.services.roster import MANAGE, TAKE, invalid, is_away, now_here, wrong_span
from people.services.turns import changing, duties_locked

LOOK: Final = "people.leave"
ASSIGN: Final = "role.assign"
UNSAID: Final = -1  # nothing was said of a deputy: the standing one, if there is one


@transaction.atomic
def leave_set(
    *, user_id: int, starts_at: datetime, ends_at: datetime, by: Actor, deputy_id: int | None = UNSAID
) -> Leave:
    """A person is away: one's own leave, or recorded by who answers for a duty or for personnel. Its gaps show at once.

    `deputy_id` names who stands in (None: nobody); only the person, or who assigns roles, may name another than the standing
    deputy. Raises Missing, NotAllowed, Invalid. A beginning in the past counts from now.
    """
    by = require_somewhere(by, TAKE if user_id == by.id else MANAGE)
    now = now_here()
    starts_at = max(starts_at, now)
    if errors := wrong_span(starts_at, ends_at, now):
        raise invalid(errors)
    if not User.objects.filter(pk=user_id, is_active=True).exists():
        raise Missing("people.missing", _("There is nobody and nothing by this name."))
    duties = duties_locked()
    standing = standing_deputy(user_id)
    if deputy_id == UNSAID:
        fit = standing is not None and not is_away(standing.deputy_id, starts_at, ends_at)
        deputy_id = standing.deputy_id if standing and fit and standing.deputy.is_active else None
    elif deputy_id is not None:
        if standing is None or standing.deputy_id != deputy_id:
            _may_name(user_id, deputy_id, by)
        _check_deputy(user_id, deputy_id, starts_at, ends_at)
    if deputy_id is not None and deputy_id == by.id:
        # Nor does the standing one begin it himself: whoever records another's leave would give himself that person's rights.
        _may_name(user_id, deputy_id, by)
    with changing(duties, now):
        row = Leave.objects.create(
            user_id=user_id, deputy_id=deputy_id, starts_at=starts_at, ends_at=ends_at, set_by_id=by.id, set_at=now
        )
        event = LeaveSet(
            leave=row.pk, user=user_id, starts_at=utc_text(starts_at), ends_at=utc_text(ends_at), deputy=deputy_id
        )
        record(event, by=by)
        if deputy_id is not None:
            _watched(row, now)
    return row


@transaction.atomic
def leave_cancel(*, leave_id: int, by: Actor) -> Leave:
    """The person is back, or does not go. Raises Missing, NotAllowed, Conflict (it is over)."""
    duties = duties_locked()
    row = _standing(leave_id)
    by, now = require_somewhere(by, TAKE if row.user_id == by.id else MANAGE), now_here()
    _check_runs(row, now)
    with changing(duties, now):
        _cancelled(row, by, now)
    return row


@transaction.atomic
def leave_deputise(*, leave_id: int, deputy_id: int | None, by: Actor) -> Leave:
    """Another deputy for the rest of a leave, or none: what was stays on record, the rest is a leave of its own.

    Raises Missing, NotAllowed (neither the person nor who assigns roles, or oneself), Invalid, Conflict (it is over).
    """
    duties = duties_locked()
    row, now = _standing(leave_id), now_here()
    by = require_somewhere(by, TAKE if row.user_id == by.id else ASSIGN)
    _check_runs(row, now)
    if row.deputy_id == deputy_id:
        return row
    starts_at = max(row.starts_at, now)
    if deputy_id is not None:
        _may_name(row.user_id, deputy_id, by)
        _check_deputy(row.user_id, deputy_id, starts_at, row.ends_at)
    with changing(duties, now):
        _cancelled(row, by, now)
        rest = Leave.objects.create(
            user_id=row.user_id, deputy_id=deputy_id, starts_at=starts_at, ends_at=row.ends_at, set_by_id=by.id,
            set_at=now,
        )  # fmt: skip
        event = LeaveSet(
            leave=rest.pk,
            user=row.user_id,
            starts_at=utc_text(starts_at),
            ends_at=utc_text(row.ends_at),
            deputy=deputy_id,
            instead_of=row.pk,
        )
        record(event, by=by)
        if deputy_id is not None:
            _watched(rest, now)
    return rest


@transaction.atomic
def deputy_name(*, user_id: int, deputy_id: int | None, by: Actor, based_on: int | None = None) -> Deputy | None:
    """Who stands in for a person on any leave set from now on, unless it names another; None: nobody. By the person, or by who
    assigns roles. `based_on`: the row that was read, 0 for none. Raises Missing, NotAllowed, Invalid, Conflict (another was named
    since)."""
    by = require_somewhere(by, TAKE if user_id == by.id else ASSIGN)
    now = now_here()
    if not User.objects.select_for_update(no_key=True).filter(pk=user_id, is_active=True).exists():
        raise Missing("people.missing", _("There is nobody and nothing by this name."))
    before = standing_deputy(user_id)
    if (before.deputy_id if before else None) == deputy_id:
        return before
    if based_on is not None and based_on != (before.pk if before else 0):
        sentence = _("Somebody named another deputy after you opened this; look at it again before you change it.")
        raise Conflict("deputy.changed", sentence)
    row = None
    if deputy_id is not None:
        _may_name(user_id, deputy_id, by)
        _check_deputy(user_id, deputy_id)
    if before is not None:
        before.until = now
        before.save(update_fields=["until"])
    if deputy_id is not None:
        row = Deputy.objects.create(user_id=user_id, deputy_id=deputy_id, named_by_id=by.id, since=now)
    record(DeputyNamed(user=user_id, before=before.deputy_id if before else None, after=deputy_id), by=by)
    return row


def leave_locked(ref: int) -> None:
    """What `look` holds, before its timer: whoever changes a leave holds it and moves the timer."""
    Leave.objects.select_for_update(no_key=True).filter(pk=ref).first()


def look(ref: int, due_at: datetime, now: datetime) -> None:
    """A leave with a deputy begins or ends: that the rights of its holder are lent, or no more, is on record."""
    row = Leave.objects.select_for_update(no_key=True).get(pk=ref)
    if row.cancelled_at is None:
        _watched(row, now, due_at=due_at)


def standing_deputy(user_id: int) -> Deputy | None:
    return Deputy.objects.filter(user_id=user_id, until=None).select_related("deputy").first()


def _watched(row: Leave, now: datetime, *, due_at: datetime | None = None) -> None:
    """Write what has begun and what has ended of a leave with a deputy, and come again for what has not."""
    assert row.deputy_id is not None
    said = {"leave": row.pk, "user": row.user_id, "deputy": row.deputy_id}
    world = worlds.real().pk
    if now < row.starts_at:
        timer_set(world, LOOK, row.pk, row.starts_at)
        return
    if due_at is None or due_at < row.ends_at:
        record(DeputyBegan(**said, until=utc_text(row.ends_at)), by=SYSTEM, occurred=row.starts_at)
        timer_set(world, LOOK, row.pk, row.ends_at)
        return
    record(DeputyEnded(**said), by=SYSTEM, occurred=row.ends_at)


def _cancelled(row: Leave, by: Actor, now: datetime) -> None:
    row.cancelled_at = now
    row.save(update_fields=["cancelled_at"])
    record(LeaveCancelled(leave=row.pk, user=row.user_id), by=by)
    timers_cancel(row.pk, LOOK)
    if row.deputy_id is not None and row.starts_at <= now:
        record(DeputyEnded(leave=row.pk, user=row.user_id, deputy=row.deputy_id), by=SYSTEM, occurred=now)


def _standing(leave_id: int) -> Leave:
    row = Leave.objects.select_for_update(no_key=True).filter(pk=leave_id).first()
    if row is None:
        raise Missing("leave.missing", _("There is no such leave."))
    return row


def _check_runs(row: Leave, now: datetime) -> None:
    if row.cancelled_at is not None or row.ends_at <= now:
        raise Conflict("leave.over", _("This is over already."))


def _may_name(user_id: int, deputy_id: int, by: Actor) -> None:
    """A deputy gets the holder's rights: so the holder names him, or who assigns roles does, and nobody names himself."""
    if by.kind == "system":
        return
    if (by.id == deputy_id and user_id != deputy_id) or (by.id != user_id and not allowed_somewhere(by, ASSIGN)):
        raise NotAllowed(
            "deputy.not_yours",
            _("A deputy is named by the person on leave, or by the security administrator; nobody names himself."),
        )


def _check_deputy(
    user_id: int, deputy_id: int, starts_at: datetime | None = None, ends_at: datetime | None = None
) -> None:
    sentence = None
    if deputy_id == user_id:
        sentence = _("Nobody stands in for himself; choose another person.")
    elif not current_holdings().filter(user=deputy_id, role__in=LENT).exists():
        sentence = _("This person has no part in the plan; choose somebody who has.")
    elif starts_at is not None and ends_at is not None and is_away(deputy_id, starts_at, ends_at):
        sentence = _("This person is on leave then, too; choose somebody who is here.")
    if sentence is not None:
        raise Invalid("deputy.unfit", sentence, errors=[{"field": "deputy", "code": "unfit", "message": sentence}])
