"""The page on which a shift is handed over. Its brief is drafted by the room that sees incidents (`dashboard.brief`)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from common.errors import HotlineError
from people import rostered
from people.duty_forms import BriefForm
from people.endpoints import PageRequest, blame, change_once, page, posts
from people.models import Duty, Handover
from people.rights import allowed_somewhere
from people.services import handovers as services
from people.services import roster


@page("duty.view")
def handovers(request: PageRequest, key: str) -> HttpResponse:
    return _shown(request, rostered.duty_named(key))


def _shown(request: PageRequest, duty: Duty, *, status: int = 200, tried: BriefForm | None = None) -> HttpResponse:
    """What is being handed over, what this person can do about it, and what was."""
    now = roster.now_here()
    whole = rostered.roster_of(duty, now)
    rows = services.handovers_of(duty)
    open_now = next((row for row in rows if row.state in services.OPEN), None)
    own = open_now is not None and open_now.from_user_id == request.by.id
    takes = allowed_somewhere(request.by, roster.TAKE) and request.by.id is not None
    form = None
    if open_now is not None and own and open_now.state == Handover.State.DRAFTED:
        form = tried or BriefForm(initial={"brief": open_now.brief, "based_on": open_now.version})
    shown = {
        "duty": duty,
        "open": open_now,
        "past": [row for row in rows if row is not open_now],
        "form": form,
        "may_begin": takes and services.hands_over(duty, whole, request.by.id, now),
        "may_accept": open_now is not None
        and takes
        and open_now.state == Handover.State.HANDED_OVER
        and services.may_accept(open_now, whole, request.by.id or 0, now),
    }
    return render(request, "people/handovers.html", shown, status=status)


@posts("duty.take")
def edit(request: PageRequest, key: str, pk: int) -> HttpResponse:
    return _edited(request, key, pk, _("The brief is saved."))


@posts("duty.take")
def give(request: PageRequest, key: str, pk: int) -> HttpResponse:
    """Hand over what stands in the field: what was typed and not yet saved goes along."""
    return _edited(request, key, pk, _("Handed over; the next person accepts it."), giving=True)


def _edited(request: PageRequest, key: str, pk: int, said: str, *, giving: bool = False) -> HttpResponse:
    form = BriefForm(request.POST)

    def change() -> tuple[str, int]:
        services.handover_edit(handover_id=pk, by=request.by, **form.cleaned_data)
        if giving:
            services.handover_give(handover_id=pk, by=request.by)
        return f"handover:{pk}", 303

    if form.is_valid():
        try:
            change_once(request, change)
            messages.success(request, said)
            return redirect("handovers", key)
        except HotlineError as error:
            blame(form, error)
    return _shown(request, rostered.duty_named(key), status=400, tried=form)


@posts("duty.take")
def accept(request: PageRequest, key: str, pk: int) -> HttpResponse:
    change_once(request, lambda: (f"handover:{services.handover_accept(handover_id=pk, by=request.by).pk}", 303))
    messages.success(request, _("You have taken over."))
    return redirect("handovers", key)
