"""What happens when an obligation's clock strikes: reminder, overdue, the next one up, the next turn."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from common.actor import SYSTEM
from common.bilingual import both
from common.clock import utc_text
from engine.log import log_append
from engine.models import Stream
from engine.timers import timer_set
from escalation import selectors
from escalation.events import ObligationEscalated, ObligationOverdue
from escalation.models import Obligation
from escalation.services.obligations import CLIMB, stream_of, turn_open
from escalation.services.telling import tell_roles
from incidents.selectors import Incident
from notifications.services import summary_draft
from plans.domain import ObligationRule, Plan, escalate_at, next_due
from plans.selectors import told_of

SUMMARY = "summary.published"


def _locked(ref: int) -> tuple[Obligation, Incident, Plan, ObligationRule]:
    """The obligation under its incident's stream lock, then its own: the order every writer takes."""
    found = Obligation.objects.select_related("incident").get(pk=ref)
    Stream.objects.select_for_update(no_key=True).get(pk=found.incident.stream_id)
    row = Obligation.objects.select_for_update(no_key=True, of=("self",)).select_related("incident").get(pk=ref)
    plan = selectors.plan_for(row.incident)
    return row, row.incident, plan, plan.rule(row.rule)


def remind(ref: int, due_at: datetime, now: datetime) -> None:
    """Before it is due: the owner hears, and the progress summary is drafted for them from the log (3.2)."""
    row, incident, plan, rule = _locked(ref)
    if row.state != Obligation.State.OPEN or row.due_at is None or now >= row.due_at:
        return
    if SUMMARY in rule.evidence:
        summary_draft(incident_id=incident.pk, turn=row.turn, due_at=row.due_at, now=now)
    tell_roles(
        incident,
        plan,
        rule.owners,
        kind="obligation.reminder",
        subject=both(_("Soon due: %(title)s"), title=rule.title.as_dict()),
        body=both(
            _("%(number)s: “%(title)s” is due at %(due)s (clause %(clause)s)."),
            number=incident.number,
            title=rule.title.as_dict(),
            due=_local(row.due_at, plan),
            clause=rule.clause,
        ),
        clause=rule.clause,
        key=f"remind:{row.pk}",
    )


def due(ref: int, due_at: datetime, now: datetime) -> None:
    """At due: when it is not done it is overdue, its owner and the next one up hear; done or not, the next turn begins.

    After a long absence of ours every missed turn gets its event, but only the latest speaks (DESIGN.md, rule 3).
    """
    row, incident, plan, rule = _locked(ref)
    following = next_due(rule, due_at, anchored_at=row.anchored_at, zone=plan.zone)
    if row.state == Obligation.State.OPEN:
        row.state, row.overdue_at = Obligation.State.OVERDUE, now
        row.save(update_fields=["state", "overdue_at"])
        payload = ObligationOverdue(
            id=row.pk,
            rule=row.rule,
            title=rule.title.as_dict(),
            owners=row.owners,
            turn=row.turn,
            due_at=utc_text(due_at),
        )
        log_append(stream_of(incident), payload, by=SYSTEM, clause=rule.clause, plan_version=incident.plan_version)
        if following is None or following > now:
            _climb(row, incident, plan, rule, step=1, now=now, also=rule.owners)
    if following is not None and row.state in (*Obligation.STANDING, Obligation.State.FULFILLED):
        turn_open(
            incident,
            plan,
            rule,
            row.anchor_event,
            turn=row.turn + 1,
            anchored_at=row.anchored_at,
            due_at=following,
        )


def climb(ref: int, due_at: datetime, now: datetime) -> None:
    """Still not done: the next one up hears, until the top of the chain has."""
    row, incident, plan, rule = _locked(ref)
    if row.state == Obligation.State.OVERDUE:
        _climb(row, incident, plan, rule, step=row.step + 1, now=now)


def _climb(
    row: Obligation,
    incident: Incident,
    plan: Plan,
    rule: ObligationRule,
    *,
    step: int,
    now: datetime,
    also: tuple[str, ...] = (),
) -> None:
    """Tell the next one up who exists; a role nobody holds is skipped at once, and the log says so."""
    roles = selectors.next_up(plan, rule.owner, step)
    while roles and not told_of(plan.role(roles[0])):
        _log_step(row, incident, rule, step, ())
        step += 1
        roles = selectors.next_up(plan, rule.owner, step)
    # The last step that was logged: past the top of the chain there is none.
    row.step = step if roles else step - 1
    row.save(update_fields=["step"])
    told = (*also, *roles)
    if told:
        tell_roles(
            incident,
            plan,
            told,
            kind="obligation.overdue",
            subject=both(_("Overdue: %(title)s"), title=rule.title.as_dict()),
            body=both(
                _("%(number)s: “%(title)s” was due at %(due)s and is not done (clause %(clause)s). Owner: %(owner)s."),
                number=incident.number,
                title=rule.title.as_dict(),
                due=_local(row.due_at or now, plan),
                clause=rule.clause,
                owner=plan.role(rule.owner).title.as_dict(),
            ),
            clause=rule.clause,
            key=f"overdue:{row.pk}:{step}",
        )
    if roles:
        _log_step(row, incident, rule, step, roles)
        following = escalate_at(plan, rule, row.due_at or now, step + 1)
        timer_set(incident.world_id, CLIMB, row.pk, max(following, now))


def _log_step(row: Obligation, incident: Incident, rule: ObligationRule, step: int, told: tuple[str, ...]) -> None:
    payload = ObligationEscalated(id=row.pk, rule=row.rule, turn=row.turn, step=step, told=list(told))
    log_append(stream_of(incident), payload, by=SYSTEM, clause=rule.clause, plan_version=incident.plan_version)


def _local(at: datetime, plan: Plan) -> str:
    return at.astimezone(plan.zone).strftime("%m-%d %H:%M")
