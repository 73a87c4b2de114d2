"""Words to people about what follows: to a tier of the plan, to an owner, to the next one up."""

from collections.abc import Iterable, Sequence

from common.bilingual import Both
from engine.alarms import alarm_raise
from escalation import selectors
from incidents.selectors import Incident
from notifications.services import message_send
from plans.domain import Plan


def tell_tier(
    incident: Incident, plan: Plan, tier: str, *, subject: Both, body: Both, key: str, urgent: bool = True
) -> None:
    """Tell everybody a notification tier of the plan names (3.2, 4.1)."""
    spec = plan.tiers[tier]
    _send(incident, plan, spec.roles, f"tier.{tier}", subject, body, spec.clauses[0], key, urgent)


def tell_roles(
    incident: Incident, plan: Plan, roles: Iterable[str], *, kind: str, subject: Both, body: Both, clause: str, key: str
) -> bool:
    """Tell the holders of plan roles; False when nobody holds them, which raises an alarm."""
    return _send(incident, plan, tuple(roles), kind, subject, body, clause, key, urgent=True)


def tell_people(
    incident: Incident, to: Sequence[tuple[int, str]], *, kind: str, subject: Both, body: Both, clause: str, key: str
) -> bool:
    """Tell persons, each (user id, plan role); False when there is nobody, which raises an alarm."""
    if not to:
        alarm_raise("message.nobody", f"{incident.number}:{kind}"[:80])
        return False
    _message(incident, to, kind, subject, body, clause, key, urgent=True)
    return True


def _send(
    incident: Incident,
    plan: Plan,
    roles: Iterable[str],
    kind: str,
    subject: Both,
    body: Both,
    clause: str,
    key: str,
    urgent: bool,
) -> bool:
    wanted = tuple(roles)
    to = selectors.recipients(plan, wanted)
    if not to:
        alarm_raise("message.nobody", f"{incident.number}:{','.join(wanted)}"[:80])
        return False
    _message(incident, to, kind, subject, body, clause, key, urgent=urgent)
    return True


def _message(
    incident: Incident,
    to: Sequence[tuple[int, str]],
    kind: str,
    subject: Both,
    body: Both,
    clause: str,
    key: str,
    *,
    urgent: bool,
) -> None:
    message_send(
        world_id=incident.world_id,
        incident_id=incident.pk,
        kind=kind,
        to=to,
        subject=subject,
        body=body,
        clause=clause,
        urgent=urgent,
        key=key,
        link=f"/incidents/{incident.number}/",
    )
