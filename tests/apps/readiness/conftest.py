"""The company with its plan in force and the readiness clocks begun, in a real world whose clock a test moves."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from engine import sweep, worlds
from engine.models import Timer
from readiness.models import ReadinessTurn
from readiness.services.following import readiness_begin
from readiness.services.turns import CLIMB, DUE, REMIND
from tests.cast import Cast


class House:
    def __init__(self, cast: Cast) -> None:
        self.cast, self.world = cast, worlds.real()

    def now(self) -> datetime:
        return worlds.now(self.world)

    def only(self, rule: str) -> None:
        """Of the clocks that run now let this one obligation's go on: in months the others' would strike by the hundred. What
        still follows from the plan goes first, for it sets again what it finds lost."""
        self.forward()
        others = ReadinessTurn.objects.exclude(rule=rule)
        Timer.objects.filter(what__in=(REMIND, DUE, CLIMB), ref__in=others.values("pk")).delete()

    def forward(self, **by: float) -> None:
        """Move the clock and let everything that fell due fire."""
        worlds.world_forward(world=self.world, by=timedelta(**by))
        while sweep.sweep():
            pass

    def turns(self, rule: str, *states: str) -> list[ReadinessTurn]:
        rows = ReadinessTurn.objects.filter(rule=rule).order_by("pk")
        return list(rows.filter(state__in=states) if states else rows)

    def states(self, rule: str) -> list[str]:
        return [row.state for row in self.turns(rule)]

    def get(self, who: str, path: str = "", expect: int = 200) -> Any:
        answer = self.cast.api(who).get(f"/api/v1/readiness{path}")
        assert answer.status_code == expect, answer.content.decode()
        return answer.json()

    def post(self, who: str, turn: int, act: str, body: dict[str, Any], expect: int = 200) -> Any:
        answer = self.cast.api(who).post(f"/api/v1/readiness/{turn}/{act}", body, format="json")
        assert answer.status_code == expect, answer.content.decode()
        return answer.json()


@pytest.fixture
def house(cast: Cast, settings: Any) -> House:
    settings.REAL_WORLD_MOVABLE = True
    readiness_begin()
    return House(cast)


@pytest.fixture
def fresh_house(fresh_cast: Cast, settings: Any) -> House:
    """The same, committed, for people at once."""
    settings.REAL_WORLD_MOVABLE = True
    readiness_begin()
    return House(fresh_cast)
