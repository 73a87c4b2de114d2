"""What makes an exercise a joint drill: people of two departments, from their own seats, to its end, once."""

from datetime import UTC, datetime, timedelta

import pytest

from readiness.domain.drills import Acted, Doubt, Sat, doubt, players

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("case", "said", "found"),
    [
        ("two departments, to the end", {}, None),
        ("it still runs", {"ended": None}, Doubt.RUNS),
        ("it was over before the turn began", {"since": at(61)}, Doubt.EARLIER),
        ("it ended the moment the turn began", {"since": at(60)}, None),
        ("it proved the turn before", {"used": True}, Doubt.USED),
        ("stand-ins alone", {"people": 0, "departments": 0}, Doubt.NOBODY),
        ("five people of one department", {"people": 5, "departments": 1}, Doubt.ALONE),
        ("people of no department at all", {"people": 2, "departments": 0}, Doubt.ALONE),
    ],
)
def test_what_proves_a_drill(case: str, said: dict[str, object], found: Doubt | None) -> None:
    plain = {"ended": at(60), "since": START, "used": False, "people": 2, "departments": 2}
    assert doubt(**(plain | said)) == found  # type: ignore[arg-type]


def test_where_stand_ins_play_only_what_is_done_from_a_seat_is_a_person_s_own() -> None:
    acts = [Acted(1, at(5)), Acted(2, at(5)), Acted(3, at(25)), Acted(4, at(25))]
    seats = [Sat(1, at(0), at(10)), Sat(2, at(6), None), Sat(3, at(20), None), Sat(4, at(10), at(20))]
    assert players(acts, seats, stood_in=True) == {1, 3}
    assert players(acts, (), stood_in=True) == frozenset()
    assert players(acts, (), stood_in=False) == {1, 2, 3, 4}
