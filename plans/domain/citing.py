"""Which clause the product's own acts stand under, in this plan: as its `acts` say, else as the rows that ask for them do."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from plans.domain.schema import Plan

Clauses = Iterator[tuple[str, ...]]
Source = Callable[["Plan"], Clauses]


def _proof(*kinds: str) -> Source:
    """What asks for one of these proofs."""
    return lambda plan: (row.clauses for kind in kinds for row in plan.obligations.values() if kind in row.evidence)


def _begins(moment: str) -> Source:
    """What this moment begins."""
    return lambda plan: (row.clauses for row in plan.obligations.values() if moment in row.anchors)


def _section(name: str) -> Source:
    return lambda plan: (row.clauses for row in getattr(plan, name).values())


def _named(section: str, *keys: str) -> Source:
    return lambda plan: (getattr(plan, section)[key].clauses for key in keys if key in getattr(plan, section))


def _started(plan: "Plan") -> Clauses:
    """Who may start a response beside a region for itself."""
    power = plan.powers.get("start_response")
    return (grant.clauses for grant in (power.grants if power else ()) if not grant.own_region)


def _lines(plan: "Plan") -> Clauses:
    """The lines that machines watch, those of the pre-response first."""
    return (row.clauses for row in sorted(plan.thresholds.values(), key=lambda row: row.purpose != "pre_response"))


def _dimensions(plan: "Plan") -> Clauses:
    return (row.clauses for row in sorted(plan.facts.values(), key=lambda row: not row.dimension))


# Act → where a plan speaks of it, the nearest first.
ACTS: Final[Mapping[str, tuple[Source, ...]]] = {
    "intake": (_begins("reported"),),
    "automatic-start": (_begins("threshold_crossed"), _lines),
    "verify": (_proof("incident.verified"),),
    "dismiss": (),
    "facts": (_dimensions,),
    "regulator": (_begins("regulator_concerned"),),
    "cannot-hold": (_begins("cannot_hold"),),
    "support-arrived": (_begins("outside_arrived"),),
    "assess": (_proof("incident.assessed"),),
    "decide-level": (_proof("level.decided"),),
    "start": (_started, _proof("response.started")),
    "start-regional": (_started,),
    "group-status": (_section("groups"),),
    "task": (_section("groups"),),
    "report": (_proof("report.handling"),),
    "evaluate": (_proof("effect.evaluated"),),
    "restore": (_begins("service_restored"), _proof("service.restored")),
    "ending-report": (_proof("ending.reported"),),
    "end": (_section("ending"), _proof("response.ended")),
    "close": (_proof("response.ended"), _section("ending")),
    "summary": (_proof("summary.published"),),
    "notice": (_proof("notice_published", "notice"), _named("templates", "impact_notice", "customer_notice")),
    "mute": (_lines,),
    "no-data": (_lines,),
    "near": (_begins("condition_near"),),
    "warn": (_proof("warning.started", "warning_issued"), _begins("condition_near"), _named("templates", "warning")),
    "extend": (_named("obligations", "warning.limit"),),
    "hourly-data": (_proof("warning_data"), _named("obligations", "warning.hourly_data")),
    "prepare": (_section("preparation"),),
    "lift": (_section("lifting"),),
    "equipment": (_proof("ledger"),),
    "contacts": (_named("obligations", "ready.contacts"),),
    "index": (_section("levels"),),
}


def cited(plan: "Plan", act: str) -> str:
    """The clause to cite for an act of `ACTS`; empty where the plan says nothing of it."""
    if act in plan.acts:
        return plan.acts[act].clauses[0]
    return next((clauses[0] for source in ACTS[act] for clauses in source(plan) if clauses), "")
