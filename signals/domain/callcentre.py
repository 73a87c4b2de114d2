"""A call centre that never was: an Erlang queue with the shape of weekdays and hours, seeded, for practice and for trying things.

Calls arrive by a daily curve; agents are planned for it; the wait follows Erlang's formula while they keep up, and a backlog
grows while they do not. Some 8,000 calls a day (PLAN.md), of which one in seven is a complaint.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

STEP: Final = timedelta(minutes=5)
DAILY_CALLS: Final = 8000
COMPLAINTS_PER_CALL: Final = 0.15
HANDLING_SECONDS: Final = 300.0
WEEKDAYS: Final = (1.12, 1.03, 1.0, 1.0, 1.02, 0.93, 0.90)
# Share of the day's calls by hour, company time.
HOURS: Final = (
    0.8, 0.5, 0.4, 0.3, 0.4, 0.7, 1.5, 3.2, 5.6, 7.6, 8.2, 7.4,
    5.8, 5.6, 7.0, 7.6, 7.0, 6.0, 5.2, 5.4, 5.2, 4.2, 2.8, 1.6,
)  # fmt: skip
SHARES: Final = {"east": 0.35, "north": 0.25, "south": 0.25, "west": 0.15}
NODES: Final = {"sw-1": "north", "sw-3": "east", "db-1": "east", "ivr-2": "south", "gw-5": "west"}
HOTLINES: Final = 10
NOISE: Final = 0.05


class Scenario(StrEnum):
    QUIET = "quiet-day"
    CARRIER_CUT = "carrier-cut"
    ATTACK = "attack"
    COMPLAINTS = "complaint-surge"
    NODE = "single-node"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a scenario does while it lasts. `region` None: everywhere; `node` names the one that is busy or down."""

    region: str | None = None
    node: str | None = None
    reachable: float = 1.0
    complaints: float = 1.0
    availability: float = 99.97
    cpu: float | None = None
    calls: float = 1.0
    lines_down: int = 0


TROUBLES: Final[dict[Scenario, Trouble]] = {
    Scenario.QUIET: Trouble(),
    Scenario.CARRIER_CUT: Trouble(region="east", reachable=0.1, complaints=1.4, availability=12.0, lines_down=2),
    Scenario.ATTACK: Trouble(reachable=0.55, complaints=1.7, availability=71.0, cpu=97.5, calls=1.6, lines_down=4),
    Scenario.COMPLAINTS: Trouble(complaints=1.75, calls=1.15),
    Scenario.NODE: Trouble(region="west", node="gw-5", reachable=0.6, complaints=1.2, availability=88.0, cpu=99.0),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One sample: metric, place (empty keys: not narrowed), value in the metric's unit."""

    metric: str
    at: datetime
    value: float
    region: str = ""
    hotline: str = ""
    node: str = ""


class CallCentre:
    """Plays one stretch of time; the same seed plays the same."""

    def __init__(self, *, seed: int, zone: str = "Asia/Shanghai") -> None:
        self.random, self.zone = random.Random(seed), ZoneInfo(zone)  # noqa: S311 - practice, not secrets
        self.backlog = dict.fromkeys(SHARES, 0.0)

    def play(
        self,
        start: datetime,
        end: datetime,
        *,
        scenario: Scenario = Scenario.QUIET,
        trouble_from: datetime | None = None,
        trouble_to: datetime | None = None,
    ) -> Iterator[Reading]:
        """Readings at every step after `start` up to `end`; the scenario's trouble lasts from … to (default: all the time)."""
        at = start + STEP
        while at <= end:
            troubled = (trouble_from is None or at > trouble_from) and (trouble_to is None or at <= trouble_to)
            yield from self._step(at, TROUBLES[scenario] if troubled else TROUBLES[Scenario.QUIET])
            at += STEP

    def _step(self, at: datetime, trouble: Trouble) -> Iterator[Reading]:
        rate = self._calls_in_step(at)
        totals: dict[str, float] = {"offered": 0.0, "answered": 0.0, "complaints": 0.0, "waited": 0.0}
        for region, share in SHARES.items():
            hit = trouble.region in (None, region)
            told = self._region(region, rate * share, trouble if hit else TROUBLES[Scenario.QUIET])
            for metric, value in told.items():
                yield Reading(metric, at, value, region=region)
            yield Reading("complaints", at, told["complaints"], region=region, hotline="main")
            totals["offered"] += told["calls_offered"]
            totals["answered"] += told["calls_answered"]
            totals["complaints"] += told["complaints"]
            totals["waited"] += told["calls_offered"] * told["queue_time_mean"]
        yield from self._nation(at, totals, trouble)
        yield from self._nodes(at, rate, trouble)

    def _calls_in_step(self, at: datetime) -> float:
        """Expected calls of the whole country, the hours' shares joined by straight lines so that no hour jumps."""
        local = at.astimezone(self.zone)
        place = local.hour + local.minute / 60 - 0.5
        low = math.floor(place)
        part = place - low
        share = HOURS[low % 24] * (1 - part) + HOURS[(low + 1) % 24] * part
        return DAILY_CALLS * WEEKDAYS[local.weekday()] * share / sum(HOURS) * STEP.total_seconds() / 3600

    def _region(self, region: str, expected: float, trouble: Trouble) -> dict[str, float]:
        offered = self._count(expected * trouble.calls)
        reaching = offered * trouble.reachable
        answered, wait = self._serve(region, expected, reaching)
        return {
            "calls_offered": offered,
            "calls_answered": float(round(answered)),
            "complaints": self._count(expected * COMPLAINTS_PER_CALL * trouble.complaints),
            "queue_time_mean": round(wait, 1),
            "call_success_rate": round(self._near(98.6 * trouble.reachable, 0.3), 2),
            "availability": round(self._near(trouble.availability, 0.02), 3),
        }

    def _serve(self, region: str, expected: float, reaching: float) -> tuple[float, float]:
        """Calls answered and mean wait in seconds. Agents are planned for what was expected, with a margin."""
        step = STEP.total_seconds()
        load = expected * HANDLING_SECONDS / step
        agents = max(2, math.ceil(load + 1.4 * math.sqrt(load) + 1))
        capacity = agents * step / HANDLING_SECONDS
        waiting = self.backlog[region] + reaching
        answered = min(waiting, capacity)
        # Whoever waits long gives up: a fifth of the backlog in each step.
        self.backlog[region] = (waiting - answered) * 0.8
        offered_load = min(reaching * HANDLING_SECONDS / step, agents - 0.05)
        wait = erlang_c(agents, offered_load) * HANDLING_SECONDS / (agents - offered_load)
        return answered, min(wait, 240.0) + self.backlog[region] / agents * HANDLING_SECONDS

    def _nation(self, at: datetime, totals: dict[str, float], trouble: Trouble) -> Iterator[Reading]:
        yield Reading("complaints", at, totals["complaints"])
        yield Reading("calls_offered", at, totals["offered"])
        yield Reading("calls_answered", at, totals["answered"])
        yield Reading("queue_time_mean", at, round(totals["waited"] / max(totals["offered"], 1.0), 1))
        share = 1.0 if trouble.region is None else SHARES[trouble.region]
        yield Reading("call_success_rate", at, round(self._near(98.6 * (1 - share * (1 - trouble.reachable)), 0.3), 2))
        lost = share * (99.97 - trouble.availability)
        yield Reading("availability", at, round(self._near(99.97 - lost, 0.01), 3))
        yield Reading("hotlines_down", at, float(trouble.lines_down))
        yield Reading("hotlines_up", at, float(HOTLINES - trouble.lines_down))

    def _nodes(self, at: datetime, rate: float, trouble: Trouble) -> Iterator[Reading]:
        for node, region in NODES.items():
            hit = trouble.cpu is not None and trouble.node in (None, node)
            usual = 22 + 45 * rate / (DAILY_CALLS * 8.2 / sum(HOURS) / 12)
            cpu = trouble.cpu if hit and trouble.cpu is not None else usual
            yield Reading("cpu", at, round(min(100.0, max(0.0, self._near(cpu, 1.2))), 1), region=region, node=node)
        complaints = self._count(rate * SHARES["east"] * COMPLAINTS_PER_CALL * 0.6 * trouble.complaints)
        yield Reading("complaints", at, complaints, region="east", hotline="main", node="sw-3")

    def _count(self, mean: float) -> float:
        """A whole number whose mean is this: a little noise, then rounded up or down by chance."""
        value = max(0.0, mean * (1 + self.random.gauss(0, NOISE)))
        return float(math.floor(value) + (self.random.random() < value % 1))

    def _near(self, value: float, spread: float) -> float:
        return min(100.0, max(0.0, value + self.random.gauss(0, spread)))


def erlang_c(agents: int, load: float) -> float:
    """The chance that a call must wait: Erlang's C formula, by its recursion over the B formula. `load` in erlangs, < agents."""
    blocked = 1.0
    for n in range(1, agents + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked / (1 - load / agents * (1 - blocked))
