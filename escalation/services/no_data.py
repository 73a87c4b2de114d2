"""No data is a state of its own with its own alarm: whoever answers for the machines hears of it, and of its end (DESIGN.md, rule 10)."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from common.bilingual import Both, both, listed
from engine.alarms import alarm_clear, alarm_raise
from engine.models import Event, World
from escalation.selectors import recipients
from notifications.selectors import newest_message, told_of
from notifications.services import message_send
from people.selectors import names
from plans.domain import Plan
from plans.selectors import cites, current
from signals.selectors import silent_count

ALARM = "signals.no_data"
FELL_SILENT, HEARD_AGAIN = "signals.no_data", "signals.data_again"
TOLD = frozenset({"duty_manager", "tech_lead", "head_of_it"})  # roles of rights: the night, and the machines
NAMED = 8


def silent(events: Sequence[Event]) -> None:
    """React to series that fell silent, those of one look together: one alarm a world, one message a look."""
    world, plan = events[0].stream.world, current()
    alarm_raise(ALARM, world.key, n=silent_count(world.pk))
    to = recipients(plan, [key for key, role in plan.roles.items() if role.acts_as in TOLD])
    if not to:
        alarm_raise("message.nobody", f"{ALARM}:{world.key}")
        return
    _tell(
        world,
        to,
        kind=FELL_SILENT,
        subject=both(_("No data from %(n)s series"), n=len(events)),
        body=both(
            _("%(series)s. What the machines last said is old; unknown is neither normal nor recovered."),
            series=_named([event.data for event in events], plan),
        ),
        key=f"{FELL_SILENT}:{events[0].pk}",
    )


def heard(events: Sequence[Event]) -> None:
    """React to series that are heard again: when none is silent any more, everyone who was told hears that, once."""
    world = events[0].stream.world
    left = silent_count(world.pk)
    if left:
        alarm_raise(ALARM, world.key, n=left)
        return
    alarm_clear(ALARM, world.key)
    if to := told_of(world.pk, FELL_SILENT, after=newest_message(world.pk, HEARD_AGAIN)):
        _tell(
            world,
            to,
            kind=HEARD_AGAIN,
            subject=both(_("All series give data again")),
            body=both(_("Nothing is silent any more; the readings are fresh.")),
            key=f"{HEARD_AGAIN}:{events[0].pk}",
        )


def _tell(world: World, to: list[tuple[int, str]], *, kind: str, subject: Both, body: Both, key: str) -> None:
    message_send(
        world_id=world.pk,
        incident_id=None,
        kind=kind,
        to=to,
        subject=subject,
        body=body,
        clause=cites("no-data"),
        urgent=kind == FELL_SILENT,
        key=key,
        link="/signals/" + ("" if world.is_real else f"?world={world.key}"),
    )


def _named(rows: Sequence[dict[str, Any]], plan: Plan) -> Both:
    """The first of them by metric and place, and how many more."""
    places = names()
    said = [_one(row, plan, places) for row in rows[:NAMED]]
    first = listed(said)
    more = len(rows) - NAMED
    return both(_("%(place)s and %(n)s more"), place=first, n=more) if more > 0 else first


def _one(row: dict[str, Any], plan: Plan, places: dict[str, dict[str, Both]]) -> Both:
    known = plan.metrics.get(row["metric"])  # another version of the plan may have dropped it since
    metric = known.title.as_dict() if known else {"zh": row["metric"], "en": row["metric"]}
    for kind, key in (("nodes", row["node"]), ("hotlines", row["hotline"]), ("regions", row["region"])):
        if key:
            place = places[kind].get(key, {"zh": key, "en": key})
            return {code: f"{metric[code]} · {place[code]}" for code in ("zh", "en")}
    return metric
