"""The watchdog's pages: whether the product sees, when it did not, and what it missed then."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from common.clock import wall
from people.endpoints import PageRequest, page
from people.selectors import names, users_by_id
from watchdog import selectors
from watchdog.models import BlindWindow


@page("blindness.view")
def blindness(request: PageRequest) -> HttpResponse:
    """Every blind window, the newest first, and what the watchdog proves now."""
    state = {"windows": selectors.windows(), "health": selectors.health(wall())}
    return render(request, "watchdog/blindness.html", state)


@page("blindness.view")
def report(request: PageRequest, pk: int) -> HttpResponse:
    """What one blind window held: not seen, fallen due, told late."""
    window = selectors.window_by_id(pk)
    state = {"window": window, "report": _shown(window), "names": names()}
    return render(request, "watchdog/report.html", state)


def _shown(window: BlindWindow) -> dict[str, Any] | None:
    """The report with its people by name."""
    if window.report is None:
        return None
    rows = window.report["told_late"]
    people = users_by_id(row["person"] for row in rows if row["person"] is not None)
    told = [{**row, "name": people[row["person"]].display_name if row["person"] else row["chat"]} for row in rows]
    return {**window.report, "told_late": told}
