"""Blind windows: opened when nothing is proven any more, closed by the first proof, reported once the product has caught up."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from common.actor import SYSTEM
from common.clock import utc_text
from engine import worlds
from engine.alarms import alarm_clear, alarm_raise
from engine.events import Payload
from engine.log import log_append, stream_open
from watchdog.domain.sight import Canary, Stage, blind_since
from watchdog.events import SeesAgain, WentBlind
from watchdog.models import BlindWindow, Sight

REF = "sight"


def sight() -> Sight:
    return Sight.objects.get_or_create(pk=1)[0]


@transaction.atomic
def blindness_judged(canary: Canary | None, stages: Iterable[Stage], now: datetime) -> bool:
    """Note what the newest canary proves; whether it is a new proof. `stages`: what held up canaries, or the watchdog itself,
    since the last one."""
    row = Sight.objects.select_for_update(no_key=True).get(pk=1)
    fresh = canary is not None and (row.sighted_at is None or canary.posted > row.sighted_at)
    if canary is not None and fresh and canary.arrived is not None and not canary.lost(now):
        _proved(row, canary, canary.arrived)
        return True
    since = blind_since(row.sighted_at, now)
    if since is None:
        return False
    held = sorted(set(stages))
    window, made = BlindWindow.objects.get_or_create(until=None, defaults={"since": since, "stages": held})
    if made:
        log(WentBlind(window=window.pk, since=utc_text(since)))
    elif not set(held) <= set(window.stages):
        window.stages = sorted({*window.stages, *held})
        window.save(update_fields=["stages"])
    alarm_raise("watchdog.blind", REF, stage=", ".join(window.stages))
    return False


def _proved(row: Sight, canary: Canary, arrived: datetime) -> None:
    row.sighted_at, row.took_ms = canary.posted, int((arrived - canary.posted).total_seconds() * 1000)
    row.save(update_fields=["sighted_at", "took_ms"])
    window = BlindWindow.objects.select_for_update(no_key=True).filter(until=None, since__lt=canary.posted).first()
    if window is None:
        return
    window.until = arrived
    window.save(update_fields=["until"])
    log(SeesAgain(window=window.pk, since=utc_text(window.since), until=utc_text(arrived), stages=list(window.stages)))
    alarm_clear("watchdog.blind", REF)


def log(payload: Payload) -> None:
    log_append(stream_open(worlds.real(), "watchdog", "watchdog"), payload, by=SYSTEM)
