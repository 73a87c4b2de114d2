"""The blind-window report: what could not be seen, what fell due, who was told late. Facts of the real world, read from the rooms.

    unseen     [{series, metric, region, hotline, node, expected, stored}]
    fell_due   [{incident, rule, title: {zh, en}, owners: [{zh, en}], turn, due_at, state, said_at, late_s}]   late_s null: never said
    told_late  [{message, subject: {zh, en}, incident, person, chat, channel, written_at, sent_at, late_s}]          late_s null: not yet

People are named by id. Lists are cut at MOST, `counts` are whole.
"""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.bilingual import both
from common.clock import utc_text
from engine import worlds
from engine.queues import behind
from escalation.models import Obligation
from escalation.selectors import fell_due, plan_for
from notifications.models import Delivery
from notifications.selectors import told_late
from notifications.services import message_send
from people.rights import GRANTS
from people.selectors import holders
from signals.blindness import unseen
from watchdog.events import BlindnessReported
from watchdog.models import BlindWindow
from watchdog.services.windows import log

MOST: Final = 200
# Late is what was not done within this of its time (docs/operating.md).
LATE: Final = timedelta(seconds=20)
# Whatever is still behind then is reported as it stands.
CATCHING_UP: Final = timedelta(minutes=2)


def reports_write(now: datetime) -> int:
    """Report every window that is over, once nothing of it is still being caught up with; the number written."""
    waiting = BlindWindow.objects.filter(until__isnull=False, reported_at=None).order_by("pk")
    ready = [row.pk for row in waiting if row.until and (now - row.until > CATCHING_UP or not behind(timedelta(0)))]
    return sum(_write(pk, now) for pk in ready)


@transaction.atomic
def _write(pk: int, now: datetime) -> bool:
    window = BlindWindow.objects.select_for_update(no_key=True).get(pk=pk)
    if window.reported_at is not None or window.until is None:
        return False
    window.report, window.reported_at = report_of(window.since, window.until, now), now
    window.save(update_fields=["report", "reported_at"])
    counts = window.report["counts"]
    log(BlindnessReported(window=window.pk, **counts))
    _tell(window, counts)
    return True


def report_of(since: datetime, until: datetime, now: datetime) -> dict[str, Any]:
    """What the span held, as far as it is known at `now`; the shape is in the module's text."""
    real = worlds.real().pk
    # What fell due while it was being caught up with counts too.
    owed = [_owed(row) for row in fell_due(real, since, min(until + LATE, now))]
    words = [_told(row) for row in told_late(real, since, until, LATE)]
    blind = [asdict(row) for row in unseen(real, since, until)]
    late = sum(row["late_s"] is None or row["late_s"] > LATE.total_seconds() for row in owed if row["state"] != "ended")
    return {
        "unseen": blind[:MOST],
        "fell_due": owed[:MOST],
        "told_late": words[:MOST],
        "counts": {"unseen": len(blind), "fell_due": len(owed), "late": late, "told_late": len(words)},
    }


def _owed(row: Obligation) -> dict[str, Any]:
    """`said_at`: when the log said that it was overdue; done in time, ended or waived before it needs no such word."""
    assert row.due_at is not None, "it fell due"
    plan = plan_for(row.incident)
    rule = plan.rule(row.rule)
    over = row.ended_at is not None and row.overdue_at is None
    said_at = row.overdue_at or row.ended_at
    return {
        "incident": row.incident.number,
        "rule": row.rule,
        "title": rule.title.as_dict(),
        "owners": [plan.role(key).title.as_dict() for key in row.owners],
        "turn": row.turn,
        "due_at": utc_text(row.due_at),
        "state": "ended" if over else row.state,
        "said_at": utc_text(said_at) if said_at else None,
        "late_s": max(0, int((said_at - row.due_at).total_seconds())) if said_at else None,
    }


def _told(row: Delivery) -> dict[str, Any]:
    incident = row.message.incident
    return {
        "message": row.message_id,
        "subject": row.message.subject,
        "incident": incident.number if incident else None,
        "person": row.user_id,
        "chat": row.chat,
        "channel": row.channel,
        "written_at": utc_text(row.queued_at),
        "sent_at": utc_text(row.sent_at) if row.sent_at else None,
        # What waited for others to the same reader is late from the end of its waiting.
        "late_s": int((row.sent_at - (row.held_until or row.queued_at)).total_seconds()) if row.sent_at else None,
    }


def _tell(window: BlindWindow, counts: dict[str, int]) -> None:
    """Whoever may read the report hears of it."""
    assert window.until is not None, "it is over"
    to = [(user.pk, role) for role in GRANTS["blindness.view"] for user in holders(role)]
    if not to:
        return
    words = {
        "minutes": max(1, round((window.until - window.since).total_seconds() / 60)),
        "unseen": counts["unseen"],
        "fell_due": counts["fell_due"],
        "late": counts["late"],
        "told_late": counts["told_late"],
    }
    message_send(
        world_id=worlds.real().pk,
        incident_id=None,
        kind="watchdog.reported",
        to=to,
        subject=both(_("The product was blind for %(minutes)s min: read what it missed"), **words),
        body=both(
            _(
                "Series not seen: %(unseen)s. Deadlines that passed: %(fell_due)s, of them recorded late: %(late)s. "
                "Messages sent late: %(told_late)s. The report names each of them."
            ),
            **words,
        ),
        clause="",
        urgent=True,
        key=f"blind:{window.pk}",
        link=f"/operations/blindness/{window.pk}/",
    )
