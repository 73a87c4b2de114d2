"""Who is on duty when: cases by name, and what holds for every roster."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from people.domain.roster import Cover, Layer, Roster, Weekly, Why, gaps, on_duty, shifts
from people.domain.standins import Leave

ZONE = ZoneInfo("Asia/Shanghai")
LIN, TANG, SU = 1, 2, 3


def day(number: int, hour: int = 0) -> datetime:
    """An hour of November 2026 in the company's time zone; the 23rd is a Monday."""
    return datetime(2026, 11, number, hour, tzinfo=ZONE)


HALVES = Layer(1, day(23, 8), 12, (LIN, TANG))
NIGHTS = Layer(2, day(23, 8), 24, (SU,), Weekly(frozenset(range(7)), time(20), time(8)))
UNTIL_25 = Layer(5, day(23, 8), 12, (LIN, TANG), until=day(25, 8))
FROM_25 = Layer(6, day(23, 8), 24, (SU,), since=day(25, 8))
WEEKENDS = Layer(3, day(21), 168, (SU,), Weekly(frozenset({5, 6})))
LIN_AWAY = Leave(LIN, day(24), day(25))


def of(*layers: Layer, covers: tuple[Cover, ...] = (), leaves: tuple[Leave, ...] = (), gone: set[int] = frozenset()):
    return Roster(ZONE, layers, covers, leaves, frozenset(gone))


def cover(person: int, start: datetime, end: datetime, *, number: int = 9, present: bool = False) -> Cover:
    return Cover(number, person, start, end, Why.TAKEN if present else Why.OVERRIDE, present)


@pytest.mark.parametrize(
    ("case", "roster", "at", "person", "why"),
    [
        ("the first turn begins at the anchor", of(HALVES), day(23, 8), LIN, Why.ROTATION),
        ("before it nobody has one", of(HALVES), day(23, 7), None, Why.UNFILLED),
        ("the end of a turn belongs to the next", of(HALVES), day(23, 20), TANG, Why.ROTATION),
        ("who is away makes a gap", of(HALVES, leaves=(LIN_AWAY,)), day(24, 9), None, Why.AWAY),
        ("not in somebody else's turn", of(HALVES, leaves=(LIN_AWAY,)), day(24, 21), TANG, Why.ROTATION),
        ("a later layer does not fill it", of(HALVES, NIGHTS, leaves=(LIN_AWAY,)), day(24, 9), None, Why.AWAY),
        (
            "an override does",
            of(HALVES, leaves=(LIN_AWAY,), covers=(cover(SU, day(24, 8), day(24, 20)),)),
            day(24, 9),
            SU,
            Why.OVERRIDE,
        ),
        ("who is away cannot cover", of(HALVES, leaves=(LIN_AWAY,), covers=(cover(LIN, day(24), day(25)),)), day(24, 21), None, Why.AWAY),
        (
            "but who took it is there",
            of(HALVES, leaves=(LIN_AWAY,), covers=(cover(LIN, day(24), day(25), present=True),)),
            day(24, 21),
            LIN,
            Why.TAKEN,
        ),
        (
            "of two overrides the newest counts",
            of(HALVES, covers=(cover(SU, day(24), day(25), number=8), cover(TANG, day(24), day(25)))),
            day(24, 9),
            TANG,
            Why.OVERRIDE,
        ),
        ("a shut account makes a gap", of(HALVES, gone={LIN}), day(23, 9), None, Why.GONE),
        ("the first layer that reaches it decides", of(NIGHTS, HALVES), day(24, 3), SU, Why.ROTATION),
        ("by day the next one", of(NIGHTS, HALVES), day(24, 9), LIN, Why.ROTATION),
        ("a layer of weekends reaches no Friday", of(WEEKENDS), day(27, 23), None, Why.UNFILLED),
        ("but all of Sunday", of(WEEKENDS), day(29, 23), SU, Why.ROTATION),
        ("up to a change ahead the former counts", of(UNTIL_25, FROM_25), day(25, 7), TANG, Why.ROTATION),
        ("from then on the other, wherever its turn is", of(UNTIL_25, FROM_25), day(25, 9), SU, Why.ROTATION),
        ("what is entered ahead reaches nothing before", of(FROM_25), day(25, 7), None, Why.UNFILLED),
        ("a layer without people reaches nothing", of(Layer(4, day(23), 24, ())), day(24), None, Why.UNFILLED),
    ],
)  # fmt: skip
def test_who_is_on_duty(case: str, roster: Roster, at: datetime, person: int | None, why: Why) -> None:
    said = on_duty(roster, at)
    assert (said.person, said.why) == (person, why)


def test_turns_keep_to_the_clock_on_the_wall() -> None:
    zone = ZoneInfo("America/New_York")
    layer = Layer(1, datetime(2026, 10, 30, 8, tzinfo=zone), 24, (LIN, TANG))  # the clocks go back on 1 November
    starts = [s.start for s in shifts(Roster(zone, (layer,)), layer.anchor, layer.anchor + timedelta(days=5))]
    assert {start.astimezone(zone).hour for start in starts} == {8}
    assert len(starts) == 5


def test_a_gap_says_who_was_meant() -> None:
    (gap,) = gaps(of(HALVES, leaves=(LIN_AWAY,)), day(24, 8), day(25, 8))
    assert (gap.start, gap.end, gap.meant, gap.why) == (day(24, 8), day(24, 20), LIN, Why.AWAY)


CALMLY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no finding
HOURS = st.integers(0, 24 * 30).map(lambda hours: day(1) + timedelta(hours=hours))
SPANS = st.tuples(HOURS, st.integers(1, 100)).map(lambda span: (span[0], span[0] + timedelta(hours=span[1])))
PEOPLE = st.integers(1, 4)
WEEKLY = st.builds(
    Weekly,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.integers(0, 23).map(time),
    st.integers(0, 23).map(time),
)
LAYERS = st.builds(
    Layer,
    st.integers(1, 3),
    HOURS,
    st.integers(1, 200),
    st.lists(PEOPLE, max_size=4).map(tuple),
    st.none() | WEEKLY,
)
COVERS = st.builds(
    lambda number, who, span, present: cover(who, *span, number=number, present=present),
    st.integers(1, 99),
    PEOPLE,
    SPANS,
    st.booleans(),
)
LEAVES = st.builds(lambda who, span: Leave(who, *span), PEOPLE, SPANS)
ROSTERS = st.builds(
    Roster,
    st.sampled_from([ZONE, UTC, ZoneInfo("America/New_York")]),
    st.lists(LAYERS, max_size=3).map(tuple),
    st.lists(COVERS, max_size=3, unique_by=lambda one: one.id).map(tuple),
    st.lists(LEAVES, max_size=3).map(tuple),
    st.frozensets(PEOPLE, max_size=1),
)


@CALMLY
@given(ROSTERS, SPANS)
def test_shifts_tile_the_span(roster: Roster, span: tuple[datetime, datetime]) -> None:
    found = shifts(roster, *span)
    assert (found[0].start, found[-1].end) == span
    assert all(one.end == following.start for one, following in pairwise(found))
    assert all(shift.start < shift.end for shift in found)


@CALMLY
@given(ROSTERS, SPANS, st.floats(0, 0.999))
def test_any_instant_of_a_shift_says_the_same(roster: Roster, span: tuple[datetime, datetime], part: float) -> None:
    for shift in shifts(roster, *span):
        said = on_duty(roster, shift.start + (shift.end - shift.start) * part)
        assert (said.person, said.why, said.by) == (shift.person, shift.why, shift.by)


@CALMLY
@given(ROSTERS, SPANS, PEOPLE, SPANS)
def test_leave_makes_a_gap_unless_something_covers_it(
    roster: Roster, span: tuple[datetime, datetime], who: int, away: tuple[datetime, datetime]
) -> None:
    after = Roster(roster.zone, roster.layers, roster.covers, (*roster.leaves, Leave(who, *away)), roster.gone)
    for shift in shifts(after, *span):
        if shift.person == who and shift.why is not Why.TAKEN:
            assert shift.end <= away[0] or shift.start >= away[1]
        elif shift.why is Why.AWAY:
            assert shift.person is None
        else:
            assert on_duty(roster, shift.start).person in (shift.person, who)
    covered = Roster(roster.zone, after.layers, (*after.covers, cover(99, *away, number=100)), after.leaves, after.gone)
    assert not gaps(covered, *away)


def test_a_change_ahead_ends_one_turn_and_begins_another_at_its_very_instant() -> None:
    found = shifts(of(replace(UNTIL_25, until=day(25, 10)), replace(FROM_25, since=day(25, 10))), day(25, 8), day(26))
    assert [(shift.start, shift.end, shift.person) for shift in found] == [
        (day(25, 8), day(25, 10), LIN),
        (day(25, 10), day(26), SU),
    ]
