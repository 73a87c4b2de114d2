"""From what an incident has on record to the facts the plan judges."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from plans.domain import Fact, LevelFacts, Place

# Whether an excess is told over the flat mean → its source, as the decision card names it.
MEAN: Final = {True: "signals.flat", False: "signals.learnt"}


def level_facts(
    recorded: Mapping[str, Mapping[str, Any]],
    *,
    business: tuple[str, datetime] | None = None,
    excess: tuple[str, Fact] | None = None,
    judged_major: bool = False,
) -> LevelFacts:
    """`recorded` is fact → {value, at, source}; what a person recorded comes before what follows from the business type.

    `excess` is a fact and the machines' newest word on it, over the daily mean (0.3 = 30 %); the newer of it and what is on
    record counts. Which mean it is said over, the machines' newest word tells of either, where both are of one place.
    `judged_major` is the duty manager's word.
    """
    facts = {name: _fact(row) for name, row in recorded.items()}
    if business is not None:
        facts.setdefault("criticality", Fact(business[0], business[1], "plan"))
    if excess is not None:
        name, newest = excess
        if name not in facts or newest.at >= facts[name].at:
            facts[name] = newest
        elif facts[name].source == "signals" and facts[name].place in (None, newest.place):
            facts[name] = replace(facts[name], source=newest.source, days=newest.days)
    return LevelFacts(**facts).judged(major=judged_major)


def _fact(row: Mapping[str, Any]) -> Fact:
    place = Place.of(row["place"]) if row.get("place") else None
    return Fact(row["value"], datetime.fromisoformat(row["at"]), row["source"], place=place)
