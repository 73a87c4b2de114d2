"""Unanswered, a message climbs its ladder: further ways, further people, then an alarm that stands until enough have answered."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction

from common.actor import SYSTEM
from common.clock import wall
from engine import worlds
from engine.models import Alarm, Timer, World
from engine.queues import QUEUES, drain
from engine.timers import world_advance
from notifications import services
from notifications.domain.unanswered import Ladder, Rung
from notifications.models import Delivery, Message, SunkMail
from notifications.pressing import next_look, unanswered_in
from notifications.services import unanswered
from people.models import User
from people.selectors import actor_of
from people.services import user_deactivate
from tests.apps.notifications.conftest import Say, at_once
from tests.apps.people.conftest import made

LADDER = Ladder(
    (Rung(timedelta(minutes=2), ("voice",), ()), Rung(timedelta(minutes=5), (), ("executive",))),
    quorum=2,
)


@pytest.fixture
def night(world: World) -> World:
    """A practice world whose clock stands until it is moved."""
    return worlds.world_open(key="night", name_zh="夜", name_en="Night", kind="practice", at=wall(), paused=True)


@pytest.fixture
def boss(world: World) -> User:
    return made("boss", "executive")


def ways_to(user: User) -> set[str]:
    return set(Delivery.objects.filter(user=user).values_list("channel", flat=True))


def forward(world: World, minutes: int) -> None:
    began: datetime = worlds.now(world.pk)
    world_advance(world, to=began + timedelta(minutes=minutes))


def alarms() -> list[dict]:
    return [row.params for row in Alarm.objects.filter(kind="message.unanswered", cleared_at=None)]


def test_nobody_answers_so_they_are_rung_then_the_executive_is_told_then_an_alarm_stands(
    say: Say, night: World, lin: User, gao: User, auditor: User, boss: User
):
    message = say("k", lin, gao, auditor, world_id=night.pk, channels=["inapp", "sms"], ladder=LADDER)
    assert ways_to(lin) == {"inapp", "sms"}
    services.message_acknowledge(message_id=message.pk, by=actor_of(lin))
    forward(night, 2)
    assert (ways_to(lin), ways_to(gao)) == ({"inapp", "sms"}, {"inapp", "sms", "voice"}), (
        "who has answered is left in peace"
    )
    assert ways_to(boss) == set()
    forward(night, 3)
    assert ways_to(boss) == {"inapp", "sms", "voice"}, "by all the ways used so far"
    assert Delivery.objects.get(user=boss, channel="inapp").role == "executive"
    forward(night, 3)
    assert not alarms(), "a drill's silence is no concern of the operator's"
    assert [row.pk for row in unanswered_in(night.pk)] == [message.pk]
    services.message_acknowledge(message_id=message.pk, by=actor_of(boss))
    assert unanswered_in(night.pk) == []
    assert not Timer.objects.filter(what="notifications.unanswered").exists(), "nothing is left to look at"


def test_a_role_of_a_rung_is_told_whole_though_one_of_it_was_told_and_is_silent(
    say: Say, night: World, lin: User, boss: User
) -> None:
    commander, member = made("commander", "hq_member"), made("member", "hq_member")
    ladder = Ladder((Rung(timedelta(minutes=2), (), ("hq_members",)),), quorum=3)
    say("k", commander, world_id=night.pk, ladder=ladder, to=[(commander.pk, "hq_members")])
    forward(night, 2)
    assert ways_to(member) == {"inapp", "email"}, "its other holders, as they would be told at first"


@transaction.atomic
def look(message: Message, minutes: int) -> None:
    unanswered.look(message.pk, message.created_at + timedelta(minutes=minutes), worlds.now(message.world_id))


def test_the_alarm_stands_from_the_ladders_end_until_the_answer_that_was_missing(
    say: Say, lin: User, gao: User, boss: User
):
    message = say("k", lin, gao, ladder=LADDER)
    look(message, 2)
    look(message, 5)
    services.message_acknowledge(message_id=message.pk, by=actor_of(lin))
    look(message, 8)
    assert alarms() == [{"answers": 1, "told": 3}]
    assert Timer.objects.filter(what="notifications.unanswered", ref=message.pk).exists()
    assert next_look(message) is None, "nobody is pressed any more"
    look(message, 23)
    assert len(alarms()) == 1
    services.message_acknowledge(message_id=message.pk, by=actor_of(gao))
    assert not alarms()


def test_whoever_left_owes_no_answer_and_the_alarm_ends_by_itself(say: Say, lin: User, gao: User, boss: User):
    message = say("k", lin, gao, ladder=Ladder(LADDER.rungs, quorum=None))
    look(message, 8)
    assert len(alarms()) == 1
    services.message_acknowledge(message_id=message.pk, by=actor_of(lin))
    user_deactivate(user=gao, by=SYSTEM)
    look(message, 23)
    assert not alarms()


def test_an_answer_and_a_look_at_once_do_not_wait_for_each_other_for_ever(say: Say, lin: User, gao: User, boss: User):
    message = say("k", lin, gao, ladder=LADDER)

    def answers(user: User) -> None:
        services.message_acknowledge(message_id=message.pk, by=actor_of(user))

    acts = iter([lambda: look(message, 2), lambda: answers(lin), lambda: answers(gao)])
    assert not [error for error in at_once(lambda: next(acts)(), people=3) if isinstance(error, Exception)]


def test_enough_answers_end_it_at_once(say: Say, night: World, lin: User, gao: User, auditor: User, boss: User):
    message = say("k", lin, gao, auditor, world_id=night.pk, ladder=LADDER)
    for user in (lin, gao):
        services.message_acknowledge(message_id=message.pk, by=actor_of(user))
    forward(night, 30)
    assert not Timer.objects.filter(what="notifications.unanswered").exists()
    assert ways_to(auditor) == {"inapp", "email"}
    assert (ways_to(boss), alarms()) == (set(), [])


def test_a_look_long_overdue_still_comes_in_order(say: Say, night: World, lin: User, gao: User, boss: User):
    """All workers were away for half an hour: each rung is climbed, none twice."""
    say("k", lin, gao, world_id=night.pk, channels=["sms"], ladder=LADDER)
    forward(night, 30)
    rungs = Delivery.objects.order_by("pk").values_list("user__username", "channel", "rung")
    assert sorted(rungs) == sorted(
        [
            *(("lin", way, 0) for way in ("inapp", "sms")),
            *(("gao", way, 0) for way in ("inapp", "sms")),
            ("lin", "voice", 1),
            ("gao", "voice", 1),
            *(("boss", way, 2) for way in ("inapp", "sms", "voice")),
        ]
    )


def test_without_a_provider_sms_and_calls_end_in_the_sink_with_their_codes(say: Say, lin: User):
    message = say("k", lin, channels=["sms", "voice"], body={"zh": "第一行\n第二行", "en": "First line\nsecond line"})
    drain(QUEUES["sends"])
    sunk = {mail.channel: mail.body for mail in SunkMail.objects.all()}
    code = Delivery.objects.get(message=message, channel="sms").code
    assert sunk["sms"] == f"Complaints surge in the east\nFirst line\nReply {code} to acknowledge."
    assert sunk["voice"].endswith("Press 1 to acknowledge.")
