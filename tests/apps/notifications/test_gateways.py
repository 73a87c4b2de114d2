"""SMS and voice through providers as bad as real ones; their own record is the judge."""

import json
import time
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from common.actor import SYSTEM
from engine.alarms import alarm_raise
from engine.models import Alarm, SetAside
from engine.queues import drain
from hotline_ep.checks import gateways_are_whole, locale_of_the_database, mail_is_whole
from hotline_ep.management.commands.prepare import Command as Prepare
from notifications.domain.receipts import header
from notifications.models import Delivery, Send
from notifications.templatetags.deliveries import ARRIVED, delivery_look
from people.models import User
from people.services import contact_set
from tests.apps.notifications.conftest import Say
from tests.apps.notifications.test_sending import SENDS, until_done
from tools.provider import Provider

NUMBER = "+8613800001111"


@pytest.fixture
def sms(say: Say, lin: User, providers) -> Delivery:
    contact_set(user=lin, kind="phone", value=NUMBER, by=SYSTEM)
    say("k", lin, channels=["sms"])
    return Delivery.objects.get(channel="sms")


def receipts(name: str, secret: str, *said: dict[str, Any]) -> Any:
    body = json.dumps({"receipts": said}).encode()
    signed = {"Hotline-Signature": header(secret, int(time.time()), body)}
    return Client().post(f"/api/v1/messages/receipts/{name}", body, content_type="application/json", headers=signed)


def arrived(*providers: Provider) -> int:
    return sum(len(one.arrived) for one in providers)


@pytest.mark.parametrize(
    ("mood", "state", "by", "most", "error"),
    [
        ("well", "sent", "alpha", 1, ""),
        ("busy", "sent", "beta", 1, ""),
        ("limited", "sent", "beta", 1, ""),
        ("locked", "sent", "beta", 1, ""),
        ("refusing", "given_up", "alpha", 0, "sms.refused"),
        ("hanging_up", "sent", "alpha", 1, ""),
        ("dropping", "sent", "alpha", 1, ""),
        ("garbage", "sent", "alpha", 1, ""),
        ("slow", "sent", "alpha", 1, ""),
    ],
)
def test_whatever_a_provider_does_it_arrives_once_or_is_seen_not_to(
    sms: Delivery, providers, mood: str, state: str, by: str, most: int, error: str
):
    alpha, beta = providers
    alpha.slow_seconds = 0.8
    alpha.be(mood, times=1)
    until_done()
    if mood == "slow":
        alpha.did("taken again", within=5)
    sms.refresh_from_db()
    assert (sms.state, sms.provider, sms.error) == (state, by, error)
    assert arrived(alpha, beta) == most
    assert not Send.objects.exists()


def test_a_provider_that_never_says_is_asked_then_passed_over(sms: Delivery, providers):
    alpha, beta = providers
    alpha.be("dropping")
    until_done(1)
    # It took the message and is gone before it could be asked.
    alpha.shutdown()
    alpha.server_close()
    until_done()
    sms.refresh_from_db()
    assert (sms.state, sms.provider) == ("sent", "beta")
    assert (len(alpha.arrived), len(beta.arrived)) == (1, 1), "one too many, and no more"


def test_all_providers_down_is_seen(sms: Delivery, providers):
    for one in providers:
        one.be("busy")
    until_done()
    sms.refresh_from_db()
    assert (sms.state, sms.error) == ("given_up", "sms.busy")
    assert set(Alarm.objects.filter(cleared_at=None).values_list("kind", flat=True)) == {
        "channel.failing",
        "delivery.given_up",
    }


def test_an_alarm_against_a_provider_or_a_chat_that_is_gone_is_cleared_at_the_next_start(providers, monkeypatch):
    monkeypatch.setenv("HOTLINE_CHATS", "hq/command=wecom+https://host/?key=k hq/broken=")
    stays, goes = ["sms:beta", "wecom:command", "chat:HOTLINE_CHATS"], ["sms:sold", "wecom:closed"]
    for ref in (*stays, *goes):
        alarm_raise("channel.failing", ref, error="sms.busy")
    call_command("channels_settle")
    standing = Alarm.objects.filter(kind="channel.failing", cleared_at=None).values_list("ref", flat=True)
    assert sorted(standing) == sorted(stays)


def test_while_the_first_provider_fails_the_next_message_goes_to_the_second(
    say: Say, lin: User, gao: User, sms, providers
):
    alpha, beta = providers
    alpha.be("busy")
    until_done(2)
    contact_set(user=gao, kind="phone", value="+8613800002222", by=SYSTEM)
    say("k2", gao, channels=["sms"])
    drain(SENDS)
    assert [what["what"] for what in alpha.record] == ["refused"], "it is left alone for a minute"
    assert [number for number, _text in beta.arrived] == [NUMBER, "+8613800002222"]


def test_without_a_number_a_person_must_act(say: Say, lin: User, providers):
    say("k", lin, channels=["sms"])
    until_done()
    found = Delivery.objects.get(channel="sms")
    assert (found.state, found.error) == ("given_up", "sms.no_number")


def test_receipts_are_written_down_once(sms: Delivery, providers):
    drain(SENDS)
    for _again in range(3):
        answer = receipts("alpha", "one", {"key": sms.key, "said": "delivered"})
        assert (answer.status_code, answer.json()) == (200, {"accepted": 1, "ignored": []})
    sms.refresh_from_db()
    first = sms.delivered_at
    assert (sms.state, first is not None) == ("delivered", True)
    receipts("alpha", "one", {"key": sms.key, "said": "delivered"})
    sms.refresh_from_db()
    assert sms.delivered_at == first
    assert delivery_look(sms) == ARRIVED, "not that it was read, nor that it was not"


def test_a_receipt_may_overtake_our_own_record(sms: Delivery, providers, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        "notifications.sending.failpoint",
        lambda place: (
            receipts("alpha", "one", {"key": sms.key, "said": "delivered"}) if place == "sends.after_call" else None
        ),
    )
    drain(SENDS)
    sms.refresh_from_db()
    assert (sms.state, sms.provider_id) == ("delivered", "alpha-1")
    assert not Send.objects.exists()


def test_undelivered_goes_to_the_other_provider_and_at_last_is_given_up(sms: Delivery, providers):
    _alpha, beta = providers
    drain(SENDS)
    assert receipts("alpha", "one", {"id": "alpha-1", "said": "undelivered"}).json()["accepted"] == 1
    until_done()
    assert len(beta.arrived) == 1
    sms.refresh_from_db()
    assert (sms.state, sms.provider) == ("sent", "beta")
    receipts("beta", "two", {"key": sms.key, "said": "undelivered"})
    until_done()
    sms.refresh_from_db()
    assert (sms.state, sms.error) == ("given_up", "sms.undelivered")
    assert Alarm.objects.filter(kind="delivery.given_up", cleared_at=None).exists()
    assert SetAside.objects.filter(queue="sends").count() == 1, "where a person may put it back"
    receipts("beta", "two", {"key": sms.key, "said": "delivered"})
    assert not Alarm.objects.filter(kind="delivery.given_up", cleared_at=None).exists()


def test_a_provider_that_lost_it_gets_it_no_more_though_the_other_fails_just_now(sms: Delivery, providers):
    alpha, beta = providers
    beta.be("busy", times=2)
    drain(SENDS)
    alarm_raise("channel.failing", "sms:beta", error="sms.busy")
    receipts("alpha", "one", {"key": sms.key, "said": "undelivered"})
    until_done()
    sms.refresh_from_db()
    assert (sms.state, sms.provider) == ("sent", "beta")
    assert "taken again" not in [row["what"] for row in alpha.record]


def test_undelivered_may_overtake_our_own_record(sms: Delivery, providers, monkeypatch: pytest.MonkeyPatch):
    _alpha, beta = providers
    said: list[int] = []

    def overtaken(place: str) -> None:
        if place == "sends.after_call" and not said:
            said.append(receipts("alpha", "one", {"key": sms.key, "said": "undelivered"}).status_code)

    monkeypatch.setattr("notifications.sending.failpoint", overtaken)
    until_done()
    sms.refresh_from_db()
    assert (said, sms.state, sms.provider, len(beta.arrived)) == ([200], "sent", "beta", 1)


def test_an_answer_counts_by_whichever_provider_it_came(sms: Delivery, providers):
    drain(SENDS)
    receipts("alpha", "one", {"key": sms.key, "said": "undelivered"})
    until_done()
    assert receipts("alpha", "one", {"key": sms.key, "said": "reply", "text": sms.code}).json()["accepted"] == 1
    assert Delivery.objects.get(channel="inapp").via == "code"


@pytest.mark.usefixtures("each_by_itself")
def test_a_reply_tied_to_the_newest_message_answers_the_one_whose_code_it_holds(say: Say, lin: User, sms, providers):
    say("k2", lin, channels=["sms"])
    drain(SENDS)
    newest = Delivery.objects.filter(channel="sms").latest("pk")
    receipts("alpha", "one", {"key": newest.key, "said": "reply", "text": sms.code})
    assert dict(Delivery.objects.filter(channel="inapp").values_list("message__key", "state")) == {
        "k": "acknowledged",
        "k2": "delivered",
    }


@pytest.mark.parametrize(
    "url", ["https://alpha@host", "https://:s@host", "ftp://a:s@host", "https://A_B:s@host", "alpha"]
)
def test_a_gateway_without_name_or_secret_is_refused_before_anything_starts(monkeypatch: pytest.MonkeyPatch, url: str):
    monkeypatch.setenv("HOTLINE_SMS_URLS", url)
    assert [row.id for row in gateways_are_whole()] == ["hotline.HOTLINE_SMS_URLS"]
    monkeypatch.setenv("HOTLINE_SMS_URLS", "https://alpha:s@host/base")
    assert gateways_are_whole() == []


@pytest.mark.parametrize(
    "url", ["garbage", "http://h?from=a@b", "smtp://h:notaport?from=a@b", "smtp://?from=a@b", "smtp://h"]
)
def test_an_address_of_mail_that_nothing_could_be_handed_to_is_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, url: str
):
    monkeypatch.setenv("HOTLINE_EMAIL_URL", url)
    assert [row.id for row in mail_is_whole()] == ["hotline.HOTLINE_EMAIL_URL"]
    for right in ("", "smtps://ep%40firm.example:s@host:465", "smtp://host?from=ep@firm.example"):
        monkeypatch.setenv("HOTLINE_EMAIL_URL", right)
        assert mail_is_whole() == []


def test_what_starts_first_looks_at_the_database_too(db: None):
    asked = Prepare().get_check_kwargs({"skip_checks": False})
    assert asked["databases"] == ["default"]
    assert locale_of_the_database(databases=asked["databases"]) == []


@pytest.mark.parametrize(
    ("case", "said", "via"),
    [
        ("the code in a sentence", {"said": "reply", "text": "收到 {code}。"}, "code"),
        (
            "by the number alone, written another way",
            {"said": "reply", "text": "{code}", "from": "138 0000 1111", "key": ""},
            "code",
        ),
        ("a key pressed during the call", {"said": "answered"}, "key"),
    ],
)
def test_answered_from_the_telephone(sms: Delivery, providers, case: str, said: dict[str, str], via: str):
    drain(SENDS)
    words = {"key": sms.key, **said, "text": said.get("text", "").format(code=sms.code)}
    assert receipts("alpha", "one", words).json() == {"accepted": 1, "ignored": []}
    own = Delivery.objects.get(channel="inapp")
    sms.refresh_from_db()
    assert (own.state, own.via, sms.state, sms.via) == ("acknowledged", via, "acknowledged", via)


@pytest.mark.parametrize(
    ("case", "words", "why"),
    [
        ("a wrong code answers nothing", {"said": "reply", "text": "000000x1"}, "no_code"),
        ("another's number", {"said": "reply", "text": "{code}", "from": "13900000000", "key": ""}, "unknown_message"),
        ("a message of nobody", {"said": "delivered", "key": "nothing"}, "unknown_message"),
        ("no message named", {"said": "delivered", "key": ""}, "unknown_message"),
    ],
)
def test_what_is_of_no_use_is_listed(sms: Delivery, providers, case: str, words: dict[str, str], why: str):
    drain(SENDS)
    said = {"key": sms.key, **words, "text": words.get("text", "").replace("{code}", sms.code)}
    answer = receipts("alpha", "one", said, {"key": sms.key, "said": "delivered"}).json()
    assert (answer["accepted"], answer["ignored"][0]["index"], answer["ignored"][0]["code"]) == (1, 0, why)
    assert Delivery.objects.get(channel="inapp").state == "delivered"


def test_strangers_and_other_providers_change_nothing(sms: Delivery, providers):
    drain(SENDS)
    said = {"key": sms.key, "said": "answered"}
    assert receipts("alpha", "two", said).status_code == 403, "another provider's secret"
    assert receipts("gamma", "one", said).status_code == 403, "a provider we do not have"
    assert receipts("beta", "two", said).json()["ignored"][0]["code"] == "unknown_message", "not by this provider"
    plain = Client().post(
        "/api/v1/messages/receipts/alpha", json.dumps({"receipts": [said]}), content_type="application/json"
    )
    assert plain.status_code == 403
    assert Delivery.objects.get(channel="inapp").state == "delivered"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"receipts": [{"said": "eaten"}]}', b'{"receipts": [{"key": 4}]}', b"\xff"]
)
def test_nonsense_that_is_signed_is_named(sms: Delivery, providers, body: bytes):
    signed = {"Hotline-Signature": header("one", int(time.time()), body)}
    answer = Client().post("/api/v1/messages/receipts/alpha", body, content_type="application/json", headers=signed)
    assert (answer.status_code, answer.json()["code"]) == (400, "receipt.wrong")


def test_the_number_stands_in_no_row_and_no_log(sms: Delivery, providers, caplog: pytest.LogCaptureFixture):
    alpha, _beta = providers
    alpha.be("busy")
    until_done(2)
    assert NUMBER[-8:] not in caplog.text
    assert NUMBER[-8:] not in str(list(Alarm.objects.values())) + str(list(Delivery.objects.values()))
