"""The linter: finds where a plan contradicts itself, says too little, or cannot be kept.

It reasons about the plan twice: as the clauses say it, before any ruling, and as it is carried out. A ruling answers a finding
and does not make it go away: change the clause or the row under it, and the finding is open again.
"""

from collections.abc import Iterator, Mapping

from plans.domain.base import Text
from plans.domain.lint.clocks import clocks
from plans.domain.lint.duties import duties, empty_groups, holders
from plans.domain.lint.findings import Draft, Finding, Report, Standing, report
from plans.domain.lint.lines import lines
from plans.domain.lint.regions import Entangled
from plans.domain.lint.rules import rules
from plans.domain.lint.titles import titles
from plans.domain.lint.words import counted, words
from plans.domain.lint.written import as_written
from plans.domain.schema import Plan

__all__ = ["Finding", "Report", "Standing", "as_written", "counted", "lint", "unheld"]


def lint(plan: Plan) -> Report:
    """Everything that the plan by itself tells."""
    return report(plan, _said(plan))


def unheld(plan: Plan, held: Mapping[str, int], seated: Mapping[str, int]) -> tuple[Finding, ...]:
    """Roles that owe something and that nobody holds, and groups in which nobody sits; `held` is plan role, `seated` work group →
    how many it is now."""
    drafts = (*holders(plan, held), *empty_groups(plan, seated))
    return report(plan, ((draft, plan) for draft in drafts)).findings


def _said(plan: Plan) -> Iterator[tuple[Draft, Plan]]:
    for reading in (as_written(plan), plan):
        for check in (rules, lines, clocks, duties, words):
            try:
                for draft in check(reading):
                    yield draft, reading
            except Entangled:
                yield _entangled(reading), reading
    # Titles follow what is carried out: what a ruling changed may stand in them as ruled.
    for draft in titles(plan):
        yield draft, plan


def _entangled(plan: Plan) -> Draft:
    """Not examined is not clean: it is said."""
    clauses = tuple(dict.fromkeys(c for row in plan.level_rules.values() for c in row.clauses))
    count = str(len(plan.level_rules))
    example = Text(zh=f"{count}条级别规则", en=f"{count} level rules")
    return Draft("entangled", ("level_rules",), clauses, {"count": count}, example)
