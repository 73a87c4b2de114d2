"""When a letter waits for others, what is the same text, and what fits into an SMS."""

from datetime import UTC, datetime, timedelta

import pytest

from notifications.domain.bundles import Rule, content_of, cut, held_until, once_each, shorter, sms_parts, wait_of
from notifications.domain.unanswered import Ladder, Rung

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
RULE = Rule(within=5 * MINUTE, wait=MINUTE, same=15 * MINUTE)


@pytest.mark.parametrize(
    ("case", "told_at", "leaves_at", "until"),
    [
        ("nobody told him anything: at once", None, None, None),
        ("the last letter is long ago: at once", NOW - 5 * MINUTE, None, None),
        ("the last letter is just within the stretch", NOW - 5 * MINUTE + SECOND, None, NOW + MINUTE),
        ("others wait already: with them", NOW - 10 * SECOND, NOW + 20 * SECOND, NOW + 20 * SECOND),
        ("those that waited have left: a new wait", NOW - 70 * SECOND, NOW - SECOND, NOW + MINUTE),
        ("others wait longer than this one may", NOW - SECOND, NOW + 2 * MINUTE, NOW + MINUTE),
    ],
)
def test_how_long_a_letter_waits(
    case: str, told_at: datetime | None, leaves_at: datetime | None, until: datetime | None
):
    assert held_until(RULE, RULE.wait, told_at=told_at, leaves_at=leaves_at, now=NOW) == until


def test_with_no_wait_nothing_waits():
    assert held_until(RULE, timedelta(0), told_at=NOW, leaves_at=None, now=NOW) is None


@pytest.mark.parametrize(
    ("first", "rate", "wait"),
    [(None, 1, 60), (30, 1, 60), (2, 1, 60), (1, 1, 30), (None, 60, 1), (1, 60, 0.5), (1, 0, 30), (None, 0.5, 60)],
)
def test_nobody_is_pressed_for_what_has_just_left_however_fast_the_world(first: int | None, rate: float, wait: float):
    ladder = Ladder((Rung(first * MINUTE, ("voice",), ()),)) if first else Ladder()
    assert wait_of(RULE, ladder, rate) == wait * SECOND


def test_a_new_fact_is_new_content_and_the_same_words_are_not():
    said = {"zh": "逾期", "en": "Overdue"}
    once = content_of(said, said, 1, 7, "overdue")
    assert once == content_of(dict(reversed(said.items())), said, 1, 7, "overdue")
    others = [
        content_of(said | {"en": "Overdue: level II"}, said, 1, 7, "overdue"),
        content_of(said, said | {"zh": "逾期 2"}, 1, 7, "overdue"),
        content_of(said, said, 1, 8, "overdue"),
    ]
    assert len({once, *others}) == 4


@pytest.mark.parametrize(
    ("case", "text", "parts"),
    [
        ("nothing", "", 1),
        ("160 letters of GSM fit one", "a" * 160, 1),
        ("of 161 each part carries 153", "a" * 161, 2),
        ("306 are two", "a" * 306, 2),
        ("307 are three", "a" * 307, 3),
        ("what needs an escape counts twice", "€" * 80, 1),
        ("81 of those are two", "€" * 81, 2),
        ("no escape is divided: 153 holds 76 of them", "€" * 153, 3),
        ("70 Chinese letters fit one", "中" * 70, 1),
        ("of 71 each part carries 67", "中" * 71, 2),
        ("one Chinese letter makes all of it so", "a" * 70 + "中", 2),
        ("a letter beyond the plane counts twice", "😀" * 36, 2),
        ("268 Chinese letters are four", "中" * 268, 4),
        ("269 are five", "中" * 269, 5),
    ],
)
def test_as_how_many_sms_a_text_goes(case: str, text: str, parts: int):
    assert sms_parts(text) == parts


def test_as_many_lines_as_fit_and_one_at_least():
    lines = [f"line {n}" for n in range(9)]
    assert cut(lines, lambda shown, more: True) == (lines, 0)
    assert cut(lines, lambda shown, more: len(shown) + (more > 0) <= 4) == (lines[:3], 6)
    assert cut(lines, lambda shown, more: False) == (lines[:1], 8)
    assert cut([], lambda shown, more: False) == ([], 0)


def test_a_line_is_one_line_and_no_longer_than_asked():
    assert shorter("a\n b", 9) == "a b"
    assert shorter("中" * 10, 10) == "中" * 10
    assert shorter("中" * 11, 10) == "中" * 9 + "…"


def test_the_same_content_is_said_once_and_what_has_none_each_time():
    assert once_each(["a1", "b1", "a2", " 1", " 2"], lambda one: one[0].strip()) == ["a1", "b1", " 1", " 2"]
