"""Changes of the duty roster: duties, rotations, overrides, whoever takes over on the spot (3.1, 7.2, 8.1, 9.3)."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.clock import utc_text
from common.errors import Conflict, Invalid, Missing, NotAllowed, Text
from engine import worlds
from people.domain.roster import on_duty, shifts
from people.events import (
    DutySet,
    OverrideCancelled,
    OverrideSet,
    RotationEnded,
    RotationSet,
)
from people.models import Duty, Leave, Override, Rotation, RotationMember, Swap
from people.rights import GRANTS, ROLES, relying_on, require, require_somewhere
from people.rostered import may_stand, roster_of, rotations_of
from people.services import record
from people.services.turns import changing, duties_follow, duties_locked

TAKE, MANAGE = "duty.take", "duty.manage"
LONGEST_TURN = 2016  # hours: twelve weeks
LONGEST_SPAN = timedelta(days=92)
FURTHEST_ANCHOR = timedelta(days=3653)
FURTHEST_AHEAD = timedelta(days=366)
TAKEN_AT_MOST: Final = timedelta(hours=12)
MOST_PEOPLE = 24
PAGES = frozenset({"mine", "new"})  # /people/duty/mine/, /people/duty/new/: addresses of pages, not of duties


def now_here() -> datetime:
    """People and their duties are the same in every world: the real one's time counts."""
    return worlds.now(worlds.real())


def manages(by: Actor, duty: Duty) -> bool:
    """Whether this person answers for the duty: its owner's role, or the security administrator's."""
    return by.kind == "system" or relying_on(by, (duty.owner_role, "security_admin")) is not None


def require_manager(by: Actor, duty: Duty) -> Actor:
    by = require_somewhere(by, MANAGE)
    if by.kind == "system":
        return by
    owner = relying_on(by, (duty.owner_role, "security_admin"))
    if owner is None:
        sentence = _("This duty is changed by its owner: %(role)s.")
        raise NotAllowed("duty.not_yours", sentence, role=ROLES[duty.owner_role])
    return owner


def require_standing(by: Actor, duty: Duty) -> Actor:
    """Whoever may stand the duty, as the role that lets them."""
    by = require_somewhere(by, TAKE)
    if standing := relying_on(by, duty.stood_by):
        return standing
    names = [str(ROLES[role]) for role in duty.stood_by]
    raise NotAllowed("duty.not_for_you", _("This duty is stood by: %(roles)s."), roles=" · ".join(names))


def held(duty_id: int) -> Duty:
    """The duty, locked; raises Missing."""
    found = duties_locked([duty_id])
    if not found:
        raise Missing("duty.missing", _("There is no such duty."))
    return found[0]


# --- duties and rotations -------------------------------------------------------------------------------------------------
@transaction.atomic
def duty_set(
    *,
    key: str,
    name_zh: str,
    name_en: str,
    owner_role: str,
    stood_by: Sequence[str],
    by: Actor,
    clause: str = "",
    position: int = 0,
    based_on: int | None = None,
) -> Duty:
    """Make a duty, or renew its names, owner and who may stand it.

    `based_on`: the version it was read at, 0 for one that must be new. Raises NotAllowed, Invalid, Conflict (made or changed
    meanwhile).
    """
    by = require(by, "user.manage")
    if key in PAGES:
        raise invalid([_wrong("key", "taken", _("This key is the address of a page; choose another one."))])
    if owner_role not in GRANTS[MANAGE] or not stood_by or set(stood_by) - set(GRANTS[TAKE]):
        raise Invalid("duty.roles", _("Name a role that owns the duty and at least one whose holders may stand it."))
    now = now_here()
    said: dict[str, Any] = {
        "name_zh": name_zh,
        "name_en": name_en,
        "owner_role": owner_role,
        "stood_by": list(stood_by),
        "clause": clause,
        "position": position,
    }
    known = Duty.objects.filter(key=key).first()
    if based_on == 0 and known:
        raise Invalid("duty.taken", _("There is a duty with this key already; choose another one."))
    duty = held(known.pk) if known else _made(key, now, said)
    if based_on and based_on != duty.version:
        raise Conflict("duty.changed", _("Somebody changed this duty after you opened it; read it again."))
    if known and all(getattr(duty, name) == value for name, value in said.items()):
        return duty
    with changing([duty] if known else [], now):
        for name, value in said.items():
            setattr(duty, name, value)
        duty.version += 1
        duty.save(update_fields=[*said, "version"])
        event = DutySet(duty=key, name_zh=name_zh, name_en=name_en, owner_role=owner_role, stood_by=list(stood_by))
        record(event, by=by, clause=clause)
    if known is None:
        duties_follow([duty], now)
    return duty


def _made(key: str, now: datetime, said: dict[str, Any]) -> Duty:
    try:
        with transaction.atomic():
            return Duty.objects.create(key=key, followed_to=now, **said)
    except IntegrityError:
        raise Conflict("duty.made", _("Somebody made this duty a moment ago; read it again.")) from None


@transaction.atomic
def rotation_set(
    *,
    duty_id: int,
    anchor: datetime,
    turn_hours: int,
    people: Sequence[int],
    by: Actor,
    days: Sequence[int] = (),
    from_time: time | None = None,
    to_time: time | None = None,
    position: int = 0,
    rotation_id: int | None = None,
    based_on: int | None = None,
    begins_at: datetime | None = None,
) -> Rotation:
    """Make a rotation of a duty, or change one. What was stays on record; the change counts from now on, or, entered ahead, from
    `begins_at`: until then the rotation stands as it is, and what was entered may be changed, or taken back (`rotation_end`).

    Raises Missing, NotAllowed, Invalid naming each field, Conflict (somebody changed it meanwhile, or a change is entered already).
    """
    duty, now = held(duty_id), now_here()
    by = require_manager(by, duty)
    errors = _wrong_rotation(duty, anchor, turn_hours, people, days, from_time, to_time)
    if errors := errors + _wrong_beginning(begins_at, now):
        raise invalid(errors)
    known = _rotation(duty, rotation_id, based_on) if rotation_id is not None else None
    row = _entered(duty, known, begins_at, now)
    before = list(known.members.order_by("place").values_list("user_id", flat=True)) if known else []
    with changing([duty], now):
        row.anchor, row.turn_hours, row.position = anchor, turn_hours, position
        row.days, row.from_time, row.to_time = sorted(days), from_time, to_time
        row.version += 1
        fields = ["anchor", "turn_hours", "position", "days", "from_time", "to_time", "begins_at", "version"]
        row.save(**({"update_fields": fields} if row.pk else {"force_insert": True}))
        RotationMember.objects.filter(rotation=row).delete()
        seats = [RotationMember(rotation=row, place=place, user_id=who) for place, who in enumerate(people)]
        RotationMember.objects.bulk_create(seats)
        record(_rotation_said(row, people, before), by=by, clause=duty.clause)
    return row


@transaction.atomic
def rotation_end(*, rotation_id: int, by: Actor, based_on: int | None = None) -> Rotation:
    """Nobody takes turns by it any more; one entered ahead is taken back and what it would have replaced goes on. Raises Missing,
    NotAllowed, Conflict."""
    known = Rotation.objects.filter(pk=rotation_id).first()
    duty = held(known.duty_id if known else 0)
    by = require_manager(by, duty)
    row, now = _rotation(duty, rotation_id, based_on), now_here()
    with changing([duty], now):
        row.ended_at = now
        row.version += 1
        row.save(update_fields=["ended_at", "version"])
        record(RotationEnded(duty=duty.key, rotation=row.pk), by=by, clause=duty.clause)
    return row


def _rotation_said(row: Rotation, people: Sequence[int], before: list[int]) -> RotationSet:
    return RotationSet(
        duty=row.duty.key,
        rotation=row.pk,
        anchor=utc_text(row.anchor),
        turn_hours=row.turn_hours,
        people=list(people),
        before=before,
        days=row.days,
        from_time=row.from_time.isoformat() if row.from_time else None,
        to_time=row.to_time.isoformat() if row.to_time else None,
        begins_at=utc_text(row.begins_at) if row.begins_at else None,
        replaces=row.replaces_id,
    )


def _entered(duty: Duty, known: Rotation | None, begins_at: datetime | None, now: datetime) -> Rotation:
    """The row that a change is written into: the standing one for what counts from now on, else the one entered ahead."""
    if known is None:
        return Rotation(duty=duty, version=0, begins_at=begins_at)
    if known.ahead(now):
        known.begins_at = begins_at or known.begins_at
        return known
    if begins_at is None:
        return known
    if known.successors.filter(ended_at=None).exists():
        sentence = _("A change of this rotation is entered already; change that one, or take it back.")
        raise Conflict("rotation.entered", sentence)
    return Rotation(duty=duty, version=0, begins_at=begins_at, replaces=known)


def _wrong_beginning(begins_at: datetime | None, now: datetime) -> list[dict[str, object]]:
    if begins_at is not None and not now < begins_at <= now + FURTHEST_AHEAD:
        sentence = _("Name an instant ahead, within a year; leave it empty for what counts from now on.")
        return [_wrong("begins_at", "range", sentence)]
    return []


def _rotation(duty: Duty, rotation_id: int, based_on: int | None) -> Rotation:
    row = rotations_of([duty], now_here()).filter(pk=rotation_id).first()
    if row is None:
        raise Missing("rotation.missing", _("There is no such rotation any more."))
    if based_on is not None and based_on != row.version:
        raise Conflict("rotation.changed", _("Somebody changed this rotation after you opened it; read it again."))
    return row


def _wrong_rotation(
    duty: Duty,
    anchor: datetime,
    hours: int,
    people: Sequence[int],
    days: Iterable[int],
    start: time | None,
    end: time | None,
) -> list[dict[str, object]]:
    wrong = []
    if abs(anchor - now_here()) > FURTHEST_ANCHOR:
        wrong.append(_wrong("anchor", "far", _("The first turn begins within ten years of today.")))
    if not 1 <= hours <= LONGEST_TURN:
        wrong.append(_wrong("turn_hours", "range", _("A turn lasts from one hour to twelve weeks.")))
    if not 1 <= len(people) <= MOST_PEOPLE:
        wrong.append(_wrong("people", "count", _("Name between one and 24 people, in the order of their turns.")))
    if set(people) - set(may_stand(duty).values_list("pk", flat=True)):
        wrong.append(_wrong("people", "unfit", _("Somebody named here may not stand this duty.")))
    if set(days) - set(range(7)):
        wrong.append(_wrong("days", "range", _("Days are numbered from 0, Monday, to 6, Sunday.")))
    if (start is None) != (end is None):
        wrong.append(_wrong("to_time", "half", _("Give both times or none.")))
    return wrong


def _wrong(field: str, code: str, message: Text) -> dict[str, object]:
    return {"field": field, "code": code, "message": message}


def invalid(errors: Sequence[dict[str, object]]) -> Invalid:
    return Invalid("invalid", _("Some values are not right; see errors."), errors=errors)


# --- over the rotation --------------------------------------------------------------------------------------------------
def wrong_span(starts_at: datetime, ends_at: datetime, now: datetime) -> list[dict[str, object]]:
    """What is wrong with a span ahead; one that begins in this minute begins now."""
    if ends_at <= max(starts_at, now):
        return [_wrong("ends_at", "backwards", _("The end lies before the beginning, or in the past."))]
    if ends_at - starts_at > LONGEST_SPAN or starts_at > now + timedelta(days=366):
        return [_wrong("ends_at", "too_long", _("Three months at most, and not more than a year ahead."))]
    return []


@transaction.atomic
def override_set(
    *, duty_id: int, user_id: int, starts_at: datetime, ends_at: datetime, by: Actor, reason: str = ""
) -> Override:
    """Put a person on a duty for a span: by its owner; by anybody who may stand it, themselves, where nobody else is.

    Raises Missing, NotAllowed, Invalid naming each field. A beginning in the past counts from now.
    """
    duty, now = held(duty_id), now_here()
    starts_at = max(starts_at, now)
    if errors := wrong_span(starts_at, ends_at, now):
        raise invalid(errors)
    roster = roster_of(duty, now)
    if user_id == by.id and all(shift.person is None for shift in shifts(roster, starts_at, ends_at)):
        by = require_standing(by, duty)
    else:
        by = require_manager(by, duty)
    if not may_stand(duty).filter(pk=user_id).exists():
        raise invalid([_wrong("user", "unfit", _("This person may not stand this duty."))])
    if is_away(user_id, starts_at, ends_at):
        raise invalid([_wrong("user", "away", _("This person is away then; end the leave first."))])
    with changing([duty], now):
        return cover(duty, Override.Kind.OVERRIDE, user_id, starts_at, ends_at, by=by, now=now, reason=reason)


@transaction.atomic
def duty_take(*, duty_id: int, by: Actor) -> Override:
    """Take it now: from this instant to the end of the shift that runs, twelve hours at most.

    Raises Missing, NotAllowed, Conflict (one is on it already).
    """
    duty, now = held(duty_id), now_here()
    by = require_standing(by, duty)
    roster = roster_of(duty, now)
    if by.id is None or on_duty(roster, now).person == by.id:
        raise Conflict("duty.yours", _("You are on this duty already."))
    ends_at = shifts(roster, now, now + TAKEN_AT_MOST)[0].end
    with changing([duty], now):
        return cover(duty, Override.Kind.TAKEN, by.id, now, ends_at, by=by, now=now)


@transaction.atomic
def override_cancel(*, override_id: int, by: Actor) -> Override:
    """Take an override back: by the duty's owner, or by the person put on by themselves. Raises Missing, NotAllowed, Conflict."""
    known = Override.objects.filter(pk=override_id).first()
    duty, now = held(known.duty_id if known else 0), now_here()
    row = Override.objects.get(pk=override_id)
    own = row.user_id == by.id and row.set_by_id == by.id
    by = require_somewhere(by, TAKE) if own else require_manager(by, duty)
    if row.cancelled_at is not None or row.ends_at <= now:
        raise Conflict("override.over", _("This is over already."))
    with changing([duty], now):
        row.cancelled_at = now
        row.save(update_fields=["cancelled_at"])
        record(OverrideCancelled(duty=duty.key, override=row.pk, user=row.user_id), by=by, clause=duty.clause)
    return row


def cover(
    duty: Duty,
    kind: Override.Kind,
    user_id: int,
    starts_at: datetime,
    ends_at: datetime,
    *,
    by: Actor,
    now: datetime,
    reason: str = "",
    swap: Swap | None = None,
) -> Override:
    """The row and its event; who calls has looked whether it may be."""
    span = {"starts_at": starts_at, "ends_at": ends_at}
    reason = reason.strip()[:200]
    row = Override.objects.create(
        duty=duty, user_id=user_id, kind=kind, reason=reason, swap=swap, set_by_id=by.id, set_at=now, **span
    )
    event = OverrideSet(
        duty=duty.key,
        override=row.pk,
        user=user_id,
        sort=kind,
        starts_at=utc_text(starts_at),
        ends_at=utc_text(ends_at),
        reason=reason,
        swap=swap.pk if swap else None,
    )
    record(event, by=by, clause=duty.clause)
    return row


# --- leave ----------------------------------------------------------------------------------------------------------------
def is_away(user_id: int, starts_at: datetime, ends_at: datetime) -> bool:
    """Whether the person has leave in some part of the span."""
    rows = Leave.objects.filter(user_id=user_id, cancelled_at=None, starts_at__lt=ends_at, ends_at__gt=starts_at)
    return rows.exists()
