"""Group chats through robots as bad as real ones: what they were told is the judge."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now

from engine.models import Alarm, SetAside, World
from engine.queues import MAX_TRIES, drain
from incidents.models import Incident
from incidents.services import ReportIn, incident_report
from notifications.models import ChatPace, Delivery, Message, Send, SunkMail
from people.models import User
from people.selectors import actor_of
from tests.apps.notifications.conftest import KINDS, Say, at_once
from tests.apps.notifications.test_sending import SENDS, WORKER, later
from tools.provider import Provider


def post(name: str) -> Delivery:
    return Delivery.objects.get(chat=name)


def open_alarms() -> set[tuple[str, str]]:
    return set(Alarm.objects.filter(cleared_at=None).values_list("kind", "ref"))


def test_a_tiers_word_brings_a_message_into_every_chat_besides_each_person(say: Say, lin: User, robots: Provider):
    say("k", lin, channels=["inapp", "chat"])
    drain(SENDS)
    text = "【热线应急】东区投诉激增\n条款 4.1\nhttps://hotline.example.org/board/"
    assert sorted(robots.robots.posted) == sorted((kind, f"key-of-{kind}", text) for kind in KINDS)
    rows = Delivery.objects.exclude(chat="")
    assert {(row.chat, row.channel, row.role, row.state) for row in rows} == {
        ("wecom", "wecom", "technical_response", "delivered"),
        ("dingtalk", "dingtalk", "hq", "delivered"),
        ("feishu", "feishu", "hq", "delivered"),
        ("webhook", "webhook", "hq", "delivered"),
    }
    assert all(row.sent_at and row.delivered_at and row.tries == 1 and row.user_id is None for row in rows)
    assert Delivery.objects.filter(user=lin).count() == 1
    assert not Send.objects.exists()


@pytest.mark.parametrize(
    ("case", "channels", "owners", "heard"),
    [
        ("persons alone", ["inapp", "email"], [], set()),
        ("those on one platform", ["feishu", "inapp"], [], {"feishu"}),
        ("those of one group", ["chat"], ["technical_response"], {"wecom"}),
        ("a group that has none", ["chat"], ["logistics_support"], set()),
        ("both narrow it", ["wecom", "webhook"], ["hq"], {"webhook"}),
    ],
)
def test_which_chats_hear_it(say: Say, lin, robots, case: str, channels: list[str], owners: list[str], heard: set[str]):
    say("k", lin, channels=channels, chats=owners)
    assert set(Delivery.objects.exclude(chat="").values_list("chat", flat=True)) == heard


def test_the_same_message_stands_in_a_chat_once(say: Say, lin: User, robots: Provider):
    at_once(lambda: say("k", lin, channels=["chat"]))
    at_once(lambda: drain(SENDS))
    assert len(robots.robots.posted) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("mood", "state", "error", "stands"),
    [
        ("well", "delivered", "", 1),
        ("busy", "delivered", "", 1),
        ("hanging_up", "delivered", "", 1),
        # Nobody can ask a robot: what may have been taken is said once more.
        ("dropping", "delivered", "", 2),
        ("slow", "delivered", "", 2),
        ("limited", "delivered", "", 1),
    ],
)
def test_whatever_a_robot_does_it_stands_there_or_is_seen_not_to(
    say: Say, lin: User, robots: Provider, kind: str, mood: str, state: str, error: str, stands: int
):
    robots.be(mood, times=1)
    say("k", lin, channels=[kind])
    drain(SENDS)
    if mood in ("busy", "limited"):
        assert post(kind).error == f"{kind}.{mood}"
        assert ("channel.failing", f"{kind}:{kind}") in open_alarms()
        assert drain(SENDS) == 0, "not before its wait is over"
    if mood == "slow":
        robots.did("posted", within=5)
    in_time(2)
    assert (post(kind).state, post(kind).error) == (state, error)
    assert len(robots.robots.posted) == stands
    assert len({text for _kind, _key, text in robots.robots.posted}) == 1, "the same content"
    assert not open_alarms()


def over() -> None:
    """A minute is past: robots ask to be left alone no longer."""
    ChatPace.objects.update(rests_until=None, posts=[])


def in_time(rounds: int = 12) -> None:
    """Every attempt in its own minute, until none is due."""
    for _ in range(rounds):
        over()
        later()
        drain(SENDS, rounds=1)


@pytest.mark.parametrize("kind", ["wecom", "dingtalk", "feishu"])
def test_a_code_in_a_good_answer_is_a_failure(say: Say, lin: User, robots: Provider, kind: str):
    robots.be("refusing")
    say("k", lin, channels=[kind])
    in_time()
    assert (post(kind).state, post(kind).tries) == ("given_up", MAX_TRIES)
    assert post(kind).error == {"wecom": "wecom.errcode_45002", "dingtalk": "dingtalk.errcode_430104"}.get(
        kind, "feishu.errcode_19002"
    )
    message = Message.objects.get()
    assert {("channel.failing", f"{kind}:{kind}"), ("delivery.given_up", f"message:{message.pk}")} == open_alarms()
    assert SetAside.objects.filter(queue="sends").count() == 1, "where a person may put it back"


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("wecom", "wecom.errcode_93000"),
        ("dingtalk", "dingtalk.errcode_310000"),
        ("feishu", "feishu.errcode_19021"),
        ("webhook", "webhook.key_refused"),
    ],
)
def test_a_wrong_key_waits_for_a_person(say: Say, lin: User, robots: Provider, kind: str, error: str):
    robots.be("locked")
    say("k", lin, channels=[kind])
    in_time()
    assert (post(kind).state, post(kind).error, post(kind).tries) == ("given_up", error, 1)


@pytest.mark.parametrize("kind", ["wecom", "dingtalk", "feishu"])
def test_what_never_says_how_it_went_is_said_twice_and_no_oftener(say: Say, lin: User, robots: Provider, kind: str):
    robots.be("garbage")
    say("k", lin, channels=[kind])
    in_time()
    assert len(robots.robots.posted) == 2
    assert (post(kind).state, post(kind).error) == ("given_up", "delivery.outcome_unknown")


@pytest.mark.parametrize("kind", ["dingtalk", "feishu", "webhook"])
def test_with_another_secret_nothing_is_said(say: Say, lin, robots, kind: str, monkeypatch: pytest.MonkeyPatch):
    entry = robots.chat(kind, "hq", kind).partition("#")[0]
    monkeypatch.setenv("HOTLINE_CHATS", f"{entry}#another")
    say("k", lin, channels=["chat"])
    in_time()
    assert (post(kind).state, robots.robots.posted) == ("given_up", [])


# --- how fast --------------------------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("each_by_itself")
def test_a_robot_is_told_no_more_than_it_takes_and_nothing_is_lost(say: Say, lin: User, robots: Provider):
    for number in range(24):
        say(f"k{number}", lin, channels=["wecom"], subject={"zh": f"第{number}条", "en": f"{number}"})
    drain(SENDS)
    assert len(robots.robots.posted) == 10, "half of twenty a minute"
    assert {row.tries for row in Send.objects.all()} == {0}, "waiting is no try"
    assert Send.objects.filter(lease_until__gt=Now() + timedelta(seconds=50)).count() == 14
    assert not open_alarms()
    for _minute in range(3):
        over()
        robots.robots.told.clear()
        later()
        drain(SENDS)
    assert [text.split("\n")[0] for _kind, _key, text in robots.robots.posted] == [
        f"【热线应急】第{number}条" for number in range(24)
    ], "in their order, each once"
    assert not [line for line in robots.record if line["what"] == "refused"]


@pytest.mark.usefixtures("each_by_itself")
def test_the_gravest_level_waits_behind_nothing(say: Say, lin: User, robots: Provider, grave: Incident):
    for number in range(30):
        say(f"k{number}", lin, channels=["wecom"], urgent=number >= 12)
    drain(SENDS)
    assert len(robots.robots.posted) == 15, "three quarters of twenty a minute"
    later()
    say("I", lin, channels=["wecom"], urgent=True, incident_id=grave.pk, subject={"zh": "一级响应", "en": "Level I"})
    drain(SENDS)
    assert len(robots.robots.posted) == 16
    assert "一级响应" in robots.robots.posted[-1][2]
    assert str(grave.number) in robots.robots.posted[-1][2]


@pytest.fixture
def grave(world: World, lin: User) -> Incident:
    """Level I is proposed, and nobody has decided yet."""
    made = incident_report(report=ReportIn(noticed="nothing rings anywhere"), by=actor_of(lin), world=world)
    Incident.objects.filter(pk=made.pk).update(proposed_level="I")
    return made


def test_its_letters_to_persons_overtake_the_urgent_ones_too(say: Say, lin: User, grave: Incident):
    for key in ("ordinary", "urgent", "grave"):
        words = {"zh": key, "en": key}
        said = {"incident_id": grave.pk} if key == "grave" else {}
        say(key, lin, subject=words, urgent=key != "ordinary", **said)
    drain(SENDS)
    assert list(SunkMail.objects.order_by("pk").values_list("subject", flat=True)) == ["grave", "urgent", "ordinary"]


@pytest.mark.usefixtures("each_by_itself")
def test_a_robot_that_has_enough_is_left_alone_and_the_message_loses_no_try(say: Say, lin: User, robots: Provider):
    robots.be("limited", times=9)
    say("k", lin, channels=["wecom"])
    say("k2", lin, channels=["wecom"])
    for _minute in range(9):
        ChatPace.objects.update(rests_until=Now() - timedelta(seconds=1))
        later()
        drain(SENDS, rounds=1)
    rows = Delivery.objects.filter(chat="wecom")
    assert {row.state for row in rows} <= {"failed", "queued"}, "more refusals than a message has tries"
    assert ("channel.failing", "wecom:wecom") in open_alarms(), "and it is seen"
    in_time()
    assert {row.state for row in rows.all()} == {"delivered"}
    assert len(robots.robots.posted) == 2


def test_what_waited_an_hour_is_given_up_as_everything_is(say: Say, lin: User, robots: Provider):
    robots.be("limited")
    say("k", lin, channels=["feishu"])
    Delivery.objects.filter(chat="feishu").update(queued_at=F("queued_at") - timedelta(hours=2))
    in_time(MAX_TRIES + 1)
    assert (post("feishu").state, post("feishu").error) == ("given_up", "feishu.limited")


# --- whatever dies ---------------------------------------------------------------------------------------------------------
@pytest.mark.processes
@pytest.mark.parametrize(
    ("place", "stands"), [("sends.after_claim", 1), ("sends.after_attempt", 1), ("sends.after_call", 2)]
)
def test_a_worker_killed_sends_at_most_one_more_of_the_same(
    say: Say, lin: User, robots: Provider, fresh_db: str, database_server: Any, place: str, stands: int
):
    say("k", lin, channels=["wecom"])
    environment = {
        **os.environ,
        **database_server.urls(fresh_db),
        "DJANGO_SETTINGS_MODULE": "hotline_ep.settings",
        "HOTLINE_FAILPOINT": f"{place}=kill",
    }
    worker = subprocess.run([sys.executable, "-c", WORKER], env=environment, cwd=settings.BASE_DIR, check=False)
    assert worker.returncode == -signal.SIGKILL
    later()
    drain(SENDS)
    in_time(2)
    assert post("wecom").state == "delivered"
    assert len(robots.robots.posted) == stands
    assert len(set(robots.robots.posted)) == 1
