"""Unanswered, a message climbs its ladder: further ways, further people, then an alarm that stands until enough have answered."""

from datetime import datetime, timedelta

import pytest

from common.clock import wall
from engine import worlds
from engine.models import Alarm, Timer, World
from engine.queues import QUEUES, drain
from engine.timers import world_advance
from notifications import services
from notifications.domain.unanswered import Ladder, Rung
from notifications.models import Delivery, SunkMail
from notifications.selectors import unanswered_in
from people.models import User
from people.selectors import actor_of
from tests.apps.notifications.conftest import Say
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
    assert not alarms()
    forward(night, 3)
    assert alarms() == [{"answers": 1, "told": 4}]
    assert not Timer.objects.filter(what="notifications.unanswered").exists()
    assert [row.pk for row in unanswered_in(night.pk)] == [message.pk]
    services.message_acknowledge(message_id=message.pk, by=actor_of(boss))
    assert not alarms()
    assert unanswered_in(night.pk) == []


def test_enough_answers_end_it_at_once(say: Say, night: World, lin: User, gao: User, auditor: User, boss: User):
    message = say("k", lin, gao, auditor, world_id=night.pk, ladder=LADDER)
    for user in (lin, gao):
        services.message_acknowledge(message_id=message.pk, by=actor_of(user))
    assert not Timer.objects.filter(what="notifications.unanswered").exists()
    forward(night, 30)
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
