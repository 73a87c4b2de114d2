"""Roles of the plan that nobody answers for: whoever is to be told would not be, and whoever owes would not know."""

from collections.abc import Iterable, Mapping
from typing import Final

from common.errors import Missing
from engine.alarms import alarm_clear, alarm_raise
from engine.models import Alarm
from plans.selectors import Unanswered, current, unanswered_now

UNHELD: Final = "role.unheld"  # nobody holds it
AWAY: Final = "role.away"  # whoever does is on leave, without a deputy
MANY: Final = "role.many"
ROLES: Final = "roles"
KINDS: Final = (UNHELD, AWAY, MANY)
# Of more than so many at once one alarm tells: where a company is only being set up it would be every role of the plan.
FEW: Final = 5
# It does so until there are this few: one role more or less says nothing new, and no alarm goes back and forth with it.
FEW_AGAIN: Final = 3


def roles_watched() -> None:
    """Raise what nobody answers for now, clear what somebody does again. Before the first plan there is nothing to answer for."""
    stand = set(Alarm.objects.filter(kind__in=KINDS, cleared_at=None).values_list("kind", "ref"))
    try:
        wanted = wanted_alarms(unanswered_now(current()), together=(MANY, ROLES) in stand)
    except Missing:
        wanted = {}
    for kind, ref in stand - wanted.keys():
        alarm_clear(kind, ref)
    for (kind, ref), count in wanted.items():
        if (kind, ref) not in stand or kind == MANY:
            alarm_raise(kind, ref, n=count)


def wanted_alarms(nobody: Iterable[Unanswered], *, together: bool = False) -> Mapping[tuple[str, str], int]:
    """(kind, ref) of the alarms that should stand, with how many roles each is about; `together`: one tells of all of them now."""
    found = list(nobody)
    if len(found) > (FEW_AGAIN if together else FEW):
        return {(MANY, ROLES): len(found)}
    return {(AWAY if one.away else UNHELD, one.role.id): 1 for one in found}
