"""Operators hear of alarms by message, and an outside address hears that all is well: its silence is an alarm of its own."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import httpx
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.bilingual import both, in_each
from engine import worlds
from engine.models import Alarm
from engine.selectors import alarms_since
from notifications.alarm_words import alarm_text
from notifications.services import message_send
from people.rights import GRANTS
from people.selectors import told
from watchdog.models import Sight

log = logging.getLogger(__name__)

OPERATORS: Final = ("sysadmin", "head_of_it")
# Roles that nobody answers for are no operator's to fill: who may do so is told of them as well.
MENDED_BY: Final = {
    "role.unheld": GRANTS["role.assign"],
    "role.many": GRANTS["role.assign"],
    "role.away": GRANTS["duty.manage"],
}
# In a storm operators get one message in this time, with all that rose meanwhile.
TOLD_EVERY: Final = timedelta(minutes=5)
MOST_LINES: Final = 20
CALL_SECONDS: Final = 5.0


@transaction.atomic
def alarms_tell(now: datetime) -> int:
    """Tell operators of the alarms that rose since they were last told; how many."""
    row = Sight.objects.select_for_update(no_key=True).get(pk=1)
    if row.told_at is not None and now - row.told_at < TOLD_EVERY:
        return 0
    alarms = alarms_since(row.told_alarm)
    operators = _told(OPERATORS)
    parts = [(alarms, operators, "", "/operations/")]
    for kind, roles in MENDED_BY.items():
        others = {user: role for user, role in _told(roles).items() if user not in operators}
        parts.append(([alarm for alarm in alarms if alarm.kind == kind], others, f":{kind}", "/people/"))
    parts = [part for part in parts if part[0] and part[1]]
    if not parts:
        return 0
    row.told_alarm, row.told_at = alarms[-1].pk, now
    row.save(update_fields=["told_alarm", "told_at"])
    for about, to, name, link in parts:
        _tell(about, to, name, link)
    return len(alarms)


def _told(roles: Iterable[str]) -> dict[int, str]:
    """Person → the role by which they are told, each once; deputies in the place of those on leave."""
    found: dict[int, str] = {}
    for role in roles:
        for user in told(role):
            found.setdefault(user.pk, role)
    return found


def _tell(alarms: Sequence[Alarm], to: dict[int, str], name: str, link: str) -> None:
    message_send(
        world_id=worlds.real().pk,
        incident_id=None,
        kind="operations.alarms",
        to=list(to.items()),
        subject=both(_("Alarms of the product itself: %(n)s"), n=len(alarms)),
        body=in_each(lambda: "\n".join(alarm_text(alarm) for alarm in alarms[:MOST_LINES])),
        clause="",
        urgent=True,
        key=f"alarms:{alarms[-1].pk}{name}",
        link=link,
    )


def heartbeat(url: str) -> bool:
    """Say outside that all is well; whether it was heard. The address is a secret of the service that listens there."""
    try:
        return httpx.get(url, timeout=CALL_SECONDS).is_success
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        log.warning("the heartbeat address does not answer (%s)", type(error).__name__)
        return False
