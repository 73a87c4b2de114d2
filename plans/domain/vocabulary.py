"""The words a plan file may use for things other rooms own: moments, event kinds, roles of rights, facts."""

from typing import Final

MOMENTS: Final = frozenset({
    "reported", "known", "judged", "judged_major", "verified", "impact_assessed", "level_condition", "level_decided",
    "response_started", "hq_active", "notice_published", "service_restored",
    "cannot_hold", "outside_arrived", "ending_reported", "evaluation_met", "response_ended", "warning_issued", "closed",
    "warning_lifted", "warning_prepared", "lift_refused",
    "dismissed", "threshold_crossed", "condition_near", "regional_started", "level_confirmed", "regulator_concerned", "hired",
    "report_incomplete",
})  # fmt: skip


def level_moment(level: str) -> str:
    """The moment at which this level of a plan is decided."""
    return f"level_{level.lower()}"


ALWAYS: Final = "always"  # the anchor of readiness duties: they run with no incident
DISMISSED: Final = "dismissed"  # a false alarm ends every duty of its incident, whatever the file says
OUTSIDE_INCIDENTS: Final = frozenset({ALWAYS, "hired"})

# What stands in an incident's log and may start, end or satisfy a clock. Not what the clocks themselves write, nor what is told:
# an obligation on these would call itself up.
INCIDENT_EVENTS: Final = frozenset({
    "incident.opened", "incident.joined", "incident.facts_recorded", "incident.verified", "incident.assessed",
    "incident.dismissed", "incident.closed", "incident.plan_asked", "incident.plan_moved", "incident.plan_kept",
    "level.proposed", "level.decided", "response.started", "response.ended", "group.status_set",
    "task.given", "task.done", "task.cancelled", "task.reassigned", "step.ticked", "step.unticked",
    "report.handling", "effect.evaluated", "summary.drafted", "summary.edited", "summary.published",
    "notice.drafted", "notice.edited", "notice.submitted", "notice.approved", "notice.returned", "notice.published",
    "notice.withdrawn", "regulator.concerned", "support.needed", "support.arrived", "service.restored", "ending.reported",
    "condition.near", "warning.started", "warning.raised", "warning.extended", "warning.data_reported", "warning.task_assigned",
    "warning.task_done", "warning.lift_applied", "warning.lift_refused", "warning.lifted",
    "equipment.withdrawn", "equipment.returned",
})  # fmt: skip
EVENT_KINDS: Final = INCIDENT_EVENTS | {"message.sent_summary"}

ROLES_OF_RIGHTS: Final = frozenset({
    "duty_manager", "cs_supervisor", "hq_commander", "hq_member", "head_of_it", "tech_lead", "tech_member",
    "group_lead", "group_member", "pr_editor", "pr_manager", "legal_reviewer", "executive", "keeper", "hr",
    "auditor", "sysadmin", "security_admin", "source", "finance", "administration",
})  # fmt: skip

COMMAND: Final = frozenset(
    {"hq_commander", "hq_member", "executive"}
)  # roles of rights that lead a response from above

CHANNELS: Final = frozenset({
    "inapp", "push", "email", "sms", "voice", "chat", "wecom", "dingtalk", "feishu", "webhook", "platform", "website", "weibo",
    "partner_popup", "video",
})  # fmt: skip

PHASES: Final = ("reported", "verified", "warning", "response", "monitoring", "ended", "closed", "dismissed")

# Ordered from mild to grave: `>=` on a named value means "at least as grave".
SCALES: Final[dict[str, tuple[str, ...]]] = {
    "reach": ("node", "nodes", "region", "regions", "nationwide"),
    "criticality": ("general", "core"),
    "secondary_risk": ("none", "low", "medium", "high"),
}
DOWN: Final = (
    "full_outage",
    "outage",
)  # what says that service is down where a plan does not name it, the gravest first
SWITCHES: Final = frozenset({"outage", "full_outage", "threshold_crossed"})
NUMBERS: Final = frozenset({"complaints_excess", "recovery_hours", "node_daily_calls", "hotlines_down_share"})
LEVEL_FACTS: Final = frozenset(SCALES) | SWITCHES | NUMBERS
MAJOR: Final = "major"  # a derived fact: true as soon as one major-fault rule hits

# What conditions of ending and lifting may name in any plan: what the product sees, in which unit, and what persons say.
SEEN_FACTS: Final = {"stable_hours": "hours", "on_target_minutes": "minutes"}
MOST_ON_TARGET: Final = 480.0  # minutes: the signals are read no further back
SAID_FACTS: Final = frozenset({"no_secondary_risk", "resources_withdrawn", "assessed_safe"})

# The moment that an event brings about, where it always does.
MOMENT_OF_EVENT: Final[dict[str, str]] = {
    "incident.verified": "verified", "incident.assessed": "impact_assessed", "incident.closed": "closed",
    "level.decided": "level_decided", "response.started": "response_started", "response.ended": "response_ended",
    "service.restored": "service_restored", "ending.reported": "ending_reported",
    "warning.started": "warning_issued", "warning.lifted": "warning_lifted",
}  # fmt: skip
START_RESPONSE: Final = "start_response"  # the power that a response is started by
STARTS: Final = frozenset({"response_started", "hq_active"})  # what a response that is started reaches, at any level
JUDGEMENTS: Final = frozenset({"judged", "judged_major"})
RESTORED: Final = "service_restored"
ENDED: Final = "response_ended"
NEAR: Final = "condition_near"
WARNED: Final = "warning_issued"
LIFTED: Final = "warning_lifted"

# Elements of reports and notices that the record itself fills in.
RECORDED_ELEMENTS: Final = frozenset({
    "time", "place", "reach", "measures", "progress", "secondary_risk", "alternative", "next_update", "level", "state",
    "done", "next", "colour", "duration",
})  # fmt: skip
