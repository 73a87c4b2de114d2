"""Reads of messages, their receipts, the sink and the summaries, and what the plan says of their words."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from common.bilingual import Both, both
from common.errors import Missing
from engine.models import World
from incidents.models import Incident
from notifications.domain import words
from notifications.domain.delivery import UNSENT, Channel, State
from notifications.domain.prefill import OUR_SERVICE
from notifications.models import Delivery, Message, Summary, SunkMail
from people import selectors as people
from people.rights import ROLES
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


def told_late(world_id: int, since: datetime, until: datetime, patience: timedelta) -> list[Delivery]:
    """Letters that should have left in a span, written then or held until then for others, and that left more than `patience`
    after it, or have not left yet; in the order in which they were written. Of the real world: all these times are wall time."""
    late = Q(sent_at__gt=F("due") + patience) | Q(sent_at=None, state__in=sorted(UNSENT), due__lte=Now())
    rows = Delivery.objects.alias(due=Coalesce("held_until", "queued_at")).filter(
        late, message__world_id=world_id, due__gt=since - patience, due__lte=until
    )
    return list(rows.exclude(channel=Channel.INAPP).select_related("message__incident", "user").order_by("pk"))
