"""Plan files made to hang, to burst or to mislead: each is refused, or looked through, in the time that a person waits."""

import time
from collections.abc import Callable

import pytest

from plans.domain import PlanErrors, lint, load
from plans.domain.loading import MOST_ROWS
from plans.domain.source import LARGEST
from tests.domain.plans.broken_plans import changed, entangled, small

PATIENCE = 20.0  # processor seconds on a busy machine; on an idle one each takes a tenth of it
RULE = '{level: blue, when: %s, reason: {zh: 规, en: R}, clauses: ["2"]}'


def many_rules() -> str:
    rows = "".join(
        f"  r{n}: {RULE % '{fact: generator_down, op: is, value: true}'}\n" for n in range(MOST_ROWS["level_rules"] + 1)
    )
    return changed("level_rules:\n", f"level_rules:\n{rows}")


def a_rule_of_many_tests() -> str:
    tests = ", ".join("{fact: generator_down, op: is, value: true}" for _ in range(3000))
    return changed("level_rules:\n", f"level_rules:\n  long: {RULE % ('{all: [' + tests + ']}')}\n")


def many_alternatives() -> str:
    way = "{any: [" + ", ".join("{fact: generator_down, op: is, value: true}" for _ in range(60)) + "]}"
    rows = "".join(f"  r{n}: {RULE % way}\n" for n in range(20))
    return changed("level_rules:\n", f"level_rules:\n{rows}")


def many_faults() -> str:
    rows = "".join(f"  role_{n}: {{title: {{zh: 角}}, colour: red}}\n" for n in range(250))
    return changed("roles:\n", f"roles:\n{rows}")


HOSTILE: dict[str, tuple[Callable[[], str], str]] = {
    "a bomb of aliases": (lambda: "a: &a [x,x]\n" + "\n".join(f"b{n}: &b{n} [*a,*a]" for n in range(40)), "anchors"),
    "a circle of superiors": (lambda: changed("superior: general_manager", "superior: power_lead"), "circle"),
    "a NUL": (lambda: small() + "\x00", "control characters"),
    "an escape": (lambda: small() + "# \x1b[2J", "control characters"),
    "too long a text": (lambda: "k: " + "x" * LARGEST, "at most"),
    "one endless line": (lambda: "{" + "a: b, " * 60_000, "readable YAML"),
    "a staircase": (lambda: "[" * 100_000, "nested at most"),
    "keys within keys": (lambda: "? " * 50_000 + "x", "nested at most"),
    "a wall of quotes": (lambda: '"' * 300_000, "readable YAML"),
    "spaces without end": (lambda: "a:" + " " * 390_000 + "b\n c", ""),
    "a duration for a slow pattern": (lambda: changed("due: PT15M", "due: P" + "1" * 50_000 + "X"), "PT30M or P3D"),
    "too many rules": (many_rules, "at most 200 rows"),
    "a rule of three thousand tests": (a_rule_of_many_tests, "tests in one rule"),
    "rules with too many alternatives together": (many_alternatives, "in all rules together"),
    "hundreds of faulty rows": (many_faults, "expected the key"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_it_is_refused_in_time_and_says_why(case: str) -> None:
    make, says = HOSTILE[case]
    source, began = make(), time.process_time()
    with pytest.raises(PlanErrors) as caught:
        load(source, "mine.yaml")
    assert time.process_time() - began < PATIENCE
    assert says in str(caught.value)


def test_all_faults_of_a_row_of_rows_are_told_at_once() -> None:
    with pytest.raises(PlanErrors) as caught:
        load(many_faults(), "mine.yaml")
    assert len(caught.value.errors) >= 250 * 2


def test_entangled_rules_are_looked_through_in_time() -> None:
    read, began = load(entangled()), time.process_time()
    assert "entangled" in {finding.kind for finding in lint(read).open}
    assert time.process_time() - began < PATIENCE
