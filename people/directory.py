"""The company's map: departments, regions, hotlines, nodes, work groups. Each service makes a row or renews it."""

from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.errors import Invalid
from people.events import DirectorySet, SeatSet
from people.models import Bilingual, Department, Hotline, Node, Region, User, WorkGroup, WorkGroupMember
from people.rights import require
from people.services import record

Row = TypeVar("Row", bound=Bilingual)


def department_set(*, key: str, name_zh: str, name_en: str, by: Actor) -> Department:
    return _set(Department, key, by, name_zh=name_zh, name_en=name_en)


def region_set(*, key: str, name_zh: str, name_en: str, by: Actor) -> Region:
    return _set(Region, key, by, name_zh=name_zh, name_en=name_en)


def hotline_set(*, key: str, name_zh: str, name_en: str, by: Actor, region: Region | None = None) -> Hotline:
    """Without a region the hotline serves the whole country."""
    return _set(Hotline, key, by, name_zh=name_zh, name_en=name_en, region=region)


def node_set(
    *, key: str, name_zh: str, name_en: str, region: Region, business: str, daily_calls: int, by: Actor
) -> Node:
    """`business` is a business type of the plan, `daily_calls` the node's own mean daily volume (clause 1.2)."""
    return _set(
        Node, key, by, name_zh=name_zh, name_en=name_en, region=region, business=business, daily_calls=daily_calls
    )


def group_set(
    *,
    key: str,
    name_zh: str,
    name_en: str,
    by: Actor,
    lead_department: Department | None = None,
    chat_url: str = "",
    meeting_url: str = "",
) -> WorkGroup:
    links = {"chat_url": chat_url, "meeting_url": meeting_url}
    return _set(WorkGroup, key, by, name_zh=name_zh, name_en=name_en, lead_department=lead_department, **links)


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


def _seat(seat: WorkGroupMember, role: str, group: WorkGroup, by: Actor) -> WorkGroupMember:
    before, seat.role = seat.role or None, role
    if before != role:
        seat, _made = WorkGroupMember.objects.update_or_create(
            group=group, user_id=seat.user_id, defaults={"role": role}
        )
        record(SeatSet(group=group.key, user=seat.user_id, before=before, after=role), by=by)
    return seat


@transaction.atomic
def _set(model: type[Row], key: str, by: Actor, *, name_zh: str, name_en: str, **fields: Any) -> Row:
    by = require(by, "user.manage")
    values = {"name_zh": name_zh, "name_en": name_en, **fields}
    rows = model._default_manager.select_for_update(no_key=True)
    row, made = rows.get_or_create(key=key, defaults=values)
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save(update_fields=changed)
    if made or changed:
        what = model._meta.model_name or ""
        record(DirectorySet(what=what, key=key, name_zh=name_zh, name_en=name_en), by=by)
    return row
