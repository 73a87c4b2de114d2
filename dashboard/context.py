"""What every page shows around its content: where one can go, and in which world one is."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from engine import worlds
from engine.models import World
from notifications.selectors import unread_count
from people.permissions import actor_on
from people.rights import allowed_somewhere

# address, label, icon, right; in the order of the night
NAVIGATION = (
    ("/", _("My obligations"), "checklist", "obligation.view"),
    ("/report/", _("Report a fault"), "alert-triangle", "incident.report"),
    ("/incidents/", _("Incidents"), "flame", "incident.view"),
    ("/board/", _("Board"), "layout-dashboard", "board.view"),
    ("/signals/", _("Signals"), "activity", "signals.view"),
    ("/signals/sources/", _("Sources"), "server", "source.manage"),
    ("/notices/", _("Notices"), "speakerphone", "notice.view"),
    ("/readiness/", _("Readiness"), "shield-check", "readiness.view"),
    ("/resources/", _("Resources"), "packages", "equipment.view"),
    ("/messages/", _("Messages"), "mail", "message.view"),
    ("/plan/", _("Plan"), "book", "plan.view"),
    ("/people/", _("People"), "users", "people.view"),
    ("/operations/", _("Operations"), "settings", "operations.view"),
)

THUMB = 5  # places at the lower edge of a phone


def page(request: HttpRequest) -> dict[str, Any]:
    """Template context: `nav`, `thumb` (the same for a phone), `practice_world` (None: the real one)."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {"nav": [], "thumb": {}, "practice_world": None}
    by = actor_on(request)
    unread = unread_count(request.user.pk) if allowed_somewhere(by, "message.view") else 0
    nav = [
        {
            "url": url,
            "label": label,
            "icon": icon,
            "active": request.path == url or (url != "/" and request.path.startswith(url)),
            "badge": unread if url == "/messages/" else 0,
        }
        for url, label, icon, right in NAVIGATION
        if allowed_somewhere(by, right)
    ]
    return {"nav": nav, "thumb": _for_a_thumb(nav), "practice_world": _practice_world(request)}


def _for_a_thumb(nav: list[dict[str, Any]]) -> dict[str, Any]:
    """What stands at a phone's lower edge: as many entries as a thumb tells apart, the rest behind "More"."""
    first = nav if len(nav) <= THUMB else nav[: THUMB - 1]
    more = nav[len(first) :]
    within, badge = any(entry["active"] for entry in more), sum(entry["badge"] for entry in more)
    return {"first": first, "more": more, "within": within, "badge": badge}


def _practice_world(request: HttpRequest) -> World | None:
    key = request.GET.get("world", World.REAL)
    return None if key == World.REAL else worlds.find(key)
