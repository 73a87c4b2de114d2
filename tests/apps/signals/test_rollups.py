"""Roll-ups say what the samples say, however late those come; nothing is dropped before it is rolled up."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import Error, connection, connections

from common.actor import SYSTEM
from engine import worlds
from engine.models import Timer
from hotline_ep.checks import keeping_is_long_enough
from signals.points import series_points, whole
from signals.services import rollups, silence
from signals.services.samples import DAYS_HELD, Row, days_ensure, days_held, samples_load, series_ensure
from signals.services.sources import source_create
from tests.cast import DUTY, Cast

EVERY = timedelta(minutes=5)
DAY = timedelta(days=1)


def now() -> datetime:
    return worlds.now(worlds.real())


def loaded(start: datetime, count: int, *, every: timedelta = EVERY, metric: str = "cpu") -> list[Row]:
    series = series_ensure(worlds.real(), metric, "east")
    rows = [(series, start + every * n, float(n % 17)) for n in range(count)]
    days_ensure(start.date(), rows[-1][1].date())
    samples_load(rows)
    return rows


def rolled() -> None:
    """Walk until nothing waits; statistics of what this session wrote are told first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    rollups.walk(30, at_once=True)


def of(table: str) -> dict[datetime, tuple[int, float, float, float]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT at, count, sum, low, high FROM {table}")
        return {row[0]: row[1:] for row in cursor.fetchall()}


def by_hand(rows: list[Row], step: timedelta) -> dict[datetime, tuple[int, float, float, float]]:
    found: dict[datetime, list[float]] = {}
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    for _series, at, value in rows:
        found.setdefault(epoch + (at - epoch) // step * step, []).append(value)
    return {at: (len(own), sum(own), min(own), max(own)) for at, own in found.items()}


def test_both_say_what_the_samples_say_and_late_ones_are_counted_once(fresh_cast: Cast) -> None:
    start = now().replace(minute=3, second=7, microsecond=0) - 3 * DAY
    rows = loaded(start, 300, every=timedelta(seconds=40))
    late, prompt = rows[100:140], rows[:100] + rows[140:]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM signals_sample WHERE at >= %s AND at <= %s", [late[0][1], late[-1][1]])
    rolled()
    assert of("signals_minute") == by_hand(prompt, timedelta(minutes=1))
    samples_load(late)
    rolled()
    assert of("signals_minute") == by_hand(rows, timedelta(minutes=1))
    assert of("signals_hour") == by_hand(rows, timedelta(hours=1))
    rolled()
    assert of("signals_hour") == by_hand(rows, timedelta(hours=1)), "rolling up again changes nothing"


def test_the_running_hour_is_rolled_up_each_turn_and_the_timer_sets_itself_again(fresh_cast: Cast) -> None:
    rows = loaded(now() - timedelta(minutes=50), 10)
    real = worlds.real()
    rollups.roll_up(real.pk, now(), now())
    assert sum(row[0] for row in of("signals_hour").values()) == len(rows)
    assert Timer.objects.filter(what=rollups.ROLL_UP, ref=real.pk).exists()


def test_it_begins_with_the_first_source(fresh_cast: Cast) -> None:
    real = worlds.real()
    source_create(key="acd", name="ACD", world=real, by=SYSTEM)
    silence.look(real.pk, now(), now())
    assert Timer.objects.filter(what=rollups.ROLL_UP, ref=real.pk).exists()


# --- what is old ------------------------------------------------------------------------------------------------------
def days_of(table: str) -> list[date]:
    return sorted(rollups._days(table))


def test_a_day_goes_when_it_is_old_and_rolled_up_and_not_before(fresh_cast: Cast, settings: Any) -> None:
    settings.SIGNALS_KEEP_DAYS = {"raw": 100, "minute": 200, "hour": 3650}
    old, young = now() - 120 * DAY, now() - 90 * DAY
    rows = loaded(old.replace(hour=1), 50)
    loaded(young.replace(hour=1), 50)
    assert rollups.drop_old() == 0, "nothing of it is rolled up yet"
    assert old.date() in days_of("signals_sample")
    rollups.walk(30)
    assert rollups.drop_old() == 1
    assert days_of("signals_sample") == [young.date()]
    hours = {at: row for at, row in of("signals_hour").items() if at.date() == old.date()}
    assert hours == by_hand(rows, timedelta(hours=1))
    points = series_points(rows[0][0], rows[0][1] - DAY, rows[-1][1] + DAY, timedelta(hours=2))
    assert sum(row.count for row in points) == 50, "the chart goes on as before"


def test_a_late_sample_holds_its_day_back_until_it_is_in(fresh_cast: Cast, settings: Any) -> None:
    settings.SIGNALS_KEEP_DAYS = {"raw": 100, "minute": 200, "hour": 3650}
    rows = loaded((now() - 120 * DAY).replace(hour=1), 50)
    rolled()
    samples_load([(rows[0][0], rows[0][1] + timedelta(seconds=1), 1.0)])
    assert rollups.drop_old() == 0
    rollups.walk(30)
    assert rollups.drop_old() == 1
    assert sum(row[0] for row in of("signals_hour").values()) == 51


def test_minutes_go_after_their_time_and_hours_stay(fresh_cast: Cast, settings: Any) -> None:
    settings.SIGNALS_KEEP_DAYS = {"raw": 100, "minute": 110, "hour": 3650}
    loaded((now() - 120 * DAY).replace(hour=1), 20)
    rolled()
    assert rollups.drop_old() == 2
    assert (days_of("signals_sample"), days_of("signals_minute")) == ([], [])
    assert of("signals_hour")


def test_what_a_practice_world_plays_is_old_by_its_own_clock(fresh_cast: Cast, settings: Any) -> None:
    settings.SIGNALS_KEEP_DAYS = {"raw": 100, "minute": 200, "hour": 3650}
    long_ago = now() - 300 * DAY
    world = worlds.world_open(key="past", name_zh="过去", name_en="Past", kind="replay", at=long_ago, paused=True)
    series = series_ensure(world, "cpu", "east")
    days_ensure(long_ago.date(), long_ago.date())
    samples_load([(series, long_ago - timedelta(seconds=1), 5.0)])
    rolled()
    assert rollups.drop_old() == 0


def test_days_made_for_old_history_stay_until_it_is_in_them(fresh_cast: Cast) -> None:
    day = (now() - 9000 * DAY).date()
    with connections["owner"].cursor() as other:
        other.execute("SELECT pg_advisory_lock_shared(%s)", [DAYS_HELD])
        days_ensure(day, day)
        rollups.drop_old()
        assert day in days_of("signals_sample")
        other.execute("SELECT pg_advisory_unlock_shared(%s)", [DAYS_HELD])
        rollups.drop_old()
        assert day not in days_of("signals_sample"), "it was left behind empty"
        with days_held():
            other.execute("SELECT pg_try_advisory_lock(%s)", [DAYS_HELD])
            assert other.fetchone() == (False,)
    connections["owner"].close()


def test_the_applications_role_drops_nothing_by_itself_and_nothing_young(fresh_cast: Cast) -> None:
    rows = loaded(now() - 2 * DAY, 10)
    day = rows[0][1].date()
    with pytest.raises(Error, match="younger than 30 days"), connection.cursor() as cursor:
        cursor.execute("SELECT signals_day_drop(%s)", [day])
    with pytest.raises(Error, match="must be owner"), connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE signals_sample_{day:%Y%m%d}")


@pytest.mark.parametrize(("raw", "minute", "hour"), [(90, 800, 3650), (400, 300, 3650), (400, 800, 500)])
def test_a_keeping_that_would_lose_something_is_refused(raw: int, minute: int, hour: int, settings: Any) -> None:
    assert not keeping_is_long_enough()
    settings.SIGNALS_KEEP_DAYS = {"raw": raw, "minute": minute, "hour": hour}
    assert [row.id for row in keeping_is_long_enough()] == ["hotline.keep"]


# --- charts -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("step", [timedelta(seconds=43), timedelta(minutes=5), timedelta(hours=1), timedelta(hours=3)])
def test_points_from_roll_ups_are_the_points_of_the_samples(step: timedelta, fresh_cast: Cast) -> None:
    rows = loaded(now().replace(minute=0, second=0, microsecond=0) - 2 * DAY, 570)
    rolled()
    points = series_points(rows[0][0], rows[0][1], now(), step)
    wanted = by_hand([row for row in rows if row[1] <= now()], whole(step))
    assert {row.at: (row.count, row.low, row.high) for row in points} == {
        at: (count, low, high) for at, (count, _sum, low, high) in wanted.items()
    }
    assert [row.mean for row in points] == pytest.approx([wanted[row.at][1] / wanted[row.at][0] for row in points])


def test_history_that_is_not_rolled_up_yet_is_drawn_all_the_same(fresh_cast: Cast) -> None:
    rows = loaded(now() - 5 * DAY, 100)
    assert sum(row.count for row in series_points(rows[0][0], rows[0][1], now(), timedelta(hours=2))) == 100


def test_history_that_is_rolled_up_in_part_is_drawn_whole(fresh_cast: Cast) -> None:
    rows = loaded(now().replace(minute=0, second=0, microsecond=0) - 4 * DAY, 900)
    rolled()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM signals_hour WHERE at < %s", [rows[450][1]])
        cursor.execute("UPDATE signals_rollupday SET hour = 23 WHERE day <= %s", [rows[450][1].date()])
    assert sum(row.count for row in series_points(rows[0][0], rows[0][1], now(), timedelta(hours=2))) == 900


@pytest.mark.parametrize(("days", "most"), [("1", 2001), ("7", 2017), ("30", 2000), ("90", 2000), ("9999", 2001)])
def test_the_page_offers_ranges_and_the_api_answers_them(days: str, most: int, fresh_cast: Cast) -> None:
    rows = loaded(now() - 2 * DAY, 500)
    answer = fresh_cast.api(DUTY).get(f"/api/v1/signals/series/{rows[0][0]}?days={days}")
    assert answer.status_code == 200
    assert 0 < len(answer.json()["points"]) <= most
