"""Facts, tests and values of level rules in both languages."""

from collections.abc import Mapping, Sequence

from plans.domain.base import Text
from plans.domain.conditions import Test, Value, alternatives
from plans.domain.deciding import FactSpec, LevelRule, MajorRule
from plans.domain.lint.findings import Draft, named
from plans.domain.lint.regions import Box, Space
from plans.domain.schema import Plan
from plans.domain.table import ValueClass


def value_in(row: ValueClass, spec: FactSpec) -> Value:
    """A value of this class, within the fact's range."""
    value = _any_in(row)
    if isinstance(value, bool | str):
        return value
    least, most = spec.range
    if least is not None and value < least:
        return least
    return most if most is not None and value > most else value


def _any_in(row: ValueClass) -> Value:
    low, high = row.low, row.high
    bound = low or high
    if bound is None:
        return 0.0
    if isinstance(bound[1], bool | str) or (low and low[0] == ">="):
        return bound[1]
    if low is None or high is None:
        return float(bound[1]) + (
            1 if bound[0] == ">" else 0 if bound[0] == "<=" else -min(1.0, abs(float(bound[1])) / 2) or -1
        )
    return (float(low[1]) + float(high[1])) / 2


def cell_text(plan: Plan, space: Space, fact: str, cell: Box) -> Text:
    spec = plan.facts[fact]
    head = value_text(plan, fact, ">", spec.steps[-1]) if spec.steps else spec.title
    parts = [head]
    for name, mask in cell.items():
        rows = [row for i, row in enumerate(space.table.classes[name]) if mask >> i & 1]
        low, high = rows[0].low, rows[-1].high
        if plan.facts[name].kind != "number":
            parts += [value_text(plan, name, "is", row.low[1]) for row in rows if row.low]
        elif low or high:
            bound = low or high
            parts.append(value_text(plan, name, bound[0], bound[1]) if bound else plan.facts[name].title)
    return Text(
        zh="且".join(p.zh for p in parts),
        en=" with ".join([parts[0].en, " and ".join(p.en for p in parts[1:])]) if len(parts) > 1 else head.en,
    )


def bounds_text(plan: Plan, fact: str, rows: Sequence[ValueClass]) -> Text:
    """Values that follow one another, by their words or their bounds: "Room temperature > 40 °C and < 45 °C"."""
    spec = plan.facts[fact]
    if spec.kind == "scale":
        words = [word for word in spec.values if any(row.holds(fact, word, tuple(spec.values)) for row in rows)]
        shown = [spec.shown(word) for word in words]
        zh, en = "、".join(row.zh for row in shown), ", ".join(row.en for row in shown)
        return Text(zh=f"{spec.title.zh} {zh}", en=f"{spec.title.en} {en}")
    low, high = rows[0].low, rows[-1].high
    bounds = [value_text(plan, fact, op, value) for op, value in (b for b in (low, high) if b is not None)]
    return Text(zh="且".join(b.zh for b in bounds), en=" and ".join(b.en for b in bounds))


def facts_text(plan: Plan, facts: Mapping[str, Value]) -> Text:
    rows = [value_text(plan, fact, "is", value) for fact, value in facts.items()]
    return Text(zh="；".join(row.zh for row in rows) or "—", en="; ".join(row.en for row in rows) or "—")


def tests_text(plan: Plan, row: LevelRule | MajorRule) -> Text:
    ways = []
    for way in alternatives(row.when):
        tests = [test_text(plan, test) for test in sorted(way, key=lambda t: (t.fact, t.op, str(t.value)))]
        ways.append(Text(zh="且".join(t.zh for t in tests), en=" and ".join(t.en for t in tests)))
    return Text(zh="；或".join(w.zh for w in ways), en="; or ".join(w.en for w in ways))


def test_text(plan: Plan, test: Test) -> Text:
    return value_text(plan, test.fact, test.op, test.value)


def value_text(plan: Plan, fact: str, op: str, value: Value) -> Text:
    """`complaints_excess > 0.3` in words: "Complaints over the daily mean > 30 %"."""
    spec = plan.facts.get(fact)
    if spec is None:
        return Text(zh="重大故障", en="Major fault")
    if isinstance(value, bool):
        return spec.title if value else Text(zh=f"非{spec.title.zh}", en=f"not: {spec.title.en}")
    shown = spec.shown(value)
    sign = {"is": "", ">=": "≥ ", "<=": "≤ "}.get(op, f"{op} ")
    return Text(zh=f"{spec.title.zh} {sign}{shown.zh}", en=f"{spec.title.en} {sign}{shown.en}")


def called(plan: Plan, path: str) -> Text:
    name = named(plan, path)
    return Text(zh=f"“{name.zh}”", en=f'"{name.en}"')


def unreachable(plan: Plan, path: str, clauses: tuple[str, ...], why: Text) -> Draft:
    return Draft("unreachable", (path,), clauses, {"row": called(plan, path), "why": why}, why)


def cited(*parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(clause for part in parts for clause in part))
