"""The linter: finds where a plan contradicts itself, says too little, or cannot be kept.

It reasons about the plan twice: as the clauses say it, before any ruling, and as it is carried out. A ruling answers a finding
and does not make it go away: change the clause or the row under it, and the finding is open again.
"""

from collections.abc import Iterator, Mapping

from plans.domain.lint.clocks import clocks
from plans.domain.lint.duties import duties, holders
from plans.domain.lint.findings import Draft, Finding, Report, Standing, report
from plans.domain.lint.rules import rules
from plans.domain.lint.words import counted, words
from plans.domain.lint.written import as_written
from plans.domain.schema import Plan

__all__ = ["Finding", "Report", "Standing", "as_written", "counted", "lint"]


def lint(plan: Plan, held: Mapping[str, int] | None = None) -> Report:
    """Everything found; `held` is plan role → how many hold it now, left out where nobody can know."""
    return report(plan, _said(plan, held))


def _said(plan: Plan, held: Mapping[str, int] | None) -> Iterator[tuple[Draft, Plan]]:
    for reading in (as_written(plan), plan):
        for check in (rules, clocks, duties, words):
            for draft in check(reading):
                yield draft, reading
    for draft in holders(plan, held) if held is not None else ():
        yield draft, plan
