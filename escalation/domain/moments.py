"""Which moments of the plan an event of an incident is: what starts, satisfies or ends clocks."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from plans.domain.vocabulary import level_moment

Data = Mapping[str, Any]
Moments = tuple[str, ...]
HQ_ACTIVE: Final = "hq_active"


def _opened(data: Data) -> Moments:
    return ("known", "reported") if data["origin"] == "report" else ("known", "threshold_crossed")


def _verified(data: Data) -> Moments:
    if data["outcome"] != "confirmed":
        return ()
    return ("verified", "judged", "judged_major") if data["major"] else ("verified", "judged")


def _decided(data: Data) -> Moments:
    decided: Moments = ("level_decided", level_moment(data["after"]))
    if not data["provisional"]:
        decided = (*decided, "level_confirmed")
    # Events written before a raised level could bring headquarters together say nothing of it.
    return (*decided, HQ_ACTIVE) if data.get("hq_active") else decided


def _started(data: Data) -> Moments:
    started = ("response_started", HQ_ACTIVE) if data["hq_active"] else ("response_started",)
    # Events written before regions could start a response say nothing of one.
    return (*started, "regional_started") if data.get("region") else started


def _notice_out(data: Data) -> Moments:
    return () if data["kind"] == "regulator" else ("notice_published",)


MOMENTS_OF: Final[dict[str, Callable[[Data], Moments]]] = {
    "incident.opened": _opened,
    "incident.verified": _verified,
    "incident.assessed": lambda data: ("impact_assessed",),
    "incident.dismissed": lambda data: ("dismissed",),
    "incident.closed": lambda data: ("closed",),
    "condition.near": lambda data: ("condition_near",),
    "warning.started": lambda data: ("warning_issued",),
    "warning.raised": lambda data: (),
    "warning.extended": lambda data: (),
    "warning.task_done": lambda data: ("warning_prepared",) if data["all_done"] else (),
    "warning.lift_applied": lambda data: (),
    "warning.lift_refused": lambda data: ("lift_refused",),
    "warning.lifted": lambda data: ("warning_lifted",),
    "level.proposed": lambda data: ("level_condition",),
    "level.decided": _decided,
    "response.started": _started,
    "response.ended": lambda data: ("response_ended",),
    "service.restored": lambda data: ("service_restored",),
    "ending.reported": lambda data: ("ending_reported",),
    "incident.joined": lambda data: (),
    "incident.facts_recorded": lambda data: (),
    "report.handling": lambda data: (),
    "regulator.concerned": lambda data: ("regulator_concerned",),
    "support.needed": lambda data: ("cannot_hold",),
    "support.arrived": lambda data: ("outside_arrived",),
    "effect.evaluated": lambda data: (),
    "summary.published": lambda data: (),
    "notice.submitted": lambda data: (),
    "notice.approved": lambda data: (),
    "notice.published": _notice_out,
    "message.queued": lambda data: (),
    "incident.plan_moved": lambda data: (),
}

# (event kind, kind of message or notice) → declared proofs it is: telling a tier of 3.2 is the message its obligation asks for,
# handing an impact statement to legal is the draft that 3.4 asks for.
PROOFS_OF: Final[Mapping[tuple[str, str], Moments]] = {
    ("message.queued", "tier.ordinary"): ("message",),
    ("message.queued", "tier.major"): ("message",),
    ("message.queued", "tier.pre_response"): ("message.sent_summary",),
    ("notice.submitted", "impact"): ("notice_draft",),
    ("notice.submitted", "holding"): ("notice_draft",),
    ("notice.approved", "impact"): ("legal_opinion",),
    ("notice.approved", "holding"): ("legal_opinion",),
    # An update speaks of what was told on the website before; the first two tell customers how else to reach us (6.1).
    ("notice.published", "impact"): ("notice", "notice_channel"),
    ("notice.published", "holding"): ("notice", "notice_channel"),
    ("notice.published", "update"): ("notice",),
    ("notice.published", "regulator"): ("notice_regulator",),
}

# A declared kind of proof that is a moment too: the meeting held after the ending report is the evaluation meeting.
MOMENT_OF_PROOF: Final[Mapping[str, Mapping[str, str]]] = {"end.evaluation_meeting": {"meeting": "evaluation_met"}}

# What a report of a template with `rest_later` brings about when it leaves something open (3.3).
INCOMPLETE: Final = "report_incomplete"

# After these the situation differs in a way that may exempt or oblige: levels, major against ordinary, an end.
CHANGES_SITUATION: Final = frozenset(
    {"incident.verified", "incident.facts_recorded", "level.decided", "incident.dismissed", "incident.plan_moved"}
)


def moments_of(kind: str, data: Data, named: Collection[str]) -> Moments:
    """The moments this event is; empty for one that only proves or tells something. `named` are the kinds of event that the plan
    itself names as moments."""
    moments = MOMENTS_OF[kind](data) if kind in MOMENTS_OF else ()
    return (*moments, kind) if kind in named else moments
