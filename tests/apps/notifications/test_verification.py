"""Everybody is asked by each way he has; only an answer by that very way proves it (8.1)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client

from common.actor import SYSTEM
from common.errors import Conflict, Invalid, NotAllowed
from engine import sweep, worlds
from engine.log import log_verify
from engine.models import Alarm, Event, Timer, World
from engine.queues import drain
from hotline_ep import subscriptions
from notifications import rounds, services
from notifications.letters import letter_of
from notifications.models import Delivery, Message, RoundWay, VerificationRound
from notifications.rounds import BEGIN
from notifications.services import verifying
from notifications.services.answers import link_of, linked
from notifications.services.verification import END
from people.models import User
from people.selectors import actor_of
from people.services import contact_set, people_stream, user_deactivate
from plans.services import SHIPPED, plan_load
from tests.apps.notifications.conftest import at_once
from tests.apps.notifications.test_gateways import receipts
from tests.apps.notifications.test_sending import SENDS, until_done
from tests.apps.people.conftest import made
from tools.provider import Provider

NUMBER, OTHER, MAIL = "+8613800001111", "+8613800002222", "hu@firm.example"
DAY = timedelta(days=1)
Stands = Callable[..., dict[str, str]]


@pytest.fixture(autouse=True)
def _the_clock_may_be_moved(settings: Any) -> None:
    settings.REAL_WORLD_MOVABLE = True


@pytest.fixture
def office(world: World) -> User:
    """Administration, with a number and an address."""
    hu = made("hu", "administration")
    contact_set(user=hu, kind="phone", value=NUMBER, by=SYSTEM)
    contact_set(user=hu, kind="email", value=MAIL, by=SYSTEM)
    return hu


@pytest.fixture
def ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Provider:
    """E-mail and SMS lead out of the house; nobody listens at the mail server. This is the gateway of SMS."""
    alpha, _beta = request.getfixturevalue("providers")
    monkeypatch.setenv("HOTLINE_EMAIL_URL", "smtp://127.0.0.1:9?from=ep@firm.example")
    return alpha


def begun(by: User, **more: Any) -> VerificationRound:
    return services.round_begin(by=actor_of(by), **more)


def stands(row: VerificationRound, user: User) -> dict[str, str]:
    """How each way of a person stands in a round."""
    shown = next(one for one in rounds.round_by_id(row.pk).people if one.user == user)
    return {way.channel.value: way.standing.value for way in shown.ways}


def delivery(user: User, channel: str) -> Delivery:
    return Delivery.objects.filter(user=user, channel=channel).select_related("message", "user").latest("pk")


def left(user: User) -> Delivery:
    """A person's letter, taken by the mail server."""
    letter = delivery(user, "email")
    for state in ("sending", "sent"):
        Delivery.objects.filter(pk=letter.pk).update(state=state)
    return letter


def forward(by: timedelta) -> None:
    worlds.world_forward(world=worlds.real(), by=by)
    while sweep.sweep():
        pass


def said(kind: str) -> list[dict[str, Any]]:
    return list(Event.objects.filter(kind=kind).order_by("seq").values_list("data", flat=True))


# --- who is asked, and what proves a way -------------------------------------------------------------------------------
def test_everybody_is_asked_once_by_each_way_he_has(ways: Provider, office: User, lin: User, auditor: User):
    machine, gone = made("acd", "source"), made("gone", "keeper")
    user_deactivate(user=gone, by=SYSTEM)
    contact_set(user=lin, kind="email", value="lin@firm.example", by=SYSTEM)
    row = begun(office)
    assert stands(row, office) == {"inapp": "waiting", "email": "waiting", "sms": "waiting"}
    assert stands(row, lin) == {"inapp": "waiting", "email": "waiting", "sms": "no_address"}
    assert stands(row, auditor) == {"email": "no_address", "sms": "no_address"}, "an auditor acknowledges nothing"
    told = set(Delivery.objects.values_list("user__username", "channel"))
    assert told == {("hu", "inapp"), ("hu", "email"), ("hu", "sms"), ("lin", "inapp"), ("lin", "email")}
    assert Delivery.objects.count() == len(told)
    assert not RoundWay.objects.filter(user__in=[machine, gone]).exists()
    (event,) = said("verification.begun")
    assert (event["people"], event["ways"], event["lacking"], event["of_plan"]) == (3, 8, 3, False)
    assert rounds.round_by_id(row.pk).counts.unproven == 3


def test_an_answer_proves_its_own_way_and_no_other(ways: Provider, office: User, lin: User):
    row = begun(office)
    services.message_acknowledge(message_id=Message.objects.get().pk, by=actor_of(office))
    assert stands(row, office) == {"inapp": "confirmed", "email": "waiting", "sms": "waiting"}
    letter = left(office)
    assert linked(letter_of(letter).body.rpartition("/m/")[2].split("/")[0]) == letter
    page = Client().get(link_of(letter)).content.decode()
    assert "<button" in page, "what was answered in the product does not answer for the letter"
    assert stands(row, office)["email"] == "waiting", "scanners of mail open every link"
    thanks = Client().post(link_of(letter)).content.decode()
    assert "Acknowledged" in thanks or "已确认" in thanks
    assert stands(row, office) == {"inapp": "confirmed", "email": "confirmed", "sms": "waiting"}
    drain(SENDS)
    sms = delivery(office, "sms")
    assert receipts("alpha", "one", {"id": sms.provider_id, "said": "reply", "text": f"ok {sms.code}"}).json() == {
        "accepted": 1,
        "ignored": [],
    }
    assert stands(row, office) == {"inapp": "confirmed", "email": "confirmed", "sms": "confirmed"}
    assert stands(row, lin)["inapp"] == "waiting"
    shown = rounds.round_by_id(row.pk)
    assert (shown.counts.whole, shown.counts.unproven, shown.counts.confirmed) == (1, 1, 3)
    assert [one.user for one in shown.people] == [lin, office], "whom nothing has proven to reach comes first"


def test_a_link_answered_first_leaves_the_product_to_be_confirmed(ways: Provider, office: User):
    row = begun(office)
    Client().post(link_of(left(office)))
    assert stands(row, office) == {"inapp": "waiting", "email": "confirmed", "sms": "waiting"}
    services.message_acknowledge(message_id=Message.objects.get().pk, by=actor_of(office))
    assert stands(row, office)["inapp"] == "confirmed"


def test_a_refused_number_has_failed_until_it_is_mended_and_asked_again(ways: Provider, office: User):
    row = begun(office)
    ways.be("refusing", times=1)
    until_done(3)
    assert stands(row, office)["sms"] == "failed"
    assert Alarm.objects.filter(kind="delivery.given_up", cleared_at=None).exists()
    contact_set(user=office, kind="phone", value=OTHER, by=SYSTEM)
    worlds.world_forward(world=worlds.real(), by=DAY)
    services.round_remind(round_id=row.pk, by=actor_of(office))
    assert stands(row, office)["sms"] == "waiting"
    until_done(3)
    assert [number for number, _text in ways.arrived] == [OTHER]


def test_without_a_provider_a_way_is_not_asked(office: User):
    row = begun(office)
    assert (row.channels, stands(row, office)) == (["inapp"], {"inapp": "waiting"})


# --- one round at a time -----------------------------------------------------------------------------------------------
def test_beginning_at_once_makes_one_round(ways: Provider, office: User, gao: User):
    found = at_once(lambda: services.round_begin(by=actor_of(office)).pk)
    assert len(set(found)) == 1, found
    assert (VerificationRound.objects.count(), Message.objects.count(), len(said("verification.begun"))) == (1, 1, 1)
    assert begun(gao).pk == found[0], "another who begins finds the one that stands"


def test_the_database_keeps_to_one_standing_round_and_to_what_was_found(office: User):
    row = begun(office)
    with pytest.raises(IntegrityError, match="round_one_stands"), transaction.atomic():
        VerificationRound.objects.create(begun_at=row.begun_at, ends_at=row.ends_at, channels=[])
    services.round_end(round_id=row.pk, by=actor_of(office))
    for change in (
        lambda: RoundWay.objects.update(standing="confirmed", confirmed_at=row.begun_at),
        lambda: VerificationRound.objects.update(ends_at=row.ends_at + DAY),
        lambda: RoundWay.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


@pytest.mark.parametrize("days", [0, 8, -1])
def test_no_round_lasts_so_long(office: User, days: int):
    with pytest.raises(Invalid) as wrong:
        begun(office, days=days)
    assert wrong.value.errors[0]["field"] == "days"
    assert not VerificationRound.objects.exists()


def test_who_has_no_right_changes_nothing(office: User, lin: User, outsider: User):
    row = begun(office)
    for user in (lin, outsider):
        by = actor_of(user)
        for act in (services.round_remind, services.round_end):
            with pytest.raises(NotAllowed):
                act(round_id=row.pk, by=by)
        with pytest.raises(NotAllowed):
            services.round_begin(by=by)
    assert Message.objects.count() == 1
    assert rounds.standing_round() == row


# --- reminding and ending ----------------------------------------------------------------------------------------------
def test_a_reminder_goes_to_those_who_have_not_confirmed_and_not_twice_a_day(ways: Provider, office: User, lin: User):
    row, by = begun(office), actor_of(office)
    services.message_acknowledge(message_id=Message.objects.get().pk, by=by)
    with pytest.raises(Conflict) as soon:
        services.round_remind(round_id=row.pk, by=by)
    assert soon.value.code == "verification.reminded"
    worlds.world_forward(world=worlds.real(), by=DAY)
    contact_set(user=lin, kind="email", value="lin@firm.example", by=SYSTEM)
    services.round_remind(round_id=row.pk, by=by)
    newest = Message.objects.latest("pk")
    assert set(newest.deliveries.values_list("user__username", "channel")) == {
        ("hu", "email"),
        ("hu", "sms"),
        ("lin", "inapp"),
        ("lin", "email"),
    }
    assert said("verification.reminded") == [{"round": row.pk, "number": 1, "people": 2, "ways": 4}]
    assert stands(row, lin)["email"] == "waiting", "the address was on record by then"
    with pytest.raises(Conflict):
        services.round_remind(round_id=row.pk, by=by)


def test_nobody_is_left_to_remind(office: User):
    row, by = begun(office), actor_of(office)
    services.message_acknowledge(message_id=Message.objects.get().pk, by=by)
    worlds.world_forward(world=worlds.real(), by=DAY)
    with pytest.raises(Conflict) as nobody:
        services.round_remind(round_id=row.pk, by=by)
    assert (nobody.value.code, Message.objects.count()) == ("verification.nobody", 1)


def test_it_ends_by_itself_with_the_unconfirmed_listed_and_stays_so(ways: Provider, office: User, lin: User):
    row = begun(office, days=2)
    message = Message.objects.get()
    services.message_acknowledge(message_id=message.pk, by=actor_of(office))
    ways.be("refusing", times=1)
    until_done(2)
    forward(2 * DAY)
    row.refresh_from_db()
    assert (row.is_over, row.ended_by) == (True, None)
    assert not Timer.objects.filter(what=END).exists()
    (ended,) = said("verification.ended")
    assert (ended["people"], ended["ways"], ended["confirmed"], ended["early"]) == (2, 6, 1, False)
    assert sorted(map(tuple, ended["unconfirmed"])) == sorted(
        [
            (office.pk, "email", "waiting"),
            (office.pk, "sms", "failed"),
            (lin.pk, "inapp", "waiting"),
            (lin.pk, "email", "no_address"),
            (lin.pk, "sms", "no_address"),
        ]
    )
    assert not Alarm.objects.filter(kind="delivery.given_up", cleared_at=None).exists(), "the round names them"
    services.message_acknowledge(message_id=message.pk, by=actor_of(lin))
    assert stands(row, lin)["inapp"] == "waiting", "an answer that comes later proves nothing of this round"
    (counted,) = rounds.rounds()
    assert counted.counts == rounds.round_by_id(row.pk).counts
    with pytest.raises(Conflict):
        services.round_end(round_id=row.pk, by=actor_of(office))


def test_one_that_was_ended_before_its_time_stays_as_it_is(office: User):
    row = begun(office)
    services.round_end(round_id=row.pk, by=actor_of(office))
    before = VerificationRound.objects.get()
    forward(8 * DAY)
    after = VerificationRound.objects.get()
    assert (before.ended_at, before.ended_by) == (after.ended_at, after.ended_by)
    assert len(said("verification.ended")) == 1


# --- by the plan -------------------------------------------------------------------------------------------------------
def due_at() -> datetime:
    return Timer.objects.get(what=BEGIN).due_at


def loaded() -> Event:
    return Event.objects.filter(kind="plan.version_loaded").latest("pk")


def test_the_plan_begins_a_round_every_quarter(office: User):
    rule = rounds.rule_in_force()
    now = worlds.now(worlds.real())
    verifying.follow(loaded())
    first = due_at()
    assert abs(first - rounds.after(rule, now)) < timedelta(minutes=1)
    forward(first - now - timedelta(hours=1))
    assert not VerificationRound.objects.exists()
    verifying.follow(loaded())
    assert due_at() == first, "another version puts no round off"
    forward(timedelta(hours=2))
    row = VerificationRound.objects.get()
    assert (row.begun_by, row.clause, said("verification.begun")[0]["of_plan"]) == (None, "8.1", True)
    assert due_at() == rounds.after(rule, row.begun_at)
    forward(timedelta(days=93))
    assert [row.is_over for row in VerificationRound.objects.order_by("pk")] == [True, False]


def test_a_round_that_a_person_began_counts_for_the_quarter(office: User):
    verifying.follow(loaded())
    forward(timedelta(days=60))
    row = begun(office)
    forward(due_at() - worlds.now(worlds.real()) + timedelta(minutes=1))
    assert VerificationRound.objects.count() == 1, "it looked, and came too early"
    assert due_at() == rounds.after(rounds.rule_in_force(), row.begun_at) == rounds.next_begin_at()


def test_a_plan_that_says_nothing_of_it_begins_none(office: User):
    verifying.follow(loaded())
    text = SHIPPED.read_text(encoding="utf-8")
    without = "\n".join(line for line in text.splitlines() if not line.startswith("  ready.contacts:"))
    subscriptions.connect()
    plan_load(text=without, file="other.yaml", by=SYSTEM)
    forward(timedelta(minutes=1))
    assert rounds.rule_in_force() is None
    assert not Timer.objects.filter(what=BEGIN).exists()
    plan_load(text=text + "\n# again\n", file="other.yaml", by=SYSTEM)
    forward(timedelta(minutes=1))
    assert Timer.objects.filter(what=BEGIN).exists(), "its coming into force sets the clock"


def test_the_upgrade_sets_the_clock_where_a_plan_is_in_force(world: World):
    statement = import_module("notifications.migrations.0007_verification_clock").SET
    for _twice in range(2):
        with connection.cursor() as cursor:
            cursor.execute(statement)
    assert due_at() - worlds.now(world) > timedelta(days=88)


# --- nothing leaks -----------------------------------------------------------------------------------------------------
def test_no_number_and_no_address_is_in_the_log_or_on_a_page(ways: Provider, office: User):
    row, by = begun(office), actor_of(office)
    before = set(Event.objects.values_list("pk", flat=True))
    worlds.world_forward(world=worlds.real(), by=DAY)
    services.round_remind(round_id=row.pk, by=by)
    services.round_end(round_id=row.pk, by=by)
    client = Client()
    client.force_login(office)
    written = str([event.data for event in Event.objects.filter(kind__startswith="verification.")])
    shown = client.get(f"/people/verification/{row.pk}/").content.decode()
    for secret in (NUMBER, NUMBER[-4:], MAIL):
        assert secret not in written
        assert secret not in shown
    assert Event.objects.exclude(pk__in=before).count() == 2
    assert log_verify(people_stream()) is None
