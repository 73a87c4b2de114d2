"""Setting, extending and ending maintenance windows and silences; at the end what still stands speaks (4.1)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from common.actor import SYSTEM, Actor
from common.clock import utc_text
from common.errors import Conflict, Invalid, Missing, Text
from engine import worlds
from engine.log import Entry, log_append, log_append_many, stream_open
from engine.models import Stream, World
from engine.timers import timer_set, timers_cancel
from people.rights import GRANTS, Scope, require
from people.selectors import User, holders_of_any, resolve
from plans.domain import Plan
from plans.selectors import cites
from signals.domain.mutes import Where, Wrong, wrongs, wrongs_of_extension
from signals.events import MuteEnded, MuteExtended, MuteSet
from signals.models import Mute, Watch
from signals.rules import RULES
from signals.services.watches import spoken

RIGHT = "signals.mute"
END = "signals.mute_end"
LONGEST_REASON = 500
_SAID: dict[Mute.Ending, Literal["due", "early"]] = {Mute.Ending.DUE: "due", Mute.Ending.EARLY: "early"}
SENTENCES: dict[Wrong, Text] = {
    Wrong.NOWHERE: _(
        "Say what is meant: a metric, a region, a hotline or a node. Everything at once cannot be silenced."
    ),
    Wrong.BACKWARDS: _("The end lies before the beginning."),
    Wrong.OVER: _("The end lies in the past."),
    Wrong.TOO_LONG: _("Seven days at a time at most; extend it then, or change the plan."),
    Wrong.TOO_FAR: _("The beginning lies more than 90 days ahead."),
    Wrong.PAST: _("The beginning lies in the past; what was said then was said."),
    Wrong.NOT_LATER: _("This is no later than the end that stands; to end it sooner, end it now."),
}


def owners_to_choose() -> list[User]:
    """Who may answer for one: whoever may set one, by name."""
    return holders_of_any(GRANTS[RIGHT])


@transaction.atomic
def mute_set(
    *,
    world: World,
    kind: str,
    where: Where,
    reason: str,
    ends_at: datetime,
    by: Actor,
    owner_id: int | None = None,
    starts_at: datetime | None = None,
) -> Mute:
    """Set a maintenance window or a silence; it holds from its beginning (default: now) to its end, of which the owner hears.

    Raises NotAllowed (who is narrowed to a region silences that region only), Invalid naming each field.
    """
    place = resolve(region=where.region, hotline=where.hotline, node=where.node)
    actor = require(by, RIGHT, Scope(region=place.region.key if place.region else None))
    now = worlds.now(world)
    starts = starts_at or now
    errors = _said_wrong(kind, where, reason, owner_id or by.id, RULES.fresh())
    errors += _errors(wrongs(where, starts, ends_at, now))
    if errors:
        raise Invalid("invalid", _("Some values are not right; see errors."), errors=errors)
    mute = Mute.objects.create(
        world=world,
        kind=kind,
        metric=where.metric,
        region=where.region,
        hotline=where.hotline,
        node=where.node,
        reason=reason.strip(),
        owner_id=owner_id or by.id,
        set_by_id=actor.id,
        set_at=now,
        starts_at=starts,
        ends_at=ends_at,
    )
    timer_set(world.pk, END, mute.pk, ends_at)
    log_append(_stream(world.pk), MuteSet(**_about(mute), reason=mute.reason), by=actor, clause=cites("mute"))
    return mute


def _said_wrong(kind: str, where: Where, reason: str, owner: int | None, plan: Plan) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    if kind not in Mute.Kind.values:
        found.append({"field": "kind", "code": "invalid_choice", "message": _("This is not one of the choices.")})
    if where.metric and where.metric not in plan.metrics:
        found.append({"field": "metric", "code": "unknown", "message": _("The plan has no such metric.")})
    found += _reason_wrong(reason)
    if owner not in {user.pk for user in owners_to_choose()}:
        sentence = _("Name an owner who may set silences: somebody on duty or of the technical leads.")
        found.append({"field": "owner", "code": "invalid_choice", "message": sentence})
    return found


def _reason_wrong(reason: str) -> list[dict[str, object]]:
    if not reason.strip():
        return [{"field": "reason", "code": "blank", "message": _("Give the reason; it is kept with your name.")}]
    if len(reason.strip()) > LONGEST_REASON:
        return [{"field": "reason", "code": "too_long", "message": _("500 letters at most.")}]
    return []


def _errors(found: Iterable[tuple[str, Wrong]]) -> list[dict[str, object]]:
    return [{"field": field, "code": wrong.value, "message": SENTENCES[wrong]} for field, wrong in found]


@transaction.atomic
def mute_extend(*, mute_id: int, ends_at: datetime, reason: str, by: Actor, based_on: int | None = None) -> Mute:
    """Let it hold longer. Raises Missing, NotAllowed, Invalid, Conflict (it is over, or somebody changed it meanwhile)."""
    mute, actor, now = _entered(mute_id, by, based_on)
    errors = _reason_wrong(reason) + _errors(wrongs_of_extension(mute.starts_at, mute.ends_at, ends_at, now))
    if errors:
        raise Invalid("invalid", _("Some values are not right; see errors."), errors=errors)
    before, mute.ends_at = mute.ends_at, ends_at
    mute.version += 1
    mute.save(update_fields=["ends_at", "version"])
    timer_set(mute.world_id, END, mute.pk, ends_at)
    payload = MuteExtended(**_about(mute), before=utc_text(before), reason=reason.strip())
    log_append(_stream(mute.world_id), payload, by=actor, clause=cites("mute"))
    return mute


@transaction.atomic
def mute_end(*, mute_id: int, by: Actor, based_on: int | None = None) -> Mute:
    """End it now, or call it off before it begins. Raises Missing, NotAllowed, Conflict as `mute_extend`."""
    mute, actor, now = _entered(mute_id, by, based_on)
    timers_cancel(mute.pk, END)
    _end(mute, Mute.Ending.EARLY, actor, now)
    return mute


def due(ref: int, due_at: datetime, now: datetime) -> None:
    """Its end has come."""
    mute = mute_locked(ref)
    if mute is not None and mute.ended_at is None and mute.ends_at <= now:
        _end(mute, Mute.Ending.DUE, SYSTEM, now)


def _entered(mute_id: int, by: Actor, based_on: int | None) -> tuple[Mute, Actor, datetime]:
    mute = mute_locked(mute_id)
    if mute is None:
        raise Missing("mute.missing", _("There is no such silence."))
    place = resolve(region=mute.region, hotline=mute.hotline, node=mute.node)
    actor = require(by, RIGHT, Scope(region=place.region.key if place.region else None))
    if mute.ended_at is not None:
        raise Conflict("mute.over", _("This silence is over already."))
    if based_on is not None and based_on != mute.version:
        raise Conflict("mute.changed", _("Somebody changed this silence after you opened it; read it again."))
    return mute, actor, worlds.now(mute.world_id)


def mute_locked(mute_id: int) -> Mute | None:
    """It, held until the transaction ends. Its end by the clock holds it before the clock's row, as whoever ends it sooner does."""
    return Mute.objects.select_for_update(no_key=True).filter(pk=mute_id).first()


# --- the end ------------------------------------------------------------------------------------------------------------
COVERED = """
SELECT s.id, (
    SELECT m.id FROM signals_mute m
    WHERE m.ended_at IS NULL AND m.world_id = s.world_id AND m.starts_at <= %(now)s AND m.ends_at > %(now)s AND m.id <> %(mute)s
      AND m.metric IN ('', s.metric) AND m.region IN ('', s.region) AND m.hotline IN ('', s.hotline) AND m.node IN ('', s.node)
    ORDER BY m.ends_at DESC, m.id LIMIT 1)
FROM signals_series s JOIN signals_mute own ON own.id = %(mute)s
WHERE s.world_id = own.world_id AND own.metric IN ('', s.metric) AND own.region IN ('', s.region)
  AND own.hotline IN ('', s.hotline) AND own.node IN ('', s.node)
ORDER BY s.id FOR NO KEY UPDATE OF s
"""


def _end(mute: Mute, ending: Mute.Ending, by: Actor, now: datetime) -> None:
    """What was held back and still stands speaks, unless another one holds for it. The series are held, as the judge holds
    them: whatever crosses a line from here on finds no mute."""
    with connection.cursor() as cursor:
        cursor.execute(COVERED, {"now": now, "mute": mute.pk})
        other = dict(cursor.fetchall())
    mute.held = Watch.objects.filter(mute=mute).count()
    waiting = list(Watch.objects.filter(mute=mute, spoke_at=None, state=Watch.State.OPEN).order_by("pk"))
    for watch in waiting:
        if other.get(watch.series_id) is not None:
            watch.mute_id = other[watch.series_id]
            watch.save(update_fields=["mute"])
    entries = _speaking([watch for watch in waiting if watch.mute_id == mute.pk], now)
    mute.spoke, mute.ended_at, mute.ending = len(entries), now, ending
    mute.version += 1
    mute.save(update_fields=["held", "spoke", "ended_at", "ending", "version"])
    ended = MuteEnded(**_about(mute), ending=_SAID[ending], held=mute.held, spoke=mute.spoke)
    log_append_many(_stream(mute.world_id), [Entry(ended, clause=cites("mute"))], by=by)
    if entries:
        log_append_many(_stream(mute.world_id), entries, by=SYSTEM)


def _speaking(watches: Sequence[Watch], now: datetime) -> list[Entry]:
    plan = RULES.fresh()
    known = RULES.of([watch.series_id for watch in watches])
    return [spoken(known[watch.series_id], watch, plan, now=now) for watch in watches if watch.series_id in known]


def left_behind(world_id: int, now: datetime) -> None:
    """Let speak what a mute that is over still holds: a series born while it ended was not held by who ended it."""
    waiting = Watch.objects.filter(
        series__world_id=world_id, state=Watch.State.OPEN, spoke_at=None, mute__ended_at__isnull=False
    )
    if entries := _speaking(list(waiting.order_by("pk")), now):
        log_append_many(_stream(world_id), entries, by=SYSTEM)


def _about(mute: Mute) -> dict[str, Any]:
    return {
        "mute": mute.pk,
        "sort": mute.kind,
        "metric": mute.metric,
        "region": mute.region,
        "hotline": mute.hotline,
        "node": mute.node,
        "owner": mute.owner_id,
        "starts_at": utc_text(mute.starts_at),
        "ends_at": utc_text(mute.ends_at),
    }


def _stream(world_id: int) -> Stream:
    return stream_open(world_id, "signals", "watches")
