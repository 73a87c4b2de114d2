"""One's own list: what one's roles owe now across incidents, what stands, and what waits for one's answer.

However much there is, the page shows a dozen of a kind as cards and counts the rest by incident; every read is of all incidents
at once.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from common.actor import Actor
from dashboard.record import Record
from dashboard.selectors import obligation_card
from engine import worlds
from engine.models import World
from engine.selectors import worlds_open
from escalation.selectors import mine, overdue_counts, owed_elsewhere, plan_for, plan_moves_awaiting, taken_by, takers
from escalation.slots import SlotShown, slots_of
from incidents.selectors import Incident, open_incidents, tasks_mine
from people.rights import allowed_somewhere
from people.rostered import own_now
from people.selectors import names
from plans.selectors import current, unanswered_now, versions_awaiting
from readiness.prefill import begun
from readiness.selectors import pressing as readiness_pressing
from resources.selectors import duties_of
from signals.selectors import near_outside

SOON = timedelta(minutes=30)  # the plan's commonest rhythm
DOZEN = 12  # shown of a kind; the rest is counted
SPANS = ("overdue", "soon", "later", "none")
Item = dict[str, Any]


@dataclass(slots=True)
class Rest:
    """What is owed beyond the cards in one incident, or, without one, of equipment or readiness."""

    incident: Incident | None
    kind: str
    first_due: datetime | None
    count: int = 0
    overdue: int = 0


@dataclass(slots=True)
class Span:
    """What falls due in one span of time: the first of it as cards, `count` of it in all."""

    key: str
    rows: list[Item] = field(default_factory=list)
    count: int = 0

    @property
    def beyond(self) -> int:
        return self.count - len(self.rows)


def home_state(by: Actor, world: World, *, only: Incident | None = None) -> dict[str, Any]:
    """Obligations, tasks, what one's items and readiness ask for, the most pressing first, in spans by clocks; with `only`, what
    one owes in that incident, all of it."""
    now = worlds.now(world)
    pressing, readiness_later = readiness_pressing(by, world)
    owed = _owed(by, world, pressing, now)
    if only is not None:
        owed = [item for item in owed if _incident(item) == only]
    spans, rest = _spans(owed, now, most=None if only else DOZEN)
    _filled([item for span in spans for item in span.rows], by)
    standing_now = open_incidents(world.pk)
    shown, folded = _standing(standing_now)
    return {
        "world": world,
        "practice_world": None if world.is_real else world,
        "only": only,
        "owed": owed,
        "spans": spans,
        "rest": rest[:DOZEN],
        "rest_folded": rest[DOZEN:],
        "rest_count": sum(one.count for one in rest),
        "incidents": shown,
        "incidents_folded": folded,
        "standing_count": len(standing_now),
        "readiness_later": readiness_later,
        "elsewhere": _elsewhere(by, world),
        "near": _near(by, world, standing_now),
        "versions": versions_awaiting(by),
        "moves": plan_moves_awaiting(world.pk, by),
        "unanswered": unanswered_now(current()) if world.is_real and _mends(by) else (),
        "duty": own_now(by.id or 0, now) if world.is_real else None,
        "group_names": names("groups")["groups"],
    }


def _mends(by: Actor) -> bool:
    """Whether this person can see to it that somebody answers for a role again: he assigns roles, or records leave."""
    return allowed_somewhere(by, "role.assign") or allowed_somewhere(by, "duty.manage")


def _owed(by: Actor, world: World, pressing: Iterable[Any], now: datetime) -> list[Item]:
    """Everything, the most pressing first; what has no clock comes last."""
    obligations = [
        {"obligation": row, "plan": plan, "due_at": row.due_at}
        for row, plan in mine(by, user_id=by.id or 0, world_id=world.pk)
    ]
    tasks = [{"task": task, "due_at": task.due_at} for task in tasks_mine(by.id or 0, world.pk)]
    kept = [{"duty": duty, "due_at": duty.due_at} for duty in (duties_of(by) if world.is_real else [])]
    ready = [{"readiness": one, "due_at": one.row.due_at} for one in pressing]
    return sorted(
        [*obligations, *tasks, *kept, *ready], key=lambda item: (item["due_at"] is None, item["due_at"] or now)
    )


def _incident(item: Item) -> Incident | None:
    about = item.get("obligation") or item.get("task")
    return about.incident if about else None


def _spans(owed: Sequence[Item], now: datetime, *, most: int | None) -> tuple[list[Span], list[Rest]]:
    """The spans that hold something, and what of them is beyond `most` cards each: where most is overdue, and sooner, first."""
    spans = {key: Span(key) for key in SPANS}
    rest: dict[tuple[str, int], Rest] = {}
    for item in owed:
        span = spans[_span(item, now)]
        span.count += 1
        if most is None or len(span.rows) < most:
            span.rows.append(item)
        else:
            _count(rest, item, overdue=span.key == "overdue")
    ordered = sorted(
        rest.values(), key=lambda one: (-one.overdue, one.first_due is None, one.first_due or now, -one.count)
    )
    return [span for span in spans.values() if span.rows], ordered


def _count(rest: dict[tuple[str, int], Rest], item: Item, *, overdue: bool) -> None:
    incident = _incident(item)
    kind = "incident" if incident else "equipment" if "duty" in item else "readiness"
    one = rest.setdefault((kind, incident.pk if incident else 0), Rest(incident, kind, item["due_at"]))
    one.count += 1
    one.overdue += overdue


def _span(item: Item, now: datetime) -> str:
    due = item["due_at"]
    if due is None:
        return "none"
    if due < now:
        return "overdue"
    return "soon" if due - now <= SOON else "later"


def _filled(items: Sequence[Item], by: Actor) -> None:
    """Make cards of the obligations that are shown: what to do about each, its form begun from the record, its slot."""
    owed = [item for item in items if "obligation" in item]
    record = Record(item["obligation"].incident for item in owed)
    slots = _slots(owed, by)
    taken = takers(item["obligation"].pk for item in owed)
    own = taken_by(by, taken) if taken else set()
    for item in owed:
        row = item["obligation"]
        may_take = row.pk not in own and allowed_somewhere(by, "obligation.fulfil")
        item.update(
            obligation_card(row, item["plan"], mine=True, record=record, taken=taken.get(row.pk), may_take=may_take)
        )
        item["slot"] = slots.get((row.incident_id, row.rule))
    ready = [item for item in items if "readiness" in item]
    for item, one in zip(ready, begun((item["readiness"] for item in ready), by), strict=True):
        item["readiness"] = one


def _slots(owed: Sequence[Item], by: Actor) -> dict[tuple[int, str], SlotShown]:
    """(incident, rule) → the slot that this obligation is a step of."""
    steps = {id(plan): {step.id for slot in plan.slots for step in slot.steps} for plan in (i["plan"] for i in owed)}
    found = [item["obligation"].incident for item in owed if item["obligation"].rule in steps[id(item["plan"])]]
    incidents = list({incident.pk: incident for incident in found}.values())
    by_rule: dict[tuple[int, str], SlotShown] = {}
    for pk, slots in slots_of(incidents, by).items():
        by_rule |= {(pk, one.step.rule.id): slot for slot in slots for one in slot.steps}
    return by_rule


# --- what stands ----------------------------------------------------------------------------------------------------------
def _standing(incidents: Sequence[Incident]) -> tuple[list[Item], list[Item]]:
    """What is open, the gravest first: a dozen, and the rest. A handful stays in its order of time."""
    overdue = overdue_counts(incident.pk for incident in incidents)
    rows: list[Item] = [{"incident": incident, "overdue": overdue.get(incident.pk, 0)} for incident in incidents]
    if len(rows) <= DOZEN:
        return rows, []
    rows.sort(key=lambda row: (-_rank(row["incident"]), -row["overdue"], row["incident"].pk))
    return rows[:DOZEN], rows[DOZEN:]


def _rank(incident: Incident) -> int:
    return plan_for(incident).ranks.get(incident.level or "", 0)


def _elsewhere(by: Actor, here: World) -> list[dict[str, Any]]:
    """Other worlds in which this person owes something: whoever looks in the wrong one is told so."""
    counted = owed_elsewhere(by, user_id=by.id or 0, world_id=here.pk)
    return [{"world": world, "count": counted[world.pk]} for world in worlds_open() if world.pk in counted]


NEAR_SECONDS = 10.0
# By world: when its lines were read (monotonic), outside of which regions, and their titles. It reads every series of a
# world, and half of headquarters opens this page at once.
_near_known: dict[int, tuple[float, frozenset[str], list[dict[str, str]]]] = {}


def _near(by: Actor, world: World, open_now: list[Incident]) -> list[dict[str, str]]:
    """Thresholds that something is near to where no incident is open yet, for who may issue a warning (4.3, 5.1)."""
    if not allowed_somewhere(by, "warning.issue_blue") or any(not incident.regions for incident in open_now):
        return []
    covered = frozenset(region for incident in open_now for region in incident.regions)
    known, now = _near_known.get(world.pk), time.monotonic()
    # A held world's clock moves by leaps: what was read of it a second ago may lie hours behind.
    if known is not None and not world.paused and known[1] == covered and now - known[0] < NEAR_SECONDS:
        return known[2]
    titles = [threshold.title.as_dict() for threshold, _colour in near_outside(world.pk, covered)]
    _near_known[world.pk] = (now, covered, titles)
    return titles
