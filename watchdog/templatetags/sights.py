"""What the watchdog saw, in words."""

from datetime import timedelta

from django import template
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from common.errors import Text
from watchdog.domain.sight import Stage
from watchdog.models import BlindWindow

register = template.Library()

STAGES: dict[str, Text] = {
    Stage.DATABASE: _("the database"),
    Stage.WATCHDOG: _("the watchdog itself: nobody looked"),
    Stage.WEB: _("the web process: samples were not taken in"),
    Stage.JUDGE: _("judging: samples waited"),
    Stage.RELAY: _("what follows from events"),
    Stage.SENDER: _("sending messages"),
    Stage.ARRIVED: _("nothing"),
}
PARTS: dict[str, Text] = {
    "watchdog": _("Watchdog"),
    "workers": _("Workers"),
    "canary": pgettext_lazy("test from sample to message", "Canary"),
    "letters": _("Messages leaving"),
}


@register.filter
def stage_label(stage: str) -> Text:
    return STAGES.get(stage, stage)


@register.filter
def part_label(part: str) -> Text:
    return PARTS.get(part, part)


@register.filter
def lasted(window: BlindWindow) -> str:
    """How long it lasted; empty while it lasts."""
    return spoken((window.until - window.since).total_seconds()) if window.until else ""


@register.filter
def spoken(seconds: float | None) -> str:
    """A span in the two largest units that matter."""
    if seconds is None:
        return ""
    whole = int(timedelta(seconds=seconds).total_seconds())
    hours, minutes = whole // 3600, whole % 3600 // 60
    if hours:
        said = ngettext("%(n)d h", "%(n)d h", hours) % {"n": hours}
        return said + (" " + ngettext("%(n)d min", "%(n)d min", minutes) % {"n": minutes} if minutes else "")
    if minutes >= 2:
        return ngettext("%(n)d min", "%(n)d min", minutes) % {"n": minutes}
    return ngettext("%(n)d s", "%(n)d s", whole) % {"n": whole}
