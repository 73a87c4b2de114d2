"""Pages of the sources of signals: what each sends, its tokens, what its words mean, a test-fire, and history handed in."""

from datetime import UTC
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from common.errors import HotlineError
from engine import worlds
from engine.models import Event
from people.endpoints import PageRequest, blame, change_once, page, posts
from people.selectors import users_by_id
from plans.selectors import current
from signals import drawing, selectors
from signals.answers import SHOWN_LINES, reason
from signals.domain.mapping import mapping_of
from signals.forms import HistoryForm, MappingForm, RotateForm, SourceForm, TestFireForm
from signals.models import Source
from signals.protocols import PATH, WRITE_PATH
from signals.services import sources
from signals.services.backfill import history_load
from signals.services.testfire import source_test_fire

# Where a source sends what, as the page tells it.
DOORS = {
    "samples": PATH,
    "prometheus": WRITE_PATH,
    "alertmanager": "/api/v1/signals/alertmanager",
    "zabbix": "/api/v1/signals/zabbix",
    "history": "/api/v1/signals/history",
}


@page("source.view")
def listed(request: PageRequest) -> HttpResponse:
    return render(request, "signals/sources.html", {"sources": selectors.sources()})


@page("source.view")
def one(request: PageRequest, key: str) -> HttpResponse:
    return _one(request, selectors.source_named(key))


def _one(request: PageRequest, source: Source, *, status: int = 200, **tried: forms.Form) -> HttpResponse:
    unmatched = selectors.unmatched_of(source)
    shown = {
        "source": source,
        "counts": [(count, reason(count.code)) for count in source.counts.all()],
        "unmatched": [(row, reason(row.code, row.what)) for row in unmatched],
        "alerts": [(row, drawing.series_title(row.series)) for row in selectors.alerts_of(source)],
        "history": _named(selectors.history_of(source)),
        "doors": {name: request.build_absolute_uri(path) for name, path in DOORS.items()},
        "rotate": tried.get("rotate") or RotateForm(),
        "former_opens": source.former_until is not None and source.former_until > worlds.now(worlds.real()),
    }
    return render(request, "signals/source.html", shown, status=status)


def _named(events: list[Event]) -> list[tuple[Event, str]]:
    """Each with the name of the person who did it; none for the product or the source itself."""
    people = users_by_id({event.actor_id for event in events if event.actor_kind == "person" and event.actor_id})
    return [
        (
            event,
            people[event.actor_id].display_name if event.actor_kind == "person" and event.actor_id in people else "",
        )
        for event in events
    ]


@page("source.manage", posting="source.manage")
def new(request: PageRequest) -> HttpResponse:
    """A new source for the real world; its token is shown this once."""
    form = SourceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            secret = sources.source_create(**form.cleaned_data, world=worlds.real(), by=request.by)
        except HotlineError as error:
            blame(form, error)
        else:
            return _token(request, form.cleaned_data["key"], secret)
    return render(request, "signals/source_new.html", {"form": form}, status=400 if form.errors else 200)


def _token(request: PageRequest, key: str, secret: str) -> HttpResponse:
    """The token, shown this once on a page no cache keeps."""
    doors = {name: request.build_absolute_uri(path) for name, path in DOORS.items()}
    answer = render(request, "signals/token.html", {"key": key, "secret": secret, "doors": doors})
    answer["Cache-Control"] = "no-store"
    return answer


@posts("source.manage")
def token_rotate(request: PageRequest, key: str) -> HttpResponse:
    form = RotateForm(request.POST)
    if not form.is_valid():
        return _one(request, selectors.source_named(key), status=400, rotate=form)
    secret = sources.source_token_rotate(key=key, by=request.by, grace=form.wanted())
    return _token(request, key, secret)


@posts("source.manage")
def revoke(request: PageRequest, key: str) -> HttpResponse:
    def do() -> tuple[str, int]:
        sources.source_revoke(key=key, reason=request.POST.get("reason", ""), by=request.by)
        return f"source:{key}", 200

    change_once(request, do)
    messages.success(request, _("The source is revoked; its token opens nothing any more."))
    return redirect("source", key)


@page("source.manage", posting="source.manage")
def mapping(request: PageRequest, key: str) -> HttpResponse:
    source = selectors.source_named(key)
    form = (
        MappingForm(request.POST)
        if request.method == "POST"
        else MappingForm.of(mapping_of(source.mapping), source.version)
    )
    if request.method == "POST" and form.is_valid():
        try:
            sources.source_mapping_set(
                key=key, mapping=form.mapping(), based_on=form.cleaned_data["based_on"], by=request.by
            )
        except HotlineError as error:
            form.refused(error)
        else:
            messages.success(request, _("From now on its words are read so."))
            return redirect("source", key)
    metrics = [
        (metric.key, metric.title.as_dict(), metric.unit, sorted(metric.units)) for metric in current().metrics.values()
    ]
    shown = {"source": source, "form": form, "metrics": metrics}
    return render(request, "signals/source_mapping.html", shown, status=400 if form.errors else 200)


@page("source.manage", posting="source.manage")
def test_fire(request: PageRequest, key: str) -> HttpResponse:
    """One sample through every stage. It changes nothing, so that it may be sent as often as one likes."""
    source = selectors.source_named(key)
    form = TestFireForm(request.POST or None)
    steps: list[Any] = []
    if request.method == "POST" and form.is_valid():
        try:
            steps = source_test_fire(source=source, by=request.by, **form.cleaned_data)
        except HotlineError as error:
            blame(form, error)
    shown = {"source": source, "form": form, "steps": steps}
    return render(request, "signals/source_test.html", shown, status=400 if form.errors else 200)


@page("source.manage", posting="source.manage")
def history(request: PageRequest, key: str) -> HttpResponse:
    """A table of old samples. The same file again stores nothing twice, so that it needs no key against that."""
    source = selectors.source_named(key)
    form = HistoryForm(request.POST or None, request.FILES or None)
    loaded = None
    if request.method == "POST" and form.is_valid():
        zone = {"company": current().zone, "utc": UTC}.get(form.cleaned_data["zone"])
        try:
            loaded = history_load(
                world=source.world,
                content=form.cleaned_data["file"].read(),
                by=request.by,
                defaults=form.defaults(),
                zone=zone,
            )
        except HotlineError as error:
            blame(form, error)
    rejected = (
        [] if loaded is None else [(row.index, reason(row.why, row.what)) for row in loaded.rejected[:SHOWN_LINES]]
    )
    shown = {"source": source, "form": form, "loaded": loaded, "rejected": rejected}
    return render(request, "signals/source_history.html", shown, status=400 if form.errors else 200)
