"""Reads of messages, their receipts, the sink, the summaries and the notices."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.bilingual import Both, both
from common.errors import Missing
from engine import worlds
from engine.log import with_texts
from engine.models import Event, World
from incidents.models import Incident
from incidents.selectors import open_incidents
from notifications.domain import notices as notice_rules
from notifications.domain import words
from notifications.domain.delivery import UNSENT, Channel, State
from notifications.domain.prefill import OUR_SERVICE, TEMPLATE, Known, prefilled
from notifications.models import Delivery, Message, Notice, Summary, SunkMail
from people import selectors as people
from people.rights import ROLES, Scope, acting
from plans import selectors as plans
from plans.domain import Plan

PAGE = 50
# The plan's tier for progress summaries.
SUMMARY_TIER = "progress"


# --- a person's own -----------------------------------------------------------------------------------------------------
def unread_count(user_id: int) -> int:
    """How many in-app messages wait for this person, in all worlds."""
    return Delivery.objects.filter(user_id=user_id, channel="inapp", state="delivered").count()


def inbox(user_id: int, *, before: int | None = None, world_id: int | None = None) -> list[Delivery]:
    """A person's own messages, newest first, a page at a time; `before` is the last message of the page above."""
    own = Delivery.objects.filter(user_id=user_id, channel="inapp").select_related(
        "message__world", "message__incident"
    )
    if before is not None:
        own = own.filter(message_id__lt=before)
    if world_id is not None:
        own = own.filter(message__world_id=world_id)
    return list(own.order_by("-message_id")[:PAGE])


def own_delivery(user_id: int, message_id: int) -> Delivery:
    """The person's in-app copy; raises Missing, also for what was said to others."""
    own = Delivery.objects.select_related("message__world", "message__incident")
    found = own.filter(user_id=user_id, message_id=message_id, channel="inapp").first()
    if found is None:
        raise Missing("message.missing", _("There is no such message among yours."))
    return found


# --- who was told --------------------------------------------------------------------------------------------------------
def told_of(world_id: int, kind: str, *, incident_id: int | None = None, after: int = 0) -> list[tuple[int, str]]:
    """(user id, role) of everyone here who got a message whose kind begins so, each once; `after`: newer than that message."""
    rows = Delivery.objects.filter(
        message__world_id=world_id,
        message__incident_id=incident_id,
        message__kind__startswith=kind,
        message_id__gt=after,
        channel=Channel.INAPP,
        user__is_active=True,
    )
    return list({user: (user, role) for user, role in rows.order_by("-pk").values_list("user_id", "role")}.values())


def ways_told(incident_id: int, kind: str) -> list[str]:
    """The channels by which messages of an incident whose kind begins so went out at once; a ladder's rungs do not count."""
    rows = Delivery.objects.filter(message__incident_id=incident_id, message__kind__startswith=kind, rung=0)
    return sorted(set(rows.values_list("channel", flat=True)))


def newest_message(world_id: int, kind: str) -> int:
    """The number of the newest message of this kind; 0 when there is none."""
    rows = Message.objects.filter(world_id=world_id, kind=kind)
    return rows.order_by("-pk").values_list("pk", flat=True).first() or 0


# --- everyone's, for message.read_all -----------------------------------------------------------------------------------
def messages_in(world_id: int, *, incident_id: int | None = None, before: int | None = None) -> list[Message]:
    """Messages of a world, newest first, with `people`, `acknowledged`, `chats` and `unreached` counted."""
    found = counted(Message.objects.filter(world_id=world_id))
    if incident_id is not None:
        found = found.filter(incident_id=incident_id)
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[:PAGE])


def message_by_id(message_id: int) -> Message:
    found = counted(Message.objects.filter(pk=message_id)).first()
    if found is None:
        raise Missing("message.missing", _("There is no such message."))
    return found


def counted(messages: QuerySet[Message]) -> QuerySet[Message]:
    inapp = Q(deliveries__channel=Channel.INAPP)
    return messages.select_related("world", "incident").annotate(
        people=Count("deliveries", filter=inapp),
        acknowledged=Count("deliveries", filter=inapp & Q(deliveries__state=State.ACKNOWLEDGED)),
        chats=Count("deliveries", filter=~Q(deliveries__chat="")),
        unreached=Count("deliveries", filter=Q(deliveries__state=State.GIVEN_UP)),
    )


def receipts(message_id: int) -> list[Delivery]:
    """Who was told, over which channel, and how far it came; the chats after the persons."""
    rows = Delivery.objects.filter(message_id=message_id).select_related("user", "same_as")
    order = list(Channel)
    return sorted(
        rows,
        key=lambda row: (
            (0, row.user.display_name, row.user.pk, order.index(Channel(row.channel)))
            if row.user
            else (1, row.chat, 0, 0)
        ),
    )


def letters_shared(rows: Iterable[Delivery]) -> dict[int, list[Message]]:
    """Row → the messages its letter brought besides its own, oldest first; without those whose letter brought no other."""
    letter_of = {row.pk: row.letter_id for row in rows if row.waits}
    brought: dict[int, list[Delivery]] = defaultdict(list)
    found = Delivery.objects.filter(Q(carried_by__in=letter_of.values()) | Q(pk__in=letter_of.values()))
    for row in found.select_related("message__incident").order_by("message_id"):
        brought[row.letter_id].append(row)
    return {
        pk: others
        for pk, letter in letter_of.items()
        if (others := [row.message for row in brought[letter] if row.pk != pk])
    }


def sunk_mail(world_id: int | None = None) -> list[SunkMail]:
    """What lies in the sink, newest first."""
    mail = SunkMail.objects.select_related("world", "user").exclude(world__kind=World.CANARY).order_by("-pk")
    return list(mail.filter(world_id=world_id)[:PAGE] if world_id is not None else mail[:PAGE])


# --- summaries ----------------------------------------------------------------------------------------------------------
def summaries_of(incident_id: int) -> list[Summary]:
    """An incident's summaries, newest turn first."""
    return list(Summary.objects.filter(incident_id=incident_id).select_related("published_by").order_by("-turn"))


def newest_summaries(incident_ids: Iterable[int]) -> dict[int, Summary]:
    """Incident → its newest turn's summary, draft or published, of those that have one; one query."""
    rows = Summary.objects.filter(incident_id__in=set(incident_ids)).order_by("incident_id", "-turn")
    return {row.incident_id: row for row in rows.distinct("incident_id")}


def summary_of(incident_id: int, summary_id: int) -> Summary:
    found = Summary.objects.filter(incident_id=incident_id, pk=summary_id)
    summary = found.select_related("incident__world", "published_by").first()
    if summary is None:
        raise Missing("summary.missing", _("This incident has no such summary."))
    return summary


def newest_summary(incident_id: int) -> Summary | None:
    """The one the incident room shows: the newest turn, draft or published."""
    return Summary.objects.filter(incident_id=incident_id).order_by("-turn").first()


# --- what the plan says of an incident's words ------------------------------------------------------------------------
def plan_for(incident: Incident | None) -> Plan | None:
    """The plan version an incident is pinned to, else the one in force; None before any was loaded."""
    try:
        return plans.plan_of(incident.plan_version) if incident and incident.plan_version else plans.current()
    except Missing:
        return None


def service_of(incident: Incident | None) -> words.Both:
    """What the company keeps running, as its plan says it to the public within a sentence."""
    plan = plan_for(incident)
    return words.Both(**plan.service.as_dict()) if plan else OUR_SERVICE


def names_for(incident: Incident) -> Mapping[str, Mapping[str, Both]]:
    """Places, groups, metrics and roles (of rights and of the plan) by key, in both languages."""
    names: dict[str, dict[str, Both]] = {**people.names(), "roles": role_names(incident)}
    if plan := plan_for(incident):
        names["metrics"] = {key: metric.title.as_dict() for key, metric in plan.metrics.items()}
        names["levels"] = {key: level.title.as_dict() for key, level in plan.levels.items()}
    return names


def role_names(incident: Incident | None) -> dict[str, Both]:
    """Roles of rights and roles of the plan, by key: why a person is told."""
    names = {role: both(label) for role, label in ROLES.items()}
    if plan := plan_for(incident):
        names |= {right: title.as_dict() for right, title in plan.called_by_right.items()}
        names |= {key: role.title.as_dict() for key, role in plan.roles.items()}
    return names


def tier_names(incident: Incident | None = None) -> dict[str, Both]:
    """The tiers of an incident's own plan, or of the one in force, by key."""
    plan = plan_for(incident)
    return {key: tier.title.as_dict() for key, tier in plan.tiers.items()} if plan else {}


def chat_owners(incident: Incident | None) -> dict[str, Both]:
    """Whose a chat may be, by key: a group of the plan, under the company's name for it where it has one, else a role."""
    plan = plan_for(incident)
    groups = {key: group.title.as_dict() for key, group in plan.groups.items()} if plan else {}
    return {**role_names(incident), **groups, **people.names()["groups"]}


def summary_audience(incident: Incident) -> list[tuple[int, str]]:
    """(user id, plan role) of everyone a progress summary goes to: the plan's tier for it, else all tiers (clause 3.2)."""
    plan = plan_for(incident)
    if plan is None:
        return []
    tiers = [plan.tiers[SUMMARY_TIER]] if SUMMARY_TIER in plan.tiers else list(plan.tiers.values())
    found: dict[int, str] = {}
    for role in (plan.roles[key] for tier in tiers for key in tier.roles):
        for user in plans.told_of(role):
            found.setdefault(user.pk, role.id)
    return list(found.items())


def holders_in_plan(incident: Incident | None, acts_as: str) -> list[tuple[int, str]]:
    """(user id, plan role) of everyone who holds a role of rights, under the plan's name for it where it has one."""
    plan = plan_for(incident)
    named = next((role.id for role in plan.roles.values() if role.acts_as == acts_as), acts_as) if plan else acts_as
    return [(user.pk, named) for user in people.told(acts_as)]


# --- notices ------------------------------------------------------------------------------------------------------------
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


def told_late(world_id: int, since: datetime, until: datetime, patience: timedelta) -> list[Delivery]:
    """Letters that should have left in a span, written then or held until then for others, and that left more than `patience`
    after it, or have not left yet; in the order in which they were written. Of the real world: all these times are wall time."""
    late = Q(sent_at__gt=F("due") + patience) | Q(sent_at=None, state__in=sorted(UNSENT), due__lte=Now())
    rows = Delivery.objects.alias(due=Coalesce("held_until", "queued_at")).filter(
        late, message__world_id=world_id, due__gt=since - patience, due__lte=until
    )
    return list(rows.exclude(channel=Channel.INAPP).select_related("message__incident", "user").order_by("pk"))
