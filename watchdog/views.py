"""The watchdog's pages: whether the product sees, when it did not, and what it missed then."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from common.clock import wall
from common.errors import HotlineError
from notifications.waiting import letters_waiting
from people.endpoints import PageRequest, blame, change_once, page
from people.selectors import names, users_by_id
from watchdog import selectors
from watchdog.forms import ReleaseForm
from watchdog.models import BlindWindow
from watchdog.services.restored import letters_release


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


@page("operations.view", posting="letters.release")
def restored(request: PageRequest) -> HttpResponse:
    """After an older backup: what is missing, what waits to leave, and the form by which a person lets it go."""
    hold = selectors.hold_open()
    form = ReleaseForm(request.POST or None, begins=hold.opened_at if hold else None)
    if request.method == "POST" and form.is_valid():

        def release() -> tuple[str, int]:
            return f"hold:{letters_release(by=request.by, **form.said()).pk}", 303

        try:
            change_once(request, release)
        except HotlineError as error:
            blame(form, error)
        else:
            messages.success(request, _("Messages leave again."))
            return redirect("restored")
    past = selectors.holds_past()
    people = users_by_id(event.actor_id for event in past if event.actor_id)
    state = {
        "hold": hold,
        "waiting": letters_waiting(),
        "form": form,
        "past": [(event, people[event.actor_id].display_name) for event in past if event.actor_id],
    }
    return render(request, "watchdog/restored.html", state, status=400 if form.errors else 200)


def _shown(window: BlindWindow) -> dict[str, Any] | None:
    """The report with its people by name."""
    if window.report is None:
        return None
    rows = window.report["told_late"]
    people = users_by_id(row["person"] for row in rows if row["person"] is not None)
    told = [{**row, "name": people[row["person"]].display_name if row["person"] else row["chat"]} for row in rows]
    return {**window.report, "told_late": told}
