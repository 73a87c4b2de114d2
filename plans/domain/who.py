"""Who: work groups and roles, what each does by checklist and in preparation, and what only some may do."""

from hashlib import sha256
from typing import Annotated

from pydantic import Field, model_validator

from plans.domain.base import Clauses, Duration, Id, Spec, Text


class Group(Spec):
    """A work group; one that sits `under` a role is a part of that and no group of its own in the written plan."""

    id: Id
    title: Text
    lead: str
    support: tuple[str, ...] = ()
    under: str | None = None
    duty: Text
    clauses: Clauses


class RoleSpec(Spec):
    """A role of the plan, the role of rights it acts with, and whom to tell when it is late.

    `group` and `department` narrow it to who sits in that work group or works there; `offices` are the company's
    positions whose holders fill it. `duty`: the key of a duty of the company's roster; whoever is on it is told, the
    role's other holders are left to sleep (3.1).
    """

    id: Id
    title: Text
    acts_as: str | None = None
    superior: str | None = None
    group: str | None = None
    department: str | None = None
    duty: str | None = None
    offices: tuple[str, ...] = ()
    clauses: Clauses


class Step(Spec):
    text: Text
    role: str

    @property
    def key(self) -> str:
        """What names a step that was ticked: its words and whose it is, so that another version's same step stands as done."""
        return sha256("\n".join((self.text.zh, self.text.en, self.role)).encode()).hexdigest()[:12]


class Checklist(Spec):
    id: Id
    title: Text
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    clauses: Clauses


class PreparationItem(Spec):
    """What a warning sets going (5.2): a task of the holder of `role`, due `within` the issue. Its department owes hourly data."""

    id: Id
    title: Text
    role: str
    department: str
    within: Duration
    clauses: Clauses


class Grant(Spec):
    """One clause's word on who may. With `own_region` only what lies wholly in the region a holder's role is narrowed to, and
    for a start: at `level`, which is `provisional` until headquarters decides one."""

    roles: Annotated[tuple[str, ...], Field(min_length=1)]
    own_region: bool = False
    level: str | None = None
    provisional: bool = False
    clauses: Clauses
    rulings: tuple[int, ...] = ()

    @model_validator(mode="after")
    def _for_a_region(self) -> "Grant":
        if (self.level is not None or self.provisional) and not self.own_region:
            raise ValueError("expected `level` and `provisional` only beside `own_region: true`")
        return self


class Power(Spec):
    """Something only named roles may do; each grant is one clause's word on who."""

    id: Id
    title: Text
    grants: Annotated[tuple[Grant, ...], Field(min_length=1)]
