"""Swaps: one asks another to stand a span, perhaps against one of theirs; the roster changes when the other accepts."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.clock import utc_text
from common.errors import Conflict, Invalid, Missing, NotAllowed, Text
from people.domain.moves import SWAP_MOVES, SwapState
from people.domain.roster import Roster, shifts
from people.events import SwapAnswered, SwapAsked
from people.models import Duty, Override, Swap, User
from people.rights import require_somewhere
from people.rostered import may_stand, roster_of
from people.services import record
from people.services.roster import TAKE, cover, held, is_away, now_here, wrong_span
from people.services.turns import changing

Span = tuple[datetime, datetime]


def stands(roster: Roster, user_id: int | None, span: Span) -> bool:
    """Whether the whole span is this person's by the roster."""
    return user_id is not None and all(shift.person == user_id for shift in shifts(roster, *span))


@transaction.atomic
def swap_ask(*, duty_id: int, span: Span, asked_of: int, by: Actor, back: Span | None = None) -> Swap:
    """Ask somebody to stand a span of one's own, and offer to stand one of theirs (`back`), if one is given.

    Raises Missing, NotAllowed, Invalid naming what is wrong, Conflict (the same is asked already).
    """
    by = require_somewhere(by, TAKE)
    duty, now = held(duty_id), now_here()
    roster = roster_of(duty, now)
    errors = [*wrong_span(*span, now), *(wrong_span(*back, now) if back else [])]
    if errors:
        raise _invalid(errors)
    if span[0] < now or not stands(roster, by.id, span):
        errors.append(_said("span", "not_yours", _("This shift is not yours, or has begun.")))
    if asked_of == by.id or not may_stand(duty).filter(pk=asked_of).exists():
        errors.append(_said("asked_of", "unfit", _("This person may not stand this duty.")))
    elif is_away(asked_of, *span):
        errors.append(_said("asked_of", "away", _("This person is away then.")))
    if back and (back[0] < now or not stands(roster, asked_of, back)):
        errors.append(_said("back", "not_theirs", _("What you offer to stand in return is not a shift of theirs.")))
    if errors:
        raise _invalid(errors)
    if Swap.objects.filter(duty=duty, asked_by_id=by.id, starts_at=span[0], state=Swap.State.ASKED).exists():
        raise Conflict("swap.asked", _("This shift is being asked about already; withdraw that first."))
    row = Swap.objects.create(
        duty=duty,
        asked_by_id=by.id,
        asked_of_id=asked_of,
        starts_at=span[0],
        ends_at=span[1],
        back_starts_at=back and back[0],
        back_ends_at=back and back[1],
        asked_at=now,
    )
    record(_asked(row), by=by, clause=duty.clause)
    return row


@transaction.atomic
def swap_answer(*, swap_id: int, accept: bool, by: Actor) -> Swap:
    """Accept it, and the roster changes; or decline. Raises Missing, NotAllowed, Conflict (shifts changed meanwhile)."""
    row, duty, now = _entered(swap_id)
    by = require_somewhere(by, TAKE)
    if row.asked_of_id != by.id:
        raise NotAllowed("swap.not_yours", _("Only the person asked can answer this."))
    if not accept:
        return _moved(row, SwapState.DECLINED, by, now)
    roster, span, back = roster_of(duty, now), (row.starts_at, row.ends_at), _back(row)
    still = row.starts_at >= now and stands(roster, row.asked_by_id, span)
    if not still or (back and not (back[0] >= now and stands(roster, row.asked_of_id, back))):
        raise Conflict("swap.changed", _("These shifts have changed or begun since; decline it and agree anew."))
    gone = (row.asked_of_id, span), *([(row.asked_by_id, back)] if back else [])
    fit = set(may_stand(duty).values_list("pk", flat=True))
    if any(who not in fit or is_away(who, *when) for who, when in gone):
        raise Conflict("swap.away", _("One of you is away then, or may no longer stand this duty."))
    _moved(row, SwapState.ACCEPTED, by, now)
    with changing([duty], now):
        for who, (starts_at, ends_at) in gone:
            cover(duty, Override.Kind.SWAP, who, starts_at, ends_at, by=by, now=now, swap=row)
    return row


@transaction.atomic
def swap_withdraw(*, swap_id: int, by: Actor) -> Swap:
    """Take the question back. Raises Missing, NotAllowed, Conflict (it is answered)."""
    row, _duty, now = _entered(swap_id)
    by = require_somewhere(by, TAKE)
    if row.asked_by_id != by.id:
        raise NotAllowed("swap.not_yours", _("Only who asked can take this back."))
    return _moved(row, SwapState.WITHDRAWN, by, now)


def swaps_open(user: User, now: datetime) -> dict[str, list[Swap]]:
    """What waits for this person's answer, and what they asked and nobody answered; of shifts that have not begun."""
    rows = Swap.objects.filter(state=Swap.State.ASKED, starts_at__gt=now).order_by("starts_at", "pk")
    rows = rows.select_related("duty", "asked_by", "asked_of")
    return {"of_me": list(rows.filter(asked_of=user)), "by_me": list(rows.filter(asked_by=user))}


def swap_of(swap_id: int) -> Swap:
    """Raises Missing."""
    found = Swap.objects.filter(pk=swap_id).first()
    if found is None:
        raise Missing("swap.missing", _("There is no such swap."))
    return found


def _entered(swap_id: int) -> tuple[Swap, Duty, datetime]:
    duty = held(swap_of(swap_id).duty_id)
    row = Swap.objects.select_for_update(no_key=True).get(pk=swap_id)
    return row, duty, now_here()


def _moved(row: Swap, to: SwapState, by: Actor, now: datetime) -> Swap:
    if (SwapState(row.state), to) not in SWAP_MOVES:
        raise Conflict("swap.answered", _("This swap is answered already."))
    row.state, row.answered_at = Swap.State(to), now
    row.save(update_fields=["state", "answered_at"])
    record(SwapAnswered(duty=row.duty.key, swap=row.pk, after=to), by=by, clause=row.duty.clause)
    return row


def _back(row: Swap) -> Span | None:
    return (row.back_starts_at, row.back_ends_at) if row.back_starts_at and row.back_ends_at else None


def _asked(row: Swap) -> SwapAsked:
    back = _back(row)
    return SwapAsked(
        duty=row.duty.key,
        swap=row.pk,
        asked_by=row.asked_by_id,
        asked_of=row.asked_of_id,
        starts_at=utc_text(row.starts_at),
        ends_at=utc_text(row.ends_at),
        back_starts_at=utc_text(back[0]) if back else None,
        back_ends_at=utc_text(back[1]) if back else None,
    )


def _invalid(errors: list[dict[str, object]]) -> Invalid:
    return Invalid("invalid", _("Some values are not right; see errors."), errors=errors)


def _said(field: str, code: str, message: Text) -> dict[str, object]:
    return {"field": field, "code": code, "message": message}
