"""The words a plan file may use for things other rooms own: moments, event kinds, roles of rights, facts."""

from typing import Final

MOMENTS: Final = frozenset({
    "reported", "known", "judged", "judged_major", "verified", "impact_assessed", "level_condition", "level_decided",
    "level_i", "level_ii", "level_iii", "response_started", "hq_active", "notice_published", "service_restored",
    "cannot_hold", "outside_arrived", "ending_reported", "evaluation_met", "response_ended", "warning_issued", "closed",
    "warning_lifted", "warning_prepared", "lift_refused",
    "dismissed", "threshold_crossed", "condition_near", "regulator_concerned", "hired",
})  # fmt: skip
ALWAYS: Final = "always"  # the anchor of readiness duties: they run with no incident
DISMISSED: Final = "dismissed"  # a false alarm ends every duty of its incident, whatever the file says
OUTSIDE_INCIDENTS: Final = frozenset({ALWAYS, "hired"})

EVENT_KINDS: Final = frozenset({
    "incident.opened", "incident.joined", "incident.facts_recorded", "incident.verified", "incident.assessed",
    "incident.dismissed", "warning.started", "level.proposed", "level.decided", "response.started",
    "group.status_set", "report.handling", "effect.evaluated", "summary.drafted", "summary.published",
    "service.restored", "ending.reported", "response.ended", "incident.closed", "message.sent_summary",
    "warning.raised", "warning.extended", "warning.lift_applied", "warning.lifted",
})  # fmt: skip

ROLES_OF_RIGHTS: Final = frozenset({
    "duty_manager", "cs_supervisor", "hq_commander", "hq_member", "head_of_it", "tech_lead", "tech_member",
    "group_lead", "group_member", "pr_editor", "pr_manager", "legal_reviewer", "executive", "keeper", "hr",
    "auditor", "sysadmin", "security_admin", "source", "finance", "administration",
})  # fmt: skip

CHANNELS: Final = frozenset({
    "inapp", "email", "sms", "voice", "chat", "platform", "website", "weibo", "partner_popup", "video",
})  # fmt: skip

PHASES: Final = ("reported", "verified", "warning", "response", "monitoring", "ended", "closed", "dismissed")

# Ordered from mild to grave: `>=` on a named value means "at least as grave".
SCALES: Final[dict[str, tuple[str, ...]]] = {
    "reach": ("node", "nodes", "region", "regions", "nationwide"),
    "criticality": ("general", "core"),
    "secondary_risk": ("none", "low", "medium", "high"),
}
SWITCHES: Final = frozenset({"outage", "full_outage", "threshold_crossed"})
NUMBERS: Final = frozenset({"complaints_excess", "recovery_hours", "node_daily_calls", "hotlines_down_share"})
LEVEL_FACTS: Final = frozenset(SCALES) | SWITCHES | NUMBERS
MAJOR: Final = "major"  # a derived fact: true as soon as one major-fault rule hits

END_FACTS: Final = frozenset({
    "stable_hours", "complaints_of_mean", "no_secondary_risk", "resources_withdrawn", "assessed_safe",
})  # fmt: skip
LIFT_FACTS: Final = frozenset({"on_target_minutes", "complaints_of_mean", "no_secondary_risk"})
