"""The plan file as typed, frozen records; `Plan` is the whole of it."""

import math
from datetime import date, timedelta
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from holidays import list_supported_countries
from pydantic import Field, FiniteFloat, PositiveFloat, StrictBool, field_validator, model_validator

from plans.domain.base import Clauses, Duration, Spec, Text, Written
from plans.domain.citing import ACTS, cited
from plans.domain.conditions import Condition, Op, Test, Value
from plans.domain.metrics import Metric, Threshold
from plans.domain.obligations import Ladder, ObligationRule
from plans.domain.slots import Slot, slots_of
from plans.domain.table import Table
from plans.domain.units import said
from plans.domain.vocabulary import COMMAND, INCIDENT_EVENTS, START_RESPONSE

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]


# A word that a report is ticked with: short, for it is kept with every report.
Noticed = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,15}$")]


class Count(Spec):
    """A number of things that a clause announces: `of` is the path of what the file lists, `says` how many it is said to be."""

    of: str
    says: Annotated[int, Field(ge=0)]


class Clause(Spec):
    """`seen` are pages of the product that carry it out without a row of this file."""

    id: str
    title: Text
    text: Text
    counts: tuple[Count, ...] = ()
    seen: tuple[str, ...] = ()


class Category(Spec):
    id: Id
    title: Text
    clauses: Clauses


class Business(Spec):
    id: Id
    title: Text
    core: bool
    clauses: Clauses


class Level(Spec):
    """A response level; the file lists them from the gravest down. `led_by` are the roles that its response is left to."""

    id: Id
    title: Text
    summary: Text
    led_by: tuple[str, ...] = ()
    clauses: Clauses


class FactSpec(Spec):
    """A fact that levels are decided on: with `values` a scale of words from mild to grave, with `unit` a number, with
    neither a yes or no. `dimension` marks those that the plan itself names.

    `range` bounds a number, null being open; `steps` are the marks of it that the plan's text names; `thresholds` are the
    lines that machines watch it by; people are asked for it on forms unless `asked` is false.
    """

    id: Id
    title: Text
    dimension: bool = False
    unit: Id | None = None
    values: dict[str, Text] = Field(default_factory=dict)
    range: tuple[FiniteFloat | None, FiniteFloat | None] = (None, None)
    steps: tuple[FiniteFloat, ...] = ()
    thresholds: tuple[str, ...] = ()
    asked: bool = True
    clauses: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_kind(self) -> "FactSpec":
        if self.unit is not None and self.values:
            raise ValueError("expected either `unit` or `values`")
        if self.steps and self.unit is None:
            raise ValueError("expected `steps` only beside a `unit`")
        return self

    @property
    def kind(self) -> Literal["scale", "number", "switch"]:
        if self.values:
            return "scale"
        return "switch" if self.unit is None else "number"

    def fits(self, value: Value) -> bool:
        """Whether the fact can have this value."""
        if self.kind == "scale":
            return isinstance(value, str) and value in self.values
        if self.kind == "switch":
            return isinstance(value, bool)
        return not isinstance(value, bool | str) and math.isfinite(value)

    def shown(self, value: Value) -> Text:
        """A fitting value in words."""
        if isinstance(value, str):
            return self.values.get(value, Text(zh=value, en=value))
        if isinstance(value, bool):
            return Text(zh="是", en="yes") if value else Text(zh="否", en="no")
        return said(self.unit, value)

    def within(self, value: Value) -> bool:
        """Whether a fitting value lies in the range."""
        low, high = self.range
        return isinstance(value, str) or ((low is None or value >= low) and (high is None or value <= high))


class LevelRule(Spec):
    """Proposes `level`, or with `raises` lifts whatever the other rules proposed by that many steps."""

    id: Id
    level: str | None = None
    raises: Annotated[int, Field(ge=1, le=2)] | None = None
    when: Condition
    reason: Text
    clauses: Clauses
    rulings: tuple[int, ...] = ()
    by_ruling: int | None = None
    written: Written = None

    @model_validator(mode="after")
    def _one_effect(self) -> "LevelRule":
        if (self.level is None) == (self.raises is None):
            raise ValueError("expected either `level` or `raises`")
        return self


class MajorRule(Spec):
    id: Id
    when: Condition
    reason: Text
    clauses: Clauses
    rulings: tuple[int, ...] = ()
    by_ruling: int | None = None
    written: Written = None


class BciPart(Spec):
    """A share of the index: full marks at `best`, none at `worst`, straight in between.

    It is read from a `metric`, as it is or as its `excess` over the daily mean within the metric's window. Left out, the key tells
    (versions of before): `complaints_excess` is the excess of `complaints`.
    """

    id: Id
    title: Text
    metric: str
    measure: Literal["value", "excess"] = "value"
    weight: PositiveFloat
    best: FiniteFloat
    worst: FiniteFloat

    @model_validator(mode="before")
    @classmethod
    def _of_its_key(cls, row: Any) -> Any:
        if not isinstance(row, dict) or "metric" in row or not isinstance(row.get("id"), str):
            return row
        metric = row["id"].removesuffix("_excess")
        return {"metric": metric, "measure": "value" if metric == row["id"] else "excess"} | row

    @field_validator("worst")
    @classmethod
    def _apart(cls, worst: float, info: Any) -> float:
        if worst == info.data.get("best"):
            raise ValueError("expected `worst` to differ from `best`")
        return worst


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
    `supplied_by`: element → the role that fills it in, where the record does not."""

    id: Id
    title: Text
    elements: Annotated[dict[str, Text], Field(min_length=1)]
    supplied_by: dict[str, str] = Field(default_factory=dict)
    body: Text
    clauses: Clauses


class EndingCondition(Spec):
    """One condition of ending or lifting; `waivable` ones may be set aside by HQ with a reason.

    `fact` is a metric, a metric with `_of_mean`, a fact of the plan, or a word of `vocabulary`; with `asked` it is a yes or no that
    the person is asked in these words who reports that the condition holds.
    `lasts`: it must have held for so long; `releases`: what must have been given back for it to hold.
    """

    id: Id
    title: Text
    fact: str
    op: Op
    value: StrictBool | FiniteFloat | str
    asked: Text | None = None
    waivable: bool = False
    lasts: Duration | None = None
    releases: tuple[str, ...] = ()
    clauses: Clauses
    rulings: tuple[int, ...] = ()

    @cached_property
    def test(self) -> Test:
        return Test(fact=self.fact, op=self.op, value=self.value)


class Power(Spec):
    """Something only named roles may do; each grant is one clause's word on who."""

    id: Id
    title: Text
    grants: Annotated[tuple["Grant", ...], Field(min_length=1)]


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


class ActSpec(Spec):
    """Under which clauses the product's own act stands, where no other row of the plan tells."""

    id: Id
    clauses: Clauses


class Term(Spec):
    """A word of the clauses that something hangs on: `measured_by` are the paths of what measures it, `declared_by` the
    roles that say so where nothing can measure it."""

    id: Id
    title: Text
    measured_by: tuple[str, ...] = ()
    declared_by: tuple[str, ...] = ()
    written: Written = None
    clauses: Clauses


class Standard(Spec):
    """A standard from outside that clauses cite, in the edition they name and the one in force."""

    id: Id
    title: Text
    cited: str
    current: str
    clauses: Clauses


class Answer(Spec):
    """Which finding of the linter a ruling answers; `seen` is the fingerprint of what it was made on."""

    kind: str
    of: Annotated[tuple[str, ...], Field(min_length=1)]
    seen: str


class Ruling(Spec):
    """What the company decided where its plan contradicts itself or says too little, by whom and why."""

    id: Id
    kind: Literal["N", "P"]
    finding: Text
    ruling: Text
    by: Text | None = None
    why: Text | None = None
    answers: tuple[Answer, ...] = ()
    clauses: Clauses


class CompanyCalendar(Spec):
    """Which public holidays the company keeps: a country (ISO 3166) and what it knows earlier or otherwise than the tables.

    `workdays` are weekends and holidays on which it works, `days_off` working days on which it does not.
    """

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    subdivision: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,3}$")] | None = None
    workdays: tuple[date, ...] = ()
    days_off: tuple[date, ...] = ()

    @model_validator(mode="after")
    def _known(self) -> Self:
        known = list_supported_countries()
        if self.country is not None and self.country not in known:
            raise ValueError(f"expected a country whose holidays are known, such as CN, not {self.country!r}")
        if self.subdivision is not None and self.subdivision not in known.get(self.country or "", ()):
            raise ValueError(f"expected a subdivision of {self.country}, not {self.subdivision!r}")
        return self


class Plan(Spec):
    """A written emergency plan, loaded and checked. Mappings keep the file's order."""

    key: Id
    title: Text
    service: Text = Text(zh="服务", en="our service")
    calls: bool = True
    time_zone: str
    calendar: CompanyCalendar | None = None
    clauses: Annotated[dict[str, Clause], Field(min_length=1)]
    categories: dict[str, Category]
    business: dict[str, Business]
    symptoms: dict[Noticed, Text] = Field(default_factory=dict)
    levels: Annotated[dict[str, Level], Field(min_length=1)]
    facts: dict[str, FactSpec]
    metrics: dict[str, Metric]
    thresholds: dict[str, Threshold]
    level_rules: dict[str, LevelRule]
    major_rules: dict[str, MajorRule]
    bci: dict[str, BciPart]
    departments: dict[str, Text]
    groups: dict[str, Group]
    roles: dict[str, RoleSpec]
    evidence: dict[str, Text]
    ladders: dict[str, Ladder]
    obligations: dict[str, ObligationRule]
    checklists: dict[str, Checklist]
    preparation: dict[str, PreparationItem] = Field(default_factory=dict)
    tiers: dict[str, Tier]
    templates: dict[str, Template]
    lifting: dict[str, EndingCondition]
    ending: dict[str, EndingCondition]
    powers: dict[str, Power] = Field(default_factory=dict)
    acts: dict[str, ActSpec] = Field(default_factory=dict)
    terms: dict[str, Term] = Field(default_factory=dict)
    standards: dict[str, Standard] = Field(default_factory=dict)
    aliases: dict[str, tuple[str, ...]]
    rulings: dict[str, Ruling]

    @field_validator("*", mode="before")
    @classmethod
    def _own_ids(cls, value: Any, info: Any) -> Any:
        """Give every record of a keyed section its key as `id`."""
        if info.field_name in {"departments", "evidence", "aliases", "symptoms"} or not isinstance(value, dict):
            return value
        if info.field_name in {"title", "service", "calendar"}:
            return value
        return {key: {"id": key} | row if isinstance(row, dict) else row for key, row in value.items()}

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"expected a time zone such as Asia/Shanghai, not {name!r}") from error
        return name

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @cached_property
    def ranks(self) -> dict[str, int]:
        """Level → gravity, the mildest 1; 0 is left for "no level"."""
        return {level: rank for rank, level in enumerate(reversed(self.levels), start=1)}

    def grade(self, level: str) -> int:
        """How gravely a level is drawn: 1 the gravest, 2 the next, 3 every other one."""
        return min(len(self.levels) + 1 - self.ranks[level], 3)

    @cached_property
    def by_anchor(self) -> dict[str, tuple[ObligationRule, ...]]:
        anchors = {anchor for rule in self.obligations.values() for anchor in rule.anchors}
        return {a: tuple(rule for rule in self.obligations.values() if a in rule.anchors) for a in anchors}

    @cached_property
    def events_named(self) -> frozenset[str]:
        """The kinds of event that are moments of this plan by their own name."""
        named = {
            name
            for rule in self.obligations.values()
            for name in (*rule.anchors, *rule.until, rule.measured_from, rule.unless_after)
        } | {rule.never_beyond.moment for rule in self.obligations.values() if rule.never_beyond}
        return INCIDENT_EVENTS.intersection(named)

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        return slots_of(self.obligations)

    @cached_property
    def table(self) -> Table:
        return Table(self)

    @cached_property
    def _cited(self) -> dict[str, str]:
        return {act: cited(self, act) for act in ACTS}

    def cites(self, act: str) -> str:
        """The clause that an act of the product is done under; empty where this plan says nothing of it."""
        return self._cited[act]

    def threshold(self, key: str) -> Threshold:
        return self.thresholds[key]

    def metric(self, key: str) -> Metric:
        return self.metrics[key]

    def role(self, key: str) -> RoleSpec:
        return self.roles[key]

    def rule(self, key: str) -> ObligationRule:
        return self.obligations[key]

    @cached_property
    def responsible(self) -> tuple[str, ...]:
        """Departments that report hourly during a warning (4.3): those with a part in its preparation (5.2)."""
        return tuple(dict.fromkeys(item.department for item in self.preparation.values()))

    def led_by_headquarters(self, level: str) -> bool:
        """Whether a response of this level is left to the command rather than to those who repair (1.2)."""
        spec = self.levels.get(level)
        leaders = [self.roles[key].acts_as for key in spec.led_by if key in self.roles] if spec else []
        return not leaders or bool(COMMAND.intersection(leaders))

    @cached_property
    def regional_start(self) -> Grant | None:
        """The grant by which a region may start a response at a level of its own accord (1.2); None in a plan without one."""
        power = self.powers.get(START_RESPONSE)
        grants = power.grants if power else ()
        return next((grant for grant in grants if grant.own_region and grant.level is not None), None)

    def acting_as(self, *rights: str) -> tuple[str, ...]:
        """The first role of this plan for each of these roles of rights that it has any for."""
        firsts = (next((key for key, role in self.roles.items() if role.acts_as == right), None) for right in rights)
        return tuple(key for key in firsts if key is not None)

    def fed_by(self, threshold: str) -> str | None:
        """The fact that a line watched by machines speaks of."""
        return next((name for name, spec in self.facts.items() if threshold in spec.thresholds), None)

    def level_at(self, rank: int) -> str | None:
        """The level of a gravity; None for 0."""
        return list(self.levels)[-rank] if rank else None

    def as_dict(self) -> dict[str, Any]:
        """The whole plan as JSON-able data, durations in ISO 8601."""
        return self.model_dump(mode="json", by_alias=True)

    def in_language(self, code: str) -> dict[str, Any]:
        """The same with every text in the reader's language only."""
        read = "zh" if code.lower().startswith("zh") else "en"
        return _read(self.as_dict(), read)


def _read(node: Any, language: str) -> Any:
    if isinstance(node, dict):
        if node.keys() == {"zh", "en"}:
            return node[language]
        return {key: _read(value, language) for key, value in node.items()}
    return [_read(value, language) for value in node] if isinstance(node, list) else node


def owner_chain(plan: Plan, role: str) -> tuple[RoleSpec, ...]:
    """The next ones up from a role, nearest first, ending with the executive."""
    chain: list[RoleSpec] = []
    upper = plan.roles[role].superior
    while upper is not None:
        chain.append(plan.roles[upper])
        upper = plan.roles[upper].superior
    return tuple(chain)
