"""What would have followed from watches that spoke: warnings with the level the plan proposes; and two plans' beside each other."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Final

from plans.domain import Fact, LevelFacts, Plan, level_proposed
from signals.domain.marks import Key, Mark

# Thresholds that open a warning by themselves; the others add facts to what stands (as escalation does).
OPENS: Final = frozenset({"pre_response", "outage", "major"})


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning that would have begun by itself, with everything that joined it; `level` the gravest proposed meanwhile."""

    region: str
    threshold: str
    opened: datetime
    ended: datetime | None
    level: str | None
    level_at: datetime | None
    peak: float
    marks: tuple[Mark, ...]


@dataclass
class _Episode:
    region: str
    first: Mark
    facts: dict[str, Fact] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    level: str | None = None
    level_at: datetime | None = None

    def stands(self, at: datetime) -> bool:
        return any(mark.stands(at) for mark in self.marks)


def warnings(plan: Plan, marks: Iterable[Mark]) -> Iterator[Warned]:
    """Marks in the order in which they spoke; those of one place, or under a nationwide one, share a warning while it stands."""
    episodes: list[_Episode] = []
    standing: list[_Episode] = []
    for mark in sorted((mark for mark in marks if mark.spoke is not None), key=attrgetter("spoke")):
        at = _spoke(mark)
        standing = [episode for episode in standing if episode.stands(at)]
        episode = next((e for e in standing if e.region in ("", mark.key[1])), None)
        if episode is None:
            if mark.purpose not in OPENS:
                continue
            episode = _Episode(mark.key[1], mark)
            episodes.append(episode)
            standing.append(episode)
        _join(plan, episode, mark, at)
    return (_warned(plan, episode) for episode in episodes)


def _spoke(mark: Mark) -> datetime:
    if mark.spoke is None:
        raise ValueError("what never spoke is part of no warning")
    return mark.spoke


def _warned(plan: Plan, episode: _Episode) -> Warned:
    ends = [mark.cleared for mark in episode.marks]
    first = episode.first
    worst = max if plan.threshold(first.threshold).direction == "above" else min
    return Warned(
        region=episode.region,
        threshold=first.threshold,
        opened=_spoke(first),
        ended=None if None in ends else max(end for end in ends if end is not None),
        level=episode.level,
        level_at=episode.level_at,
        peak=worst(mark.peak for mark in episode.marks if mark.threshold == first.threshold),
        marks=tuple(episode.marks),
    )


def _join(plan: Plan, episode: _Episode, mark: Mark, at: datetime) -> None:
    """The facts that a watch brings, and what the plan proposes on all of them."""
    episode.marks.append(mark)
    fact = plan.fed_by(mark.threshold)
    told: dict[str, str | float | bool] = {"reach": _reach(mark.key)}
    if fact is not None:
        told[fact] = True if plan.facts[fact].kind == "switch" else mark.said
    for name, value in told.items():
        if name in plan.facts and plan.facts[name].fits(value):
            episode.facts[name] = Fact(value, at, "signals")
    level = level_proposed(plan, LevelFacts(**episode.facts))
    if level is not None and plan.ranks[level] > plan.ranks.get(episode.level or "", 0):
        episode.level, episode.level_at = level, at


def _reach(key: Key) -> str:
    return "node" if key[3] else "region" if key[1] else "nationwide"


# --- two beside each other ----------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Beside:
    """Warnings of two backtests over the same history, paired where they overlap in the same place."""

    both: tuple[tuple[Warned, Warned], ...]
    only_first: tuple[Warned, ...]
    only_second: tuple[Warned, ...]

    @property
    def differs(self) -> bool:
        return bool(self.only_first or self.only_second or any(a.level != b.level for a, b in self.both))


def beside(first: Sequence[Warned], second: Sequence[Warned]) -> Beside:
    """What one plan would have said and the other not."""
    rest = list(second)
    both: list[tuple[Warned, Warned]] = []
    alone: list[Warned] = []
    for one in first:
        match = next((other for other in rest if other.region == one.region and _overlap(one, other)), None)
        if match is None:
            alone.append(one)
        else:
            rest.remove(match)
            both.append((one, match))
    return Beside(tuple(both), tuple(alone), tuple(rest))


def _overlap(one: Warned, other: Warned) -> bool:
    starts_first, later = (one, other) if one.opened <= other.opened else (other, one)
    return starts_first.ended is None or later.opened <= starts_first.ended
