"""What escalation writes into an incident's stream."""

from typing import Any

import msgspec

from engine.events import FreeText, Payload, event

Both = dict[str, str]


class TaskSaid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A task of the preparation as it was given out; `person` is a user's id."""

    item: str
    title: Both
    person: int | None
    due_at: str


class NearLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A threshold that something is near to, and the colour of warning that calls for."""

    threshold: str
    title: Both
    colour: str


@event("condition.near")
class ConditionNear(Payload):
    """Close to a threshold, not over it (4.3): a warning is to be issued, or the incident dismissed."""

    lines: list[NearLine]


@event("warning.started")
class WarningStarted(Payload):
    """A warning issued by a person (5.1), or the pre-response of 4.1: a yellow one by the product (ruling 20).

    A person's words stand in `reach`, `duration` and `measures`; the product's own, in both languages, in `contents`.
    """

    colour: str
    phase: str
    clauses: list[str]
    reach: FreeText = ""
    duration: FreeText = ""
    measures: FreeText = ""
    contents: dict[str, Both] | None = None
    limit_at: str | None = None
    preparation: list[TaskSaid] = []


@event("warning.raised")
class WarningRaised(Payload):
    """Blue became yellow: the leaders in charge hear of it too (5.1)."""

    before: str
    after: str
    reach: FreeText
    duration: FreeText
    measures: FreeText


@event("warning.data_reported")
class WarningDataReported(Payload):
    """The hourly data of one department (4.3). `covers` are the turns it owed."""

    department: str
    availability: FreeText
    spares: FreeText
    forecast: FreeText
    covers: list[int]


@event("warning.task_assigned")
class TaskAssigned(Payload):
    task: int
    item: str
    title: Both
    before: int | None
    person: int
    due_at: str


@event("warning.task_done")
class TaskDone(Payload):
    """`all_done`: with it the whole preparation is (5.2)."""

    task: int
    item: str
    title: Both
    word: FreeText
    all_done: bool


@event("warning.extended")
class WarningExtended(Payload):
    limit_at: str
    reason: FreeText


@event("warning.lift_applied")
class LiftApplied(Payload):
    """`conditions` as the plan judged them: {id, met, value, clauses}."""

    application: int
    conditions: list[dict[str, Any]]
    note: FreeText


@event("warning.lift_refused")
class LiftRefused(Payload):
    application: int
    reason: FreeText


@event("warning.lifted")
class WarningLifted(Payload):
    application: int
    colour: str
    conditions: list[dict[str, Any]]
    note: FreeText


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
    """`evidence` is the event kind, moment or declared kind of proof; `by_event` its number in this stream, if it is one.
    `left_open`: the elements of a report that it says are not yet known."""

    id: int
    rule: str
    turn: int
    evidence: str
    by_event: int | None
    late: bool
    note: FreeText = ""
    left_open: list[str] = []


@event("obligation.overdue")
class ObligationOverdue(Payload):
    """`told` are the roles that hear of it at due; empty when a later turn fell due as well and speaks instead."""

    id: int
    rule: str
    title: Both
    owners: list[str]
    turn: int
    due_at: str
    told: list[str] = []


@event("obligation.escalated")
class ObligationEscalated(Payload):
    """`told` are the roles of the plan that heard of it at this step; empty for a step that is skipped: the role `skipped` nobody
    holds, or everybody who holds it is `away` without a deputy.

    `at_due`: in the same words as its owner.
    """

    id: int
    rule: str
    turn: int
    step: int
    told: list[str]
    at_due: bool = False
    skipped: str = ""
    away: bool = False


@event("evidence.file_kept")
class FileKept(Payload):
    """A file came as evidence; `obligation` is the turn it proves, of an incident or of readiness. Its bytes are kept beside the log.
    `later`: the turn had been proved before, and its clock stays as it was."""

    file: int
    obligation: int
    rule: str
    turn: int
    sha256: str
    size: int
    media: str
    name: FreeText
    word: FreeText = ""
    later: bool = False


@event("obligation.taken")
class ObligationTaken(Payload):
    """Somebody says that he is at it. `held_until`: the next one up hears no earlier than then; None: the ladder was not climbing."""

    id: int
    rule: str
    turn: int
    person: int
    held_until: str | None


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


@event("incident.plan_asked")
class PlanAsked(Payload):
    """Somebody asks to carry the incident on by another version of the plan; `before` and `after` are numbers."""

    move: int
    before: int
    after: int
    reason: FreeText


@event("incident.plan_kept")
class PlanKept(Payload):
    """The incident stays with its version: refused, or the asking taken back."""

    move: int
    before: int
    after: int
    withdrawn: bool
    reason: FreeText
