"""What the board shows beside its streams, and a mark of it: alarms, and who stands in for whom. No event of an incident tells of it,
and leave begins and ends by the clock alone."""

import hashlib
from typing import Any

from common.clock import utc_text
from engine.selectors import alarms_standing
from notifications.alarm_words import alarm_text
from people.standins import standing_in_now, stands_now


def beside_the_streams() -> dict[str, Any]:
    """Alarms, in the active language; and who is on leave now with a part in the plan: who stands in, and the roles nobody answers
    for meanwhile."""
    return {
        "alarms": [{"kind": a.kind, "text": alarm_text(a), "since": utc_text(a.first_at)} for a in alarms_standing()],
        "standing_in": [
            {
                "person": one.leave.user.display_name,
                "deputies": one.names,
                "until": utc_text(one.end),
                "unheld": list(one.unheld),
            }
            for one in standing_in_now()
            if one.deputies or one.unheld
        ],
    }


def around() -> str:
    """Another mark than before where an alarm rose or ended, or others stand in; the same in every language, world and process. Two
    queries while nobody is away, else four."""
    alarms = [alarm.pk for alarm in alarms_standing()]
    stand = [(leave, deputies, unheld) for leave, deputies, unheld in stands_now() if deputies or unheld]
    return hashlib.sha256(repr((alarms, stand)).encode()).hexdigest()[:16]
