"""Slots: steps that one after another must fit before one due time, each with a share of it (ruling 10)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from plans.domain.obligations import ObligationRule

# Two rows with all of these alike run by one clock.
CLOCK = ("anchors", "measured_from", "unless_after", "never_beyond", "applies_to", "levels")


@dataclass(frozen=True, slots=True)
class Slot:
    """Obligations of one clock, each needing the one before it; the last is what the others are for.

    A share is the time from the due time of the step before (from the anchor, for the first) to its own.
    """

    steps: tuple[ObligationRule, ...]

    @property
    def end(self) -> ObligationRule:
        return self.steps[-1]

    @property
    def shares(self) -> tuple[timedelta, ...]:
        return tuple(after - before for before, after in pairwise((timedelta(), *map(_length, self.steps))))

    def schedule(self, ends_at: datetime) -> tuple[datetime, ...]:
        """When each step begins, and the end, counted back from the end: what comes late in between moves nothing."""
        begins = [ends_at]
        for share in reversed(self.shares):
            begins.append(begins[-1] - share)
        return tuple(reversed(begins))


def slots_of(rules: Mapping[str, ObligationRule]) -> tuple[Slot, ...]:
    """Every slot of a plan's table, in its order. Steps due at the same time, or with no time of their own, make none."""
    found = {key: steps for key, rule in rules.items() if len(steps := _chain(rule, rules)) > 1}
    within = {step.id for steps in found.values() for step in steps[:-1]}
    return tuple(Slot(steps) for key, steps in found.items() if key not in within)


def _chain(rule: ObligationRule, rules: Mapping[str, ObligationRule]) -> tuple[ObligationRule, ...]:
    steps = [rule]
    while (before := _before(steps[0], rules)) is not None:
        steps.insert(0, before)
    return tuple(steps) if _timed(rule) else ()


def _before(step: ObligationRule, rules: Mapping[str, ObligationRule]) -> ObligationRule | None:
    """The one step that must be there first, by the same clock and due earlier: a plan may not need itself in a circle."""
    if len(step.needs) != 1 or not _timed(step):
        return None
    before = rules.get(step.needs[0])
    if before is None or not _timed(before) or _length(before) >= _length(step):
        return None
    return before if all(getattr(before, name) == getattr(step, name) for name in CLOCK) else None


def _timed(rule: ObligationRule) -> bool:
    return rule.due is not None and not rule.due.months and not rule.repeat


def _length(rule: ObligationRule) -> timedelta:
    if rule.due is None:
        raise ValueError(f"{rule.id} has no clock")
    return rule.due.fixed() - (timedelta() if rule.offset_before.is_zero else rule.offset_before.fixed())
