"""What a plan must hold to enter: when it is loaded, brought in, submitted, approved or put in force.

A version that is or was in force is read without these: incidents run on it, and a newer release that asks for more must not
take their plan away from them.
"""

from typing import Final

from plans.domain.checks import Check
from plans.domain.citing import ACTS
from plans.domain.conditions import Value
from plans.domain.ending import OF_MEAN, EndingCondition, Kind, kind_of
from plans.domain.lint.findings import at
from plans.domain.lint.words import counted
from plans.domain.schema import Plan
from plans.domain.source import Source
from plans.domain.vocabulary import MOST_ON_TARGET


def _steps(plan: Plan, source: Source) -> None:
    """No step stands twice in one checklist: ticking one would tick the other."""
    for row in plan.checklists.values():
        seen: set[str] = set()
        for index, step in enumerate(row.steps):
            if step.key in seen:
                source.fault(("checklists", row.id, "steps", index), "expected every step of a checklist only once")
            seen.add(step.key)


def _acts_known(plan: Plan, source: Source) -> None:
    for name in plan.acts.keys() - ACTS.keys():
        source.fault(("acts", name), f"expected an act of the product: {', '.join(ACTS)}")


def _preparation(plan: Plan, source: Source) -> None:
    """No item of the preparation may take longer than the list as a whole (5.2)."""
    whole = plan.obligations.get("warning.prepare")
    for row in plan.preparation.values():
        if row.within.months or row.within.is_zero:
            source.fault(("preparation", row.id, "within"), "expected a time above zero without months")
        elif whole and whole.due and not whole.due.months and row.within.fixed() > whole.due.fixed():
            source.fault(("preparation", row.id, "within"), f"expected at most {whole.due.iso}, as warning.prepare")


def _paths(plan: Plan, source: Source) -> None:
    """What measures a term, and what a clause counts, is there."""
    for term in plan.terms.values():
        for index, path in enumerate(term.measured_by):
            if at(plan, path) is None:
                source.fault(
                    ("terms", term.id, "measured_by", index), f"expected the path of a row of this plan, not {path!r}"
                )
    for clause in plan.clauses.values():
        for index, count in enumerate(clause.counts):
            if counted(plan, count.of) is None:
                source.fault(
                    ("clauses", clause.id, "counts", index, "of"),
                    f"expected the path of a list of this plan, not {count.of!r}",
                )
    for row in plan.templates.values():
        for element, role in row.supplied_by.items():
            if element not in row.elements or role not in plan.roles:
                source.fault(
                    ("templates", row.id, "supplied_by", element),
                    "expected an element of this template and a role of this plan",
                )


def _can_end(plan: Plan, source: Source) -> None:
    """No condition of ending or lifting waits for what can never be."""
    for section in ("ending", "lifting"):
        for row in getattr(plan, section).values():
            problem = _never(plan, row)
            if problem:
                source.fault((section, row.id), problem)


def _never(plan: Plan, row: EndingCondition) -> str | None:
    """What is missing for the condition ever to be met; None when it can be."""
    kind, lines = kind_of(plan, row), plan.thresholds.values()
    metric = row.fact.removesuffix(OF_MEAN)
    if kind is Kind.OF_MEAN and not any(line.metric == metric and line.measure == "excess" for line in lines):
        return f"expected a threshold of the measure excess on {metric}: without one its daily mean is not learnt, and this is never met"
    if row.fact == "on_target_minutes" and not any(line.purpose == "target" for line in lines):
        return (
            "expected a threshold with `purpose: target`: without one nothing is ever on target, and this is never met"
        )
    if not _within_reach(plan, row, kind):
        return f"expected a value that can be: {row.fact} {row.op} {row.value!r} is never met"
    return None


def _within_reach(plan: Plan, row: EndingCondition, kind: Kind | None) -> bool:
    """Whether any value that the fact can have meets the condition."""
    if kind is Kind.RECORDED and plan.facts[row.fact].kind == "scale":
        scale = tuple(plan.facts[row.fact].values)
        return any(row.test.holds(word, scale) for word in scale)
    if isinstance(row.value, bool | str):
        return True
    low, high = _reach(plan, row, kind)
    ends: list[Value] = [row.value, *(end for end in (low, high) if end is not None)]
    beside: list[Value] = [row.value + 1 if high is None else (row.value + high) / 2]
    beside.append(row.value - 1 if low is None else (row.value + low) / 2)
    return any(
        (low is None or value >= low) and (high is None or value <= high) and row.test.holds(value)
        for value in (*ends, *beside)
        if not isinstance(value, str)
    )


def _reach(plan: Plan, row: EndingCondition, kind: Kind | None) -> tuple[float | None, float | None]:
    if kind is Kind.MEASURED:
        return plan.metrics[row.fact].range
    if kind is Kind.RECORDED:
        return plan.facts[row.fact].range
    return 0.0, MOST_ON_TARGET if row.fact == "on_target_minutes" else None


OF_ROWS: Final[tuple[Check, ...]] = (_preparation, _acts_known, _steps)
OF_THE_WHOLE: Final[tuple[Check, ...]] = (_paths, _can_end)
