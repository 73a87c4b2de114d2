"""What whoever hears of a fault first tells us. Almost everything may be missing: record first, verify later (3.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportIn:
    """`symptoms` and `systems` are keys of `incidents.models`; places, category and business are keys of people and plan.

    Only what customers notice is needed: a symptom or words. No region means the whole country, or not known yet.
    """

    noticed: str = ""
    symptoms: Sequence[str] = ()
    title: str = ""
    category: str = ""
    business: str = ""
    regions: Sequence[str] = ()
    hotlines: Sequence[str] = ()
    nodes: Sequence[str] = ()
    reach: str | None = None
    noticed_at: datetime | None = None
    call_minutes: float | None = None
    queue_minutes: float | None = None
    queue_length: int | None = None
    systems: str = "unknown"
    systems_note: str = ""
    caller_words: str = ""


def facts_said(report: ReportIn) -> dict[str, str | bool]:
    """The level facts that the report itself states; nothing is concluded from it."""
    facts: dict[str, str | bool] = {}
    if report.reach:
        facts["reach"] = report.reach
    if report.systems in ("down", "all_down"):
        facts["outage"] = True
    if report.systems == "all_down":
        facts["full_outage"] = True
    if report.systems == "running":
        facts["outage"] = facts["full_outage"] = False
    return facts


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlingIn:
    """The technical group's report on the handling (4.4); `recovery_hours` counts from the report on."""

    measures: str
    situation: str = ""
    next_steps: str = ""
    recovery_hours: float | None = None
