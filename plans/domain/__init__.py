"""The plan's interpreter: pure Python, no clock. Facts and `now` in, a verdict with its reason and clause out."""

from plans.domain.base import Span, Text
from plans.domain.bci import Bci, BciFacts, bci, marks
from plans.domain.conditions import Fact
from plans.domain.ending import ConditionVerdict, EndFacts, EndVerdict, LiftFacts, Met, incident_end, warning_lift
from plans.domain.levels import (
    Card,
    Change,
    LevelFacts,
    MajorVerdict,
    Missing,
    Reason,
    Shift,
    level_card,
    major_verdict,
)
from plans.domain.lint import Finding, Report, Standing, lint
from plans.domain.loading import load
from plans.domain.metrics import Metric, Rejection, ServiceHours, Threshold
from plans.domain.obligations import (
    Ladder,
    ObligationRule,
    Opening,
    Situation,
    escalate_at,
    first_due,
    next_due,
    obligations_for,
    opening,
    remind_at,
    rules_ended_by,
    rules_satisfied_by,
    still_applies,
    turn_due,
)  # fmt: skip
from plans.domain.schema import Group, Level, Plan, PreparationItem, RoleSpec, Template, Tier, owner_chain
from plans.domain.source import PlanError, PlanErrors

__all__ = [
    "Bci", "BciFacts", "Card", "Change", "ConditionVerdict", "EndFacts", "EndVerdict", "Fact", "Finding", "Group",
    "Ladder", "Level", "LevelFacts", "LiftFacts", "MajorVerdict", "Met", "Metric", "Missing", "ObligationRule",
    "Opening", "Plan", "PlanError", "PlanErrors", "PreparationItem", "Reason", "Rejection", "Report", "RoleSpec",
    "ServiceHours", "Shift", "Situation", "Span", "Standing", "Template", "Text", "Threshold", "Tier", "bci",
    "escalate_at", "first_due", "incident_end", "level_card", "lint", "load", "major_verdict", "marks", "next_due",
    "obligations_for", "opening", "owner_chain", "remind_at", "rules_ended_by", "rules_satisfied_by", "still_applies",
    "turn_due", "warning_lift",
]  # fmt: skip
