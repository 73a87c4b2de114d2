"""Who is told by which ways, and what a report or notice must hold."""

from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from plans.domain.base import Clauses, Duration, Id, Spec, Text, Written


class Rung(Spec):
    """What follows once a message has stood unanswered `after` it was sent: further ways to those who have not answered,
    further roles by all ways used so far."""

    after: Duration
    channels: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not self.channels and not self.roles:
            raise ValueError("expected `channels` or `roles`, or both")
        return self


class Tier(Spec):
    """Who is told, and how; `all_clear` are the ways by which it is taken back again.

    `chats` are those whose group chats hear it where a channel means chats: roles or groups of the plan; empty: all of them.
    `unanswered` are the rungs of a ladder, climbed until `quorum` persons have answered, or without one everybody. `at_once`: what
    is told so never waits to go in one letter with other messages to the same person.
    """

    id: Id
    title: Text
    roles: Annotated[tuple[str, ...], Field(min_length=1)]
    channels: Annotated[tuple[str, ...], Field(min_length=1)]
    all_clear: tuple[str, ...] = ()
    chats: tuple[str, ...] = ()
    quorum: Annotated[int, Field(ge=1)] | None = None
    unanswered: tuple[Rung, ...] = ()
    at_once: bool = False
    written: Written = None
    within: Duration
    clauses: Clauses

    @field_validator("unanswered")
    @classmethod
    def _upwards(cls, rungs: tuple[Rung, ...]) -> tuple[Rung, ...]:
        spans = [rung.after.fixed() for rung in rungs]
        if any(later <= sooner for sooner, later in pairwise([timedelta(0), *spans])):
            raise ValueError("expected every rung to come `after` a longer time than the one before it")
        return rungs

    @model_validator(mode="after")
    def _quorum_of_a_ladder(self) -> Self:
        if self.quorum is not None and not self.unanswered:
            raise ValueError("expected `quorum` only beside `unanswered`")
        return self


class Template(Spec):
    """A report or notice; every element must be filled, or said to be not yet known, before it may leave (`templates`).
    `supplied_by`: element → the role that fills it in, where the record does not. `proves`: the kinds of proof that this is, written;
    `rest_later`: what it says is not yet known is owed from there on (the moment `report_incomplete`).
    """

    id: Id
    title: Text
    elements: Annotated[dict[str, Text], Field(min_length=1)]
    supplied_by: dict[str, str] = Field(default_factory=dict)
    proves: tuple[str, ...] = ()
    rest_later: bool = False
    body: Text
    clauses: Clauses
