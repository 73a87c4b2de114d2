"""Reads about incidents."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from common.errors import Missing
from engine.models import World
from engine.selectors import events_after
from incidents.domain.moves import OVER
from incidents.domain.triggers import concerns
from incidents.models import GroupAtWork, Incident
from people import selectors as people

OVER_NAMES = sorted(phase.value for phase in OVER)


def incidents() -> QuerySet[Incident]:
    return Incident.objects.select_related("world", "stream")


def by_number(number: str) -> Incident:
    """Raises Missing."""
    return _one(number=number)


def by_id(incident_id: int) -> Incident:
    """Raises Missing."""
    return _one(pk=incident_id)


def by_stream(stream_id: int) -> Incident:
    """The incident whose stream this is, for who reacts to its events; raises Missing."""
    return _one(stream_id=stream_id)


def _one(**wanted: object) -> Incident:
    found = incidents().filter(**wanted).first()
    if found is None:
        raise Missing("incident.missing", _("There is no incident with this number; see the list of incidents."))
    return found


def open_incidents(world: World | int) -> list[Incident]:
    """What is not over in a world, oldest first."""
    world_id = world if isinstance(world, int) else world.pk
    return list(incidents().filter(world_id=world_id).exclude(phase__in=OVER_NAMES).order_by("pk"))


def standing_for(world_id: int, regions: Sequence[str]) -> Incident | None:
    """The warning or incident that something new in these regions joins: the oldest in a same region, else nationwide.

    No region means the whole country, on both sides: a nationwide matter does not join a regional one.
    """
    standing = [row for row in open_incidents(world_id) if concerns(row.regions, regions)]
    return min(standing, key=lambda row: (not row.regions, row.pk), default=None)


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


def groups_at_work(incident: Incident) -> list[GroupAtWork]:
    return list(GroupAtWork.objects.filter(incident=incident).order_by("group"))


def events(incident: Incident, *, after: int = 0, limit: int = 500) -> list[dict[str, Any]]:
    """An incident's log after a number, as `Event.as_dict` with the names of people in `actor.name`."""
    found = [event.as_dict() for event in events_after(incident.stream_id, after, limit)]
    users = people.users_by_id(row["actor"]["id"] for row in found if row["actor"]["id"] is not None)
    for row in found:
        user = users.get(row["actor"]["id"])
        row["actor"] = {**row["actor"], "name": user.display_name if user else ""}
    return found
