"""Acts of whoever runs the product."""

import json

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.errors import Conflict
from engine.alarms import alarm_clear
from engine.models import SetAside
from engine.queues import QUEUES


@transaction.atomic
def set_aside_return(*, item_id: int) -> SetAside:
    """Put an item that was set aside back into its queue, due at once; raises Conflict when someone did so already.

    The caller has checked the right `operations.act`.
    """
    row = SetAside.objects.select_for_update(no_key=True).get(pk=item_id)
    if row.returned_at is not None:
        raise Conflict("set_aside.returned", _("This item was put back already."))
    queue = QUEUES[row.queue]
    values = {name: row.item[name] for name in queue.columns}
    columns = ", ".join(values)
    marks = ", ".join(["%s"] * len(values))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {queue.table} (due_at, fence, tries, {columns}) VALUES (%s, 0, 0, {marks})",  # noqa: S608
            [row.item["due_at"], *(json.dumps(v) if isinstance(v, dict | list) else v for v in values.values())],
        )
    SetAside.objects.filter(pk=row.pk).update(returned_at=Now())
    alarm_clear("queue.set_aside", f"{row.queue}:{row.what}")
    alarm_clear("queue.failing", f"{row.queue}:{row.what}")
    return row
