"""When a message is pressed, by which ways, and who may say what became of it."""

from datetime import UTC, datetime, timedelta

import pytest

from notifications.channels.configured import chosen
from notifications.domain.delivery import Channel, ways
from notifications.domain.receipts import header, signed
from notifications.domain.unanswered import Ladder, Rung

SENT = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
TWO, FIVE = timedelta(minutes=2), timedelta(minutes=5)
LADDER = Ladder((Rung(TWO, ("voice",), ()), Rung(FIVE, (), ("executive",))), quorum=2)


def test_it_looks_at_each_rung_and_once_more_to_say_how_it_ended():
    assert LADDER.looks(SENT) == [SENT + TWO, SENT + FIVE, SENT + timedelta(minutes=8)]
    assert [LADDER.rung_at(SENT, at) for at in LADDER.looks(SENT)] == [(1, LADDER.rungs[0]), (2, LADDER.rungs[1]), None]
    assert LADDER.next_look(SENT, SENT) == SENT + TWO
    assert LADDER.next_look(SENT, SENT + timedelta(minutes=8)) is None
    assert Ladder((LADDER.rungs[0],)).looks(SENT) == [SENT + TWO, SENT + 2 * TWO]
    assert Ladder().looks(SENT) == []


def test_a_message_keeps_its_ladder_as_it_was():
    assert Ladder.of([rung.as_dict() for rung in LADDER.rungs], 2) == LADDER


@pytest.mark.parametrize(
    ("case", "quorum", "answers", "told", "enough"),
    [
        ("two of five, as asked", 2, 2, 5, True),
        ("one of five is too few", 2, 1, 5, False),
        ("without a quorum everybody", None, 4, 5, False),
        ("all of them", None, 5, 5, True),
        ("a quorum larger than those told is all of them", 2, 1, 1, True),
        ("nobody is left to answer", 2, 0, 0, False),
    ],
)
def test_how_many_answers_suffice(case: str, quorum: int | None, answers: int, told: int, enough: bool):
    assert Ladder((), quorum).answered(answers, told) is enough


def test_a_plans_words_for_ways():
    assert ways(["platform", "inapp", "sms", "voice"]) == (Channel.INAPP, Channel.SMS, Channel.VOICE)
    assert ways(["chat", "website"]) == (Channel.INAPP,), "what addresses no person is no delivery"


@pytest.mark.parametrize(
    ("case", "failed", "resting", "provider"),
    [
        ("the first", "", {}, "a"),
        ("after a failure the next", "a", {}, "b"),
        ("and round again", "c", {}, "a"),
        ("one that fails just now is passed over", "", {"a": True}, "b"),
        ("all of them fail: the next all the same", "a", {"a": True, "b": True, "c": True}, "b"),
        ("the one that failed is gone from the settings", "z", {}, "a"),
    ],
)
def test_by_which_provider(case: str, failed: str, resting: dict[str, bool], provider: str):
    assert chosen(["a", "b", "c"], failed=failed, resting=resting) == provider


@pytest.mark.parametrize(
    ("case", "said", "holds"),
    [
        ("as made", header("s1", 1000, b"{}"), True),
        ("by a second secret of ours", header("s2", 1000, b"{}"), True),
        ("by somebody else", header("s3", 1000, b"{}"), False),
        ("over another body", header("s1", 1000, b"{} "), False),
        ("too old", header("s1", 699, b"{}"), False),
        ("from the future", header("s1", 1301, b"{}"), False),
        ("another time than was signed", header("s1", 1000, b"{}").replace("t=1000", "t=1001"), False),
        ("nothing", "", False),
        ("nonsense", "t=²,v1=é", False),
    ],
)
def test_whose_signature_counts(case: str, said: str, holds: bool):
    assert signed(said, b"{}", ["s1", "s2"], now=1000.0) is holds


def test_without_a_secret_nobody_signs():
    assert not signed(header("", 1000, b"{}"), b"{}", [], now=1000.0)
