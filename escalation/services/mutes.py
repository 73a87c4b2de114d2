"""The owner of a maintenance window or a silence hears of its end, and what was held back."""

from django.utils.translation import gettext_lazy as _

from common.bilingual import both
from engine.models import Event
from notifications.services import message_send
from people.rights import GRANTS
from people.selectors import actor_of
from plans.selectors import cites
from signals.muted import HELD_SHOWN, Mute, held_by, mute_by_id, where_of

KIND, RIGHT = "mute.ended", "signals.mute"


def follow(event: Event) -> None:
    """React to the end: one message to the owner."""
    mute = mute_by_id(event.data["mute"])
    what = where_of(mute)
    rows = held_by(mute)
    lines = {
        code: "; ".join(row["line"][code] + (f" ({row['where'][code]})" if row["where"] else "") for row in rows)
        for code in ("zh", "en")
    }
    if not rows:
        body = both(_("It held back nothing."))
    elif event.data["held"] > HELD_SHOWN:
        body = both(
            _("Held back: %(held)s. Still standing, and speaking now: %(spoke)s. The newest: %(lines)s."),
            held=event.data["held"], spoke=event.data["spoke"], lines=lines,
        )  # fmt: skip
    else:
        body = both(
            _("Held back: %(held)s. Still standing, and speaking now: %(spoke)s. Crossings: %(lines)s."),
            held=event.data["held"], spoke=event.data["spoke"], lines=lines,
        )  # fmt: skip
    owner = actor_of(mute.owner)
    message_send(
        world_id=mute.world_id,
        incident_id=None,
        kind=KIND,
        to=[(mute.owner_id, next((role for role in GRANTS[RIGHT] if role in owner.roles), GRANTS[RIGHT][0]))],
        subject=both(_("%(kind)s over: %(what)s"), kind=both(Mute.Kind(mute.kind).label), what=what),
        body=body,
        clause=cites("mute"),
        urgent=event.data["spoke"] > 0,
        key=f"mute:{mute.pk}",
        link="/signals/mutes/" + ("" if mute.world.is_real else f"?world={mute.world.key}"),
    )
