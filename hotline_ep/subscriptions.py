"""One table: event kind → who reacts, together with the event or relayed soon after; and what handles each timer."""

from engine.reactions import Subscription, When, subscribe
from engine.timers import Guarded, Handler, Held, Many, timers_handle
from escalation.domain.moments import MOMENTS_OF
from plans.domain.vocabulary import INCIDENT_EVENTS

OBLIGATIONS = Subscription(
    "escalation.obligations",
    "escalation.services.obligations.follow",
    When.TOGETHER,
    unless="escalation.services.obligations.indifferent",
)
LEVELS = Subscription("escalation.levels", "escalation.services.levels.follow", When.TOGETHER)
TIERS = Subscription("escalation.tiers", "escalation.services.tiers.follow", When.TOGETHER)
PRE_RESPONSE = Subscription(
    "escalation.pre_response", "escalation.services.pre_response.follow", When.TOGETHER, many=True
)
# The decision stands on the board at once; its card in words may follow a moment later.
PROPOSED = Subscription("escalation.proposed", "escalation.services.proposing.follow", When.RELAYED)
# It reads every series: a report waits for that no more than for a mail server.
NEARNESS = Subscription("escalation.nearness", "escalation.services.nearness.follow", When.RELAYED)
TASKS = Subscription("escalation.tasks", "escalation.services.tasks.follow", When.TOGETHER)
WARNINGS = Subscription("escalation.warnings", "escalation.services.warnings.follow", When.TOGETHER)
SILENT = Subscription("escalation.silent", "escalation.services.no_data.silent", When.TOGETHER, many=True)
HEARD = Subscription("escalation.heard", "escalation.services.no_data.heard", When.TOGETHER, many=True)
MUTES = Subscription("escalation.mutes", "escalation.services.mutes.follow", When.TOGETHER)
# What a new version leaves behind is tidied soon after it is in force; it may be much, and must not hold the version up.
REPLANNED = Subscription("signals.replanned", "signals.services.replanned.follow", When.RELAYED)
PLAN_TOLD = Subscription("notifications.plan", "notifications.services.plan_words.follow", When.RELAYED)
CANARY = Subscription("notifications.canary", "notifications.services.canary.follow", When.RELAYED)
# Relayed: it locks every duty, and whoever changes a duty holds that before it writes to the stream of people.
ROSTER = Subscription(
    "people.roster",
    "people.services.turns.follow_rights",
    When.RELAYED,
    unless="people.services.turns.concerns_no_duty",
)
DUTY_TOLD = Subscription("notifications.duty", "notifications.services.duty_words.follow", When.RELAYED)
# Telling people takes longer than all the rest of a deadline: a thousand of one second would wait for each other's letters.
LATE = Subscription(
    "escalation.late",
    "escalation.services.clocks.tell",
    When.RELAYED,
    at_once=True,
    unless="escalation.services.clocks.untold",
)
# A slot runs out when the last step's share begins and what it needs is not there: at the due time of the step before.
SLOTS = Subscription(
    "escalation.slots",
    "escalation.services.slots.offer",
    When.RELAYED,
    at_once=True,
    unless="escalation.services.slots.ends_no_share",
)
VERIFYING = Subscription("notifications.verifying", "notifications.services.verifying.follow", When.RELAYED)
# Relayed: what stands over all rules is carried to the new version, which must not wait for it.
READINESS = Subscription("readiness.plan", "readiness.services.following.follow_plan", When.RELAYED)
READINESS_PEOPLE = Subscription(
    "readiness.people",
    "readiness.services.following.follow_people",
    When.RELAYED,
    unless="readiness.services.following.hires_nobody",
)
READINESS_PROOF = Subscription("readiness.proof", "readiness.services.following.follow_proof", When.RELAYED)
READINESS_KNOWN = Subscription("readiness.known", "readiness.services.following.follow_roster", When.RELAYED)
CLEARED = Subscription("escalation.cleared", "escalation.services.pre_response.cleared", When.TOGETHER, many=True)

# Every event that is a moment of the plan or proves something moves the clocks first; then the level is looked at again.
REACTIONS: dict[str, tuple[Subscription, ...]] = {
    **dict.fromkeys((*sorted(INCIDENT_EVENTS), *MOMENTS_OF), (OBLIGATIONS,)),
    "incident.opened": (OBLIGATIONS, LEVELS, NEARNESS),
    # What a joining trigger says about the level comes as facts right after it.
    "incident.joined": (OBLIGATIONS,),
    "incident.facts_recorded": (OBLIGATIONS, LEVELS),
    "incident.verified": (OBLIGATIONS, LEVELS, TIERS, NEARNESS),
    "incident.assessed": (OBLIGATIONS, LEVELS),
    "level.proposed": (OBLIGATIONS, PROPOSED),
    "incident.dismissed": (OBLIGATIONS, WARNINGS),
    "incident.closed": (OBLIGATIONS, WARNINGS),
    "response.started": (OBLIGATIONS, WARNINGS),
    "obligation.overdue": (LATE, SLOTS),
    "obligation.escalated": (LATE,),
    "task.given": (OBLIGATIONS, TASKS),
    "task.reassigned": (OBLIGATIONS, TASKS),
    "watch.opened": (PRE_RESPONSE,),
    "watch.cleared": (CLEARED,),
    "mute.ended": (MUTES,),
    "series.silent": (SILENT,),
    "series.heard": (HEARD,),
    "plan.version_loaded": (REPLANNED, VERIFYING, READINESS),
    "plan.put_in_force": (REPLANNED, PLAN_TOLD, VERIFYING, READINESS),
    "plan.submitted": (PLAN_TOLD,),
    "plan.approved": (PLAN_TOLD,),
    "plan.returned": (PLAN_TOLD,),
    "incident.plan_asked": (OBLIGATIONS, PLAN_TOLD),
    "canary.heard": (CANARY,),
    "duty.swap_asked": (DUTY_TOLD,),
    "duty.swap_answered": (DUTY_TOLD, READINESS_KNOWN),
    "duty.rotation_set": (READINESS_KNOWN,),
    "duty.leave_set": (DUTY_TOLD,),
    "duty.leave_cancelled": (DUTY_TOLD, READINESS_KNOWN),
    "people.deputy_began": (DUTY_TOLD,),
    "duty.override_set": (DUTY_TOLD, READINESS_KNOWN),
    "duty.turn_changed": (DUTY_TOLD,),
    "duty.handover": (DUTY_TOLD,),
    # Who may no longer stand a duty leaves a gap in it.
    "people.user_deactivated": (ROSTER, READINESS_PEOPLE),
    **dict.fromkeys(("people.role_assigned", "people.role_ended"), (ROSTER,)),
    "people.user_created": (READINESS_PEOPLE,),
    "verification.ended": (READINESS_PROOF,),
}

STREAMS = "escalation.services.clocks.streams_of"
# A reminder may stand behind what is due.
PATIENT = ("escalation.remind", "readiness.remind")
READINESS_STREAMS = "readiness.services.clocks.streams_of"
TIMERS: dict[str, Handler] = {
    "escalation.remind": Held("escalation.services.clocks.remind", STREAMS),
    "escalation.due": Many("escalation.services.clocks.due", STREAMS),
    "escalation.climb": Many("escalation.services.clocks.climb", STREAMS),
    "readiness.remind": Held("readiness.services.clocks.remind", READINESS_STREAMS),
    "readiness.due": Held("readiness.services.clocks.due", READINESS_STREAMS),
    "readiness.climb": Held("readiness.services.clocks.climb", READINESS_STREAMS),
    "escalation.near": "escalation.services.nearness.look",
    "signals.sustained": Guarded("signals.services.judging.sustained", "signals.services.held.series_locked"),
    "signals.learn": "signals.services.baselines.look",
    "signals.learn_series": "signals.services.baselines.look_at_series",
    "signals.learn_anew": "signals.services.baselines.look_anew",
    "signals.roll_up": "signals.services.rollups.roll_up",
    "signals.mute_end": Guarded("signals.services.mutes.due", "signals.services.mutes.mute_locked"),
    "notifications.unanswered": "notifications.services.unanswered.look",
    "notifications.verify": "notifications.services.verifying.begin",
    "notifications.verify_end": "notifications.services.verifying.end",
    "people.duty": Guarded("people.services.turns.look", "people.services.turns.duty_locked"),
    "people.leave": Guarded("people.services.leaves.look", "people.services.leaves.leave_locked"),
    "plans.enter": Guarded("plans.services.version_enter", "plans.services.entering.versions_held_for"),
    "signals.silence": "signals.services.silence.look",
    "signals.alerts": "signals.services.alerts.hold",
}


def connect() -> None:
    subscribe(REACTIONS)
    timers_handle(TIMERS, patient=PATIENT)
