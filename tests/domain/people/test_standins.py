"""Who stands in for whom: cases by name, and what holds for all leaves."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from people.domain.standins import Holding, Known, Leave, Place, Seats, places, stretches, unheld

GM, ZHAO, LEGAL, TECH, YU, RAN = range(1, 7)
NOBODY = Place()


def at(hour: float) -> datetime:
    return datetime(2026, 11, 23, tzinfo=UTC) + timedelta(hours=hour)


def away(person: int, deputy: int | None = None, start: float = 0, end: float = 8) -> Leave:
    return Leave(person, at(start), at(end), deputy)


GROUP = Seats("technical_response", TECH, (YU, RAN))


@pytest.mark.parametrize(
    ("case", "known", "hour", "who"),
    [
        ("who is here needs nobody", Known([away(GM, ZHAO)]), 9, {}),
        ("the end of a leave is not of it", Known([away(GM, ZHAO)]), 8, {}),
        ("the deputy named stands in", Known([away(GM, ZHAO)]), 0, {GM: Place(ZHAO)}),
        ("without one nobody does", Known([away(GM)]), 1, {GM: NOBODY}),
        (
            "a deputy's deputy does not",
            Known([away(GM, ZHAO), away(ZHAO, LEGAL)]),
            1,
            {GM: NOBODY, ZHAO: Place(LEGAL)},
        ),
        (
            "two who name each other are both gaps",
            Known([away(GM, ZHAO), away(ZHAO, GM)]),
            1,
            {GM: NOBODY, ZHAO: NOBODY},
        ),
        (
            "until one of them is back",
            Known([away(GM, ZHAO), away(ZHAO, GM, end=4)]),
            5,
            {GM: Place(ZHAO)},
        ),
        ("a leave that ended early lends nothing after", Known([away(GM, ZHAO, end=3)]), 3, {}),
        (
            "the rest of it, with another deputy, is a leave of its own",
            Known([away(GM, ZHAO, end=3), away(GM, LEGAL, start=3)]),
            3,
            {GM: Place(LEGAL)},
        ),
        ("of two that run the last set counts", Known([away(GM, ZHAO), away(GM, LEGAL)]), 1, {GM: Place(LEGAL)}),
        (
            "unless its deputy is away",
            Known([away(GM, ZHAO), away(GM, LEGAL), away(LEGAL)]),
            1,
            {GM: Place(ZHAO), LEGAL: NOBODY},
        ),
        ("who left stands in for nobody", Known([away(GM, ZHAO)], gone={ZHAO: at(2)}), 2, {GM: NOBODY}),
        ("but did before", Known([away(GM, ZHAO)], gone={ZHAO: at(2)}), 1, {GM: Place(ZHAO)}),
        (
            "the deputies of a group for its lead, those who are here",
            Known([away(TECH), away(YU)], [GROUP]),
            1,
            {TECH: Place(groups={"technical_response": (RAN,)}), YU: NOBODY},
        ),
        ("not where the lead named somebody", Known([away(TECH, GM)], [GROUP]), 1, {TECH: Place(GM)}),
    ],
)
def test_who_stands_in(case: str, known: Known, hour: float, who: dict[int, Place]) -> None:
    assert places(known, at(hour)) == who


LEAVES = st.lists(
    st.builds(
        lambda who, deputy, start, long: away(who, deputy if deputy != who else None, start, start + long),
        st.integers(1, 6),
        st.none() | st.integers(1, 6),
        st.integers(0, 6),
        st.integers(1, 6),
    ),
    max_size=7,
)


@given(LEAVES, st.integers(0, 12))
def test_nobody_who_is_away_stands_in(leaves: list[Leave], hour: int) -> None:
    found = places(Known(leaves, [GROUP]), at(hour))
    assert found.keys() == {leave.person for leave in leaves if leave.start <= at(hour) < leave.end}
    assert not {who for place in found.values() for who in place.people} & found.keys()


@given(LEAVES, st.integers(0, 12))
def test_a_span_says_at_each_of_its_instants_what_is_said_there(leaves: list[Leave], hour: int) -> None:
    known = Known(leaves, [GROUP])
    found = stretches(known, [], at(0), at(13), roles=(), leading=())
    there = {known.leaves[one.n].person: one.place for one in found if one.start <= at(hour) < one.end}
    assert there == places(known, at(hour))


def test_a_leave_stands_in_parts_where_its_deputy_comes_and_goes() -> None:
    holds = [Holding("hq_commander", GM, at(-9)), Holding("hq_member", ZHAO, at(-9))]
    known = Known([away(GM, ZHAO), away(ZHAO, start=2, end=4)])
    found = stretches(known, holds, at(0), at(9), roles=("hq_commander", "hq_member"), leading=())
    said = [(one.n, one.start, one.end, one.place.people, one.unheld) for one in found]
    assert said == [
        (0, at(0), at(2), (ZHAO,), ()),
        (0, at(2), at(4), (), ("hq_commander",)),
        (0, at(4), at(8), (ZHAO,), ()),
        (1, at(2), at(4), (), ("hq_member",)),
    ]


@pytest.mark.parametrize(
    ("case", "leaves", "held", "nobody"),
    [
        ("somebody is here", [away(GM)], {GM, ZHAO}, False),
        ("all are away", [away(GM), away(ZHAO)], {GM, ZHAO}, True),
        ("all are away, but for one somebody stands in", [away(GM), away(ZHAO, LEGAL)], {GM, ZHAO}, False),
        ("nobody holds it: that is another matter", [away(GM)], set(), False),
        ("a group's deputies answer for what its lead does", [away(TECH)], {TECH}, False),
    ],
)
def test_what_nobody_answers_for(case: str, leaves: list[Leave], held: set[int], nobody: bool) -> None:
    known = places(Known(leaves, [GROUP]), at(1))
    assert unheld({"tech_lead": held}, known, {"tech_lead"}) == ({"tech_lead"} if nobody else set())
