"""Who is told what about the duty roster: whoever is asked, answered, put on, relieved, or handed a shift."""

from datetime import datetime
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from common.bilingual import Both, both
from common.errors import Text
from engine.models import Event
from notifications.services.messages import message_send
from people.rostered import duty_named, leave_of
from people.selectors import users_by_id
from people.services.swaps import swap_of
from people.standins import parts_of

MINE = "/people/duty/mine/"
SWAP_ASKED = (
    _("%(name)s asks you to stand a shift: %(duty)s"),
    _("%(duty)s, %(from)s to %(to)s. Accept or decline it under People → Duty roster → My shifts and leave."),
)
SWAP_ACCEPTED = (
    _("%(name)s stands your shift: %(duty)s"),
    _("%(duty)s, %(from)s to %(to)s: accepted. It is in the roster."),
)
SWAP_DECLINED = (
    _("%(name)s declined your swap: %(duty)s"),
    _("%(duty)s, %(from)s to %(to)s: declined. The shift stays yours."),
)
PUT_ON = (
    _("You are put on duty: %(duty)s"),
    _("%(name)s put you on: %(duty)s, %(from)s to %(to)s."),
)
RELIEVED = (
    _("%(name)s took over your duty: %(duty)s"),
    _("%(duty)s: %(name)s is on duty since %(from)s."),
)
HANDED_OVER = (
    _("A shift is handed over to you: %(duty)s"),
    _("%(name)s hands over to you: %(duty)s, at %(from)s. Read the brief and accept it."),
)
DEPUTY = (
    _("You are named deputy of %(name)s"),
    _("%(name)s is on leave from %(from)s to %(to)s. For that time you are told, owe and may act in their place."),
)
PUT_ON_LEAVE = (
    _("Leave is recorded for you"),
    _("%(name)s recorded that you are on leave from %(from)s to %(to)s. Take it back if that is wrong."),
)
BEGAN = (
    _("You stand in for %(name)s from now on"),
    _("%(name)s is on leave until %(to)s. Until then you are told, owe and may act in their place."),
)
BACK = (
    _("You no longer stand in for %(name)s"),
    _("The leave of %(name)s from %(from)s to %(to)s was taken back or has another deputy."),
)


def follow(event: Event) -> None:
    """React to an event of the duty roster."""
    data = event.data
    match event.kind, data.get("after") or data.get("sort") or data.get("why"):
        case "duty.swap_asked", _any:
            _tell(event, SWAP_ASKED, data["asked_of"], data["asked_by"], (data["starts_at"], data["ends_at"]), MINE)
        case "duty.swap_answered", "accepted" | "declined":
            _answered(event)
        case "duty.override_set", "override" if event.actor_id not in (None, data["user"]):
            _tell(event, PUT_ON, data["user"], event.actor_id, (data["starts_at"], data["ends_at"]), MINE)
        case "duty.turn_changed", _any if data["why"] == "taken" and data["before"]:
            _tell(event, RELIEVED, data["before"], data["after"], (data["since"], ""), _page(data["duty"]))
        case "duty.leave_set", _any if data["deputy"] or event.actor_id != data["user"]:
            _leave_set(event)
        case "people.deputy_began", _any:
            _tell_of_leave(event, BEGAN, data["deputy"], data["user"], data["leave"])
        case "duty.leave_cancelled", _any if deputy := leave_of(data["leave"]).deputy_id:
            _tell_of_leave(event, BACK, deputy, data["user"], data["leave"])
        case "duty.handover", "handed_over" if data["to_user"]:
            _handed_over(event)


def _leave_set(event: Event) -> None:
    """The deputy hears for whom and how long; who was put on leave by another hears of that."""
    data = event.data
    if data["deputy"]:
        _tell_of_leave(event, DEPUTY, data["deputy"], data["user"], data["leave"])
    if event.actor_id != data["user"]:
        _tell_of_leave(event, PUT_ON_LEAVE, data["user"], event.actor_id, data["leave"])


def _tell_of_leave(event: Event, said: tuple[Text, Text], to: int, other: int | None, leave_id: int) -> None:
    leave = leave_of(leave_id)
    named = users_by_id([other]).get(other) if other else None
    words: dict[str, Any] = {
        "name": named.display_name if named else str(_("the product itself")),
        "from": _at(leave.starts_at.isoformat()),
        "to": _at(leave.ends_at.isoformat()),
    }
    message_send(
        world_id=event.stream.world_id,
        incident_id=None,
        kind=event.kind,
        to=[(to, parts_of(leave.user_id))],
        subject=both(said[0], **words),
        body=both(said[1], **words),
        clause="",
        urgent=event.kind == "people.deputy_began",
        key=f"leave:{event.pk}:{to}",
        link=MINE,
    )


def _answered(event: Event) -> None:
    swap = swap_of(event.data["swap"])
    said = SWAP_ACCEPTED if swap.state == swap.State.ACCEPTED else SWAP_DECLINED
    span = (swap.starts_at.isoformat(), swap.ends_at.isoformat())
    _tell(event, said, swap.asked_by_id, swap.asked_of_id, span, MINE)


def _handed_over(event: Event) -> None:
    data = event.data
    _tell(
        event, HANDED_OVER, data["to_user"], data["from_user"], (data["ends_at"], ""), _page(data["duty"]) + "handover/"
    )


def _tell(event: Event, said: tuple[Text, Text], to: int, other: int | None, span: tuple[str, str], link: str) -> None:
    duty = duty_named(event.data["duty"])
    named = users_by_id([other]).get(other) if other else None
    words: dict[str, Any] = {
        "name": named.display_name if named else "",
        "duty": duty.names,
        "from": _at(span[0]),
        "to": _at(span[1]),
    }
    subject: Both = both(said[0], **words)
    message_send(
        world_id=event.stream.world_id,
        incident_id=None,
        kind=event.kind,
        to=[(to, duty.stood_by[0])],
        subject=subject,
        body=both(said[1], **words),
        clause=duty.clause,
        urgent=False,
        key=f"duty:{event.pk}",
        link=link,
    )


def _at(text: str) -> str:
    return localtime(datetime.fromisoformat(text)).strftime("%m-%d %H:%M") if text else ""


def _page(key: str) -> str:
    return f"/people/duty/{key}/"
