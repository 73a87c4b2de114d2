"""Who stands in for whom at any instant, and which roles nobody answers for: leaves as they ran, seats and holdings in, the answer
out (docs/decisions/0037). Rights ask the same of the database in one statement (`people.standins.held_or_lent`)."""

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Leave:
    """A person is away, as it ran; the deputy, if one is named, stands in."""

    person: int
    start: datetime
    end: datetime
    deputy: int | None = None


@dataclass(frozen=True, slots=True)
class Seats:
    """A work group: who leads it, and its deputies in their order."""

    group: str
    lead: int
    deputies: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Who stands in one person's place: whom they named; else, in each group they lead, its deputies. Nobody: a gap."""

    named: int | None = None
    groups: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def people(self) -> tuple[int, ...]:
        if self.named is not None:
            return (self.named,)
        return tuple(dict.fromkeys(who for deputies in self.groups.values() for who in deputies))

    def answering(self, group: str | None) -> tuple[int, ...]:
        """Who answers in this place for what is of a work group, or of none."""
        return (self.named,) if self.named is not None else self.groups.get(group or "", ())

    def answers_for(self, role: str, leading: Container[str]) -> bool:
        return self.named is not None or (role in leading and bool(self.groups))


@dataclass(frozen=True, slots=True)
class Holding:
    """A role, and who holds it from when to when; without an end he holds it still."""

    role: str
    person: int
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """All that says who stands in: `leaves` in the order they were set; `gone`: when who left the company did."""

    leaves: Sequence[Leave]
    seats: Sequence[Seats] = ()
    gone: Mapping[int, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a leave, the `n`th that is known, in which the same stand in and the same is without an answer."""

    n: int
    start: datetime
    end: datetime
    place: Place
    unheld: tuple[str, ...] = ()


def places(known: Known, at: datetime) -> dict[int, Place]:
    """Who is away at an instant, and who stands in for each: as the last leave that names somebody who is here says, else the deputies
    of the groups they lead. Who is away too, or has left, stands in for nobody, nor does a deputy's deputy."""
    running = [leave for leave in known.leaves if leave.start <= at < leave.end]
    away = {leave.person for leave in running}
    named = {leave.person: leave.deputy for leave in running if _here(leave.deputy, known, away, at)}
    led: dict[int, dict[str, tuple[int, ...]]] = {}
    for seats in known.seats:
        if seats.lead in away and (here := tuple(d for d in seats.deputies if _here(d, known, away, at))):
            led.setdefault(seats.lead, {})[seats.group] = here
    return {
        who: Place(named[who]) if who in named else Place(groups=led.get(who, {}))
        for who in dict.fromkeys(leave.person for leave in running)
    }


def _here(person: int | None, known: Known, away: Set[int], at: datetime) -> bool:
    left = known.gone.get(person) if person is not None else None
    return person is not None and person not in away and (left is None or at < left)


def unheld(holders: Mapping[str, Set[int]], away: Mapping[int, Place], leading: Container[str]) -> set[str]:
    """The roles that somebody holds and nobody answers for: all who hold them are away, and for none of them somebody stands in."""
    return {
        role
        for role, held in holders.items()
        if held and all(who in away and not away[who].answers_for(role, leading) for who in held)
    }


def stretches(
    known: Known,
    holdings: Sequence[Holding],
    start: datetime,
    end: datetime | None,
    *,
    roles: Collection[str],
    leading: Container[str],
) -> list[Stretch]:
    """Each leave of an instant, or of a span (`end` included only up to it), cut where who stands in changes or what nobody answers
    for; the roles in their order. At an instant a leave is whole."""
    found: list[Stretch] = []
    for here, there in pairwise(_edges(known, holdings, start, end)):
        away = places(known, here)
        holders = {
            role: {h.person for h in holdings if h.role == role and h.since <= here and (not h.until or here < h.until)}
            for role in roles
        }
        nobody = unheld(holders, away, leading)
        for n, leave in enumerate(known.leaves):
            if leave.start <= here < leave.end:
                of = tuple(role for role in roles if role in nobody and leave.person in holders[role])
                whole = (leave.start, leave.end) if end is None else (here, there)
                found.append(Stretch(n, *whole, away[leave.person], of))
    return list(_joined(sorted(found, key=lambda one: (one.n, one.start))))


def _edges(known: Known, holdings: Iterable[Holding], start: datetime, end: datetime | None) -> Sequence[datetime]:
    """Every instant at which the answer may change; an instant alone is asked once."""
    if end is None:
        return start, start
    ends = [edge for leave in known.leaves for edge in (leave.start, leave.end)]
    ends += [edge for held in holdings for edge in (held.since, held.until) if edge is not None]
    return sorted({start, end, *(edge for edge in (*ends, *known.gone.values()) if start < edge < end)})


def _joined(found: Iterable[Stretch]) -> Iterator[Stretch]:
    """What follows on and says the same is one."""
    last: Stretch | None = None
    for one in found:
        if last is not None and replace(one, start=last.start) == replace(last, end=one.end) and last.end == one.start:
            last = replace(last, end=one.end)
            continue
        if last is not None:
            yield last
        last = one
    if last is not None:
        yield last
