"""The company's map: departments, regions, hotlines, nodes, work groups. Each service makes a row or renews it.

`based_on` is what a person read before he changed it (`reading`): "" for what was not there. Without it nobody read anything,
as when a company is founded. Keys stay: plan, log and incidents name everything here by its key.
"""

import json
from hashlib import sha256
from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.errors import Conflict, Invalid, Missing
from people.events import DirectorySet, SeatSet
from people.models import Bilingual, Department, Hotline, Node, Region, User, WorkGroup, WorkGroupMember
from people.rights import require
from people.services import record

Row = TypeVar("Row", bound=Bilingual)


def department_set(*, key: str, name_zh: str, name_en: str, by: Actor, based_on: str | None = None) -> Department:
    return _set(Department, key, by, based_on, name_zh=name_zh, name_en=name_en)


def region_set(*, key: str, name_zh: str, name_en: str, by: Actor, based_on: str | None = None) -> Region:
    return _set(Region, key, by, based_on, name_zh=name_zh, name_en=name_en)


def hotline_set(
    *, key: str, name_zh: str, name_en: str, by: Actor, region: Region | None = None, based_on: str | None = None
) -> Hotline:
    """Without a region the hotline serves the whole country."""
    return _set(Hotline, key, by, based_on, name_zh=name_zh, name_en=name_en, region=region)


def node_set(
    *,
    key: str,
    name_zh: str,
    name_en: str,
    region: Region,
    business: str,
    daily_calls: int,
    by: Actor,
    based_on: str | None = None,
) -> Node:
    """`business` is a business type of the plan, `daily_calls` the node's own mean daily volume (clause 1.2)."""
    names = {"name_zh": name_zh, "name_en": name_en}
    return _set(Node, key, by, based_on, **names, region=region, business=business, daily_calls=daily_calls)


def group_set(
    *,
    key: str,
    name_zh: str,
    name_en: str,
    by: Actor,
    lead_department: Department | None = None,
    chat_url: str = "",
    meeting_url: str = "",
    based_on: str | None = None,
) -> WorkGroup:
    links = {"chat_url": chat_url, "meeting_url": meeting_url}
    names = {"name_zh": name_zh, "name_en": name_en}
    return _set(WorkGroup, key, by, based_on, **names, lead_department=lead_department, **links)


@transaction.atomic
def group_member_set(*, group: WorkGroup, user: User, by: Actor, role: str = "member") -> WorkGroupMember:
    """Seat a person as lead, deputy or member; a new lead makes the former one deputy. Rights are `role_assign`'s."""
    by = require(by, "user.manage")
    if role not in WorkGroupMember.Seat.values:
        raise Invalid("group.seat", _("A seat in a group is lead, deputy or member."))
    WorkGroup.objects.select_for_update(no_key=True).get(pk=group.pk)
    seats = WorkGroupMember.objects.filter(group=group)
    if role == WorkGroupMember.Seat.LEAD:
        for former in seats.filter(role=role).exclude(user=user):
            _seat(former, WorkGroupMember.Seat.DEPUTY, group, by)
    seat = seats.filter(user=user).first() or WorkGroupMember(group=group, user=user, role="")
    return _seat(seat, role, group, by)


@transaction.atomic
def group_member_end(*, group: WorkGroup, user: User, by: Actor) -> None:
    """Take somebody's seat away; raises Missing when there is none. Rights the person holds stay: `role_end` ends them."""
    by = require(by, "user.manage")
    WorkGroup.objects.select_for_update(no_key=True).get(pk=group.pk)
    seat = WorkGroupMember.objects.filter(group=group, user=user).first()
    if seat is None:
        raise Missing("group.no_seat", _("This person has no seat in the group; read the page again."))
    before = seat.role
    seat.delete()
    record(SeatSet(group=group.key, user=user.pk, before=before, after=None), by=by)


def _seat(seat: WorkGroupMember, role: str, group: WorkGroup, by: Actor) -> WorkGroupMember:
    before, seat.role = seat.role or None, role
    if before != role:
        seat, _made = WorkGroupMember.objects.update_or_create(
            group=group, user_id=seat.user_id, defaults={"role": role}
        )
        record(SeatSet(group=group.key, user=seat.user_id, before=before, after=role), by=by)
    return seat


def reading(row: Bilingual) -> str:
    """What tells whether a row was changed since a person read it."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


@transaction.atomic
def _set(
    model: type[Row], key: str, by: Actor, based_on: str | None, *, name_zh: str, name_en: str, **fields: Any
) -> Row:
    by = require(by, "user.manage")
    values = {"name_zh": name_zh, "name_en": name_en, **fields}
    rows = model._default_manager.select_for_update(no_key=True)
    row, made = rows.get_or_create(key=key, defaults=values)
    _unchanged(row, made, based_on)
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save(update_fields=changed)
    if made or changed:
        what = model._meta.model_name or ""
        record(DirectorySet(what=what, key=key, name_zh=name_zh, name_en=name_en), by=by)
    return row


def _unchanged(row: Bilingual, made: bool, based_on: str | None) -> None:
    """Raises Conflict where a person would overwrite what he did not read."""
    if based_on is None:
        return
    if based_on == "" and not made:
        sentence = _("There is one with this key already; change that one, or choose another key.")
        raise Conflict("directory.taken", sentence, errors=[{"field": "key", "code": "taken", "message": sentence}])
    if based_on != "" and (made or based_on != reading(row)):
        raise Conflict("directory.stale", _("This was changed after you opened it; read it again before you save."))
