"""What happens when a readiness clock strikes: reminder, proven or overdue, the next one up, the next turn."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from common.actor import SYSTEM
from common.bilingual import Both, both
from common.clock import utc_text
from engine.alarms import alarm_raise
from engine.log import stream_open
from engine.models import Stream
from engine.timers import timer_set
from escalation.domain.rungs import rung
from escalation.selectors import recipients
from notifications.services import message_send
from plans.domain import ObligationRule, Plan, escalate_at, next_due
from plans.selectors import answering_for, holders_of
from readiness.domain.grid import Begins
from readiness.domain.moves import State
from readiness.events import TurnEscalated, TurnOverdue
from readiness.known import known_of
from readiness.models import ReadinessTurn
from readiness.services.turns import CLIMB, log, named, overdue_of, rule_of, stream_held, turn_open, turn_prove


@dataclass(frozen=True, slots=True)
class Struck:
    """A turn whose clock struck, held with its stream, and what the plan says of it."""

    row: ReadinessTurn
    stream: Stream
    plan: Plan
    rule: ObligationRule


def streams_of(refs: Collection[int]) -> Mapping[int, int]:
    """Turn id → id of the stream that what happens to it is written to."""
    worlds = dict(ReadinessTurn.objects.filter(pk__in=refs).values_list("pk", "world_id"))
    streams = {world: stream_open(world, "readiness", "readiness").pk for world in set(worlds.values())}
    return {ref: streams[world] for ref, world in worlds.items()}


def _held(ref: int) -> Struck:
    world_id = ReadinessTurn.objects.values_list("world_id", flat=True).get(pk=ref)
    stream = stream_held(world_id)
    row = ReadinessTurn.objects.select_for_update(no_key=True).get(pk=ref)
    return Struck(row, stream, *rule_of(row))


def remind(ref: int, due_at: datetime, now: datetime) -> None:
    """Before it is due the owner hears; not of what the product sees is in order."""
    it = _held(ref)
    if it.row.state != State.OPEN or it.row.due_at is None or now >= it.row.due_at:
        return
    known = known_of(it.rule, now)
    if known is not None and known.holds:
        return
    body = both(
        _("“%(title)s” is due at %(due)s (clause %(clause)s)."),
        title=it.rule.title.as_dict(),
        due=_local(it.row.due_at, it.plan),
        clause=it.rule.clause,
    )
    subject = both(_("Soon due: %(title)s"), title=it.rule.title.as_dict())
    _tell(it, it.rule.owners, kind="readiness.reminder", subject=subject, body=body, key=f"readiness:remind:{ref}")


def due(ref: int, due_at: datetime, now: datetime) -> None:
    """At due: the product proves what it knows; else what is not done is overdue, and its owner and the next one up hear. Done
    or not, the next turn begins.

    After a long absence of ours every missed turn gets its event, but only the latest speaks (DESIGN.md, rule 3); and of a
    turn that was missed nothing is known any more: what is in order now was not seen then.
    """
    it = _held(ref)
    row = it.row
    if row.state == State.SUPERSEDED or row.due_at != due_at:
        return
    following = next_due(it.rule, due_at, anchored_at=row.anchored_at, zone=it.plan.zone)
    latest = following is None or following > now
    if row.state == State.OPEN and not (latest and prove_known(it, now)):
        _overdue(it, due_at, now, speaks=latest)
    if following is not None:
        begins = Begins(row.anchored_at, following)
        turn_open(
            it.stream, it.plan, row.plan_version_id, it.rule, begins, matter=row.matter, turn=row.turn + 1
        )  # fmt: skip


def prove_known(it: Struck, now: datetime) -> bool:
    """Prove a turn, and with it those that were missed, by what the product itself knows; whether it did."""
    known = known_of(it.rule, now)
    if known is None or not known.holds:
        return False
    for row in (*overdue_of(it.row), it.row):
        turn_prove(it.stream, row, evidence=known.kind, note="", now=now, by=SYSTEM, known=known)
    return True


def climb(ref: int, due_at: datetime, now: datetime) -> None:
    """Still not done: the next one up hears, until the top of the chain has."""
    it = _held(ref)
    if it.row.state == State.OVERDUE:
        _climb(it, step=it.row.step + 1, now=now)


def _overdue(it: Struck, due_at: datetime, now: datetime, *, speaks: bool) -> None:
    row, rule = it.row, it.rule
    row.state, row.overdue_at = State.OVERDUE.value, now
    row.save(update_fields=["state", "overdue_at"])
    payload = TurnOverdue(
        **named(row),  # type: ignore[arg-type]
        title=rule.title.as_dict(),
        owners=row.owners,
        due_at=utc_text(due_at),
    )
    log(it.stream, row, payload, SYSTEM)
    if speaks:
        _climb(it, step=1, now=now, also=rule.owners)


def _climb(it: Struck, *, step: int, now: datetime, also: Sequence[str] = ()) -> None:
    """Tell the next one up who exists and is here; a role nobody holds or answers for is skipped at once, and the log says so."""
    row, plan, rule = it.row, it.plan, it.rule
    found = rung(plan, rule.owner, step, lambda role: bool(answering_for(plan.role(role))))
    for below, role in found.skipped:
        _log_step(it, below, (), skipped=role, away=bool(holders_of(plan.role(role))))
    row.step = found.step
    row.save(update_fields=["step"])
    told = (*also, *found.roles)
    if told:
        body = both(
            _("“%(title)s” was due at %(due)s and is not done (clause %(clause)s). Owner: %(owner)s."),
            title=rule.title.as_dict(),
            due=_local(row.due_at or now, plan),
            clause=rule.clause,
            owner=plan.role(rule.owner).title.as_dict(),
        )
        subject = both(_("Overdue: %(title)s"), title=rule.title.as_dict())
        key = f"readiness:overdue:{row.pk}:{found.step if found.roles else found.step + 1}"
        _tell(it, told, kind="readiness.overdue", subject=subject, body=body, key=key)
    if found.roles:
        _log_step(it, found.step, found.roles)
        following = escalate_at(plan, rule, row.due_at or now, found.step + 1)
        timer_set(row.world_id, CLIMB, row.pk, max(following, now))


def _log_step(it: Struck, step: int, told: Sequence[str], *, skipped: str = "", away: bool = False) -> None:
    payload = TurnEscalated(**named(it.row), step=step, told=list(told), skipped=skipped, away=away)  # type: ignore[arg-type]
    log(it.stream, it.row, payload, SYSTEM)


def _tell(it: Struck, roles: Sequence[str], *, kind: str, subject: Both, body: Both, key: str) -> None:
    """Nobody is woken for it: it leaves with the ordinary letters."""
    to = recipients(it.plan, roles)
    if not to:
        alarm_raise("message.nobody", f"readiness:{','.join(roles)}"[:80])
        return
    message_send(
        world_id=it.row.world_id,
        incident_id=None,
        kind=kind,
        to=to,
        subject=subject,
        body=body,
        clause=it.rule.clause,
        urgent=False,
        key=key,
        link=f"/readiness/rules/{it.rule.id}/",
    )


def _local(at: datetime, plan: Plan) -> str:
    return at.astimezone(plan.zone).strftime("%Y-%m-%d %H:%M")
