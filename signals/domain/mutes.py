"""Maintenance windows and silences: where one holds, what it may be, and what it never holds back. No clock, no store."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from plans.domain import Fact, LevelFacts, Plan, Threshold, level_card

LONGEST: Final = timedelta(days=7)  # ours: what must be quiet for longer is a change of the plan
AHEAD: Final = timedelta(days=90)
BEHIND: Final = timedelta(minutes=5)  # a clock on a wall and ours may differ by this much


@dataclass(frozen=True, slots=True)
class Where:
    """A metric at a place; an empty key: not narrowed in that dimension."""

    metric: str = ""
    region: str = ""
    hotline: str = ""
    node: str = ""

    @property
    def nowhere(self) -> bool:
        return not (self.metric or self.region or self.hotline or self.node)

    def covers(self, metric: str, region: str, hotline: str, node: str) -> bool:
        """Whether it is about a series."""
        own = ((self.metric, metric), (self.region, region), (self.hotline, hotline), (self.node, node))
        return all(key in ("", mine) for key, mine in own)


@dataclass(frozen=True, slots=True)
class Muted:
    """One as it held, from `starts` up to `ends`; `number` names it."""

    where: Where
    starts: datetime
    ends: datetime
    number: int = 0


def covering(mutes: Iterable[Muted], series: tuple[str, str, str, str], at: datetime) -> Muted | None:
    """The one that holds for a series at an instant; of several the one that lasts longest."""
    holding = (mute for mute in mutes if mute.starts <= at < mute.ends and mute.where.covers(*series))
    return max(holding, key=lambda mute: (mute.ends, -mute.number), default=None)


class Wrong(StrEnum):
    NOWHERE = "nowhere"
    BACKWARDS = "backwards"
    OVER = "over"
    TOO_LONG = "too_long"
    TOO_FAR = "too_far"
    PAST = "past"
    NOT_LATER = "not_later"


def wrongs(where: Where, starts: datetime, ends: datetime, now: datetime) -> list[tuple[str, Wrong]]:
    """Field and what is wrong with it; empty when it may be set."""
    found: list[tuple[str, Wrong]] = []
    if where.nowhere:
        found.append(("metric", Wrong.NOWHERE))
    if starts < now - BEHIND:
        found.append(("starts_at", Wrong.PAST))
    if starts > now + AHEAD:
        found.append(("starts_at", Wrong.TOO_FAR))
    if ends <= starts:
        found.append(("ends_at", Wrong.BACKWARDS))
    elif ends <= now:
        found.append(("ends_at", Wrong.OVER))
    elif ends - starts > LONGEST:
        found.append(("ends_at", Wrong.TOO_LONG))
    return found


def wrongs_of_extension(starts: datetime, before: datetime, ends: datetime, now: datetime) -> list[tuple[str, Wrong]]:
    """The same for a new end; what runs may reach as far again from now."""
    if ends <= before:
        return [("ends_at", Wrong.NOT_LATER)]
    if ends - max(starts, now) > LONGEST:
        return [("ends_at", Wrong.TOO_LONG)]
    return []


def gravest(plan: Plan, threshold: Threshold, figure: float, *, region: str, node: str, now: datetime) -> bool:
    """Whether this crossing alone makes the plan propose its gravest level: that is never held back (1.2, 4.2).

    `figure` is what the line is compared with.
    """
    fact = plan.fed_by(threshold.id)
    if fact is None:
        return False
    said = True if plan.facts[fact].kind == "switch" else figure
    reach = "node" if node else "region" if region else "nationwide"
    known = {fact: Fact(said, now, "signals")}
    if "reach" in plan.facts:
        known["reach"] = Fact(reach, now, "signals")
    proposed = level_card(plan, LevelFacts(**known), now=now).proposed
    return proposed is not None and plan.ranks[proposed] == max(plan.ranks.values())
