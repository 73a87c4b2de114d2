"""Another version of the plan came into force: what is watched is watched by its lines."""

from datetime import datetime

from common.actor import SYSTEM
from common.clock import utc_text
from engine import worlds
from engine.log import Entry, log_append_many, stream_open
from engine.models import Event
from plans.selectors import current
from signals.events import WatchCleared
from signals.models import Watch
from signals.rules import RULES
from signals.services import telling


def follow(event: Event) -> None:
    """Clear the watches of lines that the plan no longer has: nothing would ever judge them again.

    This process forgets the former lines now, the others within `rules.KEPT_SECONDS`.
    """
    RULES.forget()
    known = set(current().thresholds)
    gone = Watch.objects.filter(state=Watch.State.OPEN).exclude(threshold__in=known).select_related("series")
    by_world: dict[int, list[Watch]] = {}
    for watch in gone.select_for_update(no_key=True, of=("self",)).order_by("pk"):
        by_world.setdefault(watch.series.world_id, []).append(watch)
    for world_id in sorted(by_world):
        now = worlds.now(world_id)
        entries = [_cleared(watch, now) for watch in by_world[world_id]]
        log_append_many(stream_open(world_id, "signals", "watches"), entries, by=SYSTEM)
        telling.touched(world_id, {watch.series_id for watch in by_world[world_id]})


def _cleared(watch: Watch, now: datetime) -> Entry:
    watch.state, watch.cleared_at = Watch.State.CLEARED, now
    watch.save(update_fields=["state", "cleared_at"])
    series = watch.series
    payload = WatchCleared(
        watch=watch.pk,
        series=series.pk,
        threshold=watch.threshold,
        metric=series.metric,
        region=series.region,
        hotline=series.hotline,
        node=series.node,
        value=watch.value,
        ratio=watch.ratio,
        at=utc_text(watch.cleared_at),
    )
    return Entry(payload, occurred=watch.cleared_at)
