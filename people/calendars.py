"""A person's shifts as iCalendar (RFC 5545), at a signed address of their own: names of duties and times, nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Final

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from icalendar import Calendar, Event

from common.actor import Actor
from common.errors import Missing
from people import rostered
from people.events import CalendarRenewed
from people.models import CalendarLink, User
from people.services import record

SALT: Final = "people.duty_calendar"
BEHIND, AHEAD = timedelta(days=7), timedelta(days=92)


def link_of(user: User) -> str:
    """The path of the person's calendar; it stays valid until they take a new one or leave."""
    return f"/people/duty/{token_of(user, SALT)}.ics"


def token_of(user: User, salt: str) -> str:
    """What proves an address of this person's calendars; `salt` tells one calendar from another."""
    return signing.dumps([user.pk, number_of(user.pk)], salt=salt)


def linked(token: str, salt: str = SALT) -> User:
    """Whose calendar a link is; raises Missing for a forged or a replaced one, or when its owner has left."""
    try:
        pk, number = signing.loads(token, salt=salt)
    except (signing.BadSignature, ValueError):
        pk, number = 0, 0
    user = User.objects.filter(pk=pk, is_active=True).first()
    if user is None or number != number_of(user.pk):
        raise no_calendar()
    return user


def no_calendar() -> Missing:
    return Missing("duty.calendar", gettext_lazy("This calendar's address is not valid any more; take a new one."))


@transaction.atomic
def calendar_renew(*, by: Actor) -> str:
    """A new address for one's own calendar; those given out before end at once."""
    user = User.objects.select_for_update(no_key=True).get(pk=by.id)
    link, made = CalendarLink.objects.get_or_create(user=user, defaults={"number": 2})
    if not made:
        link.number += 1
        link.save(update_fields=["number"])
    record(CalendarRenewed(user=user.pk), by=by)
    return link_of(user)


def calendar_of(user: User, now: datetime) -> bytes:
    """The shifts of the week behind and of three months ahead, in the person's language."""
    duties = rostered.duties()
    shown = rostered.shown(duties, now - BEHIND, now + AHEAD, now)
    with override(user.language):
        calendar = Calendar()
        calendar.add("prodid", "-//Hotline EP//Duty roster//EN")
        calendar.add("version", "2.0")
        calendar.add("method", "PUBLISH")
        calendar.add("x-wr-calname", _("Duty roster"))
        for one in shown:
            for shift in one.stretches:
                if shift.user == user:
                    calendar.add_component(_event(one.duty.key, one.duty.name, shift, now))
    return calendar.to_ical()


def _event(key: str, name: str, shift: rostered.Stretch, now: datetime) -> Event:
    """One shift; its id is its duty and its beginning, so that a calendar moves what moved and drops what is gone."""
    event = Event()
    event.add("uid", f"{key}-{int(shift.start.timestamp())}@hotline-ep")
    event.add("dtstamp", now)
    event.add("dtstart", shift.start.astimezone(UTC))
    event.add("dtend", shift.end.astimezone(UTC))
    event.add("summary", name)
    event.add("description", shift.why_name)
    event.add("transp", "OPAQUE")
    return event


def number_of(user_id: int) -> int:
    """Which of a person's calendar addresses are the valid ones."""
    return CalendarLink.objects.filter(user_id=user_id).values_list("number", flat=True).first() or 1
