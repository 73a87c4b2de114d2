"""The default plan and short ways to say what is known."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from plans.domain import Fact, LevelFacts, Plan, load

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
FILE = Path(__file__).parents[3] / "plans" / "data" / "hotline.yaml"


@cache
def text() -> str:
    return FILE.read_text(encoding="utf-8")


@cache
def plan() -> Plan:
    return load(text(), FILE.name)


def fact(value: bool | float | str) -> Fact:
    return Fact(value, NOW, "record")


def known(**values: bool | float | str) -> LevelFacts:
    return LevelFacts(**{name: fact(value) for name, value in values.items()})


def at_the_end(**values: bool | float | str) -> dict[str, Fact]:
    return {name: fact(value) for name, value in values.items()}


def broken(old: str, new: str, count: int = 1) -> str:
    """The default plan's text with one piece replaced; the piece must be there."""
    assert old in text()
    return text().replace(old, new, count)
