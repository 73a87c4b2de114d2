"""The database's own bell: heard with the commit that brought work, by whoever is there for that queue, without Redis."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from engine import sweep
from engine.ear import NOTIFY, listen
from engine.models import World
from signals.services.samples import JUDGE, samples_write, series_ensure
from tests.engine.processes import eventually

SLOW = 60.0  # seconds between two rounds of a sweep: what happens sooner was heard


def _bring(queue: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {NOTIFY.format(queue=queue)}")


@contextmanager
def _listening(queue: str) -> Iterator[list[float]]:
    heard: list[float] = []
    stop = threading.Event()
    thread = threading.Thread(target=listen, args=(queue, lambda: heard.append(time.monotonic()), stop))
    thread.start()
    try:
        eventually(_listeners)
        yield heard
    finally:
        stop.set()
        thread.join()


def _listeners() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%%' AND state = 'idle'"
            " AND datname = current_database()"
        )
        return [row[0] for row in cursor.fetchall()]


def test_it_is_heard_with_the_commit_and_never_before(real: World) -> None:
    with _listening("judge") as heard:
        with transaction.atomic():
            series = series_ensure(real, "complaints", "east")
            samples_write(real, [(series, datetime.now(UTC), 5.0)])
            threading.Event().wait(0.2)
            assert heard == [], "nobody comes before there is anything to see"
        eventually(lambda: heard, within=5)
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            _bring("judge")
            raise ZeroDivisionError
        _bring("another")
        threading.Event().wait(0.2)
        assert len(heard) == 1


def test_a_line_that_is_cut_is_made_anew(real: World, caplog: pytest.LogCaptureFixture) -> None:
    with _listening("judge") as heard:
        (pid,) = _listeners()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
        eventually(lambda: [found for found in _listeners() if found != pid])
        _bring("judge")
        eventually(lambda: heard, within=5)
    assert "the bell of judge is not heard" in caplog.text


def test_who_is_there_for_a_queue_drains_it_at_once(real: World, monkeypatch: pytest.MonkeyPatch) -> None:
    drained: list[float] = []
    monkeypatch.setattr(sweep, "_also", {JUDGE: lambda: drained.append(time.monotonic()) or 0})
    sweeper = sweep.Sweeper(every=SLOW, only=JUDGE)
    sweeper._right = True  # as its first round finds
    sweeper.start()
    try:
        eventually(_listeners)
        _bring(JUDGE)
        eventually(lambda: drained, within=5)
        sweeper._right = False  # it disagrees with the database's clock
        _bring(JUDGE)
        threading.Event().wait(0.2)
        assert len(drained) == 1
    finally:
        sweeper.stop()
