"""The ladder above an owner: who is told at a step, of obligations of incidents and of readiness alike."""

from collections.abc import Callable
from dataclasses import dataclass

from plans.domain import Plan, owner_chain


@dataclass(frozen=True, slots=True)
class Rung:
    """`roles`: who is told, empty past the top of the chain; `step`: the last there is, told or skipped; `skipped`: step and role of
    those below that nobody answers for."""

    step: int
    roles: tuple[str, ...]
    skipped: tuple[tuple[int, str], ...] = ()


def next_up(plan: Plan, role: str, step: int) -> tuple[str, ...]:
    """The role at a step: 1 is the next one up; past the top it is empty."""
    chain = owner_chain(plan, role)
    return (chain[step - 1].id,) if step <= len(chain) else ()


def rung(plan: Plan, owner: str, step: int, answers: Callable[[str], bool]) -> Rung:
    """The first rung from this step on whose role somebody answers for: one that nobody does is skipped at once."""
    skipped: list[tuple[int, str]] = []
    while (roles := next_up(plan, owner, step)) and not answers(roles[0]):
        skipped.append((step, roles[0]))
        step += 1
    return Rung(step if roles else step - 1, roles, tuple(skipped))
