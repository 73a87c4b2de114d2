"""The practice company's duty roster: four duties, somebody on leave, and a gap next week that the alarm tells of."""

from datetime import datetime, time, timedelta

from django.db import transaction

from common.actor import SYSTEM
from people.rostered import ZONE, duties, standing_at
from people.selectors import user_by_name
from people.services import leaves, roster

# key → (zh, en, owner, who may stand it, clause, hours of a turn, people in their order)
DUTIES = {
    "duty_manager": (
        "值班经理",
        "Duty manager",
        "cs_supervisor",
        ("duty_manager", "cs_supervisor"),
        "3.1",
        12,
        ("lin", "tang", "su"),
    ),
    "hq_line": (
        "指挥部专线",
        "Headquarters line",
        "administration",
        ("administration", "keeper"),
        "8.1",
        24,
        ("hu", "feng"),
    ),
    "drivers": (
        "值班司机",
        "Driver on call",
        "administration",
        ("administration", "keeper"),
        "9.3",
        24,
        ("ning", "feng"),
    ),
    "technical_watch": (
        "24×7技术值守",
        "24 × 7 technical watch",
        "head_of_it",
        ("head_of_it", "tech_lead", "tech_member", "keeper"),
        "7.2",
        12,
        ("luo", "gao", "miao"),
    ),
}
CHANGE = time(8)
AWAY, STANDS_IN = (
    "ning",
    "hu",
)  # a driver on leave from next Monday; the first of his shifts is covered, the rest is not


@transaction.atomic
def roster_found() -> int:
    """Found the roster when there is none; the number of duties."""
    if duties():
        return 0
    today = roster.now_here().astimezone(ZONE)
    begun = datetime.combine(today.date() - timedelta(days=1), CHANGE, ZONE)
    for position, (key, (zh, en, owner, stood_by, clause, hours, people)) in enumerate(DUTIES.items()):
        duty = roster.duty_set(
            key=key,
            name_zh=zh,
            name_en=en,
            owner_role=owner,
            stood_by=stood_by,
            clause=clause,
            position=position,
            by=SYSTEM,
        )
        order = [user_by_name(name).pk for name in people]
        roster.rotation_set(duty_id=duty.pk, anchor=begun, turn_hours=hours, people=order, by=SYSTEM)
    _away(today)
    return len(DUTIES)


def _away(today: datetime) -> None:
    monday = datetime.combine(today.date() + timedelta(days=7 - today.weekday()), CHANGE, ZONE)
    who, duty = user_by_name(AWAY), next(duty for duty in duties() if duty.key == "drivers")
    leaves.leave_set(user_id=who.pk, starts_at=monday, ends_at=monday + timedelta(days=4), by=SYSTEM)
    # Whatever the day of founding: of the four days two are his.
    first = monday if standing_at(duty, monday, now=today).person is None else monday + timedelta(days=1)
    roster.override_set(
        duty_id=duty.pk,
        user_id=user_by_name(STANDS_IN).pk,
        starts_at=first,
        ends_at=first + timedelta(days=1),
        reason="",
        by=SYSTEM,
    )
