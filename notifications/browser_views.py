"""Turning notifications on and off in one's browsers, and the worker that shows them."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from notifications import services
from notifications.channels.vapid import signer
from people.browsers import browsers_of
from people.domain.browsers import MOST
from people.endpoints import PageRequest, change_once, page, posts, public
from people.services.browsers import browser_remove

# What the browser gave the page; the names are the Push API's.
HANDED_OVER = ("endpoint", "p256dh", "auth")


@page("message.view")
def browsers(request: PageRequest) -> HttpResponse:
    """One's browsers, and the button for this one; the page's script finds out how this one stands."""
    ours, known = signer(), browsers_of(request.user.pk)
    shown = {
        "key": ours.public if ours else "",
        "browsers": [{"row": row, "current": ours is not None and row.server_key == ours.digest} for row in known],
        "most": MOST,
    }
    return render(request, "notifications/browsers.html", shown)


@posts("message.view")
def add(request: PageRequest) -> HttpResponse:
    said = {name: request.POST.get(name, "") for name in HANDED_OVER}
    agent = request.headers.get("User-Agent", "")
    change_once(
        request, lambda: (f"browser:{services.browser_turn_on(**said, user_agent=agent, by=request.by).pk}", 201)
    )
    messages.success(request, _("Notifications are on in this browser."))
    return redirect("browsers")


@posts("message.view")
def remove(request: PageRequest, browser: UUID) -> HttpResponse:
    def change() -> tuple[str, int]:
        browser_remove(browser_id=browser, by=request.by)
        return f"browser:{browser}", 200

    change_once(request, change)
    messages.success(request, _("That browser is not told any more."))
    return redirect("browsers")


@posts("message.view")
def test(request: PageRequest) -> HttpResponse:
    change_once(request, lambda: (f"message:{services.browsers_try(by=request.by).pk}", 201))
    messages.success(request, _("A test is on its way; it should appear within seconds."))
    return redirect("browsers")


@public
def worker(request: HttpRequest) -> HttpResponseBase:
    """The script that shows a notification and opens its message, as the front end was built. It stands at the root, because it may
    act for nothing above its own address; browsers ask for it anew, so that an old one does not stay."""
    built = settings.FRONTEND_DIST / "sw.js"
    body = built.read_bytes() if built.is_file() else b""
    response = HttpResponse(body, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"], response["X-Content-Type-Options"] = "no-cache", "nosniff"
    return response
