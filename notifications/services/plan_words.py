"""Who is told what about versions of the plan: the second person that something waits, its writers what became of it."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from common.bilingual import both
from common.errors import Text
from engine.alarms import alarm_raise
from engine.models import Event
from incidents.selectors import of_event
from notifications.services.messages import message_send
from people.rights import GRANTS
from people.selectors import told
from plans.selectors import PlanVersion, current, version_of

WAITS = (
    _("A version of the plan waits for your approval: %(number)s"),
    _("Version %(number)s was submitted. Read what it would change, then approve it or return it with a reason."),
)
RETURNED = (
    _("Version %(number)s of the plan was returned"),
    _("Version %(number)s was returned: %(reason)s"),
)
APPROVED = (
    _("Version %(number)s of the plan is approved"),
    _("Version %(number)s is approved and comes into force on %(at)s."),
)
ENTERED = (
    _("Version %(number)s of the plan is in force"),
    _("New incidents begin with version %(number)s; those under way keep theirs."),
)
MOVE = (
    _("%(incident)s: another version of the plan is asked for"),
    _("%(incident)s is to be carried on by version %(number)s of the plan: %(reason)s\nApprove or refuse it."),
)
To = list[tuple[int, str]]


def follow(event: Event) -> None:
    """React to an event of a plan's stream, or to a move that is asked for."""
    if event.kind == "incident.plan_asked":
        return _move(event)
    version = version_of(event.data["version"])
    words = {"number": version.number, "reason": event.data.get("reason", ""), "at": _begins(version)}
    match event.kind:
        case "plan.submitted":
            return _tell(event, WAITS, _second("plan.approve", version.writers, event), words, version)
        case "plan.returned":
            return _tell(event, RETURNED, _writers(version), words, version)
        case "plan.approved":
            return _tell(event, APPROVED, _writers(version), words, version)
        case "plan.put_in_force":
            return _tell(event, ENTERED, _everyone_concerned(version), words, version)
    return None


def _begins(version: PlanVersion) -> str:
    at = version.in_force_from
    return at.astimezone(current().zone).strftime("%Y-%m-%d %H:%M") if at else ""


def _second(right: str, barred: Iterable[int], event: Event) -> To:
    """Who may approve and had no part in it."""
    kept = {*barred, event.actor_id}
    return _once((user.pk, role) for role in GRANTS[right] for user in told(role) if user.pk not in kept)


def _writers(version: PlanVersion) -> To:
    return [(user_id, "hq_member") for user_id in version.writers]


def _everyone_concerned(version: PlanVersion) -> To:
    roles = (*GRANTS["plan.edit"], *GRANTS["plan.approve"])
    return _once([*_writers(version), *((user.pk, role) for role in roles for user in told(role))])


def _once(to: Iterable[tuple[int, str]]) -> To:
    found: dict[int, str] = {}
    for user_id, role in to:
        found.setdefault(user_id, role)
    return list(found.items())


def _tell(event: Event, said: tuple[Text, Text], to: To, words: dict[str, object], version: PlanVersion) -> None:
    if not to:
        alarm_raise("message.nobody", f"plan:{version.number}:{event.kind}")
        return
    message_send(
        world_id=event.stream.world_id,
        incident_id=None,
        kind=event.kind,
        to=to,
        subject=both(said[0], **words),
        body=both(said[1], **words),
        clause="",
        urgent=event.kind == "plan.submitted",
        key=f"plan:{event.pk}",
        link=f"/plan/versions/{version.number}/",
    )


def _move(event: Event) -> None:
    incident = of_event(event)
    to = _second("incident.approve_plan", (), event)
    if not to:
        alarm_raise("message.nobody", f"{incident.number}:{event.kind}")
        return
    words = {"incident": incident.number, "number": event.data["after"], "reason": event.data.get("reason") or ""}
    message_send(
        world_id=incident.world_id,
        incident_id=incident.pk,
        kind=event.kind,
        to=to,
        subject=both(MOVE[0], **words),
        body=both(MOVE[1], **words),
        clause="",
        urgent=True,
        key=f"plan_move:{event.pk}",
        link=f"/incidents/{incident.number}/plan/",
    )
