"""What every act shares: who may, the lock, the move, the event."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.errors import Conflict, HotlineError, Invalid, Missing, Text
from common.rows import Rows, Statement
from engine import worlds
from engine.events import Payload
from engine.log import Entry, log_append_many
from engine.models import Event, Stream, World
from engine.selectors import events_after
from incidents.domain.moves import OVER, RIGHT, Act, Phase, Why, judge
from incidents.models import Incident, Reach
from incidents.selectors import by_number, one_region
from people.rights import Scope, require
from plans.selectors import plan_of

SENTENCES: dict[Why, Text] = {
    Why.OVER: _("Incident %(number)s is over; nothing can be changed any more."),
    Why.DONE_ALREADY: _("Somebody was faster, or this was done before; read incident %(number)s again before you act."),
    Why.NOT_YET: _("Incident %(number)s is not that far yet; see which step comes next."),
    Why.HAS_LEVEL: _(
        "Headquarters has decided the level of incident %(number)s already; the start is headquarters' to issue."
    ),
    Why.NO_LEVEL: _("Incident %(number)s has no level yet; decide the level first."),
}

# What a decision rests on: if one of these was written after the page was made, the decision is asked for again.
DECISIVE = frozenset({
    "incident.joined", "incident.facts_recorded", "incident.verified", "incident.assessed", "incident.dismissed",
    "level.decided", "response.started", "service.restored", "response.ended", "incident.closed", "warning.started",
    "incident.plan_moved",
})  # fmt: skip


def scope_of(incident: Incident, *, group: str | None = None) -> Scope:
    """An incident in one region is that region's matter; every other is the whole country's."""
    return Scope(region=incident.regions[0] if len(incident.regions) == 1 else None, group=group)


def region_alone(incident: Incident) -> str:
    """The one region an incident lies in; raises Conflict when it reaches further, or nobody said where it lies."""
    region = one_region(incident)
    if region is None or incident.reach in (Reach.REGIONS, Reach.NATIONWIDE):
        raise Conflict(
            "regional.wider",
            _("Incident %(number)s does not lie in one region alone; headquarters decides its level and starts it."),
            number=incident.number,
        )
    return region


INCIDENT, WORLD, STREAM = Rows(Incident, "i"), Rows(World, "w"), Rows(Stream, "s")
LOCKED = f"""
SELECT {INCIDENT.columns}, {WORLD.columns}, {STREAM.columns} FROM incidents_incident i
JOIN engine_world w ON w.id = i.world_id JOIN engine_stream s ON s.id = i.stream_id
WHERE i.id = %s FOR NO KEY UPDATE OF i
"""  # noqa: S608 - names come from code


def locked(incident_id: int) -> Incident:
    """The incident, held until the transaction ends; raises Missing. Two who act at once queue here."""
    with connection.cursor() as cursor:
        cursor.execute(LOCKED, [incident_id])
        row = cursor.fetchone()
    if row is None:
        raise Missing("incident.missing", _("There is no such incident."))
    incident = INCIDENT.made(row[: INCIDENT.width])
    incident.world = WORLD.made(row[INCIDENT.width : -STREAM.width])
    incident.stream = STREAM.made(row[-STREAM.width :])
    return incident


def entered(
    act: Act, *, number: str, by: Actor, group: str | None = None, based_on: int | None = None
) -> tuple[Incident, Actor, datetime]:
    """Begin an act: the locked incident, the actor with his authority, the world's now.

    Raises Missing, NotAllowed, or Conflict when the act is not legal from here or something decisive came between.
    """
    seen = by_number(number)
    actor = require(by, RIGHT[act], scope_of(seen, group=group))
    incident = locked(seen.pk)
    check(act, incident)
    check_unchanged(incident, based_on)
    return incident, actor, worlds.now(incident.world)


def check(act: Act, incident: Incident) -> Phase:
    """The phase after the act; raises Conflict when it is not legal from here."""
    ruling = judge(
        act, Phase(incident.phase), levelled=incident.level is not None, unverified=incident.awaits_verification
    )
    if ruling.why is not None:
        raise Conflict(ruling.why.value, SENTENCES[ruling.why], number=incident.number)
    return ruling.to


def check_open(incident: Incident) -> None:
    """Raise Conflict when the incident is over."""
    if Phase(incident.phase) in OVER:
        raise Conflict(Why.OVER.value, SENTENCES[Why.OVER], number=incident.number)


def check_unchanged(incident: Incident, based_on: int | None) -> None:
    """Raise Conflict when something decisive was written after the event the decision is based on."""
    if based_on is None:
        return
    if any(event.kind in DECISIVE for event in events_after(incident.stream_id, based_on)):
        raise Conflict(
            "incident.moved_on",
            _("Incident %(number)s changed after you opened it; read what is new, then decide again."),
            number=incident.number,
        )


def moved(act: Act, incident: Incident, now: datetime) -> list[str]:
    """Move the incident as the act demands; the fields to save."""
    to = check(act, incident)
    if to == incident.phase:
        return []
    incident.phase, incident.phase_since = to.value, now
    return ["phase", "phase_since"]


def written(
    incident: Incident,
    payloads: Iterable[Payload],
    *,
    by: Actor,
    at: datetime,
    act: Act | None = None,
    clause: str = "",
) -> list[Event]:
    """Write events on the incident's stream, citing the act's clause; they occurred at the instant the row says."""
    clause = clause or (cited(incident, act) if act else "")
    return written_each(incident, [(payload, clause) for payload in payloads], by=by, at=at)


def cited(incident: Incident, act: str) -> str:
    """The clause of the incident's own plan that an act is done under; empty where that says nothing of it."""
    return plan_of(incident.plan_version).cites(act)


def written_each(
    incident: Incident,
    payloads: Iterable[tuple[Payload, str]],
    *,
    by: Actor,
    at: datetime,
    ahead: Statement | None = None,
) -> list[Event]:
    """The same for events that each cite a clause of their own. `ahead`: a change of the incident's row, sent with the lock."""
    incident.stream.matter = incident
    entries = [Entry(payload, occurred=at, known=at, clause=clause) for payload, clause in payloads]
    return log_append_many(incident.stream, entries, by=by, plan_version=incident.plan_version, ahead=ahead)


def user_id(by: Actor) -> int | None:
    return by.id if by.kind != "system" else None


def required(field: str, text: str) -> str:
    """What was typed, without the space around it; raises Invalid naming the field when nothing was."""
    if not text.strip():
        raise blank([field])
    return text.strip()


def blank(fields: Sequence[str]) -> HotlineError:
    errors = [{"field": field, "code": "blank", "message": _("Please fill this in.")} for field in fields]
    return Invalid("invalid", _("Some values are not right; see errors."), errors=errors)


def chosen(field: str, value: str, choices: Iterable[str]) -> str:
    """The value; raises Invalid naming the field when it is none of the choices."""
    if value not in set(choices):
        wrong = {"field": field, "code": "invalid_choice", "message": _("This is not one of the choices.")}
        raise Invalid("invalid", _("Some values are not right; see errors."), errors=[wrong])
    return value
