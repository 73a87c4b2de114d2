"""Swaps that the other accepts, shifts handed over with a brief, and one's shifts in one's own calendar."""

from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from icalendar import Calendar

from common.errors import Conflict, Invalid, Missing, NotAllowed
from engine import sweep, worlds
from engine.models import Event
from notifications.models import Delivery
from people import calendars, rostered
from people.models import Duty, Handover, Override, Swap, User
from people.services import handovers, leaves, roster, swaps
from tests.cast import DUTY, GM, OUTSIDER, SUPERVISOR, Cast

TANG = "tang"
SPAN = timedelta(days=14)


pytestmark = pytest.mark.usefixtures("rostered")


@pytest.fixture
def duty(cast: Cast) -> Duty:
    return rostered.duty_named("duty_manager")


def now() -> datetime:
    return worlds.now(worlds.real())


def shift_of(duty: Duty, user: User, number: int = 1) -> tuple[datetime, datetime]:
    """One of the person's shifts that have not begun."""
    ahead = [shift for of, shift in rostered.shifts_of(user.pk, now(), now() + SPAN) if of == duty]
    return next((one.start, one.end) for one in ahead[number:])


def who(duty: Duty, span: tuple[datetime, datetime]) -> str:
    return User.objects.get(pk=rostered.standing_at(duty, span[0], now()).person).username


# --- swaps --------------------------------------------------------------------------------------------------------------
def test_a_swap_changes_the_roster_when_it_is_accepted(cast: Cast, duty: Duty) -> None:
    lin, tang = cast.user(DUTY), cast.user(TANG)
    mine, theirs = shift_of(duty, lin), shift_of(duty, tang, 2)
    asked = swaps.swap_ask(duty_id=duty.pk, span=mine, asked_of=tang.pk, back=theirs, by=cast.actor(DUTY))
    assert who(duty, mine) == DUTY
    for name, refused in ((OUTSIDER, NotAllowed), (GM, NotAllowed), (DUTY, NotAllowed)):
        with pytest.raises(refused):
            swaps.swap_answer(swap_id=asked.pk, accept=True, by=cast.actor(name))
    swaps.swap_answer(swap_id=asked.pk, accept=True, by=cast.actor(TANG))
    assert (who(duty, mine), who(duty, theirs)) == (TANG, DUTY)
    assert {row.kind for row in Override.objects.filter(swap=asked)} == {"swap"}
    with pytest.raises(Conflict):
        swaps.swap_withdraw(swap_id=asked.pk, by=cast.actor(DUTY))
    with pytest.raises(DatabaseError), transaction.atomic():
        Swap.objects.filter(pk=asked.pk).update(state="declined")


def test_a_swap_declined_or_withdrawn_changes_nothing(cast: Cast, duty: Duty) -> None:
    mine = shift_of(duty, cast.user(DUTY))
    said = {"duty_id": duty.pk, "span": mine, "asked_of": cast.user(TANG).pk, "by": cast.actor(DUTY)}
    first = swaps.swap_ask(**said)
    with pytest.raises(Conflict):
        swaps.swap_ask(**said)
    swaps.swap_answer(swap_id=first.pk, accept=False, by=cast.actor(TANG))
    swaps.swap_withdraw(swap_id=swaps.swap_ask(**said).pk, by=cast.actor(DUTY))
    assert who(duty, mine) == DUTY
    assert [event.data["after"] for event in Event.objects.filter(kind="duty.swap_answered").order_by("seq")] == [
        "declined",
        "withdrawn",
    ]


def test_what_cannot_be_swapped_is_named(cast: Cast, duty: Duty) -> None:
    lin, tang = cast.user(DUTY), cast.user(TANG)
    mine, theirs = shift_of(duty, lin), shift_of(duty, tang)
    leaves.leave_set(user_id=cast.user(SUPERVISOR).pk, starts_at=mine[0], ends_at=mine[1], by=cast.actor(SUPERVISOR))
    for field, said in (
        ("span", {"span": theirs, "asked_of": tang.pk}),
        ("asked_of", {"span": mine, "asked_of": cast.user(GM).pk}),
        ("asked_of", {"span": mine, "asked_of": cast.user(SUPERVISOR).pk}),
        ("back", {"span": mine, "asked_of": tang.pk, "back": mine}),
    ):
        with pytest.raises(Invalid) as error:
            swaps.swap_ask(duty_id=duty.pk, by=cast.actor(DUTY), **said)
        assert [row["field"] for row in error.value.errors] == [field]


def test_a_shift_given_away_meanwhile_is_not_swapped(cast: Cast, duty: Duty) -> None:
    lin, tang = cast.user(DUTY), cast.user(TANG)
    mine = shift_of(duty, lin)
    asked = swaps.swap_ask(duty_id=duty.pk, span=mine, asked_of=tang.pk, by=cast.actor(DUTY))
    su = cast.user(SUPERVISOR).pk
    roster.override_set(duty_id=duty.pk, user_id=su, starts_at=mine[0], ends_at=mine[1], by=cast.actor(SUPERVISOR))
    with pytest.raises(Conflict):
        swaps.swap_answer(swap_id=asked.pk, accept=True, by=cast.actor(TANG))
    assert who(duty, mine) == SUPERVISOR


def test_a_swap_by_the_pages(cast: Cast, duty: Duty) -> None:
    client, page = cast.client(DUTY), "/people/duty/mine/"
    start, _end = shift_of(duty, cast.user(DUTY))
    said = {"mine": f"{duty.pk}.{int(start.timestamp())}", "asked_of": cast.user(TANG).pk, "back": ""}
    assert "Ask for a swap" in client.get(page).content.decode()
    assert client.post(f"{page}swap", {**said, "mine": "1.1"}).status_code == 400
    assert client.post(f"{page}swap", said).status_code == 302
    asked = Swap.objects.get()
    assert cast.client(OUTSIDER).post(f"{page}swap/{asked.pk}/accept").status_code == 403
    other = cast.client(TANG)
    assert "asks you to stand for them" in other.get(page).content.decode()
    assert other.post(f"{page}swap/{asked.pk}/accept").status_code == 302
    assert "by a swap" in other.get("/people/duty/duty_manager/").content.decode()


# --- handovers ----------------------------------------------------------------------------------------------------------
def hands(cast: Cast, duty: Duty) -> tuple[str, str]:
    """Who is on, and who comes next."""
    (one,) = rostered.shown([duty], now(), now(), now())
    return one.now.user.username, one.following.user.username


def test_a_shift_is_handed_over_and_accepted(cast: Cast, duty: Duty) -> None:
    first, following = hands(cast, duty)
    third = ({DUTY, TANG, SUPERVISOR} - {first, following}).pop()
    for name in (OUTSIDER, GM, third):
        with pytest.raises(NotAllowed):
            handovers.handover_draft(duty_id=duty.pk, brief="All quiet", by=cast.actor(name))
    row = handovers.handover_draft(duty_id=duty.pk, brief="All quiet", by=cast.actor(first))
    handovers.handover_edit(handover_id=row.pk, brief="Quiet but for sw-3", based_on=row.version, by=cast.actor(first))
    with pytest.raises(Conflict):
        handovers.handover_edit(handover_id=row.pk, brief="Old", based_on=row.version, by=cast.actor(first))
    with pytest.raises(Conflict):
        handovers.handover_accept(handover_id=row.pk, by=cast.actor(following))
    given = handovers.handover_give(handover_id=row.pk, by=cast.actor(first))
    assert given.to_user.username == following
    for name in (OUTSIDER, first, third):
        with pytest.raises(NotAllowed):
            handovers.handover_accept(handover_id=row.pk, by=cast.actor(name))
    accepted = handovers.handover_accept(handover_id=row.pk, by=cast.actor(following))
    assert (accepted.state, accepted.brief) == ("accepted", "Quiet but for sw-3")
    kinds = Event.objects.filter(kind="duty.handover").order_by("seq")
    assert [event.data["after"] for event in kinds] == ["drafted", "handed_over", "accepted"]
    for wrong in ({"brief": "Rewritten"}, {"state": "drafted"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Handover.objects.filter(pk=row.pk).update(**wrong)


def test_one_begun_anew_lets_the_earlier_lapse(cast: Cast, duty: Duty) -> None:
    by = cast.actor(hands(cast, duty)[0])
    for brief in ("First", "Second"):
        handovers.handover_draft(duty_id=duty.pk, brief=brief, by=by)
    assert [row.state for row in handovers.handovers_of(duty)] == ["drafted", "lapsed"]
    with pytest.raises(Invalid):
        handovers.handover_draft(duty_id=duty.pk, brief=" ", by=by)


def test_the_brief_is_drafted_from_the_record(cast: Cast, duty: Duty) -> None:
    number = cast.api(DUTY).post("/api/v1/incidents", {"noticed": "East is down"}, format="json").json()["number"]
    first, following = hands(cast, duty)
    client, page = cast.client(first), "/people/duty/duty_manager/handover/"
    assert cast.client(GM).post(f"{page}draft").status_code == 403
    assert client.post(f"{page}draft").status_code == 302
    row = Handover.objects.get()
    assert number in row.brief
    assert "Due " in row.brief
    assert "Driver on call" in row.brief
    assert "Save the brief" in client.get(page).content.decode()
    said = {"brief": row.brief + "Watch sw-3.", "based_on": row.version}
    assert client.post(f"{page}{row.pk}/edit", said).status_code == 302
    assert client.post(f"{page}{row.pk}/edit", said).status_code == 400
    row.refresh_from_db()
    given = {"brief": row.brief + " And sw-1.", "based_on": row.version}
    assert client.post(f"{page}{row.pk}/give", given).status_code == 302
    other = cast.client(following)
    assert "Watch sw-3. And sw-1." in other.get(page).content.decode()
    assert "hands over to you: Duty manager" in other.get("/").content.decode()
    assert other.post(f"{page}{row.pk}/accept").status_code == 302
    assert "Earlier handovers" in other.get(page).content.decode()


# --- who is told --------------------------------------------------------------------------------------------------------
def told(user: User) -> list[str]:
    """Kinds of the messages about duties that a person got."""
    while sweep.sweep():
        pass
    rows = Delivery.objects.filter(user=user, channel="inapp", message__kind__startswith="duty.").order_by("message")
    return list(rows.values_list("message__kind", flat=True))


def test_whoever_a_change_concerns_is_told(cast: Cast, duty: Duty) -> None:
    first, following = hands(cast, duty)
    third = ({DUTY, TANG, SUPERVISOR} - {first, following}).pop()
    assert told(cast.user("hu")) == [], "what the founding put on is told to nobody"
    span = shift_of(duty, cast.user(following), 0)
    asked = swaps.swap_ask(duty_id=duty.pk, span=span, asked_of=cast.user(third).pk, by=cast.actor(following))
    assert told(cast.user(third)) == ["duty.swap_asked"]
    assert "asks you to stand a shift" in cast.client(third).get("/").content.decode()
    swaps.swap_answer(swap_id=asked.pk, accept=False, by=cast.actor(third))
    assert told(cast.user(following)) == ["duty.swap_answered"]
    roster.duty_take(duty_id=duty.pk, by=cast.actor(third))
    assert told(cast.user(first)) == ["duty.turn_changed"]
    assert "You are on duty" in cast.client(third).get("/").content.decode()
    driver = rostered.duty_named("drivers")
    when = {"starts_at": now() + SPAN, "ends_at": now() + SPAN + timedelta(hours=1)}
    roster.override_set(duty_id=driver.pk, user_id=cast.user("feng").pk, by=cast.actor("hu"), **when)
    assert told(cast.user("feng")) == ["duty.override_set"]
    row = handovers.handover_draft(duty_id=duty.pk, brief="Quiet", by=cast.actor(third))
    given = handovers.handover_give(handover_id=row.pk, by=cast.actor(third))
    assert told(given.to_user)[-1] == "duty.handover"


# --- the calendar -------------------------------------------------------------------------------------------------------
def test_ones_shifts_in_ones_own_calendar(cast: Cast, duty: Duty) -> None:
    lin = cast.user(DUTY)
    answer = Client().get(calendars.link_of(lin))
    assert answer["Content-Type"].startswith("text/calendar")
    found = Calendar.from_ical(answer.content).walk("VEVENT")
    ahead = [shift.start for _duty, shift in rostered.shifts_of(lin.pk, now(), now() + SPAN) if shift.start > now()]
    starts = {event["dtstart"].dt for event in found}
    assert set(ahead) - {ahead[-1]} <= starts
    assert {str(event["summary"]) for event in found} == {duty.name_zh}
    assert len({str(event["uid"]) for event in found}) == len(found)
    assert b"TEL" not in answer.content


def test_a_calendars_address_is_signed_and_can_be_renewed(cast: Cast, duty: Duty) -> None:
    old = calendars.link_of(cast.user(DUTY))
    forged = old.replace(old.split("/")[-1][:2], "zz")
    assert Client().get(forged).status_code == 404
    assert cast.client(DUTY).post("/people/duty/mine/calendar").status_code == 302
    assert Client().get(old).status_code == 404
    assert Client().get(calendars.link_of(cast.user(DUTY))).status_code == 200
    User.objects.filter(username=DUTY).update(is_active=False)
    with pytest.raises(Missing):
        calendars.linked(calendars.link_of(cast.user(DUTY)).rpartition("/")[2].removesuffix(".ics"))
