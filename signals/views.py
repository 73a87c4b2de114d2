"""Pages about what the machines say."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from engine import worlds
from people.endpoints import PageRequest, page, posts, world_of
from signals import selectors
from signals.muted import holding
from signals.services import sources


@page("signals.view")
def overview(request: PageRequest) -> HttpResponse:
    """Every watched series with its newest value against its thresholds, and the sources."""
    world = world_of(request)
    shown = {
        "tiles": selectors.tiles(world.pk),
        "sources": selectors.sources(),
        "world": world,
        "muted": len(holding(world.pk, worlds.now(world))),
    }
    return render(request, "signals/overview.html", shown)


@page("signals.view")
def one(request: PageRequest, pk: int) -> HttpResponse:
    """A series drawn against what was expected and its thresholds."""
    series = selectors.series_by_id(pk)
    shown = {
        "series": series,
        "title": selectors.series_title(series),
        "world": series.world,
        "now": worlds.now(series.world),
        "ranges": selectors.RANGES,
        "days": selectors.days_of(request.GET.get("days")),
        "tiles": selectors.tiles(series.world_id, only=[pk]),
    }
    return render(request, "signals/series.html", shown)


@posts("source.manage")
def token_rotate(request: PageRequest, key: str) -> HttpResponse:
    """A new token, shown this once on a page no cache keeps."""
    secret = sources.source_token_rotate(key=key, by=request.by)
    answer = render(request, "signals/token.html", {"key": key, "secret": secret})
    answer["Cache-Control"] = "no-store"
    return answer


@posts("source.manage")
def source_new(request: PageRequest) -> HttpResponse:
    """A new source for the real world; its token is shown this once."""
    key, name = request.POST.get("key", "").strip(), request.POST.get("name", "").strip()
    if not key.replace("-", "").isalnum() or not name or len(key) > 40 or len(name) > 80:
        messages.error(request, _("A source needs a name, and a key of letters, digits and dashes."))
        return redirect("signals")
    secret = sources.source_create(key=key, name=name, world=worlds.real(), by=request.by)
    answer = render(request, "signals/token.html", {"key": key, "secret": secret})
    answer["Cache-Control"] = "no-store"
    return answer
