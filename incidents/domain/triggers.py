"""A threshold that was crossed, as another room hands it over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Trigger:
    """`watch` is the id of the watch, `threshold` and `metric` keys of the plan; `ratio` is the value over its `baseline`."""

    watch: int
    threshold: str
    metric: str
    value: float
    at: datetime
    region: str | None = None
    hotline: str | None = None
    node: str | None = None
    ratio: float | None = None
    baseline: float | None = None


# So many at once are told one by one.
A_FEW = 10


def joining_together(triggers: Sequence[Trigger]) -> list[list[Trigger]]:
    """What is said of triggers that join at once: each by itself, or of a storm those of one line together, the worst first."""
    if len(triggers) <= A_FEW:
        return [[trigger] for trigger in triggers]
    by_line: dict[str, list[Trigger]] = {}
    for trigger in triggers:
        by_line.setdefault(trigger.threshold, []).append(trigger)
    return [sorted(own, key=_weight, reverse=True) for own in by_line.values()]


def _weight(trigger: Trigger) -> float:
    return abs(trigger.value if trigger.ratio is None else trigger.ratio)


def regions_after(regions: Sequence[str], joining: str | None, *, nationwide: bool) -> list[str]:
    """The regions once a trigger has joined. No region is the whole country where it is `nationwide`, and what joins it adds nothing;
    else nobody knew where, and now one region is known."""
    if joining is None or (nationwide and not regions):
        return []
    return sorted({*regions, joining})


def keys_after(keys: Sequence[str], joining: str | None) -> list[str]:
    return sorted({*keys, joining}) if joining else list(keys)


def concerns(standing: Sequence[str], regions: Sequence[str]) -> bool:
    """Whether something new in `regions` belongs to what stands in `standing`: a same region, or either is nationwide."""
    return not standing or not regions or bool({*standing} & {*regions})
