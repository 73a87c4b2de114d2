"""A group chat is tried on a page and by a program: what became of it is said there in plain words, and it is on record."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client

from common.clock import wall
from engine import worlds
from engine.log import log_verify
from engine.models import Event, Stream, World
from engine.queues import drain
from engine.timers import world_advance
from incidents.services import ReportIn, incident_report
from notifications.chat_settings import refusal_said
from notifications.domain.unanswered import Ladder, Rung
from notifications.models import Delivery, Message
from people.models import User
from people.selectors import actor_of
from tests.apps.notifications.conftest import made
from tests.apps.notifications.test_sending import SENDS
from tools.provider import Provider

PAGE = "/operations/chats/"


@pytest.fixture
def admin(world: World) -> User:
    return made("admin", "sysadmin")


@pytest.fixture
def head(world: World) -> User:
    return made("he", "head_of_it")


def browser(user: User, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    client.cookies["django_language"] = language
    return client


def shown(user: User, language: str = "en") -> str:
    return str(browser(user, language).get(PAGE).content.decode())


def test_a_test_that_arrived_is_said_so_and_is_on_record(admin: User, head: User, robots: Provider) -> None:
    assert shown(head).count("never tried") == 4
    answer = browser(admin).post(f"{PAGE}dingtalk/test", {"idempotency_key": "once"})
    assert (answer.status_code, answer.url) == (302, PAGE)
    waiting = shown(admin)
    assert "Waiting to be sent" in waiting
    assert 'hx-trigger="every 2s"' in waiting, "the outcome appears by itself"
    browser(admin).post(f"{PAGE}dingtalk/test", {"idempotency_key": "once"})
    assert Message.objects.filter(kind="chat.tried").count() == 1, "twice sent, once made"
    drain(SENDS)
    assert [kind for kind, _key, _text in robots.robots.posted] == ["dingtalk"]
    arrived = shown(head)
    assert arrived.count("never tried") == 3
    assert ("Delivered" in arrived, "hx-trigger" in arrived) == (True, False)
    event = Event.objects.get(kind="chat.tried")
    assert (event.actor_id, event.data["chat"], event.data["channel"]) == (admin.pk, "dingtalk", "dingtalk")
    assert log_verify(Stream.objects.get(kind="messages")) is None


@pytest.mark.parametrize(
    ("mood", "english", "chinese"),
    [
        ("locked", "security settings refuse us: compare secret, keyword", "钉钉的安全设置拒绝了我们"),
        ("refusing", "The chat&#x27;s robot refused the message.", "群机器人拒收此消息"),
        ("busy", "The chat&#x27;s server is busy.", "服务器"),
    ],
)
def test_what_went_wrong_is_said_in_plain_words(
    admin: User, robots: Provider, mood: str, english: str, chinese: str
) -> None:
    robots.be(mood)
    browser(admin).post(f"{PAGE}dingtalk/test")
    drain(SENDS)
    assert english in shown(admin).replace("&#39;", "&#x27;").replace("DingTalk's", "DingTalk&#x27;s")
    assert chinese in shown(admin, "zh-hans")
    assert robots.secret not in shown(admin)


def test_a_chat_that_cannot_be_reached(admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_CHATS", "hq/command=wecom+http://127.0.0.1:9/send?key=secretkey broken")
    browser(admin).post(f"{PAGE}command/test")
    drain(SENDS)
    page = shown(admin)
    assert "The chat&#x27;s server cannot be reached." in page.replace("&#39;", "&#x27;")
    assert "Entry 2 of HOTLINE_CHATS cannot be read" in page
    assert "secretkey" not in page


def test_nothing_sends(admin: User, robots: Provider) -> None:
    browser(admin).post(f"{PAGE}wecom/test")
    Delivery.objects.filter(chat="wecom").update(queued_at=F("queued_at") - timedelta(minutes=1))
    assert "are the workers running?" in shown(admin)


def test_another_test_waits_for_the_one_before(admin: User, robots: Provider, api: Any) -> None:
    browser(admin).post(f"{PAGE}wecom/test")
    page = browser(admin).post(f"{PAGE}wecom/test", follow=True).content.decode()
    assert "still on its way" in page
    assert api(admin).post("/api/v1/messages/chats/wecom/test", {}, format="json").status_code == 409
    assert Message.objects.count() == 1
    drain(SENDS)
    assert api(admin).post("/api/v1/messages/chats/wecom/test", {}, format="json").status_code == 201


def test_for_programs(admin: User, auditor: User, outsider: User, robots: Provider, api: Any) -> None:
    robots.be("locked", times=1)
    rows = api(admin).post("/api/v1/messages/chats/feishu/test", {}, format="json").json()
    assert [row["name"] for row in rows] == ["wecom", "dingtalk", "feishu", "webhook"]
    drain(SENDS)
    found = {row["name"]: row for row in api(auditor).get("/api/v1/messages/chats").json()}
    assert found["feishu"]["test"]["state"] == "given_up"
    assert found["feishu"]["test"]["said"]
    assert (found["wecom"]["test"], found["wecom"]["signed"], found["webhook"]["signed"]) == (None, False, True)
    assert api(admin).post("/api/v1/messages/chats/nobody/test", {}, format="json").status_code == 404


@pytest.mark.parametrize("role", ["auditor", "head_of_it", "duty_manager", "administration"])
def test_only_the_system_administrator_tries(world: World, robots: Provider, api: Any, role: str) -> None:
    user = made("somebody", role)
    assert browser(user).post(f"{PAGE}wecom/test").status_code == 403
    assert api(user).post("/api/v1/messages/chats/wecom/test", {}, format="json").status_code == 403
    assert not Message.objects.exists()


def test_an_outsider_sees_no_chat(outsider: User, robots: Provider, api: Any) -> None:
    assert browser(outsider).get(PAGE).status_code == 403
    assert api(outsider).get("/api/v1/messages/chats").status_code == 403


def test_every_code_has_words() -> None:
    assert refusal_said("") == ""
    assert "Feishu" in str(refusal_said("feishu.errcode_19021"))
    assert str(refusal_said("wecom.errcode_1")) == "The chat's robot refused the message."


# --- what the log counts ---------------------------------------------------------------------------------------------------
def test_the_log_counts_people_and_chats(say: Any, lin: User, gao: User, world: World, robots: Provider) -> None:
    incident = incident_report(report=ReportIn(noticed="Nobody gets through"), by=actor_of(lin), world=world)
    say("k1", lin, gao, channels=["chat", "inapp"], incident_id=incident.pk)
    say("k2", lin, incident_id=incident.pk)
    both, one = Event.objects.filter(kind="message.queued", stream=incident.stream).order_by("seq")
    assert (both.data["people"], both.data["chats"]) == (2, 4)
    assert (one.data["people"], one.data["chats"]) == (1, 0)


def test_a_rung_that_speaks_in_chats_counts_them(say: Any, lin: User, robots: Provider) -> None:
    night = worlds.world_open(key="night", name_zh="夜", name_en="Night", kind="practice", at=wall(), paused=True)
    incident = incident_report(report=ReportIn(noticed="Nobody gets through"), by=actor_of(lin), world=night)
    ladder = Ladder((Rung(timedelta(minutes=2), ("chat",), ()),), quorum=1)
    say("k", lin, channels=["inapp", "wecom"], world_id=night.pk, incident_id=incident.pk, ladder=ladder)
    world_advance(night, to=worlds.now(night.pk) + timedelta(minutes=3))
    event = Event.objects.get(kind="message.escalated", stream=incident.stream)
    assert (event.data["people"], event.data["chats"]) == (0, 3), "the fourth had heard it"
