"""Lines that machines watch: one that starts two things, that differs from its rule, that nothing can ever cross."""

import math
from collections.abc import Iterator

from plans.domain.base import Text
from plans.domain.conditions import Test, Value, tests_of
from plans.domain.deciding import LevelRule
from plans.domain.lint.findings import Draft
from plans.domain.lint.spoken import cited, facts_text, test_text, unreachable
from plans.domain.metrics import Threshold
from plans.domain.schema import Plan


def lines(plan: Plan) -> Iterator[Draft]:
    yield from _starts_twice(plan)
    yield from _differ(plan)
    yield from _never_met(plan)


def _starts_twice(plan: Plan) -> Iterator[Draft]:
    """One line whose crossing starts two different things: the pre-response, and a level."""
    for fact, spec in plan.facts.items():
        if spec.kind != "number":
            continue
        for line in (plan.thresholds[key] for key in spec.thresholds if key in plan.thresholds):
            if line.purpose != "pre_response":
                continue
            alone = [row for row in plan.level_rules.values() if row.level and _decides_alone(row, fact, line)]
            if alone:
                first = min(alone, key=lambda row: abs(_limit(row) - line.value))
                beyond = 0.01 if line.direction == "above" else -0.01
                facts: dict[str, Value] = {
                    fact: round((max if beyond > 0 else min)(line.value, _limit(first)) + beyond, 4)
                }
                words: dict[str, Text | str] = {"rule": line.title, "others": first.reason}
                subjects = (f"thresholds.{line.id}", f"level_rules.{first.id}")
                yield Draft(
                    "overlapping",
                    subjects,
                    cited(line.clauses, first.clauses),
                    words,
                    facts_text(plan, facts),
                    facts,
                )


def _limit(row: LevelRule) -> float:
    return max(float(test.value) for test in tests_of(row.when))


def _decides_alone(row: LevelRule, fact: str, line: Threshold) -> bool:
    """Whether the rule tests this fact only, in the direction of the line."""
    over = (">", ">=") if line.direction == "above" else ("<", "<=")
    return all(test.fact == fact and test.op in over for test in tests_of(row.when))


def _differ(plan: Plan) -> Iterator[Draft]:
    """A line watched by machines at another value than the rule it stands for."""
    for fact, spec in plan.facts.items():
        for line in (plan.thresholds[key] for key in spec.thresholds if key in plan.thresholds):
            section = {"level": "level_rules", "major": "major_rules"}.get(line.purpose)
            if section is None or spec.kind != "number":
                continue
            rows = getattr(plan, section).values()
            tests = [(row, test) for row in rows for test in tests_of(row.when) if test.fact == fact]
            op = (">" if line.direction == "above" else "<") + ("=" if line.inclusive else "")
            if tests and not any((test.op, test.value) == (op, line.value) for _, test in tests):
                near = min(tests, key=lambda pair: abs(float(pair[1].value) - line.value))
                facts = {fact: (line.value + float(near[1].value)) / 2}
                words: dict[str, Text | str] = {
                    "rule": line.title,
                    "others": near[0].reason,
                    "tests": test_text(plan, Test(fact=fact, op=op, value=line.value)),  # type: ignore[arg-type]
                    "other_tests": test_text(plan, near[1]),
                }
                subjects = (f"thresholds.{line.id}", f"{section}.{near[0].id}")
                yield Draft(
                    "limits_differ",
                    subjects,
                    cited(line.clauses, near[0].clauses),
                    words,
                    facts_text(plan, facts),
                    facts,
                )


def _never_met(plan: Plan) -> Iterator[Draft]:
    """Lines that lie beyond what their metric can be; blue warnings that begin where they are yellow already."""
    for line in plan.thresholds.values():
        path, between = f"thresholds.{line.id}", _between(plan, line)
        end = between[1] if line.direction == "above" else between[0]
        if not line.crossed(end):
            yield unreachable(plan, path, line.clauses, _beyond(plan, line, end))
        elif line.near is not None and line.near.blue >= line.near.yellow:
            blue, yellow = f"{line.near.blue * 100:g} %", f"{line.near.yellow * 100:g} %"
            why = Text(zh=f"蓝色预警自{blue}起，黄色自{yellow}起", en=f"blue from {blue}, yellow from {yellow}")
            row = Text(zh=f"“{line.title.zh}”的蓝色预警", en=f'The blue warning of "{line.title.en}"')
            yield Draft("unreachable", (path,), line.clauses, {"row": row, "why": why}, why)


def _between(plan: Plan, line: Threshold) -> tuple[float, float]:
    """What this measure can be: the metric's range, a share of the whole, or so much over the mean."""
    if line.measure == "value":
        return plan.metrics[line.metric].range
    return (0.0, 1.0) if line.measure == "share" else (-1.0, math.inf)


def _beyond(plan: Plan, line: Threshold, end: float) -> Text:
    title = plan.metrics[line.metric].title
    sign = (">" if line.direction == "above" else "<") + ("=" if line.inclusive else "")
    most = ("至多", "at most") if line.direction == "above" else ("至少", "at least")
    return Text(
        zh=f"{title.zh} {sign} {line.value:g}，而其值{most[0]}为 {end:g}",
        en=f"{title.en} {sign} {line.value:g}, and it is {most[1]} {end:g}",
    )
