"""How the duty roster looks in the API."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from common.clock import utc_text
from common.shapes import BilingualOut
from people import rostered
from people.domain.moves import HandoverState, SwapState
from people.domain.roster import Why
from people.models import Duty, DutyTurn, Handover, Leave, Rotation, Swap, User
from people.standins import StandIn

BIGGEST = 2**63 - 1


class DutyPersonOut(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


class ShiftOut(serializers.Serializer):
    """Without a person it is a gap; `meant` would stand it, were they not away."""

    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    person = DutyPersonOut(allow_null=True)
    why = serializers.ChoiceField([why.value for why in Why])
    meant = DutyPersonOut(allow_null=True)


class DutyOut(serializers.Serializer):
    key = serializers.CharField()
    name = BilingualOut()
    clause = serializers.CharField(allow_null=True)
    owner_role = serializers.CharField()
    stood_by = serializers.ListField(child=serializers.CharField(), help_text="roles whose holders may stand it")
    now = ShiftOut()
    shifts = ShiftOut(many=True, help_text="from now on")
    gaps = ShiftOut(many=True, help_text="within 14 days")


class StandingOut(serializers.Serializer):
    at = serializers.DateTimeField()
    person = DutyPersonOut(allow_null=True)
    why = serializers.ChoiceField([why.value for why in Why])
    meant = DutyPersonOut(allow_null=True, help_text="whom a deputy stands in for, or who is away")


class TurnOut(serializers.Serializer):
    person = DutyPersonOut(allow_null=True)
    why = serializers.ChoiceField([why.value for why in Why])
    meant = DutyPersonOut(allow_null=True, help_text="whom a deputy stood in for")
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True)


class RotationOut(serializers.Serializer):
    id = serializers.IntegerField()
    duty = serializers.CharField()
    anchor = serializers.DateTimeField()
    turn_hours = serializers.IntegerField()
    people = DutyPersonOut(many=True)
    days = serializers.ListField(child=serializers.IntegerField(), help_text="0 is Monday; none: every day")
    from_time = serializers.TimeField(allow_null=True)
    to_time = serializers.TimeField(allow_null=True)
    position = serializers.IntegerField()
    begins_at = serializers.DateTimeField(allow_null=True, help_text="entered ahead: it counts from then on")
    replaces = serializers.IntegerField(allow_null=True, help_text="the rotation that counts up to then")
    ended_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()


class LeaveOut(serializers.Serializer):
    id = serializers.IntegerField()
    person = DutyPersonOut()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    cancelled_at = serializers.DateTimeField(allow_null=True)
    deputy = DutyPersonOut(allow_null=True)


class DeputyOut(serializers.Serializer):
    person = DutyPersonOut()
    deputy = DutyPersonOut(allow_null=True)
    reading = serializers.IntegerField(help_text="to send as `based_on` with the next change; 0: nobody is named")


class StandInOut(serializers.Serializer):
    """`groups`: they stand in as the deputies of these work groups; `group` is the first. `unheld`: roles that nobody answers for
    meanwhile."""

    person = DutyPersonOut()
    deputies = DutyPersonOut(many=True)
    group = serializers.CharField(allow_null=True)
    groups = serializers.ListField(child=serializers.CharField())
    unheld = serializers.ListField(child=serializers.CharField())
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class SwapOut(serializers.Serializer):
    """`back_…`: the span given in return, if any."""

    id = serializers.IntegerField()
    duty = serializers.CharField()
    asked_by = DutyPersonOut()
    asked_of = DutyPersonOut()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    back_starts_at = serializers.DateTimeField(allow_null=True)
    back_ends_at = serializers.DateTimeField(allow_null=True)
    state = serializers.ChoiceField([state.value for state in SwapState])


class HandoverOut(serializers.Serializer):
    id = serializers.IntegerField()
    duty = serializers.CharField()
    from_person = DutyPersonOut()
    to_person = DutyPersonOut(allow_null=True)
    ends_at = serializers.DateTimeField(help_text="when the shift handed over ends")
    brief = serializers.CharField()
    state = serializers.ChoiceField([state.value for state in HandoverState])
    version = serializers.IntegerField()


# --- rows as dicts --------------------------------------------------------------------------------------------------------
def person_dict(user: User | None) -> dict[str, Any] | None:
    return {"id": user.pk, "name": user.display_name} if user else None


def _at(at: datetime | None) -> str | None:
    return utc_text(at) if at else None


def shift_dict(shift: rostered.Stretch) -> dict[str, Any]:
    return {
        "starts_at": utc_text(shift.start),
        "ends_at": utc_text(shift.end),
        "person": person_dict(shift.user),
        "why": shift.why.value,
        "meant": person_dict(shift.meant) if shift.meant != shift.user else None,
    }


def duty_dict(one: rostered.DutyShown) -> dict[str, Any]:
    duty: Duty = one.duty
    return {
        "key": duty.key,
        "name": duty.names,
        "clause": duty.clause or None,
        "owner_role": duty.owner_role,
        "stood_by": duty.stood_by,
        "now": shift_dict(one.now),
        "shifts": [shift_dict(shift) for shift in one.stretches],
        "gaps": [shift_dict(shift) for shift in one.gaps],
    }


def turn_dict(turn: DutyTurn) -> dict[str, Any]:
    return {
        "person": person_dict(turn.user),
        "why": turn.why,
        "meant": person_dict(turn.meant),
        "since": utc_text(turn.since),
        "until": _at(turn.until),
    }


def rotation_dict(row: Rotation) -> dict[str, Any]:
    members = row.members.select_related("user").order_by("place")
    return {
        "id": row.pk,
        "duty": row.duty.key,
        "anchor": utc_text(row.anchor),
        "turn_hours": row.turn_hours,
        "people": [person_dict(member.user) for member in members],
        "days": row.days,
        "from_time": row.from_time and row.from_time.isoformat(),
        "to_time": row.to_time and row.to_time.isoformat(),
        "position": row.position,
        "begins_at": _at(row.begins_at),
        "replaces": row.replaces_id,
        "ended_at": _at(row.ended_at),
        "version": row.version,
    }


def leave_dict(row: Leave) -> dict[str, Any]:
    return {
        "id": row.pk,
        "person": person_dict(row.user),
        "starts_at": utc_text(row.starts_at),
        "ends_at": utc_text(row.ends_at),
        "cancelled_at": _at(row.cancelled_at),
        "deputy": person_dict(row.deputy),
    }


def stand_in_dict(one: StandIn) -> dict[str, Any]:
    return {
        "person": person_dict(one.leave.user),
        "deputies": [person_dict(user) for user in one.deputies],
        "group": one.groups[0].key if one.groups else None,
        "groups": [group.key for group in one.groups],
        "unheld": list(one.unheld),
        "starts_at": utc_text(one.start),
        "ends_at": utc_text(one.end),
    }


def swap_dict(row: Swap) -> dict[str, Any]:
    return {
        "id": row.pk,
        "duty": row.duty.key,
        "asked_by": person_dict(row.asked_by),
        "asked_of": person_dict(row.asked_of),
        "starts_at": utc_text(row.starts_at),
        "ends_at": utc_text(row.ends_at),
        "back_starts_at": _at(row.back_starts_at),
        "back_ends_at": _at(row.back_ends_at),
        "state": row.state,
    }


def handover_dict(row: Handover) -> dict[str, Any]:
    return {
        "id": row.pk,
        "duty": row.duty.key,
        "from_person": person_dict(row.from_user),
        "to_person": person_dict(row.to_user),
        "ends_at": utc_text(row.ends_at),
        "brief": row.brief,
        "state": row.state,
        "version": row.version,
    }
