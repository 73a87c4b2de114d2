"""Trying a plan on history: asking, and what was found."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from common.errors import HotlineError, Missing
from people.endpoints import PageRequest, blame, change_once, page, world_of
from people.selectors import names
from signals.backtest_forms import BacktestForm
from signals.models import BacktestRun
from signals.services.backtest_runs import backtest_ask

SHOWN = 20


@page("signals.view", posting="backtest.ask")
def backtests(request: PageRequest) -> HttpResponse:
    """The form, and the newest runs of this world."""
    world = world_of(request)
    asked_for = {name: request.GET[name] for name in ("version", "against") if name in request.GET}
    form = BacktestForm(request.POST or None, request.FILES or None, initial=asked_for)
    if request.method == "POST" and form.is_valid():
        try:
            asked = form.asked()
            answer = change_once(
                request, lambda: (f"backtest:{backtest_ask(world=world, by=request.by, **asked).pk}", 303)
            )
        except UnicodeDecodeError:
            form.add_error("file", _("The file is not text in UTF-8."))
        except HotlineError as error:
            if error.status in (403, 404):
                raise
            blame(form, error)
        else:
            messages.success(request, _("It is being tried; this page shows the result by itself."))
            return redirect("backtest", pk=int(answer.reference.removeprefix("backtest:")))
    runs = (
        BacktestRun.objects.filter(world=world).defer("file", "result", "text", "against_text").order_by("-pk")[:SHOWN]
    )
    shown = {"form": form, "runs": runs.select_related("asked_by", "version", "against_version"), "world": world}
    return render(request, "signals/backtests.html", shown, status=422 if form.errors else 200)


@page("signals.view")
def backtest(request: PageRequest, pk: int) -> HttpResponse:
    """One run: it looks again every two seconds until it is done."""
    run = BacktestRun.objects.select_related("world", "asked_by", "version", "against_version").filter(pk=pk).first()
    if run is None:
        raise Missing("backtest.missing", _("There is no such backtest."))
    waits = run.state in (BacktestRun.State.WAITING, BacktestRun.State.RUNNING)
    if request.htmx and not waits:
        return HttpResponse(headers={"HX-Refresh": "true"})
    shown = {"run": run, "waits": waits, "found": run.result, "world": run.world, "places": names()}
    return render(request, "signals/backtest.html", shown)
