"""The plan's interpreter: pure Python, no clock. Facts and `now` in, a verdict with its reason and clause out."""

from plans.domain.base import Span, Text
from plans.domain.bci import Bci, bci, marks
from plans.domain.conditions import Fact, Place
from plans.domain.deciding import FactSpec, Level
from plans.domain.ending import ConditionVerdict, EndVerdict, Kind, Met, incident_end, kind_of, said_of, warning_lift
from plans.domain.levels import (
    Card,
    Change,
    LevelFacts,
    MajorVerdict,
    Missing,
    Reason,
    Shift,
    level_card,
    level_proposed,
    major_verdict,
)
from plans.domain.lint import Finding, Report, Standing, lint, unheld
from plans.domain.loading import admit, load
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
from plans.domain.schema import CompanyCalendar, Plan, Ruling, owner_chain
from plans.domain.slots import Slot
from plans.domain.source import PlanError, PlanErrors
from plans.domain.told import Template, Tier
from plans.domain.untriggered import NotTriggered, WhyNot, not_triggered
from plans.domain.who import Grant, Group, PreparationItem, RoleSpec

__all__ = [
    "Bci",
    "Card",
    "Change",
    "CompanyCalendar",
    "ConditionVerdict",
    "EndVerdict",
    "Fact",
    "FactSpec",
    "Finding",
    "Grant",
    "Group",
    "Kind",
    "Ladder",
    "Level",
    "LevelFacts",
    "MajorVerdict",
    "Met",
    "Metric",
    "Missing",
    "NotTriggered",
    "ObligationRule",
    "Opening",
    "Place",
    "Plan",
    "PlanError",
    "PlanErrors",
    "PreparationItem",
    "Reason",
    "Rejection",
    "Report",
    "RoleSpec",
    "Ruling",
    "ServiceHours",
    "Shift",
    "Situation",
    "Slot",
    "Span",
    "Standing",
    "Template",
    "Text",
    "Threshold",
    "Tier",
    "WhyNot",
    "admit",
    "bci",
    "escalate_at",
    "first_due",
    "incident_end",
    "kind_of",
    "level_card",
    "level_proposed",
    "lint",
    "load",
    "major_verdict",
    "marks",
    "next_due",
    "not_triggered",
    "obligations_for",
    "opening",
    "owner_chain",
    "remind_at",
    "rules_ended_by",
    "rules_satisfied_by",
    "said_of",
    "still_applies",
    "turn_due",
    "unheld",
    "warning_lift",
]  # fmt: skip
