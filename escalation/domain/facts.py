"""From what an incident has on record to the facts the plan judges."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from plans.domain import Fact, LevelFacts


def level_facts(
    recorded: Mapping[str, Mapping[str, Any]],
    *,
    business: tuple[str, datetime] | None = None,
    excess: tuple[str, float, datetime] | None = None,
) -> LevelFacts:
    """`recorded` is fact → {value, at, source}; what a person recorded comes before what follows from the business type.

    `excess` is a fact and the machines' newest word on it, over the daily mean (0.3 = 30 %), and when; the newer of it and
    what is on record counts.
    """
    facts = {name: _fact(row) for name, row in recorded.items()}
    if business is not None:
        facts.setdefault("criticality", Fact(business[0], business[1], "plan"))
    if excess is not None:
        name, figure, at = excess
        if name not in facts or at >= facts[name].at:
            facts[name] = Fact(figure, at, "signals")
    return LevelFacts(**facts)


def _fact(row: Mapping[str, Any]) -> Fact:
    return Fact(row["value"], datetime.fromisoformat(row["at"]), row["source"])
