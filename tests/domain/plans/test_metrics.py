import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from plans.domain import Fact, Met, PlanErrors, Rejection, ServiceHours, bci, incident_end, load, warning_lift
from tests.domain.plans.broken_plans import changed
from tests.domain.plans.given import at_the_end, fact, plan, text


@pytest.mark.parametrize(
    ("metric", "value", "unit", "result"),
    [
        ("complaints", 42, None, 42.0),
        ("complaints", 42, "count", 42.0),
        ("queue_time_mean", 8, "min", 480.0),
        ("call_success_rate", 0.97, "ratio", 97.0),
        ("cpu", 100, "percent", 100.0),
        ("cpu", 100.1, None, Rejection.OUT_OF_RANGE),
        ("complaints", -1, None, Rejection.OUT_OF_RANGE),
        ("complaints", float("nan"), None, Rejection.NOT_A_NUMBER),
        ("complaints", float("inf"), None, Rejection.OUT_OF_RANGE),
        ("complaints", 10**400, None, Rejection.OUT_OF_RANGE),
        ("complaints", True, None, Rejection.NOT_A_NUMBER),
        ("complaints", "42", None, Rejection.NOT_A_NUMBER),
        ("complaints", 42, "percent", Rejection.UNKNOWN_UNIT),
    ],
)
def test_parse_value(metric: str, value: object, unit: str | None, result: float | Rejection) -> None:
    assert plan().metric(metric).parse_value(value, unit) == result


@for_all(st.one_of(st.floats(), st.integers(), st.text(), st.none(), st.booleans()), st.one_of(st.none(), st.text()))
def test_no_value_crashes(value: object, unit: str | None) -> None:
    result = plan().metric("cpu").parse_value(value, unit)
    assert isinstance(result, Rejection) or 0 <= result <= 100


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour - 8, minute, tzinfo=UTC)  # given in company time


def test_service_hours_are_company_time_and_day_and_night_by_default() -> None:
    every = plan().metric("complaints")
    office = every.with_service_hours((ServiceHours(days=("mon", "fri"), **{"from": "09:00", "to": "24:00"}),))
    assert every.in_service(at(22, 12))
    assert [office.in_service(x) for x in (at(23, 9), at(23, 23, 59), at(23, 8, 59), at(24, 12), at(27, 12))] == [
        True, True, False, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("threshold", "value", "crossed", "cleared", "near"),
    [
        ("complaints_pre_response", 0.30, False, False, "yellow"),
        ("complaints_pre_response", 0.31, True, False, None),
        ("complaints_pre_response", 0.25, False, False, "blue"),
        ("complaints_pre_response", 0.20, False, True, None),
        ("complaints_level_i", 0.50, True, False, None),
        ("queue_time_pre_response", 480, False, False, "yellow"),
        ("cpu_pre_response", 90.1, True, False, None),
        ("availability_target", 99.9, False, True, None),
        ("availability_target", 99.8, True, False, None),
    ],
)
def test_thresholds(threshold: str, value: float, crossed: bool, cleared: bool, near: str | None) -> None:
    line = plan().threshold(threshold)
    assert (line.crossed(value), line.cleared(value), line.nearness(value)) == (crossed, cleared, near)


def test_the_three_triggers_of_4_1() -> None:
    triggers = {t.metric: t.sustained_for.iso for t in plan().thresholds.values() if t.purpose == "pre_response"}
    assert triggers == {"complaints": "PT0S", "queue_time_mean": "PT30M", "cpu": "PT5M"}


GOOD = {
    "stable_hours": 72, "complaints_of_mean": 0.85, "no_secondary_risk": True, "resources_withdrawn": True,
    "assessed_safe": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("case", "facts", "waived", "allowed"),
    [
        ("all five", at_the_end(**GOOD), set(), True),
        ("an ordinary day", at_the_end(**GOOD | {"complaints_of_mean": 1.0}), set(), False),
        ("waived by headquarters", at_the_end(**GOOD | {"complaints_of_mean": 1.0}), {"complaints"}, True),
        ("safety cannot be waived", at_the_end(**GOOD | {"assessed_safe": False}), {"assessed"}, False),
        ("71 hours", at_the_end(**GOOD | {"stable_hours": 71.9}), set(), False),
        ("unknown is not met", {}, set(), False),
    ],
)
def test_ending(case: str, facts: dict[str, Fact], waived: set[str], allowed: bool) -> None:
    assert incident_end(plan(), facts, waived=frozenset(waived)).allowed is allowed, case


def test_unknown_conditions_say_so_with_their_clause() -> None:
    verdict = incident_end(plan(), {})
    assert [c.met for c in verdict.open] == [Met.UNKNOWN] * 5
    assert {c.clauses for c in verdict.conditions} == {("6.4",)}


def test_lifting_takes_complaints_up_to_110_percent() -> None:
    facts = at_the_end(on_target_minutes=30, complaints_of_mean=1.1, no_secondary_risk=True)
    assert warning_lift(plan(), facts).allowed


CONDITION = "feeds_lost, op: is, value: none"


@pytest.mark.parametrize(
    ("case", "condition", "value", "met"),
    [
        ("a fact on record", CONDITION, "none", Met.MET),
        ("a scale is read as at least as grave", 'feeds_lost, op: "<=", value: one', "one", Met.MET),
        ("a metric", 'reserve, op: ">", value: 30', 29.9, Met.UNMET),
        ("what is asked", "load_tested, asked: {zh: 已测, en: Tested}, op: is, value: true", False, Met.UNMET),
    ],
)
def test_conditions_hang_on_what_the_plan_names(case: str, condition: str, value: Any, met: Met) -> None:
    ends = load(changed(CONDITION, condition))
    name = condition.split(",")[0]
    verdict = next(row for row in incident_end(ends, {name: fact(value)}).conditions if row.id == "supply")
    assert (verdict.met, verdict.shown is None) == (met, False), case


@pytest.mark.parametrize(
    ("case", "condition", "says"),
    [
        ("nobody knows it", "mood, op: is, value: true", "expected a metric of this plan"),
        ("of no mean", 'mood_of_mean, op: "<", value: 1', "expected a metric of this plan"),
        ("off the scale", "feeds_lost, op: is, value: three", "expected one of none, one, both"),
        ("a metric is a number", "reserve, op: is, value: true", "expected a number for reserve"),
        (
            "an answer is yes or no",
            'load_tested, asked: {zh: 已测, en: Tested}, op: ">", value: 1',
            "expected `op: is`",
        ),
    ],
)
def test_a_condition_nobody_can_know_is_a_fault_of_the_file(case: str, condition: str, says: str) -> None:
    with pytest.raises(PlanErrors) as found:
        load(changed(CONDITION, condition))
    assert [says in fault.expected for fault in found.value.errors] == [True], case


@pytest.mark.parametrize(
    ("case", "facts", "value"),
    [
        ("as promised", (100, 99, 20, 0.0), 100.0),
        ("nothing works", (0, 0, 900, 2.0), 0.0),
        ("nothing known", (None, None, None, None), None),
        ("what is unknown carries no weight", (99.9, None, None, None), 100.0),
        ("half gone", (75, 72.5, 270, 0.25), 50.0),
    ],
)
def test_bci(case: str, facts: tuple[float | None, ...], value: float | None) -> None:
    assert bci(plan(), dict(zip(plan().bci, facts, strict=True))).value == value, case


def test_an_index_of_a_file_before_parts_named_their_metric_reads_the_same() -> None:
    before = re.sub(r", metric: \w+(, measure: excess)?(, weight)", r"\2", text())
    assert "measure: excess, weight" not in before
    assert load(before).bci == plan().bci
