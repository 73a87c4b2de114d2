"""When what crossed a line counts: at once, at the end of the mute that held it back, or once it no longer flaps (4.1)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

from plans.domain import Plan
from signals.domain.marks import Mark
from signals.domain.mutes import Muted, covering, gravest

BEFORE = timedelta(microseconds=1)
FigureAt = Callable[[Mark, datetime], float]


def spoken(
    plan: Plan, marks: Iterable[Mark], mutes: Sequence[Muted], *, until: datetime, figure_at: FigureAt
) -> list[Mark]:
    """All marks of one series, in the order in which they opened, with when each spoke up to `until`, and its figure then.

    A crossing that alone makes the plan propose its gravest level is never held back, and takes along all of its series that is.
    """
    told = sorted(marks, key=attrgetter("opened"))
    own = [mute for mute in mutes if told and mute.where.covers(*told[0].key)]
    grave = _breakthroughs(plan, told, own)
    return [_spoken(mark, own, grave, until, figure_at) for mark in told]


def _breakthroughs(plan: Plan, marks: Iterable[Mark], mutes: Sequence[Muted]) -> list[datetime]:
    """The instants at which something of the gravest level opened while a mute held, ascending."""
    return [
        at
        for at, together in groupby(marks, key=attrgetter("opened"))
        if any(
            covering(mutes, mark.key, at) is not None
            and gravest(plan, plan.threshold(mark.threshold), mark.figure, region=mark.key[1], node=mark.key[3], now=at)
            for mark in together
        )
    ]


def _spoken(
    mark: Mark, mutes: Sequence[Muted], grave: Sequence[datetime], until: datetime, figure_at: FigureAt
) -> Mark:
    mute = covering(mutes, mark.key, mark.opened)
    number = None if mute is None else mute.number
    if mute is None or mark.opened in grave:
        if not mark.flapping:
            return replace(mark, mute=number, spoke=mark.opened, said=mark.figure)
        said = 0.0 if mark.settled is None else figure_at(mark, mark.settled)
        return replace(mark, mute=number, spoke=mark.settled, said=said)
    end = _end(mark, mutes)
    for at in grave:
        # What clears in the very round that breaks through has nothing left to say.
        if mark.opened < at < end and (mark.cleared is None or at < mark.cleared):
            return replace(mark, mute=number, spoke=at, said=figure_at(mark, at))
    if end > until or (mark.cleared is not None and mark.cleared < end):
        return replace(mark, mute=number)
    return replace(mark, mute=number, spoke=end, said=figure_at(mark, end - BEFORE))


def _end(mark: Mark, mutes: Sequence[Muted]) -> datetime:
    """When nothing holds a mark back any more: where one mute ends another may go on."""
    at = mark.opened
    while (mute := covering(mutes, mark.key, at)) is not None:
        at = mute.ends
    return at


def held(marks: Iterable[Mark]) -> Iterator[Mark]:
    """What a mute held back for a while at least."""
    return (mark for mark in marks if mark.mute is not None and mark.spoke != mark.opened)
