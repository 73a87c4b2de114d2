"""What whoever runs the product must see."""

import json

from django.db import connection
from django.db.models.functions import Now

from engine.models import Alarm


def alarm_raise(kind: str, ref: str, **params: str | int | float) -> None:
    """Raise an alarm, or count one that stands already. Parameters are codes and numbers, never what a person typed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO engine_alarm (kind, ref, params, count, first_at, last_at)"
            " VALUES (%s, %s, %s::jsonb, 1, clock_timestamp(), clock_timestamp())"
            " ON CONFLICT (kind, ref) WHERE cleared_at IS NULL DO UPDATE SET count = engine_alarm.count + 1,"
            " last_at = excluded.last_at, params = excluded.params",
            [kind, ref[:80], json.dumps(params)],
        )


def alarm_clear(kind: str, ref: str) -> bool:
    """Clear a standing alarm; False when none stands."""
    return Alarm.objects.filter(kind=kind, ref=ref[:80], cleared_at=None).update(cleared_at=Now()) > 0
