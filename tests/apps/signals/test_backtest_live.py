"""What a backtest says is what was said: the same samples played live, through judge, timers and mutes, and tried as history."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from engine.models import Event, World
from engine.timers import world_advance
from signals.domain.backtest import Backtest
from signals.domain.mutes import Where
from signals.services import mutes
from signals.services.backtests import backtest
from signals.services.playing import history_load, play, world_of_play
from signals.services.samples import days_ensure, series_ensure
from tests.cast import TECH, Cast

EVERY = timedelta(minutes=5)
BEGIN = datetime(2026, 7, 7, 1, 0, tzinfo=UTC)  # a Tuesday morning in Shanghai
NODE = "sw-3"
Said = tuple[str, str, str, datetime]
Values = Sequence[float | None]  # one every five minutes; None: lost


class Night:
    """A world of play: `gives` a series its samples, `hushes` for some minutes, then `said` live and by trying it."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.world: World = world_of_play("night", "replay", zh="回放", en="Replay", at=BEGIN)
        self.rows: list[tuple[int, datetime, float]] = []
        self.last = BEGIN

    def gives(self, metric: str, values: Values, node: str = "", *, days_before: float | None = None) -> None:
        series = series_ensure(self.world, metric, "east", "", node)
        if days_before is not None:
            past = [(series, BEGIN - EVERY * n, days_before) for n in range(1, 28 * 288)]
            history_load(self.world, past[::-1])
        self.rows += [(series, BEGIN + EVERY * n, v) for n, v in enumerate(values, start=1) if v is not None]
        self.last = max(self.last, BEGIN + EVERY * len(values))

    def hushes(self, since: int, until: int, **where: str) -> None:
        mutes.mute_set(
            world=self.world,
            kind="silence",
            where=Where(**where),
            reason="Link test",
            starts_at=BEGIN + timedelta(minutes=since),
            ends_at=BEGIN + timedelta(minutes=until),
            by=self.cast.actor(TECH),
        )

    def live(self) -> list[Said]:
        days_ensure(BEGIN.date(), (self.last + timedelta(hours=2)).date())
        rows = sorted(self.rows, key=lambda row: (row[1], row[0]))
        play(self.world, iter(rows), wait=lambda _span: None, tell=lambda _text: None)
        world_advance(self.world, to=self.end)
        events = Event.objects.filter(stream__world=self.world, stream__kind="signals", stream__key="watches")
        kinds = ("watch.opened", "watch.muted", "watch.flapping", "watch.cleared", "series.silent", "series.heard")
        return sorted(
            (e.kind, e.data["metric"], e.data.get("threshold", ""), e.occurred_at)
            for e in events.filter(kind__in=kinds)
        )

    @property
    def end(self) -> datetime:
        return self.last + timedelta(hours=2)

    def tried(self) -> Backtest:
        return backtest(self.world, since=BEGIN, until=self.end)


def said(found: Backtest) -> list[Said]:
    return sorted([*_of_marks(found), *_of_silences(found)])


def _of_marks(found: Backtest) -> Iterator[Said]:
    for mark in found.marks:
        about = mark.key[0], mark.threshold
        held = mark.mute is not None and mark.spoke != mark.opened
        yield ("watch.flapping" if mark.flapping else "watch.muted" if held else "watch.opened"), *about, mark.opened
        if mark.spoke is not None and mark.spoke != mark.opened:
            yield "watch.opened", *about, mark.spoke
        if mark.settled is not None and mark.settled != mark.spoke:
            speaks = mark.spoke is not None and mark.spoke < mark.settled
            yield ("watch.opened" if speaks else "watch.muted"), *about, mark.settled
        if mark.cleared is not None:
            yield "watch.cleared", *about, mark.cleared


def _of_silences(found: Backtest) -> Iterator[Said]:
    for row in found.silences:
        yield "series.silent", row.key[0], "", row.noticed
        if row.heard is not None:
            yield "series.heard", row.key[0], "", row.heard


@pytest.fixture
def night(cast: Cast) -> Night:
    return Night(cast)


def test_flapping_is_said_once_and_settles_as_it_did(night: Night) -> None:
    dance = [99.95, 40.0] * 6
    night.gives("availability", [*dance, *[40.0] * 8, *[99.95] * 9, *dance, *[99.95] * 9])
    live, found = night.live(), night.tried()
    assert said(found) == live
    flapping = [mark for mark in found.flapping if mark.threshold == "availability_target"]
    assert [mark.settled is not None for mark in flapping] == [True, False]
    assert [kind for kind, *_ in live].count("watch.flapping") == len(found.flapping)


def test_what_a_mute_holds_speaks_at_its_end_if_it_still_stands(night: Night) -> None:
    night.gives("cpu", [40.0] * 3 + [95.0] * 4 + [40.0] * 3 + [95.0] * 14 + [40.0] * 3, NODE)
    night.hushes(0, 70, metric="cpu")
    night.hushes(65, 90, region="east")
    live, found = night.live(), night.tried()
    assert said(found) == live
    cleared, spoke = found.held
    assert cleared.spoke is None
    assert spoke.spoke == BEGIN + timedelta(minutes=90), "where one ended the other went on"
    assert [(row.opened, row.level) for row in found.warnings] == [(spoke.spoke, "III")]


def test_the_gravest_level_breaks_through_and_takes_the_rest_along(night: Night) -> None:
    night.gives("complaints", [100, 100, 135, 135, 140, 400, 400, 100, 100, 100, 100], days_before=100.0)
    night.hushes(5, 50, metric="complaints")
    live, found = night.live(), night.tried()
    assert said(found) == live
    through = [mark for mark in found.marks if mark.threshold == "complaints_level_i"]
    assert [mark.spoke == mark.opened for mark in through] == [True]
    assert {mark.spoke for mark in found.held} == {through[0].opened}
    assert [row.level for row in found.warnings] == ["I"]


def test_silence_is_noticed_when_it_was_unless_a_mute_holds(night: Night) -> None:
    night.gives("cpu", [40.0] * 4 + [None] * 9 + [40.0] * 4 + [None] * 12 + [40.0], NODE)
    night.hushes(90, 140, metric="cpu")
    live, found = night.live(), night.tried()
    assert said(found) == live
    first, second, last = found.silences
    assert first.heard is not None
    assert second.noticed == BEGIN + timedelta(minutes=140), "noticed when the silence set by hand was over"
    assert last.heard is None


@pytest.mark.parametrize("seed", range(3))
def test_whatever_comes_it_is_what_was_said(seed: int, night: Night) -> None:
    chance = Random(seed)

    def series(calm: float, *over: float) -> list[float | None]:
        """Two or three samples in a row alike, a tenth of them lost, and now and then none for half an hour."""
        values: list[float | None] = []
        while len(values) < 72:
            some: Any = chance.choice([calm, *over])
            values += [some if chance.random() > 0.1 else None for _ in range(chance.choice((1, 1, 2, 3, 8)))]
            if chance.random() < 0.03:
                values += [None] * 6
        return values

    night.gives("availability", series(99.95, 99.5, 40.0, 70.0))
    night.gives("cpu", series(40.0, 95.0, 87.0), NODE)
    night.gives("queue_time_mean", series(60.0, 500.0, 500.0, 400.0))
    night.gives("hotlines_down", series(0.0, 4.0, 6.0))
    night.gives("hotlines_up", [10.0] * 72)
    for metric in ("availability", "cpu", "", "queue_time_mean", "hotlines_down"):
        since = chance.randrange(0, 300)
        night.hushes(since, since + chance.randrange(7, 90), **({"metric": metric} if metric else {"region": "east"}))
    live = night.live()
    assert {kind for kind, *_ in live} >= {"watch.opened", "watch.muted", "watch.cleared", "series.silent"}
    assert said(night.tried()) == live
