"""Words to people about what follows: to a tier of the plan, to an owner, to the next one up."""

from collections.abc import Collection, Iterable, Sequence

from common.bilingual import Both
from engine.alarms import alarm_raise
from escalation import selectors
from incidents.selectors import Incident
from notifications.domain.unanswered import NOBODY_PRESSED, Ladder, Rung
from notifications.services import message_send
from plans.domain import Plan, Tier

To = Sequence[tuple[int, str]]  # (user id, role of the plan)


def ladder_of(tier: Tier) -> Ladder:
    """How a message to this tier is pressed while too few answer."""
    rungs = (Rung(rung.after.fixed(), rung.channels, rung.roles) for rung in tier.unanswered)
    return Ladder(tuple(rungs), tier.quorum)


def tell_tier(incident: Incident, plan: Plan, tier: str, *, subject: Both, body: Both, key: str) -> bool:
    """Tell everybody a notification tier of the plan names, by its ways (3.2, 4.1); False when nobody holds its roles."""
    spec = plan.tiers[tier]
    to = selectors.recipients(plan, spec.roles)
    if not to:
        _nobody(incident, ",".join(spec.roles))
        return False
    tell_people(
        incident,
        to,
        kind=f"tier.{tier}",
        subject=subject,
        body=body,
        clause=spec.clauses[0],
        key=key,
        channels=spec.channels,
        chats=spec.chats,
        ladder=ladder_of(spec),
        at_once=spec.at_once,
    )
    return True


def tell_roles(
    incident: Incident,
    plan: Plan,
    roles: Iterable[str],
    *,
    kind: str,
    subject: Both,
    body: Both,
    clause: str,
    key: str,
    unanswered: Collection[str] = (),
) -> bool:
    """Tell the holders of plan roles; False when nobody holds them, which raises an alarm. `unanswered`: roles of these whose holders
    had their time."""
    wanted = tuple(roles)
    to = selectors.recipients(plan, wanted, unanswered=unanswered)
    if not to:
        _nobody(incident, ",".join(wanted))
        return False
    return tell_people(incident, to, kind=kind, subject=subject, body=body, clause=clause, key=key)


def tell_people(
    incident: Incident,
    to: To,
    *,
    kind: str,
    subject: Both,
    body: Both,
    clause: str,
    key: str,
    channels: Sequence[str] | None = None,
    chats: Sequence[str] = (),
    ladder: Ladder = NOBODY_PRESSED,
    at_once: bool = False,
) -> bool:
    """Tell persons, by channels as the plan calls them or by the usual ones, and where these mean group chats those of `chats`, or
    all; False when there is nobody, which raises an alarm."""
    if not to:
        _nobody(incident, kind)
        return False
    message_send(
        world_id=incident.world_id,
        incident_id=incident.pk,
        kind=kind,
        to=to,
        subject=subject,
        body=body,
        clause=clause,
        urgent=True,
        key=key,
        link=f"/incidents/{incident.number}/",
        channels=channels,
        chats=chats,
        ladder=ladder,
        at_once=at_once,
    )
    return True


def _nobody(incident: Incident, whom: str) -> None:
    alarm_raise("message.nobody", f"{incident.number}:{whom}"[:80])
