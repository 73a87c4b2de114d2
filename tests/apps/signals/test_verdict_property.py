"""A verdict is a function of the stored window and now: whatever order, repetition, loss of process or lateness brought it about."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.clock import microseconds
from engine import worlds
from signals.models import Series, Watch
from signals.rules import RULES
from signals.services import judging
from signals.services.samples import days_ensure, samples_load, samples_write, series_ensure
from tests.cast import Cast

OVER, UNDER = 490.0, 300.0  # seconds: more than eight minutes, and calm
STEP = timedelta(minutes=5)
# A minute of queueing after another: over, under, or lost.
histories = st.lists(st.sampled_from([OVER, OVER, OVER, OVER, UNDER, None]), min_size=8, max_size=14)
SLOWLY = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
Row = tuple[int, datetime, float]


class Undone(Exception):
    """Ends an example's savepoint."""


def rows_of(history: list[float | None]) -> list[Row]:
    series = series_ensure(worlds.real(), "queue_time_mean", "east")
    end = worlds.now(worlds.real()).replace(microsecond=0)
    start = end - STEP * (len(history) - 1)
    return [(series, start + STEP * n, value) for n, value in enumerate(history) if value is not None]


def standing(series: int) -> tuple[bool, datetime | None]:
    """Whether the watch stands and since when the line is crossed."""
    watch = Watch.objects.filter(series=series, threshold="queue_time_pre_response", state="open").first()
    return (watch is not None, watch and watch.over_since)


def stored(rows: list[Row]) -> None:
    """All of it in the table, the series judged up to just before it."""
    for day in {at.date() for _s, at, _v in rows}:
        days_ensure(day, day)
    samples_load(rows)
    Series.objects.filter(pk=rows[0][0]).update(judged_at=rows[0][1] - STEP)


def ended(rows: list[Row], batches: list[list[Row]], *, restart: bool) -> tuple[bool, datetime | None]:
    """What stands after these batches were stored and judged in this order, and the newest once more by the timer."""
    found: list[Any] = []
    try:
        with transaction.atomic():
            for batch in batches:
                samples_write(worlds.real(), batch)
                judging.judge_pending()
                if restart:
                    RULES.forget()
            series = rows[0][0]
            found.append(standing(series))
            raise Undone
    except Undone:
        RULES.forget()
    return found[0]


def truly(rows: list[Row]) -> bool:
    """By hand, without hysteresis: the newest run over the line lasts 30 minutes without a hole of more than 20."""
    if not rows or rows[-1][2] != OVER:
        return False
    since = rows[-1][1]
    for (_s, before, value), (_t, after, _v) in list(pairwise(rows))[::-1]:
        if value != OVER or after - before > timedelta(minutes=20):
            break
        since = before
    return rows[-1][1] - since >= timedelta(minutes=30)


@given(history=histories)
@SLOWLY
def test_sustained_means_what_a_person_would_count(history: list[float | None], cast: Cast) -> None:
    rows = rows_of(history)
    if not rows:
        return
    stands, _since = ended(rows, [[row] for row in rows], restart=False)
    assert stands or not truly(rows), "what lasted must stand"
    if stands and rows[-1][2] == UNDER:
        pytest.fail("a calm sample clears")


@given(history=histories, data=st.data())
@SLOWLY
def test_all_at_once_or_one_by_one_with_restarts_ends_the_same(
    history: list[float | None], data: st.DataObject, cast: Cast
) -> None:
    rows = rows_of(history)
    if not rows:
        return
    plain = ended(rows, [[row] for row in rows], restart=False)
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(rows) - 1)), max_size=5)))
    edges = [0, *cuts, len(rows)]
    batches = [rows[a:b] for a, b in pairwise(edges) if rows[a:b]]
    twice = [batch + rows[max(0, edges[n] - 2) : edges[n]] for n, batch in enumerate(batches)]
    assert ended(rows, batches, restart=True) == plain
    assert ended(rows, [list(dict.fromkeys(batch)) for batch in twice], restart=True) == plain


@given(history=histories, data=st.data())
@SLOWLY
def test_stored_first_and_judged_in_any_order_any_number_of_times_the_verdict_is_one(
    history: list[float | None], data: st.DataObject, cast: Cast
) -> None:
    """Several workers judge what is stored already: shuffled, repeated, one of them having died before it was done."""
    rows = rows_of(history)
    if not rows:
        return
    series, world = rows[0][0], worlds.real()
    orders = [data.draw(st.permutations(rows)) for _ in range(2)]
    found = []
    for order in orders:
        try:
            with transaction.atomic():
                stored(rows)
                for row in [*order, *order[: len(order) // 2]]:
                    judging.judge_samples(world.pk, [(series, microseconds(row[1]), row[2])])
                found.append((standing(series), Series.objects.get(pk=series).judged_at))
                raise Undone
        except Undone:
            RULES.forget()
    whole = _judged_once(rows)
    assert found == [whole, whole]


def _judged_once(rows: list[Row]) -> tuple[Any, datetime | None]:
    series = rows[0][0]
    found: list[Any] = []
    try:
        with transaction.atomic():
            stored(rows)
            batch = [(series, microseconds(at), value) for _s, at, value in rows]
            judging.judge_samples(worlds.real().pk, batch)
            found.append((standing(series), Series.objects.get(pk=series).judged_at))
            raise Undone
    except Undone:
        RULES.forget()
    return found[0]


def test_a_late_sample_completes_what_was_lost(cast: Cast) -> None:
    rows = rows_of([OVER] * 8)
    hole = rows[3:6]
    samples_write(worlds.real(), [row for row in rows if row not in hole])
    judging.judge_pending()
    stood = standing(rows[0][0])
    samples_write(worlds.real(), hole[::-1])
    judging.judge_pending()
    assert standing(rows[0][0])[0], stood
