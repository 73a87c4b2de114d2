"""What is written on an incident's stream. Times are RFC 3339 text, levels by the plan's own keys, phases as in `domain.moves`."""

from typing import Literal

import msgspec

from common.clock import utc_text
from engine.events import FreeText, Payload, event
from incidents.domain.triggers import Trigger

LevelName = str  # a level of the incident's plan
FactValue = str | bool | float | None


class TriggerSaid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    watch: int
    threshold: str
    metric: str
    region: str | None
    hotline: str | None
    node: str | None
    value: float
    ratio: float | None
    baseline: float | None
    at: str

    @classmethod
    def of(cls, trigger: Trigger) -> "TriggerSaid":
        return cls(
            watch=trigger.watch,
            threshold=trigger.threshold,
            metric=trigger.metric,
            region=trigger.region,
            hotline=trigger.hotline,
            node=trigger.node,
            value=trigger.value,
            ratio=trigger.ratio,
            baseline=trigger.baseline,
            at=utc_text(trigger.at),
        )


class ConditionSaid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One condition of the ending as the plan judged it."""

    id: str
    state: Literal["met", "unmet", "unknown"]
    waived: bool


@event("incident.opened")
class IncidentOpened(Payload):
    """`titles` and `trigger` are there when a machine's signal opened it: its words are the product's, in both languages."""

    number: str
    origin: Literal["report", "signal"]
    title: FreeText
    category: str
    business: str
    regions: list[str]
    hotlines: list[str]
    nodes: list[str]
    reach: str | None
    phase: str
    level: None
    noticed_at: str | None
    titles: dict[str, str] | None = None
    trigger: TriggerSaid | None = None


@event("incident.joined")
class IncidentJoined(Payload):
    """`more` further ones over the same line joined together with this, the farthest over it."""

    trigger: TriggerSaid
    regions: list[str]
    more: int = 0


@event("incident.facts_recorded")
class FactsRecorded(Payload):
    """Those facts that changed; None is unknown."""

    before: dict[str, FactValue]
    after: dict[str, FactValue]


@event("incident.verified")
class IncidentVerified(Payload):
    outcome: Literal["confirmed", "false_alarm"]
    major: bool
    note: FreeText
    phase: str


@event("incident.assessed")
class IncidentAssessed(Payload):
    """`facts` are those given with the assessment."""

    facts: dict[str, FactValue]
    impact: FreeText
    measures: FreeText


@event("incident.dismissed")
class IncidentDismissed(Payload):
    reason: FreeText
    false_alarm: bool
    phase: str


@event("level.decided")
class LevelDecided(Payload):
    """`differs`: the person decided otherwise than the product proposed. `hq_active`: a response that was left to those who
    repair is led by headquarters from here on."""

    before: LevelName | None
    after: LevelName
    provisional: bool
    proposed: LevelName | None
    differs: bool
    reason: FreeText
    hq_active: bool = False


@event("response.started")
class ResponseStarted(Payload):
    """`region` is the key of the region that started it of its own accord (1.2); None: headquarters did."""

    level: LevelName
    phase: str
    hq_active: bool
    region: str | None = None


@event("group.status_set")
class GroupStatusSet(Payload):
    group: str
    before: str | None
    after: Literal["standby", "activated", "working", "done"]
    note: FreeText


@event("task.given")
class TaskGiven(Payload):
    """`assignee` is a person's id; their name is looked up when it is shown."""

    id: int
    group: str
    assignee: int
    title: FreeText
    due_at: str | None


@event("task.done")
class TaskDone(Payload):
    id: int
    group: str
    title: FreeText
    note: FreeText
    late: bool


@event("task.cancelled")
class TaskCancelled(Payload):
    id: int
    group: str
    title: FreeText
    reason: FreeText


@event("task.reassigned")
class TaskReassigned(Payload):
    id: int
    group: str
    before: int
    after: int
    title: FreeText
    reason: FreeText


@event("step.ticked")
class StepTicked(Payload):
    """A step of handling is done. `title` as the incident's plan has it; `done` of `steps` are done with it."""

    step: str
    title: dict[str, str]
    done: int
    steps: int
    note: FreeText


@event("step.unticked")
class StepUnticked(Payload):
    """It was not done after all."""

    step: str
    title: dict[str, str]
    done: int
    steps: int
    reason: FreeText


@event("report.handling")
class HandlingReported(Payload):
    measures: FreeText
    situation: FreeText
    next_steps: FreeText
    recovery_hours: float | None


@event("regulator.concerned")
class RegulatorConcerned(Payload):
    """A regulator is concerned by the incident (3.4): a notice to it is owed, with legal's opinion."""

    regulator: FreeText
    reason: FreeText


@event("support.needed")
class SupportNeeded(Payload):
    """Our own means cannot hold it (6.3): outside support is to be started, by this list of needs."""

    needs: FreeText
    reason: FreeText


@event("support.arrived")
class SupportArrived(Payload):
    """Outside forces are here (6.3): headquarters names the on-scene commander."""

    forces: FreeText
    note: FreeText


@event("effect.evaluated")
class EffectEvaluated(Payload):
    verdict: Literal["keep", "raise", "lower"]
    reason: FreeText


@event("service.restored")
class ServiceRestored(Payload):
    phase: str
    note: FreeText


@event("ending.reported")
class EndingReported(Payload):
    summary: FreeText


@event("response.ended")
class ResponseEnded(Payload):
    phase: str
    conditions: list[ConditionSaid]
    reason: FreeText


@event("incident.closed")
class IncidentClosed(Payload):
    """`approved`: by someone outside headquarters (ruling on contradiction 25)."""

    phase: str
    approved: bool
    note: FreeText


@event("incident.plan_moved")
class PlanMoved(Payload):
    """The incident is carried on by another version of the plan; numbers, and the ids of the versions."""

    move: int
    before: int
    after: int
    before_version: int
    after_version: int
    reason: FreeText
