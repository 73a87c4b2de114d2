"""Taking over a role from its stand-in, and handing it back."""

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.errors import Conflict, Invalid, NotAllowed
from drills.events import SeatReturned, SeatTaken
from drills.models import Seat
from engine.log import log_append, stream_open
from engine.models import Stream, World
from people.rights import PARTAKERS, allowed_somewhere, refusal


@transaction.atomic
def seat_take(*, world: World, role: str, by: Actor) -> Seat:
    """Play a role oneself: its stand-in rests until the seat is returned. The person must hold the role.

    Raises Invalid (the real world has no stand-ins, no such role), NotAllowed, Conflict (somebody sits there).
    """
    by = _checked(world, role, by)
    if role not in by.roles:
        raise NotAllowed("seat.role", _("You do not hold this role; sign in as somebody who does."))
    try:
        with transaction.atomic():
            seat = Seat.objects.create(world=world, role=role, user_id=by.id)
    except IntegrityError:
        raise Conflict("seat.taken", _("Somebody plays this role already; choose another one.")) from None
    log_append(_stream(world), SeatTaken(role=role, user=seat.user_id), by=by)
    return seat


@transaction.atomic
def seat_return(*, world: World, role: str, by: Actor) -> None:
    """Hand a role back to its stand-in; only who sits in it can. Raises Conflict when he does not sit there."""
    by = _checked(world, role, by)
    if not Seat.objects.filter(world=world, role=role, user_id=by.id, until=None).update(until=Now()):
        raise Conflict("seat.not_yours", _("You do not play this role now; reload the page."))
    log_append(_stream(world), SeatReturned(role=role, user=by.id or 0), by=by)


def _checked(world: World, role: str, by: Actor) -> Actor:
    if not allowed_somewhere(by, "drill.take"):  # in practice a role narrowed to a region plays as any other
        raise refusal("drill.take")
    if world.is_real:
        raise Invalid("seat.real", _("In the real world nobody stands in for anybody."))
    if role not in PARTAKERS:
        raise Invalid("role.unknown", _("There is no role “%(role)s”."), role=role)
    return by.acting_as(role)


def _stream(world: World) -> Stream:
    return stream_open(world, "drill", "seats")
