"""Which act leads an incident from which phase to which: the one table. The database enforces the same (`incidents.models`)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Phase(StrEnum):
    """Where an incident stands. The pre-response of clause 4.1 is a warning (ruling on contradiction 20)."""

    REPORTED = "reported"
    VERIFIED = "verified"
    WARNING = "warning"
    RESPONSE = "response"
    MONITORING = "monitoring"
    ENDED = "ended"
    CLOSED = "closed"
    DISMISSED = "dismissed"


class Act(StrEnum):
    """What may be done to an incident."""

    VERIFY = "verify"
    DISMISS = "dismiss"
    WARN = "warn"
    RECORD_FACTS = "facts"
    NAME_REGULATOR = "regulator"
    CANNOT_HOLD = "cannot-hold"
    SUPPORT_ARRIVED = "support-arrived"
    ASSESS = "assess"
    DECIDE_LEVEL = "decide-level"
    START = "start"
    START_REGIONAL = "start-regional"
    SET_GROUP_STATUS = "group-status"
    REPORT = "report"
    EVALUATE = "evaluate"
    RESTORE = "restore"
    REPORT_ENDING = "ending-report"
    END = "end"
    CLOSE = "close"


P = Phase
# Where an incident may begin: a person's report, or the pre-response that a machine's signal started.
FIRST: Final = frozenset({P.REPORTED, P.WARNING})
OVER: Final = frozenset({P.ENDED, P.CLOSED, P.DISMISSED})
OPEN: Final = frozenset(P) - OVER

# Acts that move: from → to. What is not here is refused.
MOVES: Final[dict[Act, dict[Phase, Phase]]] = {
    # A warning stands until it is lifted or a response starts (4.3), and a region's start does not wait for the duty manager's
    # word: it stays owed (3.1) and then moves nothing.
    Act.VERIFY: {
        P.REPORTED: P.VERIFIED,
        P.WARNING: P.WARNING,
        P.RESPONSE: P.RESPONSE,
        P.MONITORING: P.MONITORING,
    },
    Act.DISMISS: {P.REPORTED: P.DISMISSED, P.VERIFIED: P.DISMISSED, P.WARNING: P.DISMISSED},
    Act.WARN: {P.REPORTED: P.WARNING, P.VERIFIED: P.WARNING},
    Act.START: {P.VERIFIED: P.RESPONSE, P.WARNING: P.RESPONSE},
    Act.START_REGIONAL: {P.REPORTED: P.RESPONSE, P.VERIFIED: P.RESPONSE, P.WARNING: P.RESPONSE},
    Act.RESTORE: {P.RESPONSE: P.MONITORING},
    Act.END: {P.RESPONSE: P.ENDED, P.MONITORING: P.ENDED},
    Act.CLOSE: {P.ENDED: P.CLOSED},
}

# Acts that leave the phase as it is, and the phases in which they make sense.
STAYS: Final[dict[Act, frozenset[Phase]]] = {
    Act.RECORD_FACTS: OPEN,
    # A regulator may ask long after the response is over.
    Act.NAME_REGULATOR: frozenset(P) - {P.CLOSED, P.DISMISSED},
    # Our own means may fail before a response is started, and outside forces may come to watch after service is back.
    Act.CANNOT_HOLD: OPEN - {P.REPORTED},
    Act.SUPPORT_ARRIVED: OPEN - {P.REPORTED},
    Act.ASSESS: OPEN,
    Act.DECIDE_LEVEL: OPEN,
    Act.SET_GROUP_STATUS: OPEN,
    Act.REPORT: frozenset({P.RESPONSE, P.MONITORING}),
    Act.EVALUATE: frozenset({P.RESPONSE, P.MONITORING}),
    Act.REPORT_ENDING: frozenset({P.RESPONSE, P.MONITORING}),
}

# The right each act takes.
RIGHT: Final[dict[Act, str]] = {
    Act.VERIFY: "incident.verify",
    Act.DISMISS: "incident.dismiss",
    # The milder colour's right; the yellow one takes its own besides, which the room of warnings asks for.
    Act.WARN: "warning.issue_blue",
    Act.RECORD_FACTS: "incident.record_facts",
    Act.NAME_REGULATOR: "incident.name_regulator",
    Act.CANNOT_HOLD: "incident.declare_cannot_hold",
    Act.SUPPORT_ARRIVED: "incident.record_arrival",
    Act.ASSESS: "incident.assess",
    Act.DECIDE_LEVEL: "incident.decide_level",
    Act.START: "incident.start",
    Act.START_REGIONAL: "incident.start_regional",
    Act.SET_GROUP_STATUS: "incident.set_group_status",
    Act.REPORT: "incident.report_handling",
    Act.EVALUATE: "incident.evaluate",
    Act.RESTORE: "incident.restore",
    # The technical group reports on the ending as it reports on the handling (6.4).
    Act.REPORT_ENDING: "incident.report_handling",
    Act.END: "incident.end",
    Act.CLOSE: "incident.close",
}

# From these on an incident has a level; the database holds it so.
LEVELLED: Final = frozenset({P.RESPONSE, P.MONITORING, P.ENDED, P.CLOSED})

# This act decides the level in the same breath, and only where none was decided yet (1.2).
SETS_LEVEL: Final = frozenset({Act.START_REGIONAL})

TRANSITIONS: Final = tuple(
    sorted({(a.value, b.value) for moves in MOVES.values() for a, b in moves.items() if a is not b})
)


class Why(StrEnum):
    """Why an act is refused."""

    OVER = "incident.over"
    DONE_ALREADY = "incident.done_already"
    NOT_YET = "incident.not_yet"
    NO_LEVEL = "incident.no_level"
    HAS_LEVEL = "incident.has_level"


@dataclass(frozen=True, slots=True)
class Ruling:
    """`to` is the phase after the act; `why` is None when the act is legal."""

    to: Phase
    why: Why | None = None

    @property
    def legal(self) -> bool:
        return self.why is None


def judge(act: Act, phase: Phase, *, levelled: bool, unverified: bool = False) -> Ruling:
    """May this act be done in this phase? `levelled`: a level has been decided; `unverified`: the report waits to be
    verified while a warning or a region's response stands already."""
    if act in STAYS:
        legal, to = phase in STAYS[act], phase
    else:
        legal, to = phase in MOVES[act], MOVES[act].get(phase, phase)
    if not legal:
        return Ruling(phase, _why(act, phase))
    if act is Act.VERIFY and to is phase and not unverified:
        return Ruling(phase, Why.DONE_ALREADY)
    if act in SETS_LEVEL:
        return Ruling(phase, Why.HAS_LEVEL) if levelled else Ruling(to)
    if to in LEVELLED and not levelled:
        return Ruling(phase, Why.NO_LEVEL)
    return Ruling(to)


def _why(act: Act, phase: Phase) -> Why:
    if phase in set(MOVES.get(act, {}).values()):
        return Why.DONE_ALREADY
    if phase in OVER:
        return Why.OVER
    earliest = min(_ORDER[start] for start in MOVES.get(act, STAYS.get(act, OPEN)))
    return Why.NOT_YET if _ORDER[phase] < earliest else Why.DONE_ALREADY


_ORDER: Final = {
    phase: i for i, phase in enumerate([P.REPORTED, P.WARNING, P.VERIFIED, P.RESPONSE, P.MONITORING, *OVER])
}


# --- tasks of work groups (2.2) -----------------------------------------------------------------------------------------
class TaskState(StrEnum):
    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


TASK_TRANSITIONS: Final = (
    (TaskState.OPEN.value, TaskState.DONE.value),
    (TaskState.OPEN.value, TaskState.CANCELLED.value),
)


class NotTheirs(StrEnum):
    """Why a person cannot be given a task."""

    LEFT = "task.left"
    NOT_IN_GROUP = "task.not_in_group"


def may_be_given(*, active: bool, sits_in_group: bool) -> NotTheirs | None:
    """A task goes to somebody who is still here and sits in the group; None when both hold."""
    if not active:
        return NotTheirs.LEFT
    return None if sits_in_group else NotTheirs.NOT_IN_GROUP
