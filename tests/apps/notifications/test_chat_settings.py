"""What is set, what is sent to each platform byte for byte, what is shown of a chat, and that its key is shown nowhere."""

import json
import logging
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client

from common.clock import wall
from common.errors import NeverDelivers, TryLater
from engine import worlds
from engine.models import Alarm, SetAside, World
from engine.queues import drain
from engine.timers import world_advance
from hotline_ep.checks import chats_are_whole
from incidents.services import ReportIn, incident_report
from notifications.channels import Letter, robots
from notifications.channels.chats import Chat, read_all
from notifications.domain.delivery import Channel
from notifications.domain.unanswered import Ladder, Rung
from notifications.management.commands import chat_test
from notifications.models import ChatPace, Delivery, Message, SunkMail
from notifications.selectors import summary_audience
from notifications.services import summary_draft, summary_publish
from notifications.told import chats_told, told_in
from people.models import User
from people.selectors import actor_of
from tests.apps.notifications.conftest import KINDS, Say
from tests.apps.notifications.test_chats import in_time, post
from tests.apps.notifications.test_sending import SENDS
from tools.provider import Provider

WECOM = "hq/command=wecom+https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a"


# --- what is set -----------------------------------------------------------------------------------------------------------
def test_a_chat_is_read_with_its_address_as_the_platform_gives_it(monkeypatch: pytest.MonkeyPatch):
    other = "technical_response/tech-2=dingtalk+https://oapi.dingtalk.com/robot/send?access_token=ab#SEC%23%25"
    monkeypatch.setenv("HOTLINE_CHATS", f"\n  {WECOM}\n  {other} ")
    found, bad = read_all()
    assert bad == []
    assert found == {
        "command": Chat("hq", "command", Channel.WECOM, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a"),
        "tech-2": Chat(
            "technical_response",
            "tech-2",
            Channel.DINGTALK,
            "https://oapi.dingtalk.com/robot/send?access_token=ab",
            "SEC#%",
        ),
    }
    assert "693a" not in repr(found)
    assert "SEC" not in repr(found)
    assert chats_are_whole() == []


@pytest.mark.parametrize(
    ("case", "entry"),
    [
        ("whose is missing", "command=wecom+https://host/?key=k"),
        ("no name", "hq/=wecom+https://host/?key=k"),
        ("a name with capitals", "hq/Command=wecom+https://host/?key=k"),
        ("an unknown platform", "hq/x=slack+https://host/?key=k"),
        ("a way to persons", "hq/x=sms+https://host/?key=k"),
        ("another scheme", "hq/x=wecom+ftp://host/?key=k"),
        ("no host", "hq/x=wecom+https:///send?key=k"),
        ("a bad port", "hq/x=wecom+https://host:99999/send?key=k"),
        ("a webhook without a secret", "hq/x=webhook+https://host/hook"),
        ("a name that is taken", "hq/command=feishu+https://host/k"),
        ("nothing but words", "command"),
    ],
)
def test_a_bad_entry_is_named_by_its_place_and_stops_no_other(
    say: Say, lin: User, monkeypatch: pytest.MonkeyPatch, case: str, entry: str
):
    monkeypatch.setenv("HOTLINE_CHATS", f"{WECOM} {entry}")
    assert [(row.id, "Entry 2" in str(row.msg)) for row in chats_are_whole()] == [("hotline.HOTLINE_CHATS", True)]
    assert entry not in str(chats_are_whole())
    say("k", lin, channels=["chat"])
    assert list(Delivery.objects.exclude(chat="").values_list("chat", flat=True)) == ["command"]
    assert Alarm.objects.filter(kind="channel.failing", ref="chat:HOTLINE_CHATS", cleared_at=None).exists()
    monkeypatch.setenv("HOTLINE_CHATS", WECOM)
    say("k2", lin, channels=["chat"])
    assert not Alarm.objects.filter(kind="channel.failing", cleared_at=None).exists()


def test_without_a_chat_persons_are_told_all_the_same(say: Say, lin: User):
    say("k", lin, channels=["chat", "email"])
    assert set(Delivery.objects.values_list("channel", flat=True)) == {"inapp", "email"}


# --- what is sent: the platforms' published formats ------------------------------------------------------------------------
AT = 1764300000.0
SECRET = "SEC+/= #secret"


@pytest.fixture
def letter() -> Letter:
    return Letter(
        key="key-1",
        channel="wecom",
        world_id=1,
        user_id=None,
        language="zh-hans",
        subject="东区投诉激增",
        body='东区投诉激增 <at user_id="all">\n条款 4.1',
        code="",
        urgent=True,
        sandbox=False,
        chat="command",
        number="E-1",
        clause="4.1",
        link="https://hotline.example.org/board/",
    )


def test_wecom(letter: Letter):
    assert robots.wecom(letter, "", AT) == ({"msgtype": "text", "text": {"content": letter.body}}, {})


def test_dingtalk_is_signed_in_its_address(letter: Letter):
    """The sign was made with `openssl dgst -sha256 -hmac`: the secret is the key, `timestamp\\nsecret` what is signed."""
    said, query = robots.dingtalk(letter, SECRET, AT)
    assert said == {"msgtype": "text", "text": {"content": letter.body}}
    assert query == {"timestamp": "1764300000000", "sign": "MMX38xXmEWaOMRm6BBOZN6/9oTkuoh+WeApudDBg+tM="}
    assert robots.dingtalk(letter, "", AT).query == {}, "a robot secured by keyword or address is not signed for"


def test_feishu_is_signed_in_its_body_and_calls_nobody(letter: Letter):
    """The sign was made with openssl: `timestamp\\nsecret` is the key, and nothing is signed."""
    said, query = robots.feishu(letter, SECRET, AT)
    assert said == {
        "timestamp": "1764300000",
        "sign": "qgzVrB5ISuG5jny0Nwn2idNDSavuGAHxk6xBhVBND1A=",
        "msg_type": "text",
        "content": {"text": '东区投诉激增 ＜at user_id="all">\n条款 4.1'},
    }
    assert query == {}


def test_a_webhook_has_the_parts_by_name(letter: Letter):
    assert robots.webhook(letter, SECRET, AT).said == {
        "key": "key-1",
        "number": "E-1",
        "title": "东区投诉激增",
        "clause": "4.1",
        "link": "https://hotline.example.org/board/",
        "text": letter.body,
        "language": "zh-hans",
        "urgent": True,
    }


class Answer:
    """What a platform answered, as `_judge` reads it."""

    def __init__(self, status: int, body: Any, **headers: str) -> None:
        self.status_code, self.headers = status, headers
        self.content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def json(self) -> Any:
        return json.loads(self.content)


@pytest.mark.parametrize(
    ("case", "kind", "answer", "code"),
    [
        ("WeCom's yes", "wecom", Answer(200, {"errcode": 0, "errmsg": "ok"}), ""),
        ("Feishu's yes", "feishu", Answer(200, {"code": 0, "msg": "success", "data": {}}), ""),
        ("Feishu's older yes", "feishu", Answer(200, {"StatusCode": 0, "StatusMessage": "success"}), ""),
        ("a webhook's yes", "webhook", Answer(204, b""), ""),
        ("a limit by status", "dingtalk", Answer(429, b""), "dingtalk.limited"),
        ("Feishu's limit comes as 400", "feishu", Answer(400, {"code": 11232, "msg": "limited"}), "feishu.limited"),
        ("a stopped robot", "dingtalk", Answer(200, {"errcode": 400102}), "dingtalk.errcode_400102"),
        ("a code nobody knows", "wecom", Answer(200, {"errcode": -1}), "wecom.errcode_-1"),
        ("no code", "wecom", Answer(200, {"fine": True}), "wecom.outcome_unknown"),
        ("a code that is no number", "wecom", Answer(200, {"errcode": "0"}), "wecom.outcome_unknown"),
        ("a true that is no zero", "wecom", Answer(200, {"errcode": False}), "wecom.outcome_unknown"),
        ("a list", "feishu", Answer(200, []), "feishu.outcome_unknown"),
        ("a way elsewhere is not gone", "feishu", Answer(302, b""), "feishu.odd_answer"),
        ("an answer without end", "wecom", Answer(200, b" " * 70_000), "wecom.outcome_unknown"),
        ("gone for good", "webhook", Answer(410, b""), "webhook.key_refused"),
    ],
)
def test_each_answer_has_its_meaning(case: str, kind: str, answer: Any, code: str):
    robot = robots.Robot(Chat("hq", "x", Channel(kind), "https://host/", "s"))
    if not code:
        robot._judge(answer)
        return
    with pytest.raises((TryLater, NeverDelivers)) as refused:
        robot._judge(answer)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("said", "seconds"), [("7", 7), ("0", 1), ("99999", 600), ("Wed, 21 Oct 2026 07:28:00 GMT", 60), ("", 60)]
)
def test_a_robot_is_left_alone_as_long_as_it_asks(said: str, seconds: int):
    assert robots._rest(Answer(429, b"", **{"Retry-After": said})) == seconds  # type: ignore[arg-type]


# --- what is shown, and what is not ----------------------------------------------------------------------------------------
def test_the_ledger_shows_one_row_a_chat_on_page_and_api(
    say: Say, lin: User, auditor: User, outsider: User, robots, api
):
    robots.be("locked", times=1)
    message = say("k", lin, channels=["chat"])
    drain(SENDS)
    page = Client()
    page.force_login(auditor)
    shown = page.get(f"/messages/{message.pk}/").content.decode()
    assert all(f" {kind}</span>" in shown for kind in KINDS)
    assert "Said in 4 group chats." in shown
    assert "Technical response group" in shown, "whose chat it is, in words"
    counted = api(auditor).get("/api/v1/messages").json()["messages"][0]
    assert (counted["people"], counted["chats"], counted["unreached"]) == (1, 4, 1)
    rows = api(auditor).get(f"/api/v1/messages/{message.pk}/receipts").json()
    chats = {row["chat"]: row for row in rows if row["user"] is None}
    assert set(chats) == {*KINDS}
    assert sorted(row["state"] for row in chats.values()) == ["delivered"] * 3 + ["given_up"]
    assert api(outsider).get(f"/api/v1/messages/{message.pk}/receipts").status_code == 403
    for path in ("/messages/all/", "/messages/sink/"):
        assert page.get(path).status_code == 200, path


@pytest.mark.usefixtures("each_by_itself")
def test_key_and_secret_stand_in_no_row_no_log_and_no_error(
    say: Say, lin: User, robots: Provider, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    for number, mood in enumerate(
        ("well", "busy", "limited", "locked", "refusing", "dropping", "garbage", "hanging_up")
    ):
        robots.be(mood, times=4)
        say(f"k{number}", lin, channels=["chat"])
        in_time(1)
    robots.shutdown()
    robots.server_close()
    say("gone", lin, channels=["chat"])
    in_time(2)
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        for table in tables:
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE ANY (%s)', [["%key-of-%", "%SEC+%"]])
            assert cursor.fetchone() == (0,), table
    assert "key-of-" not in caplog.text
    assert "SEC" not in caplog.text
    assert Delivery.objects.filter(error__endswith=".unreachable").exists()


def test_a_telephone_number_in_a_title_is_not_said_and_neither_is_the_text(say: Say, lin: User, robots: Provider):
    words = {"zh": "机房失电，找李工 138 0000 1111", "en": "Power lost, ask Li at 138 0000 1111"}
    say("k", lin, channels=["chat"], subject=words, body={"zh": "密码在抽屉里", "en": "the password is in the drawer"})
    drain(SENDS)
    assert len(robots.robots.posted) == 4
    assert not [text for _kind, _key, text in robots.robots.posted if "1111" in text or "密码" in text]


def test_practice_ends_in_the_sink_whatever_is_set(say: Say, lin: User, auditor: User, robots: Provider):
    practice = worlds.world_open(key="p1", name_zh="演练", name_en="Practice", kind="practice", at=wall())
    say("k", lin, channels=["chat"], world_id=practice.pk)
    drain(SENDS)
    assert robots.robots.posted == []
    assert set(SunkMail.objects.values_list("chat", "user", "sandbox")) == {(kind, None, True) for kind in KINDS}
    assert all(mail.body.startswith("【热线应急】") and "演练" in mail.subject for mail in SunkMail.objects.all())
    assert not ChatPace.objects.exists(), "practice takes nobody's turn"
    page = Client()
    page.force_login(auditor)
    assert "wecom" in page.get("/messages/sink/?world=p1").content.decode()


def test_a_chat_that_is_not_set_any_more_is_seen(say: Say, lin: User, robots, monkeypatch: pytest.MonkeyPatch):
    say("k", lin, channels=["wecom"])
    monkeypatch.delenv("HOTLINE_CHATS")
    in_time(1)
    assert (post("wecom").state, post("wecom").error) == ("given_up", "chat.gone")
    assert SetAside.objects.filter(queue="sends").count() == 1


def test_a_rung_of_the_ladder_may_be_the_chats(say: Say, lin: User, robots: Provider):
    night = worlds.world_open(key="night", name_zh="夜", name_en="Night", kind="practice", at=wall(), paused=True)
    ladder = Ladder((Rung(timedelta(minutes=2), ("chat",), ()),), quorum=1)
    say("k", lin, channels=["inapp", "wecom"], world_id=night.pk, ladder=ladder)
    assert set(Delivery.objects.exclude(chat="").values_list("chat", "rung")) == {("wecom", 0)}
    world_advance(night, to=worlds.now(night.pk) + timedelta(minutes=3))
    assert set(Delivery.objects.exclude(chat="").values_list("chat", "rung")) == {
        ("wecom", 0),
        ("dingtalk", 1),
        ("feishu", 1),
        ("webhook", 1),
    }


def test_a_published_summary_goes_into_the_chats_of_its_tier(lin: User, gao: User, world: World, robots: Provider):
    incident = incident_report(report=ReportIn(noticed="calls break off"), by=actor_of(lin), world=world)
    now = worlds.now(world.pk)
    draft = summary_draft(incident_id=incident.pk, turn=1, due_at=now, now=now)
    to = summary_audience(incident)
    summary_publish(summary_id=draft.pk, revision=draft.revision, by=actor_of(gao), to=to)
    drain(SENDS)
    assert len(robots.robots.posted) == 4
    assert all(f"/incidents/{incident.number}/summaries/" in text for _kind, _key, text in robots.robots.posted)
    assert chats_told(incident.pk, "summary.") == ["hq", "technical_response"]
    told = [row for row in told_in(incident.pk)[-1]["deliveries"] if row["user"] is None]
    assert {row["name"] for row in told} == {*KINDS}


@pytest.mark.parametrize(
    ("case", "fields"),
    [
        ("neither person nor chat", {"channel": "email"}),
        ("a chat over a way to persons", {"channel": "email", "chat": "x"}),
        ("a chat's channel without its name", {"channel": "wecom"}),
    ],
)
def test_the_database_refuses_what_is_neither_a_persons_nor_a_chats(
    say: Say, lin: User, case: str, fields: dict[str, str]
):
    message = say("k", lin)
    with pytest.raises(IntegrityError, match="delivery_person_or_chat"), transaction.atomic():
        Delivery.objects.create(message=message, role="hq", state="queued", key="key", **fields)
    with pytest.raises(IntegrityError, match="delivery_person_or_chat"), transaction.atomic():
        Delivery.objects.create(
            message=message, user=lin, role="hq", state="queued", key="k2", channel="wecom", chat="x"
        )


def test_the_database_refuses_the_same_chat_twice(say: Say, lin: User, robots: Provider):
    message = say("k", lin, channels=["wecom"])
    with pytest.raises(IntegrityError, match="delivery_once_a_chat"), transaction.atomic():
        Delivery.objects.create(message=message, role="hq", state="queued", key="k2", channel="feishu", chat="wecom")


# --- trying one ------------------------------------------------------------------------------------------------------------
@pytest.fixture
def trying(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`trying("NAME")`: what the command prints, with a worker at work beside it."""
    monkeypatch.setattr(chat_test.time, "sleep", lambda _seconds: drain(SENDS))

    def run(*arguments: str) -> str:
        out = StringIO()
        call_command("chat_test", *arguments, stdout=out, stderr=out)
        return out.getvalue()

    return run


def test_an_operator_sees_that_a_robot_works(world: World, robots: Provider, trying: Any):
    assert [line.split() for line in trying().splitlines()] == [
        ["wecom", "wecom", "technical_response", "not", "signed"],
        ["dingtalk", "dingtalk", "hq", "signed"],
        ["feishu", "feishu", "hq", "signed"],
        ["webhook", "webhook", "hq", "signed"],
    ]
    assert "it stands in the chat" in trying("dingtalk")
    assert [kind for kind, _key, _text in robots.robots.posted] == ["dingtalk"]
    assert "测试" in robots.robots.posted[0][2]
    message = Message.objects.get()
    assert (message.kind, message.deliveries.count(), message.world.is_real) == ("chat.tried", 1, True)


def test_an_operator_sees_why_a_robot_does_not_work(world: World, robots: Provider, trying: Any):
    robots.be("locked")
    with pytest.raises(CommandError, match="errcode_310000"):
        trying("dingtalk")
    robots.be("busy")
    with pytest.raises(CommandError, match=r"not there after 0 s \(queued\).*workers"):
        trying("feishu", "--wait", "0")
    with pytest.raises(CommandError, match=r"no chat of this name|没有此名称"):
        trying("nobody")


def test_an_operator_sees_which_entry_is_bad(world: World, monkeypatch: pytest.MonkeyPatch, trying: Any):
    assert "HOTLINE_CHATS is empty" in trying()
    monkeypatch.setenv("HOTLINE_CHATS", f"{WECOM} hq/x=slack+https://host/secret")
    with pytest.raises(CommandError, match="whose/name=kind"):
        trying()
