"""Operators hear of alarms by message, and an outside address hears that all is well: its silence is an alarm of its own."""

import logging
from datetime import datetime, timedelta
from typing import Final

import httpx
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.bilingual import both, in_each
from engine import worlds
from engine.selectors import alarms_since
from notifications.alarm_words import alarm_text
from notifications.services import message_send
from people.selectors import holders
from watchdog.models import Sight

log = logging.getLogger(__name__)

OPERATORS: Final = ("sysadmin", "head_of_it")
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
    to = [(user.pk, role) for role in OPERATORS for user in holders(role)]
    if not alarms or not to:
        return 0
    row.told_alarm, row.told_at = alarms[-1].pk, now
    row.save(update_fields=["told_alarm", "told_at"])
    texts = in_each(lambda: "\n".join(alarm_text(alarm) for alarm in alarms[:MOST_LINES]))
    message_send(
        world_id=worlds.real().pk,
        incident_id=None,
        kind="operations.alarms",
        to=to,
        subject=both(_("Alarms of the product itself: %(n)s"), n=len(alarms)),
        body=texts,
        clause="",
        urgent=True,
        key=f"alarms:{alarms[-1].pk}",
        link="/operations/",
    )
    return len(alarms)


def heartbeat(url: str) -> bool:
    """Say outside that all is well; whether it was heard. The address is a secret of the service that listens there."""
    try:
        return httpx.get(url, timeout=CALL_SECONDS).is_success
    except httpx.HTTPError as error:
        log.warning("the heartbeat address does not answer (%s)", type(error).__name__)
        return False
