"""Reads of messages, their receipts, the sink and the summaries."""

from collections.abc import Mapping

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from common.bilingual import Both, both
from common.errors import Missing
from incidents.models import Incident
from notifications.domain.delivery import Channel, State
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


# --- everyone's, for message.read_all -----------------------------------------------------------------------------------
def messages_in(world_id: int, *, incident_id: int | None = None, before: int | None = None) -> list[Message]:
    """Messages of a world, newest first, with `people`, `acknowledged` and `unreached` counted."""
    found = _counted(Message.objects.filter(world_id=world_id))
    if incident_id is not None:
        found = found.filter(incident_id=incident_id)
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[:PAGE])


def message_by_id(message_id: int) -> Message:
    found = _counted(Message.objects.filter(pk=message_id)).first()
    if found is None:
        raise Missing("message.missing", _("There is no such message."))
    return found


def _counted(messages: QuerySet[Message]) -> QuerySet[Message]:
    inapp = Q(deliveries__channel=Channel.INAPP)
    return messages.select_related("world", "incident").annotate(
        people=Count("deliveries", filter=inapp),
        acknowledged=Count("deliveries", filter=inapp & Q(deliveries__state=State.ACKNOWLEDGED)),
        unreached=Count("deliveries", filter=Q(deliveries__state=State.GIVEN_UP)),
    )


def receipts(message_id: int) -> list[Delivery]:
    """Who was told, over which channel, and how far it came."""
    rows = Delivery.objects.filter(message_id=message_id).select_related("user")
    return list(rows.order_by("user__display_name", "user_id", F("channel").desc()))


def sunk_mail(world_id: int | None = None) -> list[SunkMail]:
    """What lies in the sink, newest first."""
    mail = SunkMail.objects.select_related("world", "user").order_by("-pk")
    return list(mail.filter(world_id=world_id)[:PAGE] if world_id is not None else mail[:PAGE])


# --- summaries ----------------------------------------------------------------------------------------------------------
def summaries_of(incident_id: int) -> list[Summary]:
    """An incident's summaries, newest turn first."""
    return list(Summary.objects.filter(incident_id=incident_id).select_related("published_by").order_by("-turn"))


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


def names_for(incident: Incident) -> Mapping[str, Mapping[str, Both]]:
    """Places, groups, metrics and roles (of rights and of the plan) by key, in both languages."""
    names: dict[str, dict[str, Both]] = {**people.names(), "roles": role_names(incident)}
    if plan := plan_for(incident):
        names["metrics"] = {key: metric.title.as_dict() for key, metric in plan.metrics.items()}
    return names


def role_names(incident: Incident | None) -> dict[str, Both]:
    """Roles of rights and roles of the plan, by key: why a person is told."""
    names = {role: both(label) for role, label in ROLES.items()}
    if plan := plan_for(incident):
        names |= {key: role.title.as_dict() for key, role in plan.roles.items()}
    return names


def summary_audience(incident: Incident) -> list[tuple[int, str]]:
    """(user id, plan role) of everyone a progress summary goes to: the plan's tier for it, else all tiers (clause 3.2)."""
    plan = plan_for(incident)
    if plan is None:
        return []
    tiers = [plan.tiers[SUMMARY_TIER]] if SUMMARY_TIER in plan.tiers else list(plan.tiers.values())
    found: dict[int, str] = {}
    for role in (plan.roles[key] for tier in tiers for key in tier.roles):
        for user in people.holders(role.acts_as) if role.acts_as else []:
            if role.group is None or role.group in people.groups_of(user):
                found.setdefault(user.pk, role.id)
    return list(found.items())
