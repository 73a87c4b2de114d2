"""What came between a page and the decision that was sent from it, in words."""

from datetime import datetime
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.bilingual import in_language
from engine.models import Event
from engine.selectors import events_after
from incidents.selectors import Incident
from incidents.services.acting import DECISIVE
from plans.selectors import plan_of

SENTENCES: dict[str, str | Promise] = {
    "incident.joined": _("A further trigger joined this incident."),
    "incident.facts_recorded": _("Facts were recorded."),
    "incident.assessed": _("The impact was assessed."),
    "response.started": _("The response began at {level}."),
    "service.restored": _("Service is restored; monitoring goes on."),
    "response.ended": _("The response ended."),
    "incident.closed": _("The incident was closed."),
    "incident.plan_moved": _("From now on version {after} of the plan applies instead of {before}."),
}


REGIONAL = _("The region started the response at {level}, subject to headquarters confirming it.")


class News(NamedTuple):
    at: datetime  # world time
    sentence: str
    words: str  # what a person wrote with it


def news_since(incident: Incident, seq: int) -> list[News]:
    """The decisive events after this one, oldest first."""
    found = [event for event in events_after(incident.stream_id, seq) if event.kind in DECISIVE]
    return [News(event.occurred_at, _sentence(event, incident), _words(event.data)) for event in found]


def _sentence(event: Event, incident: Incident) -> str:
    data = event.data
    level = data.get("level") or data.get("after")
    return str(_said(event.kind, data)).format(
        **data | {"level": _level(level, incident) if isinstance(level, str) else ""}
    )


def _said(kind: str, data: dict[str, Any]) -> str | Promise:
    match kind:
        case "incident.verified" if data["outcome"] == "false_alarm":
            return _("Verified: a false alarm.")
        case "incident.verified":
            return _("Verified: a major fault.") if data["major"] else _("Verified: an ordinary fault.")
        case "incident.dismissed":
            return _("Dismissed as a false alarm.") if data["false_alarm"] else _("Dismissed.")
        case "level.decided":
            return _("{level} was set, provisionally.") if data["provisional"] else _("{level} was decided.")
        case "response.started" if data.get("region"):
            return REGIONAL
        case "warning.started":
            return _("Yellow warning issued.") if data["colour"] == "yellow" else _("Blue warning issued.")
    return SENTENCES[kind]


def _level(key: str, incident: Incident) -> str:
    spec = plan_of(incident.plan_version).levels.get(key)
    return in_language(spec.title.as_dict()) if spec else key


def _words(data: dict[str, Any]) -> str:
    return next((data[name] for name in ("reason", "note", "impact") if data.get(name)), "")
