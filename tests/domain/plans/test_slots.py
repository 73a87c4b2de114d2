"""Slots: shares of one due time, read from the plan's table and counted back from the end (ruling 10)."""

from datetime import timedelta
from typing import Any

import pytest

from plans.domain import ObligationRule, Span
from plans.domain.slots import slots_of
from tests.domain.plans.given import NOW, plan

MINUTE = timedelta(minutes=1)


def row(key: str, minutes: int | None, *needs: str, **more: Any) -> ObligationRule:
    said = {"title": {"zh": key, "en": key}, "owners": ["hq"], "anchors": ["known"], "evidence": ["notice"]}
    due = None if minutes is None else Span(seconds=minutes * 60)
    return ObligationRule(
        **{**said, "id": key, "ladder": "quick", "clauses": ["3.4"], "due": due, "needs": needs, **more}
    )


def table(*rows: ObligationRule) -> dict[str, ObligationRule]:
    return {one.id: one for one in rows}


def test_the_default_plan_has_one_slot_and_its_shares_are_the_ruling_s() -> None:
    (slot,) = plan().slots
    assert [step.id for step in slot.steps] == ["notice.draft", "notice.legal", "notice.publish"]
    assert slot.shares == (5 * MINUTE, 5 * MINUTE, 5 * MINUTE)


def test_each_step_s_time_is_counted_back_from_the_end() -> None:
    (slot,) = slots_of(table(row("a", 4), row("b", 10, "a"), row("c", 12, "b")))
    assert slot.end.id == "c"
    assert [(NOW - at) / MINUTE for at in slot.schedule(NOW)] == [12, 8, 2, 0]


@pytest.mark.parametrize(
    ("case", "rows"),
    [
        ("a step without a clock has no share", (row("a", None), row("b", 10, "a"))),
        ("two due at once share nothing", (row("a", 10), row("b", 10, "a"))),
        ("what is due before what it needs is no slot", (row("a", 12), row("b", 10, "a"))),
        ("another anchor is another clock", (row("a", 5, anchors=["judged"]), row("b", 10, "a"))),
        ("a rhythm is no slot", (row("a", 5, repeat=True), row("b", 10, "a"))),
        ("two at a time are not one after another", (row("a", 5), row("b", 6), row("c", 10, "a", "b"))),
        ("rows that need each other", (row("a", 5, "b"), row("b", 5, "a"))),
        ("what it needs is not in the plan", (row("b", 10, "nowhere"),)),
    ],
)
def test_what_makes_no_slot(case: str, rows: tuple[ObligationRule, ...]) -> None:
    assert slots_of(table(*rows)) == (), case


def test_rows_that_need_each_other_make_no_endless_chain() -> None:
    (slot,) = slots_of(table(row("a", 5, "b"), row("b", 10, "a")))
    assert [step.id for step in slot.steps] == ["a", "b"]
