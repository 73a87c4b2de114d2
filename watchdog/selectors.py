"""Reads of what the watchdog saw."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from common.errors import Missing
from engine import clearance, worlds
from engine.log import with_texts
from engine.models import Event
from engine.pulses import SWEEP, WATCHDOG, pulse_ages
from watchdog.domain.sight import EVERY, PATIENCE
from watchdog.models import BlindWindow, Hold, Sight

LISTED = 100


def windows() -> list[BlindWindow]:
    """Blind windows, the newest first."""
    return list(BlindWindow.objects.order_by("-pk")[:LISTED])


def window_by_id(pk: int) -> BlindWindow:
    found = BlindWindow.objects.filter(pk=pk).first()
    if found is None:
        raise Missing("blindness.missing", _("There is no such blind window."))
    return found


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the product is alive behind its pages, by what was proven last. Ages in wall time; None: never."""

    watchdog: timedelta | None
    sweep: timedelta | None
    sighted_at: datetime | None
    took_ms: int | None
    now: datetime
    held_at: datetime | None = None  # since when letters are held

    @property
    def parts(self) -> dict[str, bool]:
        """Part → well. The canary counts as well for as long as the next one may take."""
        limit = EVERY + PATIENCE
        return {
            "watchdog": self.watchdog is not None and self.watchdog <= timedelta(seconds=30),
            "workers": self.sweep is not None and self.sweep <= timedelta(seconds=30),
            "canary": self.sighted_at is not None and self.now - self.sighted_at <= limit,
            "letters": self.held_at is None,
        }

    @property
    def well(self) -> bool:
        return all(self.parts.values())


def health(now: datetime) -> Health:
    ages, row = pulse_ages(), Sight.objects.filter(pk=1).first()
    return Health(
        watchdog=ages.get(WATCHDOG),
        sweep=ages.get(SWEEP),
        sighted_at=row.sighted_at if row else None,
        took_ms=row.took_ms if row else None,
        now=now,
        held_at=clearance.held_since(),
    )


def hold_open() -> Hold | None:
    """The hold that lasts, with what is missing."""
    return Hold.objects.filter(released_at=None).first()


def holds_past() -> list[Event]:
    """What was decided on former holds, by whom and why; the newest first."""
    rows = Event.objects.filter(
        stream__world=worlds.real(), stream__kind="watchdog", stream__key="watchdog", kind="letters.released"
    )
    return with_texts(list(rows.order_by("-seq")[:LISTED]))
