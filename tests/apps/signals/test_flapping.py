"""A watch that opens and clears again and again is said once, and is over only when the series has settled."""

import itertools
from datetime import timedelta

import pytest

from common.clock import microseconds
from engine import worlds
from engine.models import Event
from incidents.selectors import open_incidents
from notifications.models import Message
from signals.domain.flapping import SETTLED, TURNS
from signals.models import Watch
from signals.selectors import readings
from signals.services import judging
from signals.services.samples import samples_write, series_ensure
from tests.cast import Cast

EVERY = timedelta(minutes=5)
DANCE = [99.95, 40.0] * 6  # availability under its outage line and over its calm limit, five minutes apart


def played(
    values: list[float], *, at_once: bool = False, metric: str = "availability", ago: timedelta = timedelta()
) -> int:
    world = worlds.real()
    series = series_ensure(world, metric, "east")
    end = worlds.now(world).replace(microsecond=0) - ago
    rows = [(series, end - EVERY * (len(values) - 1 - n), value) for n, value in enumerate(values)]
    if at_once:
        samples_write(world, rows)
        judging.judge_pending()
        return series
    for row in rows:
        samples_write(world, [row])
        judging.judge_pending()
    return series


def kinds(series: int, threshold: str = "availability_target") -> list[str]:
    rows = Event.objects.filter(stream__kind="signals", data__series=series, data__threshold=threshold)
    return list(rows.order_by("seq").values_list("kind", flat=True))


ONCE = ["watch.opened", "watch.cleared"] * (TURNS - 1) + ["watch.flapping"]


def test_the_fourth_opening_within_the_hour_is_said_and_then_nothing_more(cast: Cast) -> None:
    series = played(DANCE)
    assert kinds(series) == ONCE
    watch = Watch.objects.get(series=series, threshold="availability_target", state="open")
    assert watch.flapping_since is not None
    row = next(row for row in readings(worlds.real().pk, only=[series]))
    assert row["threshold"]["id"] == "availability_outage", "of the lines the board shows, this one does not flap"
    assert row["flapping_since"] is None


@pytest.mark.parametrize("calm", [int(SETTLED / EVERY), int(SETTLED / EVERY) + 1])
def test_it_ends_when_the_series_has_been_calm_for_half_an_hour(calm: int, cast: Cast) -> None:
    series = played([*DANCE, *[99.95] * calm])
    ended = calm * EVERY > SETTLED
    assert kinds(series) == [*ONCE, *(["watch.cleared"] if ended else [])]


def test_it_speaks_again_when_it_stands_for_good(cast: Cast) -> None:
    series = played([*DANCE, *[40.0] * 7])
    assert kinds(series) == [*ONCE, "watch.opened"]
    assert Watch.objects.get(series=series, threshold="availability_target", state="open").flapping_since is None


def test_silence_settles_nothing(cast: Cast) -> None:
    series = played(DANCE[:10], ago=EVERY * 12)
    played([99.95])
    assert kinds(series) == ONCE, "one calm sample after an hour of nothing is not half an hour of calm"


def test_in_one_batch_it_is_the_same_as_sample_by_sample(cast: Cast) -> None:
    series = played([*DANCE, *[99.95] * 7], at_once=True)
    assert kinds(series) == [*ONCE, "watch.cleared"]


def test_a_slow_dance_is_no_flapping(cast: Cast) -> None:
    series = played(list(itertools.chain.from_iterable([[99.95] * 4, [40.0] * 4] * 4)))
    assert "watch.flapping" not in kinds(series)


def test_while_it_flaps_there_is_one_incident_and_no_further_message(cast: Cast) -> None:
    """The line of the pre-response itself, crossed by a processor that is busy in waves."""
    wave = [40.0, 95.0, 96.0]
    series = played(wave * (TURNS - 1), metric="cpu", ago=EVERY * 30)
    told = Message.objects.filter(kind__startswith="tier.").count()
    played([*wave * 4, 95.0], metric="cpu", ago=EVERY * 17)
    turns = kinds(series, "cpu_pre_response")
    assert turns == ["watch.opened", "watch.cleared"] * (TURNS - 1) + ["watch.flapping"]
    (incident,) = open_incidents(worlds.real())
    assert incident.phase == "warning"
    assert Message.objects.filter(kind__startswith="tier.").count() == told


def test_judged_twice_and_in_another_order_it_is_the_same_state(cast: Cast) -> None:
    world = worlds.real()
    series = played(DANCE)
    rows = [(series, microseconds(watch.opened_at), watch.value) for watch in Watch.objects.filter(series=series)]
    judging.judge_samples(world.pk, rows[::-1] * 2)
    assert kinds(series) == ONCE
