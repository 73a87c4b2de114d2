"""Reads of notices: who may do what with one, its history, its first words, and what the public sees."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.bilingual import Both
from common.errors import Missing
from engine import worlds
from engine.log import with_texts
from engine.models import Event, World
from incidents.models import Incident
from incidents.selectors import open_incidents
from notifications.domain import notices as notice_rules
from notifications.domain import words
from notifications.domain.prefill import TEMPLATE, Known, prefilled
from notifications.models import Notice
from notifications.selectors import plan_for, service_of
from people import selectors as people
from people.rights import Scope, acting

# The stream of what belongs to no incident yet.
NOTICE_STREAM = "notices"
PUBLIC_SHOWN, PUBLIC_DAYS = 20, 30


def notice_scope(incident: Incident | None) -> Scope:
    """A notice about one region is that region's matter; every other is the whole country's."""
    regions = incident.regions if incident else []
    return Scope(region=regions[0] if len(regions) == 1 else None)


def notices_in(world_id: int, *, state: str = "", incident_id: int | None = None) -> QuerySet[Notice]:
    """Notices of a world, newest first."""
    found = Notice.objects.filter(world_id=world_id).select_related("world", "incident", "edited_by", "approved_by")
    if state:
        found = found.filter(state=state)
    if incident_id is not None:
        found = found.filter(incident_id=incident_id)
    return found.order_by("-pk")


def notices_of(incident_id: int) -> list[Notice]:
    """An incident's notices, newest first."""
    return list(Notice.objects.filter(incident_id=incident_id).order_by("-pk"))


def notice_by_id(notice_id: int) -> Notice:
    people_in_it = ("drafted_by", "edited_by", "submitted_by", "approved_by", "returned_by", "published_by")
    found = Notice.objects.select_related("world", "incident__world", "incident__stream", "withdrawn_by", *people_in_it)
    notice = found.filter(pk=notice_id).first()
    if notice is None:
        raise Missing("notice.missing", _("There is no such notice; see the list of notices."))
    return notice


@dataclass(frozen=True, slots=True)
class Open:
    """An act a person's roles allow on a notice now; `bar` names his own part in it that forbids it all the same."""

    act: notice_rules.Act
    bar: notice_rules.Barred | None


def notice_acts(notice: Notice, by: Actor) -> list[Open]:
    """What this person can do with a notice now, the act that leads it on first."""
    scope = notice_scope(notice.incident)
    state = notice_rules.State(notice.state)
    order = (
        notice_rules.Act.SUBMIT,
        notice_rules.Act.APPROVE,
        notice_rules.Act.PUBLISH,
        notice_rules.Act.RETURN,
        notice_rules.Act.EDIT,
        notice_rules.Act.WITHDRAW,
    )
    legal = (act for act in order if notice_rules.judge(act, state) is None)
    return [
        Open(act, notice_rules.barred(act, actor.persons, writers=notice.writers, approved_by=notice.approvers))
        for act in legal
        if (actor := acting(by, notice_rules.RIGHT[act], scope))
    ]


# What moves a notice on; the other acts may wait.
ONWARD = frozenset({notice_rules.Act.SUBMIT, notice_rules.Act.APPROVE, notice_rules.Act.PUBLISH})


def waits_for(notice: Notice, by: Actor) -> bool:
    """Whether this person is one of those whose act the notice waits for. A holding statement in store waits for nobody."""
    if notice.state == "approved" and notice.kind == "holding" and notice.incident_id is None:
        return False
    return any(one.act in ONWARD and one.bar is None for one in notice_acts(notice, by))


def notice_history(notice: Notice) -> list[dict[str, Any]]:
    """Who did what with a notice, oldest first, as the log has it; texts filled in."""
    mine = Q(stream__kind=NOTICE_STREAM, stream__world_id=notice.world_id)
    if notice.incident is not None:
        mine |= Q(stream_id=notice.incident.stream_id)
    told = Q(kind__startswith="notice.") | Q(kind="holding.kept")
    rows = Event.objects.filter(mine, told, data__notice=notice.pk).order_by("recorded_at", "pk")
    events = with_texts(list(rows))
    users = people.users_by_id(event.actor_id for event in events if event.actor_id is not None)
    return [{"event": event, "user": users.get(event.actor_id or 0)} for event in events]


def holding_ready(world_id: int) -> list[Notice]:
    """Holding statements approved ahead that no incident has used yet (ruling on contradiction 10)."""
    found = Notice.objects.filter(world_id=world_id, kind="holding", state="approved", incident=None)
    return list(found.select_related("approved_by").order_by("-approved_at"))


def holding_offered(incident: Incident) -> list[Notice]:
    """What may go out at once for an incident the public has not been told of."""
    if incident.is_over or Notice.objects.filter(incident=incident, published_at__isnull=False).exists():
        return []
    return holding_ready(incident.world_id)


def notice_prefilled(incident: Incident | None, kind: str) -> Both:
    """First texts from the plan's template and the record: reach and times, no cause."""
    plan = plan_for(incident)
    if plan is None:
        return {"zh": "", "en": ""}
    template = plan.templates.get(TEMPLATE[notice_rules.Kind(kind)])
    body = template.body.as_dict() if template else None
    now = worlds.now(incident.world_id if incident else worlds.real())
    return prefilled(notice_rules.Kind(kind), body, _known(incident), now=now, zone=plan.zone).as_dict()


def _known(incident: Incident | None) -> Known:
    if incident is None:
        return Known(began=None)
    names = people.names()["regions"]
    regions = [names.get(key, {"zh": key, "en": key}) for key in incident.regions]
    return Known(
        began=incident.noticed_at or incident.known_at,
        regions=[words.Both(name["zh"], name["en"]) for name in regions],
        reach=incident.reach,
        secondary_risk=incident.facts.get("secondary_risk", {}).get("value"),
        restored=incident.service_restored_at,
        service=service_of(incident),
    )


# --- what the public sees: the real world alone -------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class PublicState:
    """`standing`: notices of incidents that are not over, and general ones; `past`: of those that are. Newest first.

    `state` is `affected`, `restored` (service is back and watched) or `running`.
    """

    state: str
    standing: list[Notice]
    past: list[Notice]

    @property
    def newest_first(self) -> list[Notice]:
        return sorted([*self.standing, *self.past], key=lambda notice: (notice.published_at, notice.pk), reverse=True)


def public_state(world: World) -> PublicState:
    """What is published and not withdrawn in this world, for everybody."""
    since = worlds.now(world) - timedelta(days=PUBLIC_DAYS)
    rows = Notice.objects.filter(world=world, state="published", kind__in=sorted(notice_rules.PUBLIC))
    standing_ids = [incident.pk for incident in open_incidents(world)]
    stands = Q(incident_id__in=standing_ids)
    found = rows.filter(stands | Q(published_at__gte=since)).select_related("incident").order_by("-published_at", "-pk")
    shown = list(found[:PUBLIC_SHOWN])
    told = [notice.incident for notice in shown if notice.incident_id in standing_ids]
    state = "running"
    if told:
        back = all(incident is not None and incident.phase == "monitoring" for incident in told)
        state = "restored" if back else "affected"
    over = [notice for notice in shown if notice.incident is not None and notice.incident.is_over]
    return PublicState(state, [notice for notice in shown if notice not in over], over)
