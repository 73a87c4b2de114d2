"""What the next person on duty must know, drafted from the record: open incidents, what is owed, alarms."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from common.bilingual import in_language
from dashboard.templatetags.labels import level_label, phase_look
from engine import worlds
from engine.selectors import alarms_standing
from escalation.selectors import Obligation, plan_for, standing
from incidents.selectors import Incident, open_incidents
from notifications.alarm_words import alarm_text

SOON: Final = timedelta(hours=4)


def duty_brief() -> str:
    """A text in the language now active, to read, complete and hand over; of the real world."""
    world = worlds.real()
    now = worlds.now(world)
    lines = [_("Drafted %(at)s.") % {"at": _at(now)}, ""]
    found = open_incidents(world.pk)
    lines += [_("Open incidents: %(n)s") % {"n": len(found)}]
    for incident in found:
        lines += ["", *_incident(incident, now)]
    alarms = alarms_standing()
    lines += ["", _("Alarms: %(n)s") % {"n": len(alarms)}]
    lines += [f"- {alarm_text(alarm)}" for alarm in alarms]
    return "\n".join([*lines, "", _("Beyond the record:"), ""])


def _incident(incident: Incident, now: datetime) -> Iterator[str]:
    level = level_label(incident.level, plan_for(incident)) if incident.level else _("no level yet")
    phase = phase_look(incident.phase).label
    yield f"{incident.number} · {incident.title} · {phase} · {level}"
    plan = plan_for(incident)
    rows = standing().filter(incident=incident).order_by("due_at", "pk")
    for row in rows:
        title = in_language(plan.rule(row.rule).title.as_dict())
        if row.state == Obligation.State.OVERDUE:
            yield "- " + _("Overdue since %(at)s: %(what)s") % {"at": _at(row.due_at), "what": title}
        elif row.due_at is not None and row.due_at <= now + SOON:
            yield "- " + _("Due %(at)s: %(what)s") % {"at": _at(row.due_at), "what": title}


def _at(at: datetime | None) -> str:
    return localtime(at).strftime("%m-%d %H:%M") if at else pgettext("a time", "unknown")
