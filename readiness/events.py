"""What is written to the stream `readiness` of a world."""

from common.bilingual import Both
from engine.events import FreeText, Payload, event


class OfTurn(Payload):
    id: int
    rule: str
    matter: str
    turn: int


@event("readiness.opened")
class TurnOpened(OfTurn):
    title: Both
    owners: list[str]
    due_at: str | None


@event("readiness.overdue")
class TurnOverdue(OfTurn):
    title: Both
    owners: list[str]
    due_at: str


@event("readiness.escalated")
class TurnEscalated(OfTurn):
    """`told` are the roles of the plan that heard of it at this step; empty for a step that is skipped: the role `skipped` nobody
    holds, or everybody who holds it is `away` without a deputy."""

    step: int
    told: list[str]
    skipped: str = ""
    away: bool = False


@event("readiness.fulfilled")
class TurnFulfilled(OfTurn):
    """`evidence` is the kind of proof of the plan. `known`: what the product itself knew of it: when it proved it by itself,
    or of the drill that a person named, whose number is `drill`."""

    evidence: str
    late: bool
    note: FreeText = ""
    known: Both | None = None
    drill: str = ""


@event("readiness.waived")
class TurnWaived(OfTurn):
    reason: FreeText


@event("readiness.superseded")
class TurnSuperseded(OfTurn):
    """`why`: plan (a version changed or dropped the row) or gone (whom it was about has left)."""

    why: str
