"""The plan file as typed, frozen records; `Plan` is the whole of it."""

from collections.abc import Container
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from holidays import list_supported_countries
from pydantic import Field, field_validator, model_validator

from plans.domain.base import Clauses, Id, Spec, Text, Written
from plans.domain.citing import ACTS, cited
from plans.domain.deciding import BciPart, FactSpec, Level, LevelRule, MajorRule
from plans.domain.ending import EndingCondition
from plans.domain.metrics import Metric, Threshold
from plans.domain.obligations import Ladder, ObligationRule
from plans.domain.slots import Slot, slots_of
from plans.domain.table import Table
from plans.domain.templates import by_proof
from plans.domain.told import Template, Tier
from plans.domain.vocabulary import COMMAND, DOWN, INCIDENT_EVENTS, START_RESPONSE
from plans.domain.who import Checklist, Grant, Group, Power, PreparationItem, RoleSpec

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
    down: tuple[Id, ...] = DOWN
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

    def said_down(self, true: Container[str]) -> FactSpec | None:
        """The gravest of the facts that say that service is down, of those that are true; `down` lists them from the gravest on."""
        return next((self.facts[name] for name in self.down if name in self.facts and name in true), None)

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

    @cached_property
    def template_of(self) -> dict[str, Template]:
        """Kind of proof → the template of the report that it is."""
        return by_proof(self.templates)

    @cached_property
    def called_by_right(self) -> dict[str, Text]:
        """Role of rights → what this plan calls whoever has it: the title of the one role that acts with it. Left out where several
        do, or where only those of one group or department: then the right alone does not tell which role it was."""
        acting = [role for role in self.roles.values() if role.acts_as]
        alone = [role for role in acting if sum(other.acts_as == role.acts_as for other in acting) == 1]
        return {str(role.acts_as): role.title for role in alone if not role.group and not role.department}

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
