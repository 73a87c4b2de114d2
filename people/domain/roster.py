"""Who is on duty when: turns of rotations, what is laid over them, and who is away. Facts in, shifts with their reason out.

Turns are counted by the clock on the wall of the company's time zone: a turn that begins at eight begins at eight all year.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import pairwise

from people.domain.standins import Known, Leave, places

DAY = timedelta(days=1)


class Why(StrEnum):
    """Why this person is on duty, or why nobody is."""

    ROTATION = "rotation"
    OVERRIDE = "override"
    SWAP = "swap"
    TAKEN = "taken"
    DEPUTY = "deputy"  # stands in for whoever's turn it is and has leave
    AWAY = "away"  # whoever's turn it is has leave
    GONE = "gone"  # the account of whoever's turn it is is shut
    UNFILLED = "unfilled"  # no rotation reaches here


@dataclass(frozen=True, slots=True)
class Weekly:
    """Only on these days (Monday is 0), from `start` to `end`; an end not after the start lies on the next day."""

    days: frozenset[int]
    start: time = time(0)
    end: time = time(0)

    def spans(self, first: date, last: date, zone: tzinfo) -> Iterator[tuple[datetime, datetime]]:
        """The spans that begin on one of the dates."""
        day = first
        while day <= last:
            if day.weekday() in self.days:
                until = day if self.end > self.start else day + DAY
                yield (
                    _instant(datetime.combine(day, self.start), zone),
                    _instant(datetime.combine(until, self.end), zone),
                )
            day += DAY


@dataclass(frozen=True, slots=True)
class Layer:
    """People who take turns of `hours` from `anchor` on; before it nobody has one. It counts from `since` up to `until`: a change
    entered ahead ends one layer where the next begins."""

    id: int
    anchor: datetime
    hours: int
    people: tuple[int, ...]
    weekly: Weekly | None = None
    since: datetime | None = None
    until: datetime | None = None

    def counts(self, at: datetime) -> bool:
        return (
            self.anchor <= at and (self.since is None or self.since <= at) and (self.until is None or at < self.until)
        )


@dataclass(frozen=True, slots=True)
class Cover:
    """A person for a span, over every rotation. `present`: seen to be there, whatever leave says."""

    id: int
    person: int
    start: datetime
    end: datetime
    why: Why
    present: bool = False


@dataclass(frozen=True, slots=True)
class Roster:
    """All that says who is on one duty. The first layer that reaches an instant decides, the newest cover over it."""

    zone: tzinfo
    layers: tuple[Layer, ...] = ()
    covers: tuple[Cover, ...] = ()
    leaves: tuple[Leave, ...] = ()
    gone: frozenset[int] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Standing:
    """Who is on duty at an instant. `meant` would be, were they not away; `by` is the cover's or the layer's id with its turn."""

    person: int | None
    why: Why
    meant: int | None = None
    by: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """One stretch of a duty, `end` excluded; without a person it is a gap."""

    start: datetime
    end: datetime
    person: int | None
    why: Why
    meant: int | None = None
    by: tuple[int, int] | None = None


def on_duty(roster: Roster, at: datetime) -> Standing:
    """Who is on duty at this instant, and why."""
    covers = [cover for cover in roster.covers if cover.start <= at < cover.end]
    if covers:
        newest = max(covers, key=lambda cover: cover.id)
        return _there(roster, at, newest.person, newest.why, (newest.id, -1), present=newest.present)
    for layer in roster.layers:
        if layer.people and layer.counts(at) and _reached(layer.weekly, at, roster.zone):
            turn = _turn(layer, at, roster.zone)
            return _there(roster, at, layer.people[turn % len(layer.people)], Why.ROTATION, (layer.id, turn))
    return Standing(None, Why.UNFILLED)


def shifts(roster: Roster, start: datetime, end: datetime) -> list[Shift]:
    """The span from end to end, without overlap and without a hole: what nobody fills is a shift without a person."""
    edges = sorted({start, *(edge for edge in _edges(roster, start, end) if start < edge < end), end})
    found: list[Shift] = []
    for here, there in pairwise(edges):
        said = on_duty(roster, here)
        shift = Shift(here, there, said.person, said.why, said.meant, said.by)
        if found and replace(found[-1], end=there) == replace(shift, start=found[-1].start):
            shift = replace(found.pop(), end=there)
        found.append(shift)
    return found


def gaps(roster: Roster, start: datetime, end: datetime) -> list[Shift]:
    """The stretches of the span in which nobody is on duty."""
    return [shift for shift in shifts(roster, start, end) if shift.person is None]


def _there(
    roster: Roster, at: datetime, person: int, why: Why, by: tuple[int, int], *, present: bool = False
) -> Standing:
    """The person, unless the account is shut or leave has begun: then the deputy they named, or a gap; never silently somebody."""
    if person in roster.gone:
        return Standing(None, Why.GONE, person, by)
    away = places(Known(roster.leaves), at)
    if present or person not in away:
        return Standing(person, why, person, by)
    deputy = away[person].named
    if deputy is None or deputy in roster.gone:
        return Standing(None, Why.AWAY, person, by)
    return Standing(deputy, Why.DEPUTY, person, by)


# --- turns and days -----------------------------------------------------------------------------------------------------
def _instant(wall: datetime, zone: tzinfo) -> datetime:
    """In UTC, where instants compare as instants."""
    return wall.replace(tzinfo=zone).astimezone(UTC)


def _begins(layer: Layer, turn: int, zone: tzinfo) -> datetime:
    wall = layer.anchor.astimezone(zone).replace(tzinfo=None) + timedelta(hours=layer.hours) * turn
    return _instant(wall, zone)


def _turn(layer: Layer, at: datetime, zone: tzinfo) -> int:
    """The number of the turn that holds an instant not before the anchor."""
    turn = (at - layer.anchor) // timedelta(hours=layer.hours)
    # A change of the clocks moves the beginnings by its hour.
    while _begins(layer, turn + 1, zone) <= at:
        turn += 1
    while _begins(layer, turn, zone) > at:
        turn -= 1
    return turn


def _reached(weekly: Weekly | None, at: datetime, zone: tzinfo) -> bool:
    if weekly is None:
        return True
    day = at.astimezone(zone).date()
    return any(start <= at < end for start, end in weekly.spans(day - DAY, day, zone))


def _edges(roster: Roster, start: datetime, end: datetime) -> Iterator[datetime]:
    """Every instant at which the answer of `on_duty` may change."""
    yield from _both_ends((cover.start, cover.end) for cover in roster.covers)
    yield from _both_ends((leave.start, leave.end) for leave in roster.leaves)
    for layer in roster.layers:
        yield from (edge for edge in (layer.anchor, layer.since, layer.until) if edge is not None)
        yield from _turns(layer, start, end, roster.zone)
        if layer.weekly:
            zone = roster.zone
            spans = layer.weekly.spans(start.astimezone(zone).date() - DAY, end.astimezone(zone).date(), zone)
            yield from _both_ends(spans)


def _turns(layer: Layer, start: datetime, end: datetime, zone: tzinfo) -> Iterator[datetime]:
    turn = _turn(layer, max(start, layer.anchor), zone)
    while (begins := _begins(layer, turn, zone)) < end:
        yield begins
        turn += 1


def _both_ends(spans: Iterable[tuple[datetime, datetime]]) -> Iterator[datetime]:
    for start, end in spans:
        yield from (start, end)
