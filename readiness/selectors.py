"""Reads of readiness: what is owed, by whom, when next, and what became of the turns before."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.clock import utc_text
from common.errors import Missing, Text
from engine import worlds
from engine.log import with_texts
from engine.models import Event, Stream, World
from escalation.files import FileShown, file_of, files_of
from escalation.selectors import Place, holds_any, place_of
from escalation.services.files import FILE
from people.selectors import User, users_by_id
from plans.domain import ObligationRule, Plan, next_due, remind_at
from plans.selectors import current, plan_of
from readiness.domain.moves import State
from readiness.drills import Drill, asked_by, drills_for
from readiness.known import BY_ITSELF, DRILL, KEPT_BY_ITEM, SEEN, Known, known_of
from readiness.models import ReadinessTurn
from resources import selectors as resources
from resources.selectors import Tally

HISTORY = 30
# Why a turn is asked for no more.
SUPERSEDED: dict[str, Text] = {
    "plan": _("Another version of the plan asks otherwise."),
    "gone": _("Whom it was about has left."),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A turn with what the plan says of it. `following`: when the next one is due; `known`: what the product sees; `missed`:
    how many turns were missed, of which this is the first; `start`: what its proof begins with."""

    row: ReadinessTurn
    plan: Plan
    rule: ObligationRule
    mine: bool
    about: User | None
    following: datetime | None
    known: Known | None
    missed: int = 1
    start: str = ""

    @property
    def title(self) -> dict[str, str]:
        return self.rule.title.as_dict()

    @property
    def owners(self) -> list[dict[str, str]]:
        return [self.plan.role(key).title.as_dict() for key in self.row.owners]

    @property
    def takes_files(self) -> bool:
        return any(kind == FILE for kind, _title in self.proofs)

    @property
    def proofs(self) -> list[tuple[str, dict[str, str]]]:
        """The kinds of proof a person may give, with their names."""
        return [(kind, self.plan.evidence[kind].as_dict()) for kind in proofs_of(self.rule, self.plan)]

    @property
    def by_word(self) -> list[tuple[str, dict[str, str]]]:
        """Of these, what is given in words alone."""
        return [(kind, title) for kind, title in self.proofs if kind != DRILL]

    @property
    def by_drill(self) -> bool:
        """A drill that was held proves it, picked on the page of the rule."""
        return asked_by(self.rule)

    @property
    def remind_from(self) -> datetime | None:
        return remind_at(self.plan, self.rule, self.row.due_at) if self.row.due_at else None


@dataclass(frozen=True, slots=True)
class Past:
    """A turn that ended: by whom (None: the product), with which words. `drill`: the number of the drill that proves it;
    `by_word`: the plan names a proof the product would have seen, and nothing of it is on record."""

    row: ReadinessTurn
    title: dict[str, str]
    by: User | None
    said: str
    evidence: dict[str, str] | None
    known: dict[str, str] | None
    about: User | None
    late: bool
    why: Text = ""
    drill: str = ""
    by_word: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list shows; empty means all. `state`: overdue, open."""

    owner: str = ""
    clause: str = ""
    state: str = ""
    mine: bool = False


def turn(turn_id: int) -> ReadinessTurn:
    """Raises Missing."""
    found = ReadinessTurn.objects.select_related("world").filter(pk=turn_id).first() if turn_id < 2**63 else None
    if found is None:
        raise Missing("readiness.missing", _("There is no such obligation; see the list of readiness."))
    return found


def standing(world_id: int) -> QuerySet[ReadinessTurn]:
    """What is owed, the most pressing first; what has no clock last."""
    rows = ReadinessTurn.objects.filter(world=world_id, state__in=ReadinessTurn.STANDING).select_related("world")
    return rows.order_by(F("due_at").asc(nulls_last=True), "rule", "pk")


def running(world_id: int) -> list[ReadinessTurn]:
    """What runs, and the newest turn of every rhythm."""
    rows = ReadinessTurn.objects.filter(world=world_id)
    newest = rows.filter(matter="").order_by("rule", "-pk").distinct("rule")
    found = {row.pk: row for row in (*rows.filter(state=State.OPEN), *newest)}
    return [found[pk] for pk in sorted(found)]


def unfired(world_id: int, before: datetime) -> list[ReadinessTurn]:
    """Turns whose due time passed before `before` and of which the log does not know it yet, the oldest first."""
    rows = ReadinessTurn.objects.filter(world=world_id, state=State.OPEN, due_at__lt=before)
    return list(rows.order_by("due_at", "pk"))


def drills_of(row: ReadinessTurn) -> list[Drill]:
    """The newest exercises beside a turn that a drill may prove; none for any other."""
    return drills_for(row) if asked_by(plan_of(row.plan_version_id).rule(row.rule)) else []


def proofs_of(rule: ObligationRule, plan: Plan) -> list[str]:
    """The kinds of proof a person may give for a rule."""
    return [kind for kind in rule.evidence if kind in plan.evidence and kind not in BY_ITSELF]


def owns(by: Actor, plan: Plan, row: ReadinessTurn, place: Place | None = None) -> bool:
    return by.kind == "system" or holds_any(by, plan, row.owners, place or place_of(by))


# --- what is owed -----------------------------------------------------------------------------------------------------
def owed(by: Actor, world: World, wanted: Filter | None = None) -> list[Shown]:
    """What a world owes now, as this person sees it."""
    wanted, now = wanted or Filter(), worlds.now(world)
    rows = standing(world.pk)
    if wanted.owner:
        rows = rows.filter(owners__contains=[wanted.owner])
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    found = shown(by, rows, now)
    return [
        one
        for one in found
        if (one.mine or not wanted.mine) and (not wanted.clause or wanted.clause in one.rule.clauses)
    ]


def shown(by: Actor, rows: Iterable[ReadinessTurn], now: datetime) -> list[Shown]:
    rows = list(rows)
    place = place_of(by)
    people = users_by_id(_about(row) for row in rows if row.matter)
    known: dict[tuple[int, str], Known | None] = {}
    return [_shown(row, by, place, people, known, now) for row in rows]


def missed_once(found: Iterable[Shown]) -> list[Shown]:
    """The same with the missed turns of one matter as one line, the oldest, with their number: one proof covers them all."""
    found = list(found)
    late = Counter((one.row.rule, one.row.matter) for one in found if one.row.state == State.OVERDUE)
    lines: list[Shown] = []
    for one in found:
        count = late.pop((one.row.rule, one.row.matter), 0) if one.row.state == State.OVERDUE else 1
        if count:
            lines.append(replace(one, missed=count))
    return lines


def _shown(
    row: ReadinessTurn,
    by: Actor,
    place: Place,
    people: dict[int, User],
    known: dict[tuple[int, str], Known | None],
    now: datetime,
) -> Shown:
    plan = plan_of(row.plan_version_id)
    rule = plan.rule(row.rule)
    following = next_due(rule, row.due_at, anchored_at=row.anchored_at, zone=plan.zone) if row.due_at else None
    key = (row.plan_version_id, row.rule)
    if key not in known:
        known[key] = known_of(rule, now)
    sees = known[key] if row.stands else None
    return Shown(row, plan, rule, owns(by, plan, row, place), people.get(_about(row)), following, sees)


def _about(row: ReadinessTurn) -> int:
    """The person an obligation is about; 0 for one that is about nobody in particular."""
    kind, _colon, key = row.matter.partition(":")
    return int(key) if kind == "user" else 0


def pressing(by: Actor, world: World) -> tuple[list[Shown], int]:
    """What this person owes and is late with or has been reminded of, and how much else they owe. What the product sees in
    order presses nobody."""
    now = worlds.now(world)
    own = missed_once(owed(by, world, Filter(mine=True)))
    pressed = [
        one
        for one in own
        if one.row.state == State.OVERDUE
        or (one.remind_from is not None and one.remind_from <= now and not (one.known and one.known.holds))
    ]
    return pressed, len(own) - len(pressed)


@dataclass(frozen=True, slots=True)
class ByItem:
    """A row of the plan that is kept item by item in the ledger, with what is expired and what falls due soon there."""

    rule: ObligationRule
    plan: Plan
    counts: dict[str, Tally]


def kept_by_item(world: World) -> list[ByItem]:
    """Equipment is real: a practice world has none."""
    plan = current()
    rules = [rule for rule in plan.obligations.values() if rule.outside_incidents and KEPT_BY_ITEM in rule.evidence]
    if not rules or not world.is_real:
        return []
    counts = resources.counts(resources.today())
    return [ByItem(rule, plan, counts) for rule in rules]


def rule_named(rule: str, world: World) -> tuple[ObligationRule, Plan]:
    """A readiness row of the plan in force, or of the version that its newest turn stood by; raises Missing."""
    plan = current()
    newest = ReadinessTurn.objects.filter(world=world, rule=rule).order_by("-pk").first()
    if rule not in plan.obligations and newest is not None:
        plan = plan_of(newest.plan_version_id)
    found = plan.obligations.get(rule)
    if found is None or not found.outside_incidents:
        raise Missing("readiness.no_rule", _("The plan has no such readiness obligation; see the list of readiness."))
    return found, plan


# --- what was ---------------------------------------------------------------------------------------------------------
def history(world: World, rule: str = "", limit: int = HISTORY) -> list[Past]:
    """Turns that ended, the newest first, with who proved what."""
    ended = ReadinessTurn.objects.filter(world=world).exclude(state__in=ReadinessTurn.STANDING)
    if rule:
        ended = ended.filter(rule=rule)
    rows = list(ended.select_related("ended_event").order_by("-ended_at", "-pk")[:limit])
    events = {event.pk: event for event in with_texts([row.ended_event for row in rows if row.ended_event])}
    actors = [event.actor_id for event in events.values() if event.actor_kind == "person" and event.actor_id]
    people = users_by_id([*actors, *(_about(row) for row in rows)])
    return [_past(row, events[row.ended_event_id or 0], people) for row in rows]


@dataclass(frozen=True, slots=True)
class Proof:
    """When something was proved, with which words, and by which person; None: by the product or a program."""

    at: datetime
    said: str
    by: int | None


def proved_last(turns: Iterable[ReadinessTurn]) -> dict[int, Proof]:
    """Turn → how the same matter was proved the last time."""
    turns = list(turns)
    rows = ReadinessTurn.objects.filter(
        world__in={turn.world_id for turn in turns}, rule__in={turn.rule for turn in turns}, state=State.FULFILLED
    )
    rows = rows.order_by("world", "rule", "matter", "-ended_at", "-pk").distinct("world", "rule", "matter")
    newest = {(row.world_id, row.rule, row.matter): row for row in rows.select_related("ended_event")}
    with_texts([row.ended_event for row in newest.values() if row.ended_event])
    found = {turn.pk: newest.get((turn.world_id, turn.rule, turn.matter)) for turn in turns}
    return {
        pk: Proof(row.ended_at, row.ended_event.data.get("note", ""), _person(row.ended_event))
        for pk, row in found.items()
        if row is not None and row.ended_at is not None and row.ended_event is not None
    }


def _person(event: Event) -> int | None:
    return event.actor_id if event.actor_kind == "person" else None


def proved_by(by: Actor, world: World, rule: str) -> list[tuple[int, str]]:
    """The turns of a rule to whose proof this person may add files, with what each is called, the newest first."""
    proved = ReadinessTurn.objects.filter(world=world, rule=rule, state=State.FULFILLED).order_by("-ended_at", "-pk")
    place = place_of(by)
    found = [row for row in proved[:HISTORY] if owns(by, plan_of(row.plan_version_id), row, place)]
    people = users_by_id(_about(row) for row in found if row.matter)
    return [(row.pk, _called(row, people.get(_about(row)))) for row in found]


def _called(row: ReadinessTurn, about: User | None) -> str:
    proved = gettext("proved %(at)s") % {"at": timezone.localtime(row.ended_at).strftime("%Y-%m-%d %H:%M")}
    return f"{about.display_name} · {proved}" if about else proved


def _past(row: ReadinessTurn, event: Event, people: dict[int, User]) -> Past:
    plan, data = plan_of(row.plan_version_id), event.data
    kind = data.get("evidence", "")
    return Past(
        row=row,
        title=plan.rule(row.rule).title.as_dict(),
        by=people.get(event.actor_id or 0) if event.actor_kind == "person" else None,
        said=data.get("note") or data.get("reason") or "",
        evidence=plan.evidence[kind].as_dict() if kind in plan.evidence else None,
        known=data.get("known"),
        about=people.get(_about(row)),
        late=bool(data.get("late")),
        why=SUPERSEDED.get(data.get("why", ""), ""),
        drill=data.get("drill", ""),
        by_word=bool(kind) and kind not in SEEN and not SEEN.isdisjoint(plan.rule(row.rule).evidence),
    )


# --- for programs -----------------------------------------------------------------------------------------------------
def turn_dict(one: Shown) -> dict[str, Any]:
    row = one.row
    return {
        "id": row.pk,
        "rule": row.rule,
        "title": one.title,
        "owners": row.owners,
        "owner_titles": one.owners,
        "about": {"id": one.about.pk, "name": one.about.display_name} if one.about else None,
        "clause": row.clause,
        "turn": row.turn,
        "anchored_at": utc_text(row.anchored_at),
        "due_at": row.due_at and utc_text(row.due_at),
        "next_due_at": one.following and utc_text(one.following),
        "state": row.state,
        "ended_at": row.ended_at and utc_text(row.ended_at),
        "mine": one.mine,
        "evidence": [kind for kind, _title in one.proofs],
        "known": {"holds": one.known.holds, "said": one.known.said} if one.known else None,
    }


def past_dict(past: Past) -> dict[str, Any]:
    row = past.row
    return {
        "id": row.pk,
        "rule": row.rule,
        "title": past.title,
        "about": {"id": past.about.pk, "name": past.about.display_name} if past.about else None,
        "clause": row.clause,
        "turn": row.turn,
        "due_at": row.due_at and utc_text(row.due_at),
        "state": row.state,
        "ended_at": row.ended_at and utc_text(row.ended_at),
        "by": {"id": past.by.pk, "name": past.by.display_name} if past.by else None,
        "evidence": row.ended_event.data.get("evidence") if row.ended_event else None,
        "said": past.said,
        "known": past.known,
        "drill": past.drill,
        "by_word": past.by_word,
        "late": past.late,
    }


# --- files ---------------------------------------------------------------------------------------------------------------
def files(world: World) -> list[FileShown]:
    """What was kept as proof of readiness in a world, the oldest first."""
    stream = Stream.objects.filter(world=world, kind="readiness").first()
    return files_of(stream.pk) if stream else []


def file(world: World, pk: int) -> FileShown:
    """One of them; raises Missing."""
    stream = Stream.objects.filter(world=world, kind="readiness").first()
    return file_of(stream.pk if stream else 0, pk)
