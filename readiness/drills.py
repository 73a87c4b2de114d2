"""Drills that were held, read from the logs of practice worlds: what proves the joint drill of clause 8.2."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext_lazy as _

from common.bilingual import Both, both
from common.clock import utc_text
from common.errors import Conflict, Invalid, Text
from engine.models import Event
from incidents.selectors import Incident, exercises
from people.selectors import User, department_of, names, users_by_id
from plans.domain import ObligationRule
from readiness.domain.drills import Acted, Doubt, Sat, doubt, players
from readiness.known import DRILL, Known
from readiness.models import ReadinessTurn

SHOWN = 12
BEGAN, ENDED, TAKEN, RETURNED = "incident.opened", "response.ended", "drill.seat_taken", "drill.seat_returned"
# A world of this kind is played by stand-ins wherever nobody sits.
STOOD_IN: Final = "demo"
WHY: Final[dict[Doubt, Text]] = {
    Doubt.RUNS: _("It has not ended: its response still runs."),
    Doubt.EARLIER: _("It ended before this turn began."),
    Doubt.USED: _("It proved another turn."),
    Doubt.NOBODY: _("Nobody took part: stand-ins played alone."),
    Doubt.ALONE: _("Only people of one department took part; a joint drill takes two."),
}


@dataclass(frozen=True, slots=True)
class Drill:
    """An exercise beside the turn it may prove; `began` and `ended` are wall time. `doubt` None: it proves it."""

    incident: Incident
    began: datetime
    ended: datetime | None
    people: tuple[User, ...]
    departments: tuple[Both, ...]
    doubt: Doubt | None

    @property
    def why(self) -> Text:
        return WHY[self.doubt] if self.doubt else ""

    @property
    def said(self) -> Both:
        """As the log keeps it: which, when and how many; no names."""
        return both(
            _(
                "Drill %(number)s in the world “%(world)s”, ended on %(at)s: %(people)s people of %(departments)s departments."
            ),
            number=self.incident.number,
            world=self.incident.world.names,
            at=self.ended.strftime("%Y-%m-%d") if self.ended else "",
            people=len(self.people),
            departments=len(self.departments),
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "number": self.incident.number,
            "title": self.incident.titles,
            "world": self.incident.world.key,
            "began_at": utc_text(self.began),
            "ended_at": self.ended and utc_text(self.ended),
            "people": [{"id": user.pk, "name": user.display_name} for user in self.people],
            "departments": list(self.departments),
            "proves": self.doubt is None,
            "why": str(self.why),
        }


def asked_by(rule: ObligationRule) -> bool:
    """Whether a rule may be proven by a drill."""
    return DRILL in rule.evidence


def drills_for(row: ReadinessTurn) -> list[Drill]:
    """The newest exercises beside what of this matter stands, the newest first."""
    return _read(exercises()[:SHOWN], row)


def drill_proof(row: ReadinessTurn, number: str) -> Known:
    """The drill of this number as the proof of a turn. Raises Invalid (none is named, there is none), Conflict (it proves nothing)."""
    found = _read(exercises().filter(number=number)[:1], row) if number and "\x00" not in number else []
    if not found:
        said = _("Name a drill that was held in a practice world; the page of this obligation lists them.")
        raise Invalid("readiness.drill", said, errors=[{"field": "drill", "code": "unknown", "message": said}])
    (drill,) = found
    if drill.doubt is not None:
        raise Conflict("readiness.drill_no_proof", _("This drill proves nothing here. %(why)s"), why=drill.why)
    return Known(DRILL, True, drill.said, "", about=number)


def began_at(row: ReadinessTurn) -> datetime:
    """When a turn began to run: as the one before fell due, and the first as its clock was set going."""
    rows = ReadinessTurn.objects.filter(world=row.world_id, rule=row.rule, matter=row.matter, due_at__lt=row.due_at)
    before = rows.order_by("-due_at").first() if row.due_at else None
    return before.due_at if before and before.due_at else row.anchored_at


def _since(row: ReadinessTurn) -> datetime:
    """When the first turn that a proof of this one covers began."""
    missed = ReadinessTurn.objects.filter(
        world=row.world_id, rule=row.rule, matter=row.matter, state=ReadinessTurn.State.OVERDUE
    )
    covered = [row, *missed] if row.state == ReadinessTurn.State.OVERDUE else [row]
    return min(began_at(one) for one in covered)


def _used(row: ReadinessTurn) -> set[str]:
    """Numbers of the drills that proved something already."""
    rows = ReadinessTurn.objects.filter(world=row.world_id, state=ReadinessTurn.State.FULFILLED, rule=row.rule)
    return {
        str(data["drill"]) for data in rows.values_list("ended_event__data", flat=True) if data and data.get("drill")
    }


def _read(found: Iterable[Incident], row: ReadinessTurn) -> list[Drill]:
    found = list(found)
    since, used, titles = _since(row), _used(row), names()["departments"]
    times: dict[int, dict[str, datetime]] = defaultdict(dict)
    acts: dict[int, list[Acted]] = defaultdict(list)
    logged = Event.objects.filter(stream__in=[incident.stream_id for incident in found]).order_by("stream", "seq")
    for stream, kind, at, by, who in logged.values_list("stream", "kind", "recorded_at", "actor_kind", "actor_id"):
        times[stream].setdefault(kind, at)
        if by == "person" and who:
            acts[stream].append(Acted(who, at))
    seats = _seats({incident.world_id for incident in found})
    played = {
        incident.pk: players(
            acts[incident.stream_id], seats[incident.world_id], stood_in=incident.world.kind == STOOD_IN
        )
        for incident in found
    }
    everybody = users_by_id(frozenset().union(*played.values()))
    prefetch_related_objects([*everybody.values()], "department")
    drills = []
    for incident in found:
        people = [everybody[user] for user in sorted(played[incident.pk])]
        departments = dict.fromkeys(key for user in people if (key := department_of(user)))
        ended = times[incident.stream_id].get(ENDED)
        drills.append(
            Drill(
                incident=incident,
                began=times[incident.stream_id][BEGAN],
                ended=ended,
                people=tuple(people),
                departments=tuple(titles[key] for key in departments),
                doubt=doubt(
                    ended=ended,
                    since=since,
                    used=incident.number in used,
                    people=len(people),
                    departments=len(departments),
                ),
            )
        )
    return drills


def _seats(worlds: set[int]) -> dict[int, list[Sat]]:
    """By world: who sat in a seat, from when to when."""
    found: dict[int, list[Sat]] = defaultdict(list)
    rows = Event.objects.filter(stream__world__in=worlds, stream__kind="drill", kind__in=(TAKEN, RETURNED))
    sitting: dict[tuple[int, str], Sat] = {}
    for world, kind, data, at in rows.order_by("seq").values_list("stream__world", "kind", "data", "recorded_at"):
        seat = (world, data["role"])
        if kind == TAKEN:
            sitting[seat] = Sat(data["user"], at, None)
        elif seat in sitting:
            sat = sitting.pop(seat)
            found[world].append(Sat(sat.user, sat.since, at))
    for (world, _role), sat in sitting.items():
        found[world].append(sat)
    return found
