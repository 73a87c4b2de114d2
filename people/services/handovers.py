"""Handing a shift over: a brief drafted from the log, edited, handed over, accepted by the next person (3.1)."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.clock import utc_text
from common.errors import Conflict, Invalid, Missing, NotAllowed
from people.domain.moves import HANDOVER_MOVES, HandoverState
from people.domain.roster import Roster, on_duty, shifts
from people.events import HandoverMoved
from people.models import Duty, DutyTurn, Handover
from people.rights import require_somewhere
from people.rostered import roster_of
from people.services import record
from people.services.roster import TAKE, held, now_here

AHEAD: Final = timedelta(days=7)  # the next person is looked for so far
AFTERWARDS: Final = timedelta(hours=2)  # whose shift ended no longer ago may still hand it over
LONGEST = 20_000
OPEN = (HandoverState.DRAFTED, HandoverState.HANDED_OVER)


def next_person(roster: Roster, user_id: int, now: datetime) -> tuple[datetime, int | None]:
    """When the shift of whoever is on, or just was, ends, and who comes then; nobody, where the roster names nobody."""
    here = on_duty(roster, now)
    if here.person != user_id:
        return now, here.person
    ahead = shifts(roster, now, now + AHEAD)
    following = next((shift for shift in ahead if shift.person != user_id), None)
    return (following.start, following.person) if following else (now + AHEAD, None)


def hands_over(duty: Duty, roster: Roster, user_id: int | None, now: datetime) -> bool:
    """Whether this person is on the duty, or was until a short while ago."""
    if user_id is None:
        return False
    lately = DutyTurn.objects.filter(duty=duty, user_id=user_id, until__gt=now - AFTERWARDS)
    return on_duty(roster, now).person == user_id or lately.exists()


@transaction.atomic
def handover_draft(*, duty_id: int, brief: str, by: Actor) -> Handover:
    """Begin to hand over one's shift with a brief; one begun before that nobody accepted lapses.

    Raises Missing, NotAllowed (not on this duty), Invalid (an empty brief).
    """
    duty, now = held(duty_id), now_here()
    by, roster = require_somewhere(by, TAKE), roster_of(duty, now)
    if by.id is None or not hands_over(duty, roster, by.id, now):
        raise NotAllowed("handover.not_on", _("Whoever is on duty hands over; you are not."))
    brief = _checked(brief)
    for earlier in Handover.objects.filter(duty=duty, state__in=OPEN):
        _moved(earlier, HandoverState.LAPSED, by)
    ends_at, to_user = next_person(roster, by.id, now)
    row = Handover.objects.create(
        duty=duty, ends_at=ends_at, from_user_id=by.id, to_user_id=to_user, brief=brief, drafted_at=now
    )
    record(_said(row), by=by, clause=duty.clause)
    return row


@transaction.atomic
def handover_edit(*, handover_id: int, brief: str, based_on: int, by: Actor) -> Handover:
    """Change the brief before it is handed over. Raises Missing, NotAllowed, Invalid, Conflict."""
    row = _own(handover_id, by)
    if row.state != HandoverState.DRAFTED:
        raise Conflict("handover.given", _("This is handed over already; begin another one to say more."))
    if based_on != row.version:
        raise Conflict("handover.changed", _("The brief changed after you opened it; read it again."))
    row.brief = _checked(brief)
    row.version += 1
    row.save(update_fields=["brief", "version"])
    return row


@transaction.atomic
def handover_give(*, handover_id: int, by: Actor) -> Handover:
    """Hand it over: the brief stays as it is, and whoever comes next is asked to accept. Raises as `handover_edit`."""
    row, now = _own(handover_id, by), now_here()
    by = require_somewhere(by, TAKE)
    row.ends_at, row.to_user_id = next_person(roster_of(row.duty, now), row.from_user_id, now)
    row.handed_over_at = now
    return _moved(row, HandoverState.HANDED_OVER, by, "ends_at", "to_user", "handed_over_at")


@transaction.atomic
def handover_accept(*, handover_id: int, by: Actor) -> Handover:
    """The next person has read it: whoever the roster names next, or whoever is on duty now. Raises as `handover_edit`."""
    row, now = _entered(handover_id), now_here()
    by = require_somewhere(by, TAKE)
    if by.id is None or not may_accept(row, roster_of(row.duty, now), by.id, now):
        raise NotAllowed("handover.not_next", _("Only the next person on this duty can accept it."))
    row.to_user_id, row.accepted_at = by.id, now
    return _moved(row, HandoverState.ACCEPTED, by, "accepted_at", "to_user")


def may_accept(row: Handover, roster: Roster, user_id: int, now: datetime) -> bool:
    """Whether this person comes next, or is on duty by now; nobody takes over from themselves."""
    named = {row.to_user_id, on_duty(roster, now).person, next_person(roster, row.from_user_id, now)[1]}
    return user_id != row.from_user_id and user_id in named


def handover_of(handover_id: int) -> Handover:
    """Raises Missing."""
    found = Handover.objects.select_related("duty", "from_user", "to_user").filter(pk=handover_id).first()
    if found is None:
        raise Missing("handover.missing", _("There is no such handover."))
    return found


def handovers_of(duty: Duty, limit: int = 20) -> list[Handover]:
    """The newest first."""
    return list(
        Handover.objects.filter(duty=duty).select_related("duty", "from_user", "to_user").order_by("-pk")[:limit]
    )


def _entered(handover_id: int) -> Handover:
    held(handover_of(handover_id).duty_id)
    return handover_of(handover_id)


def _own(handover_id: int, by: Actor) -> Handover:
    row = _entered(handover_id)
    require_somewhere(by, TAKE)
    if row.from_user_id != by.id:
        raise NotAllowed("handover.not_yours", _("Only who hands over can do this."))
    return row


def _checked(brief: str) -> str:
    brief = brief.replace("\r\n", "\n").strip()
    if not brief or len(brief) > LONGEST:
        errors = [{"field": "brief", "code": "length", "message": _("The brief has between 1 and 20,000 letters.")}]
        raise Invalid("invalid", _("Some values are not right; see errors."), errors=errors)
    return brief


def _moved(row: Handover, to: HandoverState, by: Actor, *fields: str) -> Handover:
    if (HandoverState(row.state), to) not in HANDOVER_MOVES:
        raise Conflict("handover.state", _("This handover has moved on; read it again."))
    row.state = Handover.State(to)
    row.version += 1
    row.save(update_fields=["state", "version", *fields])
    record(_said(row), by=by, clause=row.duty.clause)
    return row


def _said(row: Handover) -> HandoverMoved:
    return HandoverMoved(
        duty=row.duty.key,
        handover=row.pk,
        from_user=row.from_user_id,
        to_user=row.to_user_id,
        ends_at=utc_text(row.ends_at),
        after=row.state,
    )
