"""What escalation writes into an incident's stream."""

from engine.events import FreeText, Payload, event

Both = dict[str, str]


@event("warning.started")
class WarningStarted(Payload):
    """The pre-response of clause 4.1: a yellow warning until a level is decided or it is dismissed (ruling 20)."""

    colour: str
    phase: str
    clauses: list[str]


@event("level.proposed")
class LevelProposed(Payload):
    level: str | None
    certain: bool
    reasons: list[Both]
    clauses: list[str]
    rules: list[str]


@event("obligation.opened")
class ObligationOpened(Payload):
    id: int
    rule: str
    title: Both
    owners: list[str]
    turn: int
    due_at: str | None
    clause: str


@event("obligation.fulfilled")
class ObligationFulfilled(Payload):
    """`evidence` is the event kind, moment or declared kind of proof; `by_event` its number in this stream, if it is one."""

    id: int
    rule: str
    turn: int
    evidence: str
    by_event: int | None
    late: bool
    note: FreeText = ""


@event("obligation.overdue")
class ObligationOverdue(Payload):
    id: int
    rule: str
    title: Both
    owners: list[str]
    turn: int
    due_at: str


@event("obligation.escalated")
class ObligationEscalated(Payload):
    """`told` are the roles of the plan that heard of it at this step; empty when nobody holds them."""

    id: int
    rule: str
    turn: int
    step: int
    told: list[str]


@event("obligation.superseded")
class ObligationSuperseded(Payload):
    id: int
    rule: str
    turn: int
    why: str


@event("obligation.waived")
class ObligationWaived(Payload):
    id: int
    rule: str
    turn: int
    reason: FreeText
