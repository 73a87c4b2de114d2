"""What the plan, people and the roster set going: clocks begin, are carried to another version, end."""

from django.db import transaction
from django.db.models import Q, QuerySet

from common.actor import SYSTEM
from engine import worlds
from engine.models import Event, Stream
from engine.timers import timer_set, timer_stands, timers_cancel
from people.selectors import users_by_id
from plans.domain import ObligationRule, Plan
from plans.domain.vocabulary import ALWAYS
from plans.selectors import in_force, plan_of
from readiness.domain.grid import Begins, begins, begins_again, same
from readiness.domain.moves import State
from readiness.known import FACTS, KEPT_BY_ITEM, proof_in
from readiness.models import ReadinessTurn
from readiness.services.clocks import Struck, prove_known
from readiness.services.turns import DUE, rule_of, stream_held, turn_open, turn_prove, turn_supersede

HIRED = "hired"
ENDED_WELL = (State.FULFILLED, State.WAIVED)


def follow_plan(event: Event) -> None:
    """React to a version that came into force."""
    readiness_begin()


@transaction.atomic
def readiness_begin() -> int:
    """Let the clocks of the real world stand as the plan in force has them; how many turns began. The same again changes nothing.

    Rows that read as before go on by their grid under the new version. What a version drops or changes is superseded, and
    what it has instead begins. A due timer that was lost is set again.
    """
    world = worlds.real()
    version = in_force()
    plan = plan_of(version.pk)
    stream = stream_held(world.pk)
    now = worlds.now(world)
    began = 0
    for rows in _clocks(world.pk):
        began += _carry(stream, rows, plan, version.pk)
    stand = {row.rule for row in _newest(world.pk) if row.state != State.SUPERSEDED}
    for rule in plan.by_anchor.get(ALWAYS, ()):
        if rule.id not in stand and KEPT_BY_ITEM not in rule.evidence:
            turn_open(stream, plan, version.pk, rule, begins(rule, now, plan.zone))
            began += 1
    return began


def _newest(world_id: int) -> QuerySet[ReadinessTurn]:
    """The newest turn of every clock there ever was."""
    rows = ReadinessTurn.objects.filter(world=world_id)
    return rows.order_by("rule", "matter", "-pk").distinct("rule", "matter")


def _clocks(world_id: int) -> list[list[ReadinessTurn]]:
    """What still counts, each clock's turns together: those that stand, and a newest one that waits to open the next."""
    counts = Q(state__in=ReadinessTurn.STANDING) | Q(pk__in=[row.pk for row in _newest(world_id)])
    clocks: dict[tuple[str, str], list[ReadinessTurn]] = {}
    rows = ReadinessTurn.objects.select_for_update(no_key=True).filter(counts, world=world_id)
    for row in rows.exclude(state=State.SUPERSEDED).order_by("rule", "matter", "pk"):
        clocks.setdefault((row.rule, row.matter), []).append(row)
    return list(clocks.values())


def _carry(stream: Stream, rows: list[ReadinessTurn], plan: Plan, version: int) -> int:
    """Take one clock over to the version in force; how many turns began."""
    last = rows[-1]
    _old, before = rule_of(last)
    after = plan.obligations.get(last.rule)
    if after is not None and same(before, after):
        for row in rows:
            if row.plan_version_id != version:
                row.plan_version_id = version
                row.save(update_fields=["plan_version"])
        return _mend(stream, last, after, plan, version)
    return _change(stream, rows, before, after, plan, version)


def _change(
    stream: Stream,
    rows: list[ReadinessTurn],
    before: ObligationRule,
    after: ObligationRule | None,
    plan: Plan,
    version: int,
) -> int:
    last, now = rows[-1], worlds.now(stream.world_id)
    goes_on = last.stands or (before.repeat and last.due_at is not None)
    for row in rows:
        if row.stands:
            turn_supersede(stream, row, why="plan", now=now)
    timers_cancel(last.pk, DUE)
    wanted = HIRED if last.matter else ALWAYS
    if after is None or not goes_on or wanted not in after.anchors or KEPT_BY_ITEM in after.evidence:
        return 0
    stood = Begins(last.anchored_at, last.due_at)
    start = begins_again(before, after, stood, now, plan.zone, done=not last.stands)
    turn = last.turn + 1 if start.anchored_at == last.anchored_at else 1
    turn_open(stream, plan, version, after, start, matter=last.matter, turn=turn)
    return 1


def _mend(stream: Stream, last: ReadinessTurn, rule: ObligationRule, plan: Plan, version: int) -> int:
    """What runs has a due timer; the newest turn of a rhythm has one, whatever became of it. How many turns began.

    A rhythm that had stopped, because a version in between was without it, goes on at its next day ahead: for the days when
    nobody asked for it, nobody is late.
    """
    runs = last.state == State.OPEN or (rule.repeat and last.state in ENDED_WELL)
    if not runs or last.due_at is None or timer_stands(DUE, [last.pk]):
        return 0
    now = worlds.now(stream.world_id)
    if last.state == State.OPEN or last.due_at > now:
        timer_set(last.world_id, DUE, last.pk, last.due_at)
        return 0
    start = begins_again(rule, rule, Begins(last.anchored_at, last.due_at), now, plan.zone)
    turn_open(stream, plan, version, rule, start, matter=last.matter, turn=last.turn + 1)
    return 1


def hires_nobody(event: Event) -> bool:
    """Accounts that come with the product, its first ones and the practice company's, are no hiring."""
    return event.kind == "people.user_created" and event.actor_kind != "person"


def follow_people(event: Event) -> None:
    """An account that a person made is somebody hired (10); what was owed for who left is owed no more."""
    user = users_by_id([event.data["user"]]).get(event.data["user"])
    matter = f"user:{event.data['user']}"
    if event.kind == "people.user_deactivated":
        stream = stream_held(worlds.real().pk)
        standing = ReadinessTurn.objects.select_for_update(no_key=True).filter(
            world=stream.world_id, matter=matter, state__in=ReadinessTurn.STANDING
        )
        for row in standing.order_by("pk"):
            turn_supersede(stream, row, why="gone", now=event.occurred_at)
    elif not hires_nobody(event) and user is not None and user.is_active:
        _hired(matter, event)


def _hired(matter: str, event: Event) -> None:
    version = in_force()
    plan = plan_of(version.pk)
    stream = stream_held(worlds.real().pk)
    for rule in plan.by_anchor.get(HIRED, ()):
        if not ReadinessTurn.objects.filter(world=stream.world_id, rule=rule.id, matter=matter).exists():
            start = begins(rule, event.occurred_at, plan.zone)
            turn_open(stream, plan, version.pk, rule, start, matter=matter)


def follow_roster(event: Event) -> None:
    """A gap was filled, perhaps the last: what was missed for it is proven. The turn that runs waits for its own day."""
    world = worlds.real()
    rows = ReadinessTurn.objects.filter(world=world, state=State.OVERDUE).order_by("pk")
    if not any(FACTS.keys() & {*rule_of(row)[1].evidence} for row in rows):
        return
    stream = stream_held(world.pk)
    for row in rows.select_for_update(no_key=True):
        plan, rule = rule_of(row)
        if FACTS.keys() & {*rule.evidence} and ReadinessTurn.objects.filter(pk=row.pk, state=State.OVERDUE).exists():
            prove_known(Struck(row, stream, plan, rule), worlds.now(world))


def follow_proof(event: Event) -> None:
    """React to an event that is itself a proof: it covers what was missed, else the turn that runs."""
    known = proof_in(event.kind, event.data)
    if known is None:
        return
    world = worlds.real()
    stream = stream_held(world.pk)
    rows = ReadinessTurn.objects.select_for_update(no_key=True).filter(world=world, state__in=ReadinessTurn.STANDING)
    asked = [row for row in rows.order_by("turn", "pk") if known.kind in rule_of(row)[1].evidence]
    late = [row for row in asked if row.state == State.OVERDUE]
    for row in late or asked:
        turn_prove(stream, row, evidence=known.kind, note="", now=worlds.now(world), by=SYSTEM, known=known)
