"""Notifications in browsers over real HTTP: what the push service was told, and what the browser makes of it, are the judges."""

import base64
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from common.actor import SYSTEM
from common.clock import wall
from common.errors import Conflict, Invalid, Missing, NotAllowed
from engine import worlds
from engine.models import Alarm, Event, EventText, SetAside, World
from engine.queues import drain
from hotline_ep.checks import push_key_is_whole
from notifications import services
from notifications.channels import browsers as channel
from notifications.channels import vapid
from notifications.domain.unanswered import Ladder, Rung
from notifications.models import Delivery, Send, SunkMail
from people import services as people
from people.browsers import browsers_of
from people.models import Browser, User
from people.models.browsers import Subscription
from people.secrecy import Broken
from people.selectors import actor_of
from people.services.browsers import browser_remove
from tests.apps.notifications.conftest import Say, at_once, made
from tests.apps.notifications.test_sending import SENDS, Died, until_done
from tools import pushing
from tools.provider import Provider
from tools.pushing import FakeBrowser, text_of, vapid_claims

KEY = base64.b64encode(bytes(range(1, 33))).decode()
OTHER_KEY = base64.b64encode(bytes(range(2, 34))).decode()
AGENT = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
LADDER = Ladder((Rung(timedelta(minutes=2), ("sms",), ()), Rung(timedelta(minutes=5), ("voice",), ())), quorum=1)

TurnOn = Callable[..., FakeBrowser]


@pytest.fixture
def push(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Provider]:
    """A push service on this machine."""
    server = Provider(name="push", secret="unused")
    server.slow_seconds = 0.8
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv(vapid.VARIABLE, KEY)
    monkeypatch.setenv(vapid.CONTACT, "operator@hotline.example.org")
    monkeypatch.setenv("HOTLINE_PUBLIC_URL", "https://hotline.example.org")
    monkeypatch.setattr(channel, "CALL_SECONDS", 0.5)
    settings.PUSH_NEAR = True
    channel._client.cache_clear()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def turn_on(push: Provider) -> TurnOn:
    """`turn_on(lin, "desk")`: this person, in a browser of this name."""

    def turn(user: User, name: str) -> FakeBrowser:
        made = FakeBrowser(f"http://127.0.0.1:{push.server_address[1]}/push/{name}")
        services.browser_turn_on(**made.handed_over, user_agent=AGENT, by=actor_of(user))
        return made

    return turn


def told(user: User) -> Delivery:
    return Delivery.objects.get(user=user, channel="push")


def did(push: Provider, what: str) -> int:
    return sum(line["what"] == what for line in push.record)


def kinds(user: User) -> list[tuple[str, str]]:
    rows = Event.objects.filter(kind__startswith="people.browser_").order_by("seq")
    return [(row.kind.removeprefix("people.browser_"), row.data.get("why", "")) for row in rows]


# --- what the browser gets ----------------------------------------------------------------------------------------------
def test_a_browser_is_told_the_title_and_where_to_look_and_nothing_else(
    say: Say, lin: User, push: Provider, turn_on: TurnOn
):
    desk = turn_on(lin, "desk")
    message = say("k", lin, channels=["push"], urgent=True)
    assert drain(SENDS) == 1
    [(headers, body)] = push.pushed.values()
    assert desk.reads(body) == {
        "title": "Complaints surge in the east",
        "body": "",
        "lang": "en",
        "link": f"/messages/?before={message.pk + 1}#message-{message.pk}",
        "tag": told(lin).key,
        "urgent": True,
    }
    assert b"Complaints" not in body, "its push service reads none of it"
    assert (headers["urgency"], headers["ttl"], headers["content-encoding"]) == ("high", "86400", "aes128gcm")
    assert headers["topic"] == told(lin).key.replace("-", "")
    ours = vapid.signer()
    assert ours is not None
    claims = vapid_claims(headers["authorization"], ours.public)
    assert claims["sub"] == "mailto:operator@hotline.example.org"
    assert claims["aud"] == f"http://127.0.0.1:{push.server_address[1]}", (
        "the origin, with a port that is not the usual one"
    )
    assert 0 < claims["exp"] - wall().timestamp() <= 24 * 3600
    assert (told(lin).state, told(lin).provider) == ("sent", "webpush")
    assert Browser.objects.get().told_at is not None
    assert not Send.objects.exists()


def test_the_push_service_takes_nothing_from_whoever_does_not_prove_himself(
    say: Say, lin: User, push: Provider, turn_on: TurnOn
):
    """What the judge of all tests here asks of a sender (RFC 8291, 8292), on what it took from us."""
    turn_on(lin, "desk")
    say("k", lin, channels=["push"])
    drain(SENDS)
    [(headers, body)] = push.pushed.values()
    here, now = f"http://127.0.0.1:{push.server_address[1]}", wall().timestamp()
    assert pushing.refused(headers, body, origin=here, now=now) == 0
    token, key = headers["authorization"].split(",")
    other = text_of(FakeBrowser("").point)
    for case, changed, told, at, status in (
        ("nobody", {"authorization": ""}, body, now, 401),
        ("another's key", {"authorization": f"{token},k={other}"}, body, now, 401),
        ("a token cut short", {"authorization": f"{token[:-4]},{key}"}, body, now, 401),
        ("too late", {}, body, now + 25 * 3600, 403),
        ("in plain words", {}, b"Complaints surge in the east", now, 400),
        ("as something else", {"content-encoding": "identity"}, body, now, 400),
        ("for ever", {"ttl": ""}, body, now, 400),
    ):
        assert pushing.refused(headers | changed, told, origin=here, now=at) == status, case
    assert pushing.refused(headers, body, origin="http://127.0.0.1", now=now) == 403, "made for another service"


def test_the_link_leads_to_the_message_whose_button_alone_acknowledges(
    say: Say, lin: User, push: Provider, turn_on: TurnOn
):
    desk = turn_on(lin, "desk")
    message = say("k", lin, channels=["push"])
    drain(SENDS)
    link = desk.reads(push.pushed.popitem()[1][1])["link"]
    stranger = Client().get(link)
    assert stranger.status_code == 302
    assert stranger["Location"].startswith("/accounts/login/")
    browser = Client()
    browser.force_login(lin)
    page = browser.get(link).content.decode()
    assert f'id="message-{message.pk}"' in page
    assert f'action="/messages/{message.pk}/acknowledge"' in page
    assert Delivery.objects.get(user=lin, channel="inapp").state == "delivered", "looking acknowledges nothing"


def test_everybody_reads_it_in_his_language_and_in_each_of_his_browsers(
    say: Say, lin: User, gao: User, push: Provider, turn_on: TurnOn
):
    desk, phone, chinese = turn_on(lin, "desk"), turn_on(lin, "phone"), turn_on(gao, "gao")
    say("k", lin, gao, channels=["push"])
    until_done()
    bodies = {name: body for (name, _topic), (_headers, body) in push.pushed.items()}
    assert (
        desk.reads(bodies["desk"])["title"] == phone.reads(bodies["phone"])["title"] == "Complaints surge in the east"
    )
    assert (chinese.reads(bodies["gao"])["title"], chinese.reads(bodies["gao"])["lang"]) == ("东区投诉激增", "zh-hans")
    assert did(push, "pushed") == 3
    assert Delivery.objects.filter(channel="push").count() == 2, "one row a person"


def test_who_has_it_on_nowhere_has_no_row_and_raises_no_alarm(say: Say, lin: User, gao: User, turn_on: TurnOn):
    turn_on(lin, "desk")
    say("k", lin, gao, channels=["push", "email"])
    assert list(Delivery.objects.filter(channel="push").values_list("user", flat=True)) == [lin.pk]
    assert Delivery.objects.filter(user=gao).count() == 2
    until_done()
    assert not Alarm.objects.exists()


def test_what_is_urgent_and_names_no_ways_is_pushed_too(say: Say, lin: User, turn_on: TurnOn):
    turn_on(lin, "desk")
    say("calm", lin)
    assert not Delivery.objects.filter(channel="push").exists()
    say("urgent", lin, urgent=True)
    assert set(Delivery.objects.filter(message__key="urgent").values_list("channel", flat=True)) == {
        "inapp", "push", "email",
    }  # fmt: skip


def test_practice_leaves_nothing_to_a_push_service(say: Say, lin: User, push: Provider, turn_on: TurnOn):
    turn_on(lin, "desk")
    night = worlds.world_open(key="night", name_zh="夜", name_en="Night", kind="practice", at=wall(), paused=True)
    say("k", lin, channels=["push"], world_id=night.pk)
    until_done()
    assert push.record == []
    sunk = SunkMail.objects.get(channel="push")
    assert (sunk.sandbox, sunk.subject) == (True, "[Practice] Complaints surge in the east")


def test_without_a_key_nobody_is_told_and_the_page_says_so(
    say: Say, lin: User, turn_on: TurnOn, monkeypatch: pytest.MonkeyPatch
):
    turn_on(lin, "desk")
    monkeypatch.delenv(vapid.VARIABLE)
    say("k", lin, channels=["push"])
    assert not Delivery.objects.filter(channel="push").exists()
    with pytest.raises(Conflict) as refused:
        turn_on(lin, "phone")
    assert refused.value.code == "browser.off"
    page = Client()
    page.force_login(lin)
    text = page.get("/messages/browsers/", headers={"accept-language": "en"}).content.decode()
    assert "This installation tells nobody in browsers" in text
    assert "data-push-on" not in text


@pytest.mark.parametrize(
    "wrong", ["short", "!" * 44, base64.b64encode(bytes(32)).decode(), base64.b64encode(b"\xff" * 32).decode()]
)
def test_a_key_that_cannot_be_read_is_refused_at_the_start_and_stops_no_message(
    say: Say, lin: User, monkeypatch: pytest.MonkeyPatch, wrong: str
):
    monkeypatch.setenv(vapid.VARIABLE, wrong)
    assert [error.id for error in push_key_is_whole()] == ["hotline.HOTLINE_PUSH_KEY"]
    assert say("k", lin, channels=["push"]).pk


# --- what goes wrong ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("mood", "error"),
    [
        ("busy", "push.busy"),
        ("limited", "push.busy"),
        ("locked", "push.key_refused"),
        ("refusing", "push.odd_answer"),
        ("hanging_up", "push.outcome_unknown"),
    ],
)
def test_what_fails_for_now_is_tried_again(say: Say, lin: User, push: Provider, turn_on: TurnOn, mood: str, error: str):
    turn_on(lin, "desk")
    push.be(mood, 1)
    say("k", lin, channels=["push"])
    drain(SENDS)
    assert told(lin).error == error
    assert Alarm.objects.get(kind="channel.failing").ref == "push:webpush"
    until_done()
    assert (told(lin).state, told(lin).tries, did(push, "pushed")) == ("sent", 2, 1)
    assert not Alarm.objects.filter(cleared_at=None).exists()


@pytest.mark.parametrize("mood", ["slow", "dropping"])
def test_with_the_end_unknown_it_is_said_once_more_in_the_place_of_the_first(
    say: Say, lin: User, push: Provider, turn_on: TurnOn, mood: str
):
    turn_on(lin, "desk")
    push.be(mood, 1)
    say("k", lin, channels=["push"])
    drain(SENDS)
    assert (told(lin).state, told(lin).error) == ("sending", "push.outcome_unknown")
    push.did("pushed", within=5)
    until_done()
    assert told(lin).state == "sent"
    assert (did(push, "pushed"), did(push, "pushed again"), len(push.pushed)) == (1, 1, 1), "the topic replaces"


def test_killed_between_two_browsers_the_first_is_not_told_twice(
    say: Say, lin: User, push: Provider, turn_on: TurnOn, monkeypatch: pytest.MonkeyPatch
):
    turn_on(lin, "desk"), turn_on(lin, "phone")
    say("k", lin, channels=["push"])
    posted, calls = channel._posted, []

    def dying(address: str, *more: Any) -> Any:
        calls.append(address)
        if len(calls) == 2:
            raise Died
        return posted(address, *more)

    with monkeypatch.context() as patch:
        patch.setattr(channel, "_posted", dying)
        with pytest.raises(Died):
            drain(SENDS)
    assert (told(lin).state, did(push, "pushed")) == ("sending", 1)
    until_done()
    assert told(lin).state == "sent"
    assert (did(push, "pushed"), did(push, "pushed again")) == (2, 0)


def test_a_browser_that_is_gone_is_forgotten_and_the_next_way_is_tried_at_once(
    say: Say, lin: User, push: Provider, turn_on: TurnOn
):
    turn_on(lin, "desk")
    push.be("gone")
    say("k", lin, channels=["push"], ladder=LADDER)
    assert set(Delivery.objects.values_list("channel", flat=True)) == {"inapp", "push"}
    drain(SENDS)
    assert (told(lin).state, told(lin).error) == ("given_up", "push.expired")
    assert not Browser.objects.exists()
    assert kinds(lin) == [("added", ""), ("removed", "expired")]
    assert SetAside.objects.get().error == "push.expired"
    assert Alarm.objects.filter(kind="delivery.given_up", cleared_at=None).exists()
    sms = Delivery.objects.get(channel="sms")
    assert (sms.user_id, sms.rung, sms.role) == (lin.pk, 1, "hq_member")
    until_done()
    assert Delivery.objects.get(channel="sms").state == "sent"


def test_a_storm_is_one_notification_that_leads_to_all(say: Say, lin: User, push: Provider, turn_on: TurnOn):
    desk = turn_on(lin, "desk")
    for n in range(7):
        say(f"k{n}", lin, channels=["push"], subject={"zh": f"{n}号", "en": f"Node {n} failed"})
    drain(SENDS)
    [(_headers, body)] = push.pushed.values()
    said = desk.reads(body)
    assert said["title"] == "7 messages: Node 0 failed and more"
    assert said["body"].splitlines() == [*(f"Node {n} failed" for n in range(5)), "and 2 more: open the product"]
    assert said["link"] == "/messages/"
    assert {row.state for row in Delivery.objects.filter(channel="push")} == {"sent"}


def test_a_storm_for_a_browser_that_is_gone_takes_the_next_way_for_each(
    say: Say, lin: User, push: Provider, turn_on: TurnOn
):
    turn_on(lin, "desk")
    push.be("gone")
    for n in range(3):
        say(f"k{n}", lin, channels=["push"], ladder=LADDER, subject={"zh": f"{n}号", "en": f"Node {n} failed"})
    drain(SENDS)
    assert {row.state for row in Delivery.objects.filter(channel="push")} == {"given_up"}
    assert Delivery.objects.filter(channel="sms").values("message").distinct().count() == 3


def test_who_has_answered_is_not_rung_for_a_browser_that_is_gone(say: Say, lin: User, push: Provider, turn_on: TurnOn):
    turn_on(lin, "desk")
    push.be("gone")
    message = say("k", lin, channels=["push"], ladder=LADDER)
    services.message_acknowledge(message_id=message.pk, by=actor_of(lin))
    until_done()
    assert set(Delivery.objects.values_list("channel", flat=True)) == {"inapp", "push"}


def test_one_browser_that_is_gone_leaves_the_other(say: Say, lin: User, push: Provider, turn_on: TurnOn):
    turn_on(lin, "desk"), turn_on(lin, "phone")
    push.be("gone", 1)
    say("k", lin, channels=["push"], ladder=LADDER)
    until_done()
    assert (told(lin).state, Browser.objects.count()) == ("sent", 1)
    assert not Delivery.objects.filter(channel="sms").exists()
    assert not Alarm.objects.exists()


def test_a_browser_that_is_away_for_a_moment_leaves_the_person_told_once_by_the_other(
    say: Say, lin: User, push: Provider, turn_on: TurnOn
):
    turn_on(lin, "desk"), turn_on(lin, "phone")
    push.be("busy", 1)
    say("k", lin, channels=["push"], ladder=LADDER)
    until_done()
    assert (told(lin).state, told(lin).tries, told(lin).error) == ("sent", 1, "")
    assert (did(push, "refused"), did(push, "pushed"), did(push, "pushed again")) == (1, 1, 0)
    took = [browser.told_at is not None for browser in Browser.objects.all()]
    assert sorted(took) == [False, True], "the page of his browsers says which one took it"
    assert not Delivery.objects.filter(channel="sms").exists(), "the next way waits for its own time"
    assert not Alarm.objects.filter(cleared_at=None).exists()


def test_away_for_a_moment_while_another_way_is_taken_each_row_says_what_became_of_it(
    say: Say, lin: User, push: Provider, turn_on: TurnOn
):
    turn_on(lin, "desk")
    push.be("busy", 1)
    say("k", lin, channels=["push", "sms"])
    drain(SENDS)
    rows = dict(Delivery.objects.exclude(channel="inapp").values_list("channel", "state"))
    assert rows == {"push": "failed", "sms": "sent"}, "neither waits for the other"
    until_done()
    rows = dict(Delivery.objects.exclude(channel="inapp").values_list("channel", "state"))
    assert rows == {"push": "sent", "sms": "sent"}
    assert (did(push, "pushed"), SunkMail.objects.filter(channel="sms").count()) == (1, 1)


def test_who_answers_while_his_browser_is_away_is_not_told_there_afterwards(
    say: Say, lin: User, push: Provider, turn_on: TurnOn
):
    turn_on(lin, "desk")
    push.be("busy", 1)
    message = say("k", lin, channels=["push", "sms"], ladder=LADDER)
    drain(SENDS)
    assert told(lin).state == "failed"
    services.message_acknowledge(message_id=message.pk, by=actor_of(lin))
    until_done()
    assert (did(push, "pushed"), did(push, "refused")) == (0, 1), "he has answered: nothing is said any more"
    assert (told(lin).state, told(lin).sent_at, told(lin).error) == ("spared", None, "push.busy")
    assert not Send.objects.exists()
    assert not Alarm.objects.filter(cleared_at=None, kind="delivery.given_up").exists()
    auditor = made("auditor", "auditor")
    for language, said in (("en", "Answered by another way; not sent any more"), ("zh-hans", "已通过其他方式应答")):
        page = Client(headers={"accept-language": language})
        page.force_login(auditor)
        page.cookies["django_language"] = language
        assert said in page.get(f"/messages/{message.pk}/").content.decode()


def test_a_letter_that_tells_more_than_he_has_answered_is_sent_all_the_same(
    say: Say, lin: User, push: Provider, turn_on: TurnOn
):
    turn_on(lin, "desk")
    push.be("busy", 1)
    messages = [
        say(f"k{n}", lin, channels=["push"], subject={"zh": f"{n}号", "en": f"Node {n} failed"}) for n in range(2)
    ]
    drain(SENDS)
    assert set(Delivery.objects.filter(channel="push").values_list("state", flat=True)) == {"failed"}
    services.message_acknowledge(message_id=messages[0].pk, by=actor_of(lin))
    until_done()
    assert did(push, "pushed") == 1
    assert set(Delivery.objects.filter(channel="push").values_list("state", flat=True)) == {"sent"}


def test_under_another_key_a_browser_takes_nothing_and_is_not_asked(
    say: Say, lin: User, push: Provider, turn_on: TurnOn, monkeypatch: pytest.MonkeyPatch
):
    desk = turn_on(lin, "desk")
    monkeypatch.setenv(vapid.VARIABLE, OTHER_KEY)
    say("k", lin, channels=["push"])
    assert not Delivery.objects.filter(channel="push").exists()
    services.browser_turn_on(**desk.handed_over, user_agent=AGENT, by=actor_of(lin))
    assert Browser.objects.count() == 1, "the same browser, turned on anew"
    say("again", lin, channels=["push"])
    assert drain(SENDS) == 1
    assert did(push, "pushed") == 1


# --- where it may not lead ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("address", ["10.0.0.7", "127.0.0.1", "169.254.169.254", "::1", "fd00::7"])
def test_a_name_that_leads_inside_is_never_called(
    say: Say, lin: User, push: Provider, monkeypatch: pytest.MonkeyPatch, address: str
):
    far = FakeBrowser("https://fcm.googleapis.com/fcm/send/abc")
    services.browser_turn_on(**far.handed_over, user_agent=AGENT, by=actor_of(lin))
    # One address outside and one inside: which would be called is not left to chance.
    found = [(0, 0, 0, "", ("142.250.1.95", 443)), (0, 0, 0, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *words, **more: found)
    monkeypatch.setattr(channel, "_client", lambda host: pytest.fail("it was called"))
    say("k", lin, channels=["push"])
    drain(SENDS)
    assert (told(lin).state, told(lin).error) == ("given_up", "push.address")


def test_it_is_called_at_the_address_that_was_looked_at_by_the_name_it_has(
    say: Say, lin: User, push: Provider, monkeypatch: pytest.MonkeyPatch
):
    far = FakeBrowser("https://fcm.googleapis.com/fcm/send/abc")
    services.browser_turn_on(**far.handed_over, user_agent=AGENT, by=actor_of(lin))
    found = [(0, 0, 0, "", ("2a00:1450:4001:830::200a", 443)), (0, 0, 0, "", ("142.250.1.95", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *words, **more: found)
    seen: list[tuple[str, str, Any]] = []

    class Line:
        def stream(self, method: str, url: Any, *, headers: dict[str, str], extensions: Any, **more: Any) -> Any:
            seen.append((str(url), headers["host"], extensions["sni_hostname"]))
            raise channel.httpx.ConnectError("x")

    monkeypatch.setattr(channel, "_client", lambda host: Line())
    say("k", lin, channels=["push"])
    drain(SENDS)
    assert seen == [("https://142.250.1.95/fcm/send/abc", "fcm.googleapis.com", "fcm.googleapis.com")]
    assert told(lin).error == "push.unreachable"


def test_what_practice_allowed_is_not_called_in_earnest(
    say: Say, lin: User, push: Provider, turn_on: TurnOn, settings: Any
):
    turn_on(lin, "desk")
    settings.PUSH_NEAR = False
    say("k", lin, channels=["push"])
    drain(SENDS)
    assert (told(lin).error, push.record) == ("push.address", [])


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"endpoint": "http://fcm.googleapis.com/a"}, "browser.wrong"),
        ({"endpoint": "https://10.0.0.1/a"}, "browser.wrong"),
        ({"endpoint": "https://attacker.example/a"}, "browser.service"),
        ({"p256dh": text_of(b"\x04" + bytes(64))}, "browser.wrong"),
        ({"p256dh": "short"}, "browser.wrong"),
        ({"auth": text_of(bytes(15))}, "browser.wrong"),
    ],
)
def test_what_no_browser_hands_over_is_refused_and_quoted_nowhere(
    lin: User, push: Provider, changed: dict[str, str], code: str
):
    said = FakeBrowser("https://fcm.googleapis.com/a").handed_over | changed
    with pytest.raises(Invalid) as refused:
        services.browser_turn_on(**said, user_agent=AGENT, by=actor_of(lin))
    assert refused.value.code == code
    shown = f"{refused.value} {refused.value.sentence()} {refused.value.errors}"
    assert next(iter(changed.values())) not in shown
    assert not Browser.objects.exists()


# --- whose browser ------------------------------------------------------------------------------------------------------
def test_address_and_keys_are_sealed_with_their_row_and_stand_nowhere_else(
    say: Say, lin: User, gao: User, push: Provider, turn_on: TurnOn, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    desk, other = turn_on(lin, "desk"), turn_on(gao, "other")
    push.be("busy", 1)
    say("k", lin, channels=["push"])
    until_done()
    row, another = Browser.objects.get(user=lin), Browser.objects.get(user=gao)
    assert row.opened() == Subscription(*desk.handed_over.values())
    another.sealed = row.sealed
    with pytest.raises(Broken):
        another.opened()
    secrets = [*desk.handed_over.values(), *other.handed_over.values()]
    kept = " ".join([
        *(str(values) for values in Browser.objects.values_list("name", "digest", "server_key")),
        *(bytes(sealed).decode("latin-1") for sealed in Browser.objects.values_list("sealed", flat=True)),
        *(str(values) for values in Event.objects.values_list("data", flat=True)),
        *(str(text) for text in EventText.objects.values_list("text", flat=True)),
        *(str(values) for values in Alarm.objects.values_list("ref", "params")),
        *(str(values) for values in Delivery.objects.values()),
        *(str(values) for values in SetAside.objects.values()),
        # What a client's library says at debug level is off in the product's settings.
        *(line.getMessage() for line in caplog.records if not line.name.startswith(("httpcore", "httpx"))),
    ])  # fmt: skip
    assert not [secret for secret in secrets if secret in kept]


def test_the_same_browser_turned_on_by_another_speaks_for_him_alone(
    say: Say, lin: User, gao: User, push: Provider, turn_on: TurnOn
):
    turn_on(lin, "shared")
    turn_on(gao, "shared")
    assert list(Browser.objects.values_list("user", flat=True)) == [gao.pk]
    assert kinds(lin) == [("added", ""), ("removed", "taken_over"), ("added", "")]
    say("k", lin, channels=["push"])
    assert not Delivery.objects.filter(channel="push").exists()


def test_turned_on_four_times_at_once_it_is_one(lin: User, turn_on: TurnOn):
    at_once(lambda: turn_on(lin, "desk").address)
    assert (Browser.objects.count(), kinds(lin)) == (1, [("added", "")])


def test_a_sixth_browser_is_refused_with_what_to_do(lin: User, turn_on: TurnOn):
    for number in range(5):
        turn_on(lin, str(number))
    with pytest.raises(Conflict) as refused:
        turn_on(lin, "sixth")
    assert refused.value.code == "browser.too_many"
    turn_on(lin, "4")
    assert Browser.objects.count() == 5


def test_nobody_removes_anothers_browser(lin: User, gao: User, turn_on: TurnOn):
    turn_on(gao, "desk")
    row = Browser.objects.get()
    with pytest.raises(Missing):
        browser_remove(browser_id=row.pk, by=actor_of(lin))
    assert Browser.objects.count() == 1
    browser_remove(browser_id=row.pk, by=actor_of(gao))
    assert kinds(gao)[-1] == ("removed", "removed")


def test_who_reads_no_messages_is_told_in_no_browser(world: World, push: Provider, turn_on: TurnOn):
    from tests.apps.people.conftest import made

    with pytest.raises(NotAllowed):
        turn_on(made("stranger"), "desk")
    assert not Browser.objects.exists()


def test_shutting_an_account_keeps_nothing_that_reaches_its_browsers(
    say: Say, lin: User, push: Provider, turn_on: TurnOn
):
    turn_on(lin, "desk"), turn_on(lin, "phone")
    say("k", lin, channels=["push"], ladder=LADDER)
    people.user_deactivate(user=lin, by=SYSTEM)
    assert browsers_of(lin.pk) == []
    assert kinds(lin)[-2:] == [("removed", "shut")] * 2
    until_done()
    assert push.record == []
    assert told(lin).error == "push.no_browser"
    assert not Delivery.objects.filter(channel="sms").exists(), "and is reached by no other way"


# --- the doors ----------------------------------------------------------------------------------------------------------
def signed_in(user: User) -> Client:
    client = Client(headers={"accept-language": "en", "user-agent": AGENT})
    client.force_login(user)
    return client


def test_the_page_turns_on_tries_lists_and_removes(lin: User, push: Provider):
    desk = FakeBrowser(f"http://127.0.0.1:{push.server_address[1]}/push/desk")
    page = signed_in(lin)
    first = page.get("/messages/browsers/").content.decode()
    ours = vapid.signer()
    assert ours is not None
    assert f'data-key="{ours.public}"' in first
    words = desk.handed_over | {"idempotency_key": "one"}
    for _twice in range(2):
        assert page.post("/messages/browsers/add", words).status_code == 302
    assert Browser.objects.count() == 1
    assert page.post("/messages/browsers/test").status_code == 302
    drain(SENDS)
    assert desk.reads(push.pushed.popitem()[1][1])["title"] == "Test: notifications reach this browser."
    listed = page.get("/messages/browsers/").content.decode()
    assert f'data-push-row="{desk.digest}"' in listed
    assert "Chrome · Windows" in listed
    assert desk.address not in listed
    row = Browser.objects.get()
    assert row.told_at is not None
    assert page.post(f"/messages/browsers/{row.pk}/remove").status_code == 302
    assert not Browser.objects.exists()
    refused = page.post("/messages/browsers/test")
    assert refused.status_code == 409
    assert "You are told in no browser yet" in refused.content.decode()


def test_a_refused_browser_is_said_on_a_page(lin: User, push: Provider):
    answer = signed_in(lin).post("/messages/browsers/add", {"endpoint": "https://10.0.0.1/x"})
    assert answer.status_code == 400
    assert "10.0.0.1" not in answer.content.decode()


def test_programs_do_the_same(lin: User, gao: User, push: Provider, api: Any):
    desk = FakeBrowser(f"http://127.0.0.1:{push.server_address[1]}/push/desk")
    said = desk.handed_over
    body = {
        "endpoint": said["endpoint"],
        "expirationTime": None,
        "keys": {"p256dh": said["p256dh"], "auth": said["auth"]},
    }
    program, other = api(lin), api(gao)
    assert program.get("/api/v1/messages/browsers").json()["browsers"] == []
    made = program.post("/api/v1/messages/browsers", body, format="json", headers={"Idempotency-Key": "k"})
    assert made.status_code == 201, made.content
    [row] = made.json()["browsers"]
    assert set(row) == {"id", "name", "digest", "added_at", "told_at"}
    again = program.post("/api/v1/messages/browsers", body, format="json", headers={"Idempotency-Key": "k"})
    assert (again.headers["Idempotency-Replayed"], again.json()) == ("true", made.json())
    assert program.post("/api/v1/messages/browsers/test").status_code == 201
    assert other.get("/api/v1/messages/browsers").json()["browsers"] == []
    assert other.post(f"/api/v1/messages/browsers/{row['id']}/remove").status_code == 404
    left = program.post(f"/api/v1/messages/browsers/{row['id']}/remove")
    assert (left.status_code, left.json()["browsers"]) == (200, [])
    wrong = {"endpoint": "https://10.0.0.1/x", "keys": {"p256dh": "a", "auth": "b"}}
    refused = program.post("/api/v1/messages/browsers", wrong, format="json")
    assert (refused.status_code, refused.json()["code"]) == (400, "browser.wrong")
    assert "10.0.0.1" not in refused.content.decode()


def test_the_worker_is_served_at_the_root_and_asked_for_anew(client: Client, db: None):
    answer = client.get("/sw.js")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert answer["Cache-Control"] == "no-cache"
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    script = answer.content.decode()
    assert "notificationclick" in script
    assert not [word for word in ('"fetch"', "caches", "import ", "export ", "indexedDB") if word in script]
