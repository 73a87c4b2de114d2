"""Stored windows of a series, as the verdict wants them."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from plans.domain import Plan, Threshold
from signals.domain.verdict import Point
from signals.rules import Known

WINDOW = "SELECT at, value FROM signals_sample WHERE series_id = %s AND at > %s AND at <= %s ORDER BY at"


def points_of(own: Known, threshold: Threshold, after: datetime, until: datetime, plan: Plan) -> list[Point]:
    """The stored window of a series, each sample with what it is compared with."""
    with connection.cursor() as cursor:
        cursor.execute(WINDOW, [own.id, after, until])
        stored = cursor.fetchall()
    if threshold.measure == "excess":
        return [Point(at, value, own.expectation.at(at, plan)) for at, value in stored]
    if threshold.measure == "share":
        beside = _other_part(own, threshold, after, until)
        return [Point(at, value, _newest_before(beside, at)) for at, value in stored]
    return [Point(at, value) for at, value in stored]


def _other_part(own: Known, threshold: Threshold, after: datetime, until: datetime) -> list[tuple[datetime, float]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.at, s.value FROM signals_sample s JOIN signals_series k ON k.id = s.series_id WHERE k.world_id = %s"
            " AND k.metric = %s AND k.region = %s AND k.hotline = %s AND k.node = %s AND s.at > %s AND s.at <= %s ORDER BY s.at",
            [own.world_id, threshold.out_of, own.region, own.hotline, own.node, after, until],
        )
        return cursor.fetchall()


def _newest_before(rows: Sequence[tuple[datetime, float]], at: datetime) -> float | None:
    return next((value for when, value in reversed(rows) if when <= at), None)
