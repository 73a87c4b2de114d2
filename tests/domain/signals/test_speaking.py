"""When a crossing counts: at once, at the end of what held it back, with what broke through, or once it no longer flaps."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from signals.domain.marks import Mark
from signals.domain.mutes import Muted, Where
from signals.domain.speaking import held, spoken
from tests.domain.signals.given import PLAN

BEGIN = datetime(2026, 7, 6, 1, 0, tzinfo=UTC)


def at(minute: int | None) -> datetime | None:
    return None if minute is None else BEGIN + timedelta(minutes=minute)


def mark(
    opened: int, cleared: int | None, *, line: str = "complaints_pre_response", figure: float = 0.35, **more: int | bool
) -> Mark:
    since = BEGIN + timedelta(minutes=opened)
    made = Mark(
        ("complaints", "east", "", ""), line, "pre_response", since, since, at(cleared), figure, figure, 135.0, 100.0
    )
    settled = more.get("settled")
    return replace(made, flapping=bool(more.get("flapping")), settled=at(settled) if settled is not None else None)


def mute(since: int, until: int, number: int = 1, **where: str) -> Muted:
    return Muted(
        Where(**(where or {"metric": "complaints"})),
        BEGIN + timedelta(minutes=since),
        BEGIN + timedelta(minutes=until),
        number,
    )


def when(marks: list[Mark], *mutes: Muted, until: int = 600) -> list[float | None]:
    told = spoken(PLAN, marks, mutes, until=BEGIN + timedelta(minutes=until), figure_at=lambda row, _when: row.figure)
    return [None if row.spoke is None else (row.spoke - BEGIN).total_seconds() / 60 for row in told]


@pytest.mark.parametrize(
    ("case", "marks", "mutes", "spoke"),
    [
        ("nothing holds it", [mark(10, 20)], [], [10]),
        ("a mute elsewhere", [mark(10, 20)], [mute(0, 60, region="west")], [10]),
        ("it stands at the end", [mark(10, 90)], [mute(0, 60)], [60]),
        ("it stands still", [mark(10, None)], [mute(0, 60)], [60]),
        ("it calmed down before", [mark(10, 40)], [mute(0, 60)], [None]),
        ("it calms down as it ends", [mark(10, 60)], [mute(0, 60)], [60]),
        ("a mute from its very instant", [mark(10, 90)], [mute(10, 60)], [60]),
        ("a mute up to its very instant", [mark(10, 90)], [mute(0, 10)], [10]),
        ("a mute that begins later", [mark(10, 90)], [mute(15, 60)], [10]),
        ("another goes on", [mark(10, None)], [mute(0, 60), mute(50, 80, 2)], [80]),
        ("another goes on after a gap", [mark(10, None)], [mute(0, 60), mute(61, 80, 2)], [60]),
        ("it has not ended yet", [mark(10, None)], [mute(0, 700)], [None]),
        ("it flaps and never settles", [mark(10, 90, flapping=True)], [], [None]),
        ("it flaps and stands for good", [mark(10, 90, flapping=True, settled=70)], [], [70]),
        ("it flaps, held back", [mark(10, 90, flapping=True, settled=30)], [mute(0, 60)], [60]),
        (
            "the gravest breaks through and takes along what stands",
            [mark(5, 8), mark(10, None), mark(20, 40, line="complaints_level_i", figure=0.8), mark(30, None)],
            [mute(0, 60)],
            [None, 20, 20, 60],
        ),
    ],
)
def test_when_it_counts(case: str, marks: list[Mark], mutes: list[Muted], spoke: list[float | None]) -> None:
    assert when(marks, *mutes) == spoke, case


def test_what_was_held_is_told_of_with_its_mute_and_what_broke_through_is_not() -> None:
    marks = [mark(10, None), mark(20, None, line="complaints_level_i", figure=0.8), mark(70, None)]
    told = spoken(PLAN, marks, [mute(0, 60, 7)], until=BEGIN + timedelta(hours=9), figure_at=lambda row, _when: 0.5)
    assert [row.mute for row in told] == [7, 7, None]
    assert [(row.opened, row.said) for row in held(told)] == [(marks[0].opened, 0.5)]
