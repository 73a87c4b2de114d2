"""Which obligations of a plan an incident never owed, and why: so that "not triggered" is a finding with a reason, not a gap in a list."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from plans.domain.obligations import ObligationRule, Situation
from plans.domain.vocabulary import DISMISSED

if TYPE_CHECKING:
    from plans.domain.schema import Plan


class WhyNot(StrEnum):
    """Why a clock never ran."""

    NO_MOMENT = "no_moment"  # nothing that starts it happened
    DISMISSED = "dismissed"  # a false alarm owes nothing more
    LEVEL = "level"  # the plan exempts the level that stands
    NOT_MAJOR = "not_major"  # it is owed for a major fault only
    MAJOR = "major"  # it is owed for an ordinary fault only
    THEN = "then"  # what starts it came while it did not apply; it would apply now


@dataclass(frozen=True, slots=True)
class NotTriggered:
    """A rule without a turn: `came` are those of its anchors that did happen, in the order of the file."""

    rule: ObligationRule
    why: WhyNot
    came: tuple[str, ...]


def not_triggered(
    plan: "Plan", opened: Collection[str], occurred: Mapping[str, datetime], situation: Situation
) -> tuple[NotTriggered, ...]:
    """Every row about incidents that was never owed, in the order of the file; `opened` are the ids of those that were."""
    rules = (rule for rule in plan.obligations.values() if not rule.outside_incidents and rule.id not in opened)
    return tuple(
        NotTriggered(rule, _why(rule, came, situation), came)
        for rule in rules
        for came in [tuple(anchor for anchor in rule.anchors if anchor in occurred)]
    )


def _why(rule: ObligationRule, came: tuple[str, ...], situation: Situation) -> WhyNot:
    if not came:
        return WhyNot.NO_MOMENT
    if situation.phase == DISMISSED:
        return WhyNot.DISMISSED
    if rule.levels and situation.level is not None and situation.level not in rule.levels:
        return WhyNot.LEVEL
    if rule.applies_to == "major" and situation.major is not True:
        return WhyNot.NOT_MAJOR
    if rule.applies_to == "ordinary" and situation.major is True:
        return WhyNot.MAJOR
    return WhyNot.THEN
