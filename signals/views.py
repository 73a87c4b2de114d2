"""Pages about what the machines say."""

from django.http import HttpResponse
from django.shortcuts import render

from engine import worlds
from people.endpoints import PageRequest, page, world_of
from plans.selectors import current
from signals import drawing, selectors
from signals.domain.verdict import State
from signals.expected import how_learnt
from signals.muted import holding


@page("signals.view")
def overview(request: PageRequest) -> HttpResponse:
    """Every watched series with its newest value against its thresholds: first what is over or near; then what is unknown,
    and what is as it should be, which fold."""
    world = world_of(request)
    tiles = drawing.tiles(world.pk)
    shown = {
        "tiles": tiles,
        "urgent": [row for row in tiles if row["state"] in (State.OVER.value, State.NEAR.value)],
        "unknown": [row for row in tiles if row["state"] == State.UNKNOWN.value],
        "normal": [row for row in tiles if row["state"] == State.NORMAL.value],
        "world": world,
        "muted": len(holding(world.pk, worlds.now(world))),
    }
    return render(request, "signals/overview.html", shown)


@page("signals.view")
def one(request: PageRequest, pk: int) -> HttpResponse:
    """A series drawn against what was expected and its thresholds."""
    series = selectors.series_by_id(pk)
    now = worlds.now(series.world)
    shown = {
        "series": series,
        "learnt": how_learnt(series, current(), now),
        "title": drawing.series_title(series),
        "world": series.world,
        "now": now,
        "ranges": drawing.RANGES,
        "days": drawing.days_of(request.GET.get("days")),
        "tiles": drawing.tiles(series.world_id, only=[pk]),
    }
    return render(request, "signals/series.html", shown)
