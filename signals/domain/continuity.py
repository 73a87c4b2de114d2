"""The business-continuity index (1.2) out of what the board reads. Readings in, the index with its parts out; no clock, no store.

`frontend/src/board/continuity.ts` does the same for a page that is open; `tests/domain/signals/continuity.json` holds both equal.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from plans.domain import Plan, Threshold, bci, marks

# What a part is measured by → the figure of a reading: in the unit of its metric, or as a ratio over the mean.
FIGURES: Final = {"value": "value", "excess": "ratio"}
# What the board compares with a line: the automatic triggers and what makes a fault major or an outage.
SHOWN: Final = frozenset({"pre_response", "major", "outage"})
Reading = Mapping[str, Any]


def lines_read(plan: Plan, metric: str, lines: Sequence[Threshold]) -> list[Threshold]:
    """Of the lines of a metric those that a series is read against: what the board shows, and where the index of this plan
    needs another one, the first of the plan that tells the part's figure."""
    shown = [line for line in lines if line.purpose in SHOWN]
    for part in plan.bci.values():
        if part.metric == metric and not any(_tells(line, part.measure) for line in shown):
            shown += [line for line in lines if _tells(line, part.measure)][:1]
    return shown


def _tells(line: Threshold, measure: str) -> bool:
    return measure == "value" or line.measure == measure


@dataclass(frozen=True, slots=True)
class Part:
    """One part as it was found: `value` and `marks` (0–100) are None when nothing is known of it; `region` where it was read."""

    key: str
    value: float | None = None
    marks: float | None = None
    region: str | None = None
    at: str | None = None


@dataclass(frozen=True, slots=True)
class Continuity:
    """`value` is None when no part is known."""

    value: float | None
    parts: tuple[Part, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        return tuple(part.key for part in self.parts if part.value is None)


def continuity(plan: Plan, readings: Iterable[Reading], *, region: str | None = None) -> Continuity:
    """The index of a region, or of the whole country (None).

    A region speaks for itself only. The country is read from its own series; where there is none, from its worst region.
    Hotlines and nodes do not count apart: what they lack shows in their region.
    """
    rows = [row for row in readings if not row["hotline"] and not row["node"] and row["state"] != "unknown"]
    parts = tuple(_part(plan, key, rows, region) for key in plan.bci)
    return Continuity(bci(plan, {part.key: part.value for part in parts}).value, parts)


def _part(plan: Plan, key: str, rows: Sequence[Reading], region: str | None) -> Part:
    part, figure = plan.bci[key], FIGURES[plan.bci[key].measure]
    known = [row for row in rows if row["metric"] == part.metric and row[figure] is not None]
    own = [row for row in known if (row["region"] or None) == region]
    found = [
        Part(key, row[figure], marks(part, row[figure]), row["region"] or None, row["at"])
        for row in own or (known if region is None else [])
    ]
    return min(found, key=lambda part: part.marks or 0.0, default=Part(key))
