"""Reads of maintenance windows and silences."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from common.clock import utc_text
from common.errors import Missing
from engine import worlds
from people.selectors import names
from plans.selectors import current
from signals.domain.mutes import Muted, Where
from signals.models import Mute, Watch

PAST_SHOWN = timedelta(days=30)
HELD_SHOWN = 20
Both = dict[str, str]


def mutes() -> QuerySet[Mute]:
    return Mute.objects.select_related("world", "owner", "set_by")


def mute_by_id(pk: int) -> Mute:
    """Raises Missing."""
    found = mutes().filter(pk=pk).first()
    if found is None:
        raise Missing("mute.missing", _("There is no such silence."))
    return found


def mutes_of(world_id: int) -> dict[str, list[Mute]]:
    """A world's mutes: `now` by their end, `coming` by their beginning, `past` of the last 30 days, newest first."""
    now = worlds.now(world_id)
    rows = mutes().filter(world_id=world_id)
    standing = list(rows.filter(ended_at=None).order_by("ends_at", "pk"))
    return {
        "now": [row for row in standing if row.starts_at <= now],
        "coming": sorted((row for row in standing if row.starts_at > now), key=lambda row: (row.starts_at, row.pk)),
        "past": list(rows.filter(ended_at__gt=now - PAST_SHOWN).order_by("-ended_at", "-pk")[:50]),
    }


def holding(world_id: int, now: datetime) -> list[Mute]:
    """The mutes that hold in a world now, the one that lasts longest first."""
    rows = Mute.objects.filter(world_id=world_id, ended_at=None, starts_at__lte=now, ends_at__gt=now)
    return list(rows.order_by("-ends_at", "pk"))


def covering(standing: Iterable[Mute], *, metric: str, region: str, hotline: str, node: str) -> Mute | None:
    """The first of these that holds for a series."""
    return next((row for row in standing if _scope(row).covers(metric, region, hotline, node)), None)


def _scope(mute: Mute) -> Where:
    return Where(mute.metric, mute.region, mute.hotline, mute.node)


def mutes_between(world_id: int, since: datetime, until: datetime) -> list[Muted]:
    """Those that held at some time between two instants, each as it truly held: not before it was set, not after it was ended."""
    rows = Mute.objects.filter(world_id=world_id, starts_at__lt=until, ends_at__gt=since).order_by("pk")
    held = [
        Muted(_scope(row), max(row.starts_at, row.set_at), min(row.ends_at, row.ended_at or row.ends_at), row.pk)
        for row in rows
    ]
    return [mute for mute in held if mute.starts < mute.ends]


def held_by(mute: Mute) -> list[dict[str, Any]]:
    """What a mute holds or held back, newest first: each crossing with its line and its place, at most 20."""
    rows = Watch.objects.filter(mute=mute).select_related("series").order_by("-opened_at", "-pk")[:HELD_SHOWN]
    lines, places = current().thresholds, names()
    return [
        {
            "series": row.series_id,
            "threshold": row.threshold,
            "line": lines[row.threshold].title.as_dict() if row.threshold in lines else _plainly(row.threshold),
            "where": _place(row.series, places),
            "opened_at": row.opened_at,
            "cleared_at": row.cleared_at,
            "spoke_at": row.spoke_at,
        }
        for row in rows
    ]


def where_of(mute: Mute) -> Both:
    """What a mute is about, in both languages: metric and place."""
    metric = current().metrics.get(mute.metric)
    parts = [metric.title.as_dict() if metric else _plainly(mute.metric)] if mute.metric else []
    parts += _places(mute, names())
    return {code: " · ".join(part[code] for part in parts) for code in ("zh", "en")}


def _place(own: Any, places: dict[str, dict[str, Both]]) -> Both | None:
    return next(iter(_places(own, places)), None)


def _places(own: Any, places: dict[str, dict[str, Both]]) -> list[Both]:
    """Names of the node, the hotline and the region that something names, the narrowest first."""
    keys = (("nodes", own.node), ("hotlines", own.hotline), ("regions", own.region))
    return [places[kind].get(key, _plainly(key)) for kind, key in keys if key]


def _plainly(key: str) -> Both:
    return {"zh": key, "en": key}


def mute_dict(mute: Mute) -> dict[str, Any]:
    """A mute as the API shows it, with what it held back."""
    return {
        "id": mute.pk,
        "world": mute.world.key,
        "kind": mute.kind,
        "metric": mute.metric or None,
        "region": mute.region or None,
        "hotline": mute.hotline or None,
        "node": mute.node or None,
        "title": where_of(mute),
        "reason": mute.reason,
        "owner": {"id": mute.owner_id, "name": mute.owner.display_name},
        "set_by": mute.set_by and {"id": mute.set_by_id, "name": mute.set_by.display_name},
        "set_at": utc_text(mute.set_at),
        "starts_at": utc_text(mute.starts_at),
        "ends_at": utc_text(mute.ends_at),
        "ended_at": mute.ended_at and utc_text(mute.ended_at),
        "ending": mute.ending or None,
        "held": mute.held if mute.ended_at else Watch.objects.filter(mute=mute).count(),
        "spoke": mute.spoke,
        "version": mute.version,
        "crossings": [
            {**row, **{name: row[name] and utc_text(row[name]) for name in ("opened_at", "cleared_at", "spoke_at")}}
            for row in held_by(mute)
        ],
    }
