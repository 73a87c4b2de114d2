"""The life of a version: which act leads from which state to which, which right it takes, and who may not do it."""

from collections.abc import Collection
from enum import StrEnum
from typing import Final


class State(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"  # waits for the time from which it is in force
    IN_FORCE = "in_force"
    RETIRED = "retired"
    WITHDRAWN = "withdrawn"


class Act(StrEnum):
    EDIT = "edit"
    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    WITHDRAW = "withdraw"
    ENTER = "enter"  # the product's own: it comes into force at its time
    RETIRE = "retire"  # the product's own: another one does


S = State
# Whose text can never change again: an incident may be pinned to them.
FIXED: Final = frozenset({S.IN_FORCE, S.RETIRED})
# What is not decided yet.
PENDING: Final = frozenset({S.DRAFT, S.SUBMITTED, S.APPROVED})

# from → to. What is not here is refused; the database holds the same (`plans.models`).
MOVES: Final[dict[Act, dict[State, State]]] = {
    # Any edit voids what was read or approved.
    Act.EDIT: {S.DRAFT: S.DRAFT, S.SUBMITTED: S.DRAFT, S.APPROVED: S.DRAFT},
    Act.SUBMIT: {S.DRAFT: S.SUBMITTED},
    Act.APPROVE: {S.SUBMITTED: S.APPROVED},
    # Who approves may think again as long as it is not in force.
    Act.RETURN: {S.SUBMITTED: S.DRAFT, S.APPROVED: S.DRAFT},
    Act.WITHDRAW: {S.DRAFT: S.WITHDRAWN, S.SUBMITTED: S.WITHDRAWN, S.APPROVED: S.WITHDRAWN},
    Act.ENTER: {S.APPROVED: S.IN_FORCE},
    Act.RETIRE: {S.IN_FORCE: S.RETIRED},
}
TRANSITIONS: Final = tuple(
    sorted({(a.value, b.value) for moves in MOVES.values() for a, b in moves.items() if a is not b})
)
RIGHT: Final[dict[Act, str]] = {
    Act.EDIT: "plan.edit",
    Act.SUBMIT: "plan.edit",
    Act.APPROVE: "plan.approve",
    Act.RETURN: "plan.approve",
    Act.WITHDRAW: "plan.edit",
}


class Why(StrEnum):
    """Why an act is refused."""

    IN_FORCE = "plan.in_force"
    RETIRED = "plan.retired"
    WITHDRAWN = "plan.withdrawn"
    NOT_SUBMITTED = "plan.not_submitted"
    DONE_ALREADY = "plan.done_already"


def judge(act: Act, state: State) -> Why | None:
    """Why this act is not legal from this state; None when it is."""
    if state in MOVES[act]:
        return None
    ends = {S.IN_FORCE: Why.IN_FORCE, S.RETIRED: Why.RETIRED, S.WITHDRAWN: Why.WITHDRAWN}
    if state in ends:
        return ends[state]
    return Why.NOT_SUBMITTED if state is S.DRAFT else Why.DONE_ALREADY


def barred(act: Act, persons: Collection[int], *, writers: Collection[int], submitted_by: int | None) -> bool:
    """Whether who acts, or in whose place, had a part in the text and so cannot be the second one who approves it."""
    return act is Act.APPROVE and any(person in writers or person == submitted_by for person in persons)
