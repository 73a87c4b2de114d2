"""Reads of proposals and obligations, and who owes them."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.clock import utc_text
from common.errors import Missing
from escalation.domain.rungs import next_up
from escalation.domain.waiving import waivers
from escalation.models import EarlyWarning, LiftApplication, Moment, Obligation, PlanMove, Proposal, Taking
from incidents.selectors import Incident
from people import selectors as people
from people.rights import LEADING, acting, relying_on
from people.rostered import duties_on
from plans.domain import ObligationRule, Plan, RoleSpec, Situation, not_triggered
from plans.domain.templates import blanks, keeping_back, left_open
from plans.selectors import deputies_of, in_force, plan_of, told_of, version_of


def plan_for(incident: Incident) -> Plan:
    """The plan version an incident is pinned to."""
    return plan_of(incident.plan_version)


def situation_of(incident: Incident) -> Situation:
    # A warning stands in these phases only; elsewhere the question costs no query.
    standing = standing_warning(incident) if incident.phase in ("warning", "verified") else None
    colour = standing.colour if standing else None
    return Situation(level=incident.level, major=incident.major, phase=incident.phase, warning=colour)


def warning_of(incident: Incident) -> EarlyWarning | None:
    """The warning an incident has or had."""
    return EarlyWarning.objects.filter(incident=incident).select_related("issued_by", "extension__by_user").first()


def standing_warning(incident: Incident) -> EarlyWarning | None:
    return EarlyWarning.objects.filter(incident=incident, ended_at=None).first()


def moments_occurred(incident: Incident) -> dict[str, datetime]:
    return dict(Moment.objects.filter(incident=incident).values_list("moment", "at"))


# --- who owes ----------------------------------------------------------------------------------------------------------
def recipients(plan: Plan, roles: Iterable[str], *, unanswered: Collection[str] = ()) -> list[tuple[int, str]]:
    """(user id, plan role) of everyone who is told of what concerns these roles, each person once under the first role that
    reaches them; of the roles whose lead did not answer (`unanswered`) the group's deputies too."""
    found: dict[int, str] = {}
    for key in roles:
        role = plan.role(key)
        for user in (*told_of(role), *(deputies_of(role) if key in unanswered else ())):
            found.setdefault(user.pk, key)
    return list(found.items())


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person sits and works: what narrows a role of the plan to some of its holders."""

    groups: frozenset[str]
    department: str | None
    duties: frozenset[str] = frozenset()  # of the roster, that the person is on now
    lent: tuple["Place", ...] = ()  # of those whose deputy the person is, in their order
    deputy_in: frozenset[str] = frozenset()  # of the groups, those in which the person is the lead's deputy


def place_of(by: Actor) -> Place:
    user = people.users_by_id([by.id or 0]).get(by.id or 0)
    if user is None:
        return Place(frozenset(), None)
    seats = {seat.group.key: seat.role for seat in people.seats_of(user)}
    deputy_in = frozenset(key for key, seat in seats.items() if seat == "deputy")
    lent = tuple(_place_lent(lender) for lender in by.lent)
    return Place(frozenset(seats), people.department_of(user), duties_on(user.pk), lent, deputy_in)


def _place_lent(lender: Actor) -> Place:
    """Where a role counts that is lent. Whoever is on a duty in somebody's place is on it by the roster."""
    user = people.users_by_id([lender.id or 0])[lender.id or 0]
    groups = {entry.rpartition("@")[2] for entry in lender.groups} or people.groups_of(user)
    return Place(frozenset(groups), people.department_of(user))


def owns(by: Actor, plan: Plan, obligation: Obligation, place: Place) -> bool:
    """Whether this actor owes it."""
    return holds_any(by, plan, obligation.owners, place)


def holds_any(by: Actor, plan: Plan, roles: Iterable[str], place: Place) -> bool:
    """Whether this actor holds one of these roles of the plan, in the group and the department that the role names, or is on
    its duty now, or is the deputy of somebody who is away and does."""
    return holding_any(by, plan, roles, place) is not None


def holding_any(by: Actor, plan: Plan, roles: Iterable[str], place: Place) -> Actor | None:
    """As `holds_any`: the actor, acting in the role that it is, or as the deputy of whoever holds it where it is not one's own; as he
    is where he stands its duty by another role; None for who does not."""
    specs = [plan.role(key) for key in roles]
    own = next((spec.acts_as for spec in specs if _holds(by, spec, place)), None)
    if own is not None:
        return by.acting_as(own)
    if any(spec.duty in place.duties for spec in specs):
        return by
    for lender, where in zip(by.lent, place.lent, strict=True):
        for spec in specs:
            if spec.acts_as and _holds(lender, spec, where):
                return by.acting_as(spec.acts_as, lender)
    return None


def _holds(hat: Actor, spec: RoleSpec, place: Place) -> bool:
    return (
        spec.acts_as in hat.roles
        and (spec.group is None or spec.group in place.groups)
        and (spec.department is None or spec.department == place.department)
    )


def waivers_of(plan: Plan, obligation: Obligation) -> Sequence[str]:
    """The roles of rights that may waive it."""
    return waivers(plan.role(key).acts_as or "" for key in obligation.owners)


def waiving(by: Actor, plan: Plan, obligation: Obligation, place: Place) -> Actor | None:
    """The actor, acting as who stands above all who owe it, by a role of one's own or a lent one; None for who does not, or who
    is one of them."""
    return None if owns(by, plan, obligation, place) else relying_on(by, waivers_of(plan, obligation))


# --- obligations -------------------------------------------------------------------------------------------------------
def standing() -> QuerySet[Obligation]:
    """What is owed now, the most pressing first; those without a clock last."""
    rows = Obligation.objects.filter(state__in=Obligation.STANDING).select_related("incident", "incident__world")
    return rows.order_by(F("due_at").asc(nulls_last=True), "pk")


def obligations_of(incident: Incident) -> list[Obligation]:
    """Everything an incident ever owed: standing by due time, then what ended."""
    ended = (
        Obligation.objects.filter(incident=incident).exclude(state__in=Obligation.STANDING).order_by("-ended_at", "-pk")
    )
    rows = [*standing().filter(incident=incident), *ended]
    for row in rows:
        row.incident = incident  # known already: not asked for row by row
    return rows


def never_owed(incident: Incident) -> list[dict[str, Any]]:
    """Every row of the incident's plan that it never owed, in the plan's order: why not, and which of the moments that would
    have started it did come, each with the event of the log that it was."""
    plan = plan_for(incident)
    opened = set(Obligation.objects.filter(incident=incident).values_list("rule", flat=True))
    rows = Moment.objects.filter(incident=incident).values_list("moment", "at", "event__seq")
    occurred = {moment: (at, seq) for moment, at, seq in rows}
    times = {moment: at for moment, (at, _seq) in occurred.items()}
    return [
        {
            "rule": one.rule.id,
            "title": one.rule.title.as_dict(),
            "owner_title": plan.role(one.rule.owner).title.as_dict(),
            "clause": one.rule.clause,
            "why": one.why.value,
            "anchors": list(one.rule.anchors),
            "levels": list(one.rule.levels),
            "came": [
                {"moment": moment, "at": utc_text(occurred[moment][0]), "seq": occurred[moment][1]}
                for moment in one.came
            ],
        }
        for one in not_triggered(plan, opened, times, situation_of(incident))
    ]


def takers(obligations: Iterable[int]) -> dict[int, Taking]:
    """Obligation id → who is at it: the newest who took it, of those that somebody took; one query."""
    rows = Taking.objects.filter(obligation__in=list(obligations)).select_related("user")
    return {row.obligation_id: row for row in rows.order_by("at", "pk")}


def taken_by(by: Actor, obligations: Iterable[int]) -> set[int]:
    """Those of the obligations that this person took, whoever took them since."""
    own = Taking.objects.filter(obligation__in=list(obligations), user_id=by.id)
    return set(own.values_list("obligation_id", flat=True))


def held_until(obligations: Iterable[int]) -> dict[int, datetime]:
    """Obligation id → until when its ladder waits for whoever took it."""
    rows = Taking.objects.filter(obligation__in=list(obligations), held_until__isnull=False).order_by("held_until")
    return {row.obligation_id: row.held_until for row in rows if row.held_until is not None}


def taking(by: Actor, plan: Plan, row: Obligation, place: Place) -> Actor | None:
    """The actor, acting as who may take it: its owners, and whoever its ladder has told so far; once it is late, the deputies of an
    owner's work group too. None for who may not."""
    if row.state not in Obligation.STANDING:
        return None
    told = [role for step in range(1, row.step + 1) for role in next_up(plan, row.owners[0], step)]
    if found := holding_any(by, plan, [*row.owners, *told], place):
        return found
    late = row.state == Obligation.State.OVERDUE
    next_in_group = late and any(
        plan.role(key).group in place.deputy_in and plan.role(key).acts_as in LEADING for key in row.owners
    )
    return by if next_in_group else None


def may_take(by: Actor, plan: Plan, row: Obligation, place: Place) -> bool:
    return taking(by, plan, row, place) is not None


def unfired(world_id: int, before: datetime) -> list[Obligation]:
    """Those whose due time passed before `before` and of which the log does not know it yet, the oldest first."""
    rows = Obligation.objects.filter(
        incident__world_id=world_id, state=Obligation.State.OPEN, due_at__lt=before
    ).select_related("incident")
    return list(rows.order_by("due_at", "pk"))


def fell_due(world_id: int, since: datetime, until: datetime) -> list[Obligation]:
    """Every turn that fell due in a span, whatever became of it, in the order of time."""
    rows = Obligation.objects.filter(incident__world_id=world_id, due_at__gt=since, due_at__lte=until).select_related(
        "incident"
    )
    return list(rows.order_by("due_at", "pk"))


def overdue_counts(incidents: Iterable[int]) -> dict[int, int]:
    """Incident → how much of it is overdue, of those where something is; one query."""
    late = Obligation.objects.filter(incident_id__in=list(incidents), state=Obligation.State.OVERDUE)
    return dict(late.values_list("incident_id").annotate(Count("pk")).order_by())


def mine(by: Actor, *, user_id: int, world_id: int) -> list[tuple[Obligation, Plan]]:
    """What this person owes now across the incidents of a world."""
    place = place_of(by)
    rows = standing().filter(incident__world_id=world_id)
    with_plans = [(row, plan_for(row.incident)) for row in rows]
    return [(row, plan) for row, plan in with_plans if owns(by, plan, row, place)]


MOST_ELSEWHERE = 500


def owed_elsewhere(by: Actor, *, user_id: int, world_id: int) -> dict[int, int]:
    """World → how much this person owes there, for all worlds but one; of very much it counts the most pressing only."""
    place = place_of(by)
    rows = standing().exclude(incident__world_id=world_id)[:MOST_ELSEWHERE]
    return dict(Counter(row.incident.world_id for row in rows if owns(by, plan_for(row.incident), row, place)))


def obligation_of(pk: int) -> tuple[Obligation, ObligationRule, Plan]:
    """One obligation with its rule and plan; raises Missing."""
    row = Obligation.objects.filter(pk=pk).select_related("incident", "incident__world").first()
    if row is None:
        raise Missing("obligation.missing", _("There is no such obligation."))
    plan = plan_for(row.incident)
    return row, plan.rule(row.rule), plan


# Proofs that are acts of their own: saying that one did it proves nothing.
BY_ACT = frozenset({"warning_data", "notice_draft", "legal_opinion", "notice", "notice_channel", "notice_regulator"})


def proofs_of(rule: ObligationRule, plan: Plan) -> list[str]:
    """The kinds of proof a person may attach to an obligation of this rule."""
    return [kind for kind in rule.evidence if kind in plan.evidence and kind not in BY_ACT]


def obligation_rows(found: Iterable[tuple[Obligation, Plan]]) -> list[dict[str, Any]]:
    """Obligations as the API shows them, with who took them."""
    rows = list(found)
    taken = takers(row.pk for row, _plan in rows)
    return [obligation_row(row, plan, taken.get(row.pk)) for row, plan in rows]


def obligation_row(row: Obligation, plan: Plan, taken: Taking | None = None) -> dict[str, Any]:
    """An obligation as API and dossier show it; `taken` is who is at it."""
    rule = plan.rule(row.rule)
    return {
        "id": row.pk,
        "incident": row.incident.number,
        "rule": row.rule,
        "title": rule.title.as_dict(),
        "owner": row.owners[0],
        "owner_title": plan.role(row.owners[0]).title.as_dict(),
        "owners": row.owners,
        "turn": row.turn,
        "anchored_at": utc_text(row.anchored_at),
        "due_at": row.due_at and utc_text(row.due_at),
        "state": row.state,
        "ended_at": row.ended_at and utc_text(row.ended_at),
        "clause": row.clause,
        "taken": taken and {"by": taken.user.username, "name": taken.user.display_name, "at": utc_text(taken.at)},
        "evidence": list(rule.evidence),
    }


# --- levels ------------------------------------------------------------------------------------------------------------
def proposals_of(incident: Incident) -> list[Proposal]:
    """Every decision card that was kept with a proposal, in the order they were taken."""
    return list(Proposal.objects.filter(incident=incident).select_related("event").order_by("made_at", "pk"))


def newest_proposal(incident: Incident) -> Proposal | None:
    return Proposal.objects.filter(incident=incident).order_by("-made_at", "-pk").first()


# --- the plan an incident is carried on by ------------------------------------------------------------------------------
def lift_waiting(application: int) -> LiftApplication:
    return LiftApplication.objects.get(pk=application)


def plan_moves_of(incident: Incident) -> list[PlanMove]:
    """What was asked for, the newest first."""
    rows = PlanMove.objects.filter(incident=incident).select_related("before", "after", "asked_by", "decided_by")
    return list(rows.defer("before__text", "after__text").order_by("-pk"))


def plan_move_standing(incident: Incident) -> PlanMove | None:
    """What waits for a second person."""
    return PlanMove.objects.filter(incident=incident, state=PlanMove.State.ASKED).first()


def plan_moves_awaiting(world_id: int, by: Actor) -> list[PlanMove]:
    """Moves of incidents of this world that wait for this person's approval, the oldest first."""
    approver = acting(by, "incident.approve_plan")
    if approver is None:
        return []
    rows = PlanMove.objects.filter(incident__world=world_id, state=PlanMove.State.ASKED)
    rows = rows.exclude(Q(asked_by__in=approver.persons) | Q(asked_in_place_of__in=approver.persons))
    rows = rows.select_related("incident", "before", "after", "asked_by").defer("before__text", "after__text")
    return list(rows.order_by("pk"))


def plan_state(incident: Incident) -> dict[str, Any]:
    """By which version an incident is carried on, what is in force, and what was asked for; as the API shows it."""
    pinned = version_of(incident.plan_version)
    moves = [plan_move_dict(move) for move in plan_moves_of(incident)]
    return {"incident": incident.number, "version": pinned.number, "in_force": in_force().number, "moves": moves}


def plan_move_dict(move: PlanMove) -> dict[str, Any]:
    return {
        "id": move.pk,
        "before": move.before.number,
        "after": move.after.number,
        "state": move.state,
        "reason": move.reason,
        "asked_by": move.asked_by_id,
        "asked_at": utc_text(move.asked_at),
        "decided_by": move.decided_by_id,
        "decided_at": move.decided_at and utc_text(move.decided_at),
        "note": move.note,
    }


def left_open_of(plan: Plan, evidence: str, text: str) -> list[str]:
    """The elements that a report of this kind of proof says are not yet known; none where the plan has no template for it."""
    template = plan.template_of.get(evidence)
    return left_open(template, text) if template else []


def missing_of(plan: Plan, evidence: str, text: str) -> list[dict[str, str]]:
    """What keeps back a report of this kind of proof, by name in both languages: elements that nobody has written (3.3)."""
    template = plan.template_of.get(evidence)
    if template is None:
        return [{"zh": name, "en": name} for name in blanks(text)]
    return [template.elements[name].as_dict() for name in keeping_back(template, text)]
