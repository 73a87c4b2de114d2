"""Reads about incidents."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from common.actor import Actor, authority_read
from common.bilingual import Both, both
from common.clock import utc_text
from common.errors import Missing
from engine.log import with_texts
from engine.models import Event, Stream, World
from engine.selectors import events_after, newest_events
from incidents.domain.moves import OVER, RIGHT, Act, Phase, judge
from incidents.domain.triggers import concerns
from incidents.models import Assessment, GroupAtWork, HandlingReport, Incident, StepTick, Symptom, Task
from people import selectors as people
from people.rights import Scope, allowed
from plans.domain import Plan
from plans.selectors import handling, plan_of

EXERCISED = ("practice", "demo")
OVER_NAMES = sorted(phase.value for phase in OVER)


def incidents() -> QuerySet[Incident]:
    return Incident.objects.select_related("world", "stream")


def by_number(number: str) -> Incident:
    """Raises Missing."""
    return _one(number=number)


def by_id(incident_id: int) -> Incident:
    """Raises Missing."""
    return _one(pk=incident_id)


def of_event(event: Event) -> Incident:
    """The incident an event is about: the very row its change holds for who reacts together, else read; raises Missing."""
    held = event.stream.matter
    return held if isinstance(held, Incident) else _one(stream_id=event.stream_id)


def _one(**wanted: object) -> Incident:
    found = incidents().filter(**wanted).first()
    if found is None:
        raise Missing("incident.missing", _("There is no incident with this number; see the list of incidents."))
    return found


def open_incidents(world: World | int) -> list[Incident]:
    """What is not over in a world, oldest first."""
    world_id = world if isinstance(world, int) else world.pk
    return list(incidents().filter(world_id=world_id).exclude(phase__in=OVER_NAMES).order_by("pk"))


class Standing(NamedTuple):
    """What something new may join."""

    pk: int
    plan_version: int
    regions: tuple[str, ...]


JOINABLE = f"""
SELECT id, plan_version, regions FROM incidents_incident
WHERE world_id = %s AND NOT (phase IN ({", ".join(["%s"] * len(OVER_NAMES))}))
"""  # noqa: S608 - placeholders


def joinable(world_id: int) -> list[Standing]:
    """The warnings and incidents of a world that something new may join."""
    with connection.cursor() as cursor:
        cursor.execute(JOINABLE, [world_id, *OVER_NAMES])
        return [Standing(pk, version, tuple(regions)) for pk, version, regions in cursor.fetchall()]


def joined_by(standing: Iterable[Standing], regions: Sequence[str]) -> Standing | None:
    """The one that something new in these regions joins: the oldest that stands for just such a place, else the oldest that
    concerns it.

    No region means the whole country, on both sides: what is nationwide joins what stands in a region and makes it nationwide.
    """
    matching = [row for row in standing if concerns(row.regions, regions)]
    return min(matching, key=lambda row: (bool(row.regions) != bool(regions), row.pk), default=None)


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list shows; empty means all. `standing`: only what is not over."""

    phase: str = ""
    level: str = ""
    standing: bool = False


def newest(world: World, wanted: Filter | None = None) -> QuerySet[Incident]:
    """A world's incidents, newest first."""
    wanted = wanted or Filter()
    said = {name: value for name, value in (("phase", wanted.phase), ("level", wanted.level)) if value}
    over = Q(phase__in=OVER_NAMES) if wanted.standing else Q(pk__in=[])
    return incidents().filter(world=world, **said).exclude(over).order_by("-pk")


def exercises() -> QuerySet[Incident]:
    """Incidents of practice worlds, played by people or by stand-ins, in which a response was started; newest first."""
    return incidents().filter(world__kind__in=EXERCISED, response_started_at__isnull=False).order_by("-pk")


def one_region(incident: Incident) -> str | None:
    """The region whose matter an incident is; None: the whole country's, or several regions'."""
    return incident.regions[0] if len(incident.regions) == 1 else None


def handling_reports(incident: Incident) -> list[HandlingReport]:
    """The technical group's reports, newest first."""
    return list(HandlingReport.objects.filter(incident=incident).select_related("by_user").order_by("-at", "-pk"))


def newest_handling_reports(incidents: Iterable[int]) -> dict[int, HandlingReport]:
    """Incident → its newest report, of those that have one; one query."""
    rows = HandlingReport.objects.filter(incident_id__in=set(incidents)).order_by("incident_id", "-at", "-pk")
    return {row.incident_id: row for row in rows.distinct("incident_id")}


def assessments(incident: Incident) -> list[Assessment]:
    """Impact assessments, newest first."""
    return list(Assessment.objects.filter(incident=incident).select_related("by_user").order_by("-at", "-pk"))


def groups_at_work(incident: Incident) -> list[GroupAtWork]:
    return list(GroupAtWork.objects.filter(incident=incident).order_by("group"))


def events(incident: Incident, *, after: int = 0, limit: int = 500) -> list[dict[str, Any]]:
    """An incident's log after a number, as `Event.as_dict` with the names of people in `actor.name`, and of whom a
    deputy acted for in `actor.in_place_of`."""
    return _named(events_after(incident.stream_id, after, limit))


def latest_events(incident: Incident, *, limit: int, without: Iterable[str] = ()) -> list[dict[str, Any]]:
    """The same for the newest events, oldest first; `without` names kinds to leave out."""
    return _named(newest_events(incident.stream_id, limit, without=without))


def latest_of(incident: Incident, kind: str) -> dict[str, Any] | None:
    """The newest event of this kind, as the log's page has it; None where there is none."""
    rows = with_texts(list(Event.objects.filter(stream_id=incident.stream_id, kind=kind).order_by("-seq")[:1]))
    return next(iter(_named(rows)), None)


def last_evaluated(incident: Incident) -> datetime | None:
    """When headquarters last judged the effect (4.4), in world time."""
    rows = Event.objects.filter(stream_id=incident.stream_id, kind="effect.evaluated")
    return rows.order_by("-seq").values_list("occurred_at", flat=True).first()


def _named(events: Iterable[Event]) -> list[dict[str, Any]]:
    found = [event.as_dict() for event in events]
    places = [authority_read(row["authority"])[1] for row in found]
    users = people.users_by_id(pk for pk in (*(row["actor"]["id"] for row in found), *places) if pk is not None)
    for row, place in zip(found, places, strict=True):
        user = users.get(row["actor"]["id"])
        row["actor"] = {**row["actor"], "name": user.display_name if user else ""}
        if place is not None:
            row["actor"]["in_place_of"] = users[place].display_name
    return found


# --- tasks --------------------------------------------------------------------------------------------------------------
def _tasks() -> QuerySet[Task]:
    rows = Task.objects.select_related("assignee", "given_by", "incident", "incident__world")
    return rows.order_by(F("due_at").asc(nulls_last=True), "pk")


def tasks_of(incident: Incident) -> list[Task]:
    """Everything given to work groups for an incident: open ones by due time, then those that ended, newest first."""
    ended = _tasks().filter(incident=incident).exclude(state=Task.State.OPEN).order_by("-ended_at", "-pk")
    return [*open_tasks_of(incident), *ended]


def open_tasks_of(incident: Incident) -> list[Task]:
    return list(_tasks().filter(incident=incident, state=Task.State.OPEN))


def task_of(task_id: int) -> Task:
    """Raises Missing."""
    found = _tasks().filter(pk=task_id).first()
    if found is None:
        raise Missing("task.missing", _("There is no such task; see the groups in the incident's room."))
    return found


def tasks_mine(user_id: int, world_id: int) -> list[Task]:
    """A person's open tasks across the incidents of a world, the most pressing first."""
    return list(_tasks().filter(assignee_id=user_id, incident__world_id=world_id, state=Task.State.OPEN))


def task_dict(task: Task) -> dict[str, Any]:
    """A task as the API shows it."""
    giver = task.given_by
    return {
        "id": task.pk,
        "incident": task.incident.number,
        "group": task.group,
        "title": task.title,
        "assignee": {"id": task.assignee_id, "name": task.assignee.display_name, "active": task.assignee.is_active},
        "given_by": giver and {"id": giver.pk, "name": giver.display_name, "active": giver.is_active},
        "given_at": utc_text(task.given_at),
        "due_at": task.due_at and utc_text(task.due_at),
        "state": task.state,
        "ended_at": task.ended_at and utc_text(task.ended_at),
        "note": task.note,
    }


# --- as programs see it -------------------------------------------------------------------------------------------------
TIMES = (
    "noticed_at", "known_at", "reported_at", "verified_at", "assessed_at", "level_decided_at", "response_started_at",
    "service_restored_at", "ending_reported_at", "ended_at", "closed_at",
)  # fmt: skip
PLAIN = (
    "number", "origin", "phase", "category", "business", "regions", "hotlines", "nodes", "reach", "level",
    "level_provisional", "proposed_level", "major", "false_alarm", "hq_active", "started_by_region", "facts",
    "plan_version",
)  # fmt: skip


def incident_dict(incident: Incident) -> dict[str, Any]:
    """An incident as the API shows it. `seq` is the number of its newest event: what a decision is based on."""
    at = {name: getattr(incident, name) for name in ("phase_since", *TIMES)}
    return {
        **{name: getattr(incident, name) for name in PLAIN},
        "world": incident.world.key,
        "title": incident.titles,
        **{name: value and utc_text(value) for name, value in at.items()},
        "groups": [
            {"group": row.group, "status": row.status, "at": utc_text(row.at)} for row in groups_at_work(incident)
        ],
        "seq": newest_seq(incident),
    }


def symptoms_of(plan: Plan) -> dict[str, Both]:
    """What may be ticked as noticed: the plan's own words; those of a call centre where it brings none."""
    own = {key: text.as_dict() for key, text in plan.symptoms.items()}
    return own or {key: both(label) for key, label in Symptom.choices}


def newest_seq(incident: Incident) -> int:
    """The number of its newest event."""
    return Stream.objects.values_list("head_seq", flat=True).get(pk=incident.stream_id)


# --- what can be done now -----------------------------------------------------------------------------------------------
# In the order in which a night needs them.
ORDER = (
    Act.VERIFY, Act.ASSESS, Act.START_REGIONAL, Act.DECIDE_LEVEL, Act.START, Act.REPORT, Act.EVALUATE,
    Act.SET_GROUP_STATUS, Act.RECORD_FACTS, Act.NAME_REGULATOR, Act.CANNOT_HOLD, Act.SUPPORT_ARRIVED,
    Act.RESTORE, Act.REPORT_ENDING, Act.END, Act.CLOSE, Act.DISMISS,
)  # fmt: skip


def act_open(incident: Incident, by: Actor, act: Act) -> bool:
    """Whether this act is legal now and this person may do it."""
    levelled, unverified = incident.level is not None, incident.awaits_verification
    legal = judge(act, Phase(incident.phase), levelled=levelled, unverified=unverified).legal
    region = one_region(incident)
    group = next((key.rpartition("@")[2] for key in sorted(by.groups)), None) if act is Act.SET_GROUP_STATUS else None
    return legal and allowed(by, RIGHT[act], Scope(region=region, group=group))


def act_open_for_group(incident: Incident, by: Actor, group: str) -> bool:
    """Whether this person can say now what this very group is doing."""
    legal = judge(Act.SET_GROUP_STATUS, Phase(incident.phase), levelled=incident.level is not None).legal
    return legal and allowed(by, RIGHT[Act.SET_GROUP_STATUS], Scope(region=one_region(incident), group=group))


def acts(incident: Incident, by: Actor) -> list[Act]:
    """What this person can do now, the most needed first."""
    return [act for act in ORDER if act_open(incident, by, act)]


# --- steps of handling (6.2) --------------------------------------------------------------------------------------------
def ticks_of(incident: Incident) -> dict[str, StepTick]:
    """Step → by whom and when it was ticked, of what is not taken back."""
    rows = StepTick.objects.filter(incident=incident, undone_at=None).select_related("by_user")
    return {row.step: row for row in rows}


def handling_of(incident: Incident) -> dict[str, Any]:
    """How the incident's own plan says that its category is handled, and which of the steps are done."""
    said, ticks = handling(plan_of(incident.plan_version), incident.category), ticks_of(incident)
    steps = [step | {"done": _ticked(ticks[step["key"]]) if step["key"] in ticks else None} for step in said["steps"]]
    return said | {"steps": steps, "done": sum(step["done"] is not None for step in steps)}


def _ticked(row: StepTick) -> dict[str, Any]:
    return {"at": utc_text(row.at), "by": row.by_user.display_name if row.by_user else None, "note": row.note}
