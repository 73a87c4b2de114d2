"""Readiness as iCalendar (RFC 5545), at a signed address of one's own: titles, owners and days, nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext
from icalendar import Alarm, Calendar, Event

from common.bilingual import in_language
from engine import worlds
from people import calendars
from people.models import User
from people.rights import allowed_somewhere
from people.selectors import actor_of
from readiness.domain.grid import Begins, turns_ahead
from readiness.domain.moves import State
from readiness.selectors import Filter, Shown, owed
from resources.selectors import Duty, duties_of

SALT: Final = "readiness.calendar"
AHEAD: Final = timedelta(days=400)


def link_of(user: User) -> str:
    """The path of the person's calendar; it stays valid until they take new addresses or leave."""
    return f"/readiness/calendar/{calendars.token_of(user, SALT)}.ics"


def linked(token: str) -> User:
    """Whose calendar a link is; raises Missing for a forged or a replaced one, or when its owner has left or may look no more."""
    user = calendars.linked(token, SALT)
    if not allowed_somewhere(actor_of(user), "readiness.view"):
        raise calendars.no_calendar()
    return user


def calendar_of(user: User, *, everything: bool = False) -> bytes:
    """What this person owes, or what everybody owes: each turn that stands, and those of a year ahead; and what their own items
    of the ledger ask for soon. In their language."""
    world = worlds.real()
    now = worlds.now(world)
    by = actor_of(user)
    rows = owed(by, world, Filter(mine=not everything))
    with override(user.language):
        calendar = Calendar()
        calendar.add("prodid", "-//Hotline EP//Readiness//EN")
        calendar.add("version", "2.0")
        calendar.add("method", "PUBLISH")
        calendar.add("x-wr-calname", _("Readiness"))
        for one in rows:
            for at in _days(one, now):
                calendar.add_component(_event(one, at, now))
        for duty in duties_of(by):
            calendar.add_component(_item(duty, now))
    return calendar.to_ical()


def _days(one: Shown, now: datetime) -> list[datetime]:
    """The due times of a turn and, of the turn that runs, of those after it."""
    if one.row.due_at is None:
        return []
    ahead = turns_ahead(one.rule, Begins(one.row.anchored_at, one.row.due_at), now + AHEAD, one.plan.zone)
    return [one.row.due_at, *(ahead if one.row.state == State.OPEN else ())]


def _event(one: Shown, at: datetime, now: datetime) -> Event:
    """One due time; its id is its rule and its instant, so that a calendar keeps what stays and drops what is done."""
    title = in_language(one.title) + (f" · {one.about.display_name}" if one.about else "")
    late = one.row.state == State.OVERDUE
    event = Event()
    event.add("uid", f"{one.row.rule}-{one.row.matter.replace(':', '-')}-{int(at.timestamp())}@hotline-ep")
    event.add("dtstamp", now)
    event.add("dtstart", at.astimezone(UTC))
    event.add("summary", _("Overdue: %(title)s") % {"title": title} if late else title)
    owners = pgettext("between the items of a list", ", ").join(in_language(owner) for owner in one.owners)
    event.add("description", _("Owner: %(owners)s. Clause %(clause)s.") % {"owners": owners, "clause": one.row.clause})
    event.add("transp", "TRANSPARENT")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    alarm.add("trigger", -one.plan.ladders[one.rule.ladder].remind_before.fixed())
    event.add_component(alarm)
    return event


def _item(duty: Duty, now: datetime) -> Event:
    """The last day on which an item is still good."""
    said = _("Inspect: %(name)s") if duty.kind == "inspect" else _("Replace: %(name)s")
    last = (duty.due_at - timedelta(days=1)).date()
    event = Event()
    event.add("uid", f"equipment-{duty.item.pk}-{duty.kind}-{last.isoformat()}@hotline-ep")
    event.add("dtstamp", now)
    event.add("dtstart", last)
    event.add("summary", said % {"name": duty.item.name})
    event.add("description", f"{duty.item.number} · {duty.item.store.name}")
    event.add("transp", "TRANSPARENT")
    return event
