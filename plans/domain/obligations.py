"""Obligations: which a moment opens, when each turn is due, and what ends or satisfies it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from plans.domain.base import SHANGHAI, Clauses, Duration, Span, Spec, Text, Written
from plans.domain.vocabulary import DISMISSED, OUTSIDE_INCIDENTS

if TYPE_CHECKING:
    from plans.domain.schema import Plan


class Ladder(Spec):
    """How an obligation is pressed: a reminder before it is due, then the next one up, again and again."""

    id: str
    remind_before: Duration
    escalate_every: Duration


class Ceiling(Spec):
    """A due time that may never lie beyond another moment plus a span (ruling 22)."""

    moment: str
    within: Duration


class ObligationRule(Spec):
    """One row of the plan's table of obligations.

    `due` counts from the anchor, None has no clock; `repeat` opens the next turn when one falls due; `offset` shifts
    every due time; `applies_to` "ordinary" holds while the fault has not been judged major; `levels` exempts every
    level it does not name, once a level is decided.

    For the linter: `needs` are obligations whose work must be there first, `approves` those whose work this one judges,
    `takes` how long the work lasts, `act` the act that is owed (two rows of one act owe the same), `uses` what must not be
    given back before it ends.
    """

    id: str
    title: Text
    owners: Annotated[tuple[str, ...], Field(min_length=1)]
    anchors: Annotated[tuple[str, ...], Field(min_length=1)]
    due: Duration | None = None
    repeat: bool = False
    offset_before: Duration = Span()
    until: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    applies_to: Literal["all", "major", "ordinary"] = "all"
    measured_from: str | None = None
    unless_after: str | None = None
    never_beyond: Ceiling | None = None
    evidence: Annotated[tuple[str, ...], Field(min_length=1)]
    ladder: str
    clauses: Clauses
    rulings: tuple[int, ...] = ()
    by_ruling: int | None = None
    ours: bool = False
    needs: tuple[str, ...] = ()
    approves: tuple[str, ...] = ()
    takes: Duration | None = None
    act: str | None = None
    uses: tuple[str, ...] = ()
    written: Written = None

    @model_validator(mode="after")
    def _sane(self) -> Self:
        if self.repeat and (self.due is None or self.due.is_zero):
            raise ValueError("expected `due`: a repeating obligation needs an interval")
        if not self.offset_before.is_zero:
            if self.due is None or self.due.months or self.offset_before.months:
                raise ValueError("expected `offset_before` only beside a `due` without months")
            if self.offset_before.fixed() >= self.due.fixed():
                raise ValueError("expected `offset_before` shorter than `due`")
        return self

    @property
    def owner(self) -> str:
        """The first owner: whose reminder and ladder it is."""
        return self.owners[0]

    @property
    def clause(self) -> str:
        return self.clauses[0]

    @property
    def outside_incidents(self) -> bool:
        return bool(OUTSIDE_INCIDENTS.intersection(self.anchors))


@dataclass(frozen=True, slots=True)
class Situation:
    """Where an incident stands. None is "not known yet": an undecided level exempts nobody."""

    level: str | None
    major: bool | None
    phase: str
    warning: str | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """From when an obligation's clock runs and when its first turn is due (None: no clock)."""

    anchored_at: datetime
    due_at: datetime | None


def still_applies(rule: ObligationRule, situation: Situation) -> bool:
    """Whether the rule is owed in this situation; false for an open obligation means it is superseded."""
    if situation.phase == DISMISSED and not rule.outside_incidents:
        return False
    if rule.levels and situation.level is not None and situation.level not in rule.levels:
        return False
    if rule.applies_to == "major":
        return situation.major is True
    return rule.applies_to == "all" or situation.major is not True


def obligations_for(plan: "Plan", moment: str, situation: Situation) -> tuple[ObligationRule, ...]:
    """Every obligation whose clock this moment starts."""
    return tuple(rule for rule in plan.by_anchor.get(moment, ()) if still_applies(rule, situation))


def turn_due(rule: ObligationRule, anchored_at: datetime, turn: int, zone: tzinfo = SHANGHAI) -> datetime:
    """When turn 1, 2, 3 … of a clock is due: always counted from the anchor, so that month ends do not drift."""
    if rule.due is None:
        raise ValueError(f"{rule.id} has no clock")
    return rule.due.after(anchored_at, zone, times=turn) - _offset(rule)


def first_due(rule: ObligationRule, anchored_at: datetime, zone: tzinfo = SHANGHAI) -> datetime | None:
    """When the first turn is due; None when the obligation has no clock."""
    return None if rule.due is None else turn_due(rule, anchored_at, 1, zone)


def next_due(
    rule: ObligationRule, due_at: datetime, *, anchored_at: datetime | None = None, zone: tzinfo = SHANGHAI
) -> datetime | None:
    """The due time after `due_at` on the fixed grid, done or not; None when it does not repeat.

    With `anchored_at` calendar intervals clamp from the anchor (31 Jan → 28 Feb → 31 Mar); without, from `due_at`.
    """
    if rule.due is None or not rule.repeat:
        return None
    if anchored_at is None or not rule.due.months:
        return rule.due.after(due_at, zone)
    months = (due_at.year - anchored_at.year) * 12 + due_at.month - anchored_at.month
    turn = max(1, months // rule.due.months)
    while (due := turn_due(rule, anchored_at, turn, zone)) <= due_at:
        turn += 1
    return due


def opening(rule: ObligationRule, moment: str, occurred: Mapping[str, datetime], zone: tzinfo = SHANGHAI) -> Opening:
    """Anchor and first due time, given when the incident's moments (this one among them) first occurred.

    `measured_from` moves the anchor back to an earlier moment, unless `unless_after` came between (ruling 22: an
    ordinary fault that turns major runs from turning); `never_beyond` caps the due time.
    """
    anchored_at = occurred[moment]
    # What is judged major at once was never ordinary: one instant lies not between.
    before = occurred.get(rule.unless_after) if rule.unless_after is not None else None
    came_between = before is not None and before < anchored_at
    if rule.measured_from is not None and rule.measured_from in occurred and not came_between:
        anchored_at = occurred[rule.measured_from]
    due_at = first_due(rule, anchored_at, zone)
    if due_at is not None and rule.never_beyond is not None and rule.never_beyond.moment in occurred:
        due_at = min(due_at, rule.never_beyond.within.after(occurred[rule.never_beyond.moment], zone))
    return Opening(anchored_at, due_at)


def rules_ended_by(plan: "Plan", moment: str) -> tuple[ObligationRule, ...]:
    """Rules whose open obligations this moment ends; a dismissal ends all of the incident's."""
    if moment == DISMISSED:
        return tuple(rule for rule in plan.obligations.values() if not rule.outside_incidents)
    return tuple(rule for rule in plan.obligations.values() if moment in rule.until)


def rules_satisfied_by(plan: "Plan", evidence: str) -> tuple[ObligationRule, ...]:
    """Rules that accept this event kind, moment or declared evidence type as fulfilment."""
    return tuple(rule for rule in plan.obligations.values() if evidence in rule.evidence)


def remind_at(plan: "Plan", rule: ObligationRule, due_at: datetime) -> datetime:
    """When the owner is reminded before the due time."""
    return due_at - plan.ladders[rule.ladder].remind_before.fixed()


def escalate_at(plan: "Plan", rule: ObligationRule, due_at: datetime, step: int) -> datetime:
    """When the `step`-th one up (1 = the next) hears that it is late; step 1 is at the due time."""
    return due_at + plan.ladders[rule.ladder].escalate_every.fixed() * (step - 1)


def _offset(rule: ObligationRule) -> timedelta:
    return timedelta() if rule.offset_before.is_zero else rule.offset_before.fixed()
