"""A storm reaches a person as few letters; level I and the first letter wait for nobody; every row says which letter told it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.test import Client

from common.actor import SYSTEM
from common.clock import wall
from engine import worlds
from engine.models import Alarm, SetAside, World
from engine.queues import QUEUES, claim, drain, perform_all
from engine.services import set_aside_return
from engine.timers import world_advance
from hotline_ep.checks import bundling_is_whole
from incidents.models import Incident
from incidents.services import ReportIn, incident_report
from notifications import bundling, reach, selectors
from notifications.domain.bundles import Rule, sms_parts
from notifications.domain.unanswered import Ladder, Rung
from notifications.models import ChatPace, Delivery, Message, Send, SunkMail
from notifications.services.answers import link_of, linked
from notifications.services.dropping import letters_drop
from notifications.services.mending import sends_mend
from people.models import User
from people.selectors import actor_of
from people.services import contact_set
from plans.selectors import current
from tests.apps.notifications.conftest import Say, at_once
from tests.apps.notifications.test_gateways import NUMBER, arrived, receipts
from tests.apps.notifications.test_sending import WORKER, Died, later
from tools.provider import Provider

SENDS = QUEUES["sends"]
LADDER = Ladder((Rung(timedelta(minutes=2), ("voice",), ()),), quorum=1)
Storm = Callable[..., list[Message]]


@pytest.fixture
def phone(lin: User) -> User:
    contact_set(user=lin, kind="phone", value=NUMBER, by=SYSTEM)
    return lin


@pytest.fixture
def storm(say: Say, phone: User) -> Storm:
    """`storm(40)`: as many messages to Lin, each with news of its own. `first`: the number they count from."""

    def send(count: int, name: str = "n", first: int = 0, **more: Any) -> list[Message]:
        return [
            say(
                f"{name}{n}",
                phone,
                **{"channels": ["sms"], "subject": {"zh": f"节点{name}{n}故障", "en": f"Node {name}{n} failed"}} | more,
            )
            for n in range(first, first + count)
        ]

    return send


def waited() -> None:
    """Everything that waited for others has waited long enough."""
    Send.objects.filter(delivery__held_until__isnull=False).update(due_at=Now() - timedelta(seconds=1))


def until_done(rounds: int = 8) -> None:
    for _ in range(rounds):
        later()
        drain(SENDS)


def letters(channel: str = "sms") -> list[Delivery]:
    return list(Delivery.objects.filter(channel=channel).order_by("pk"))


def letter_of(row: Delivery) -> Delivery:
    """The row whose letter brought this one."""
    return Delivery.objects.get(pk=Delivery.objects.get(pk=row.pk).letter_id)


def states(channel: str = "sms") -> list[str]:
    return [row.state for row in letters(channel)]


def opened(level: str | None = None) -> Incident:
    incident = incident_report(report=ReportIn(noticed="noise"), by=SYSTEM, world=worlds.real())
    Incident.objects.filter(pk=incident.pk).update(proposed_level=level)
    return Incident.objects.get(pk=incident.pk)


# --- waiting ------------------------------------------------------------------------------------------------------------
def test_forty_messages_ring_a_telephone_twice_and_each_has_its_row(storm: Storm, providers):
    alpha, _beta = providers
    storm(1)
    assert drain(SENDS) == 1, "the first is not held back"
    storm(39, first=1)
    assert states() == ["sent", *["queued"] * 39]
    assert drain(SENDS) == 0, "the others wait for each other"
    waited()
    drain(SENDS)
    assert len(alpha.arrived) == 2
    rows = letters()
    assert {row.state for row in rows} == {"sent"}
    assert {row.letter_id for row in rows[1:]} == {rows[1].pk}
    assert all(row.sent_at and row.provider == "alpha" and row.provider_id == rows[1].provider_id for row in rows[1:])
    assert not Send.objects.exists()
    assert Delivery.objects.filter(channel="inapp").count() == 40, "in the product each stands for itself"


def test_what_was_written_before_the_first_left_goes_with_it_at_once(storm: Storm, providers):
    storm(40)
    drain(SENDS)
    assert arrived(*providers) == 1
    assert {(row.state, row.letter_id) for row in letters()} == {("sent", letters()[0].pk)}


def test_those_that_wait_leave_together_a_minute_after_the_first_of_them(storm: Storm):
    storm(4)
    held = {row.held_until for row in letters()[1:]}
    assert len(held) == 1
    assert timedelta(0) < held.pop() - wall() <= timedelta(seconds=60)
    assert letters()[0].held_until is None


def test_what_presses_soon_waits_half_as_long_as_its_ladder(storm: Storm):
    storm(2, ladder=Ladder((Rung(timedelta(seconds=20), ("voice",), ()),)))
    assert letters()[1].held_until - wall() <= timedelta(seconds=10)


def test_an_hour_later_the_next_goes_at_once(storm: Storm, say: Say, lin: User):
    storm(1)
    Delivery.objects.update(queued_at=F("queued_at") - timedelta(hours=1))
    storm(1, "later")
    assert drain(SENDS) == 2


def test_each_person_and_each_way_has_a_first_letter_of_its_own(say: Say, lin: User, gao: User):
    say("a", lin, channels=["email"])
    say("b", gao, channels=["email"])
    say("c", lin, channels=["sms"], subject={"zh": "二", "en": "Two"})
    assert [row.held_until for row in Delivery.objects.exclude(channel="inapp")] == [None] * 3


def test_practice_holds_back_nothing_real(storm: Storm, phone: User):
    practice = worlds.world_open(key="p1", name_zh="演练", name_en="Practice", kind="practice", at=wall())
    storm(2, world_id=practice.pk)
    storm(1, "real")
    assert letters()[-1].held_until is None
    waited()
    drain(SENDS)
    first, second, real = letters()
    assert (first.letter_id == second.letter_id, real.letter_id) == (True, real.pk)


@pytest.mark.parametrize(
    ("case", "more", "waits"),
    [
        ("ordinary", {}, True),
        ("urgent, of no incident: the product speaks of itself", {"urgent": True}, False),
        ("the plan's tier says at once", {"at_once": True}, False),
        ("each way is asked for itself", {"each_way": True}, False),
    ],
)
def test_what_may_wait(storm: Storm, case: str, more: dict[str, Any], waits: bool):
    storm(2, **more)
    assert [(row.waits, row.held_until is not None) for row in letters()] == [(waits, False), (waits, waits)]


def test_level_i_is_never_held_nor_put_behind_a_bundle(storm: Storm, providers, say: Say, phone: User):
    alpha, _beta = providers
    grave, *_others, usual = current().levels
    incident = opened(usual).pk
    storm(1, urgent=True, incident_id=incident)
    drain(SENDS)
    storm(29, first=1, urgent=True, incident_id=incident)
    storm(2, "grave", urgent=True, incident_id=opened(grave).pk)
    assert [row.waits for row in letters()[-2:]] == [False, False]
    waited()
    claimed = claim(SENDS)
    assert [row.values["delivery_id"] for row in claimed[:2]] == [row.pk for row in letters()[-2:]], (
        "ahead of what waited"
    )
    perform_all(SENDS, claimed)
    texts = [text for _number, text in alpha.arrived]
    assert ["Node grave0" in texts[1], "Node grave1" in texts[2], "29 messages" in texts[3]] == [True] * 3
    assert len(texts) == 4
    assert "grave" not in texts[3]


def test_the_plans_word_for_a_tier_reaches_the_message(world: World):
    assert {key: tier.at_once for key, tier in current().tiers.items() if tier.at_once} == {"major": True}


def test_with_no_wait_every_message_is_a_letter(storm: Storm, providers, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(bundling.WAIT, "0")
    storm(5)
    drain(SENDS)
    assert arrived(*providers) == 5


def test_after_an_hour_without_workers_it_is_one_letter(storm: Storm, providers):
    storm(20)
    waited()
    drain(SENDS)
    assert arrived(*providers) == 1


def test_what_is_said_while_a_letter_is_on_its_way_is_the_next_ones(storm: Storm, providers):
    alpha, _beta = providers
    alpha.be("dropping", times=1)
    storm(3)
    waited()
    drain(SENDS, rounds=1)
    storm(3, "late")
    waited()
    drain(SENDS)
    until_done()
    assert [
        len([row for row in letters() if row.letter_id == pk]) for pk in sorted({row.letter_id for row in letters()})
    ] == [3, 3]
    assert arrived(*providers) == 2
    assert set(states()) == {"sent"}


# --- what it says -------------------------------------------------------------------------------------------------------
def test_an_sms_of_many_is_cut_counts_the_rest_and_says_where_it_stands(
    say: Say, providers, phone: User, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOTLINE_PUBLIC_URL", "https://hotline.example.org")
    alpha, _beta = providers
    User.objects.filter(pk=phone.pk).update(language="zh-hans")
    for n in range(45):
        say(
            f"k{n}", phone, channels=["sms"], subject={"zh": f"华东{n:02}号节点呼叫成功率持续低于百分之六十", "en": "x"}
        )
    waited()
    drain(SENDS)
    ((_to, text),) = alpha.arrived
    head, *shown, more, where, how = text.splitlines()
    assert (head, where) == ("45 条消息：", "https://hotline.example.org/messages/")
    assert how == f"回复 {letter_of(letters()[0]).code} 全部确认。"
    assert more == f"另有 {45 - len(shown)} 条，请打开系统查看"
    assert 3 < len(shown) < 45
    assert sms_parts(text) == 4
    assert sms_parts(text.replace(more, f"{shown[0]}\n{more}")) == 5, "one line more would be one SMS more"
    assert {row.state for row in letters()} == {"sent"}, "what has no line of its own is told by it as well"


def test_a_mail_of_many_has_each_text_and_one_page_whose_buttons_answer(say: Say, lin: User):
    practice = worlds.world_open(key="p1", name_zh="演练", name_en="Practice", kind="practice", at=wall())
    incident = incident_report(report=ReportIn(noticed="noise"), by=SYSTEM, world=practice)
    for n in range(3):
        say(
            f"k{n}", lin, ladder=LADDER, world_id=practice.pk, incident_id=incident.pk, link=f"/incidents/{n}/",
            subject={"zh": f"事{n}", "en": f"Fact {n}"}, body={"zh": f"文{n}", "en": f"Text {n}\nmore of {n}"},
        )  # fmt: skip
    waited()
    drain(SENDS)
    mail = SunkMail.objects.get(channel="email")
    assert mail.subject == "3 messages: [Practice] Fact 0 and more"
    for n in range(3):
        assert f"{n + 1}. [Practice] Fact {n} ({incident.number})\nText {n}\nmore of {n}\n/incidents/{n}/" in mail.body
    # Signed with the second it was written in: the mail's own is asked whose it is.
    assert linked(mail.body.rpartition("/m/")[2].removesuffix("/")) == letter_of(letters("email")[0])


def test_a_call_reads_five_and_counts_the_rest(storm: Storm, providers):
    alpha, _beta = providers
    storm(9, channels=["voice"])
    waited()
    drain(SENDS)
    lines = alpha.arrived[0][1].splitlines()
    assert (lines[0], lines[6], lines[7]) == (
        "9 messages:",
        "and 4 more: open the product",
        "Press 1 to acknowledge all.",
    )


def test_a_chat_hears_one_post_that_its_platform_takes(say: Say, lin: User, robots: Provider):
    for n in range(50):
        say(f"k{n}", lin, channels=["wecom"], subject={"zh": f"{n}号节点" + "故障" * 40, "en": f"Node {n}"})
    waited()
    drain(SENDS)
    ((_kind, _key, text),) = robots.robots.posted
    assert len(text.encode()) <= 2048
    assert text.startswith("【热线应急】50 条消息：\n0号节点")
    assert text.splitlines()[-1] == "https://hotline.example.org/messages/"
    assert {row.state for row in letters("wecom")} == {"delivered"}
    assert [len(pace.posts) for pace in ChatPace.objects.all()] == [1], "one turn is taken, not fifty"


# --- no text twice ------------------------------------------------------------------------------------------------------
def test_the_same_text_is_not_sent_again_and_says_when_it_was(say: Say, phone: User, providers):
    say("k0", phone, channels=["sms"])
    drain(SENDS)
    say("k1", phone, channels=["sms"])
    waited()
    drain(SENDS)
    first, second = letters()
    assert arrived(*providers) == 1
    assert (second.state, second.same_as, second.tries, second.sent_at) == ("repeated", first, 0, None)
    assert not Send.objects.exists()
    assert not sends_mend(), "nothing is lost: it was told"


def test_a_new_fact_or_another_incident_is_said(say: Say, phone: User, providers, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(bundling.WAIT, "0")
    say("k0", phone, channels=["sms"])
    say("k1", phone, channels=["sms"], body={"zh": "超出日均 70%。", "en": "70 % over the daily mean."})
    say("k2", phone, channels=["sms"], incident_id=opened().pk)
    drain(SENDS)
    assert arrived(*providers) == 3


@pytest.mark.parametrize(
    ("case", "setting", "minutes", "mails"),
    [("just now", "15", 14, 1), ("long ago, by the world's own clock", "15", 16, 2), ("turned off", "0", 1, 2)],
)
def test_how_long_the_same_is_the_same(
    say: Say, lin: User, monkeypatch: pytest.MonkeyPatch, case: str, setting: str, minutes: int, mails: int
):
    night = worlds.world_open(key="night", name_zh="夜", name_en="Night", kind="practice", at=wall(), paused=True)
    monkeypatch.setenv(bundling.WAIT, "0")
    monkeypatch.setenv(bundling.SAME, setting)
    say("k0", lin, world_id=night.pk)
    drain(SENDS)
    world_advance(night, to=worlds.now(night.pk) + timedelta(minutes=minutes))
    say("k1", lin, world_id=night.pk)
    drain(SENDS)
    assert SunkMail.objects.count() == mails


def test_what_never_left_was_not_said(say: Say, phone: User, providers, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(bundling.WAIT, "0")
    for one in providers:
        one.be("busy")
    say("k0", phone, channels=["sms"])
    until_done(12)
    for one in providers:
        one.be("well")
    say("k1", phone, channels=["sms"])
    until_done()
    assert states() == ["given_up", "sent"]


def test_flapping_at_once_is_said_once_even_within_one_claim(say: Say, phone: User, providers):
    for n in range(6):
        say(f"k{n}", phone, channels=["sms"], urgent=True)
    drain(SENDS)
    assert arrived(*providers) == 1
    assert sorted(states()) == [*["repeated"] * 5, "sent"]


def test_the_same_said_twice_while_it_waits_is_one_line_and_both_are_told(
    storm: Storm, say: Say, phone: User, providers
):
    alpha, _beta = providers
    storm(1)
    drain(SENDS)
    for n in range(3):
        say(f"same{n}", phone, channels=["sms"])
    storm(1, "other")
    waited()
    drain(SENDS)
    assert alpha.arrived[1][1].splitlines()[:3] == ["2 messages:", "Complaints surge in the east", "Node other0 failed"]
    assert set(states()) == {"sent"}


def test_who_was_not_reached_by_the_letter_was_not_by_what_it_said_before(say: Say, phone: User, gao: User, providers):
    say("k0", phone, channels=["sms"], urgent=True)
    drain(SENDS)
    say("k1", phone, channels=["sms"], urgent=True)
    drain(SENDS)
    assert not reach.unreached(worlds.real().pk, actor_of(gao))
    for name, secret in (("alpha", "one"), ("beta", "two")):
        receipts(name, secret, {"key": letters()[0].key, "said": "undelivered"})
        until_done()
    assert states() == ["given_up", "repeated"]
    assert {row.message.key for row in reach.unreached(worlds.real().pk, actor_of(gao))} == {"k0", "k1"}


# --- death, failover, receipts ------------------------------------------------------------------------------------------
@pytest.fixture
def bundle(storm: Storm, providers) -> list[Delivery]:
    """Five messages that wait, the first letter sent."""
    storm(1)
    drain(SENDS)
    storm(5, first=1)
    waited()
    return letters()[1:]


def again(rows: list[Delivery]) -> list[Delivery]:
    return list(Delivery.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk"))


@pytest.mark.parametrize(
    "place", ["sends.after_claim", "sends.before_commit", "sends.after_attempt", "sends.after_call"]
)
def test_killed_anywhere_it_is_one_letter_with_the_same_messages(
    storm: Storm, bundle: list[Delivery], providers, monkeypatch: pytest.MonkeyPatch, place: str
):
    alpha, _beta = providers

    def die(at: str) -> None:
        if at == place:
            raise Died

    with monkeypatch.context() as patch:
        patch.setattr("engine.queues.failpoint", die)
        patch.setattr("notifications.sending.failpoint", die)
        if place == "sends.before_commit":
            # That of one that goes alone.
            patch.setattr("notifications.channels.gateway.Gateway.can_be_asked", False)
        with pytest.raises(Died):
            drain(SENDS)
    connection.run_on_commit.clear()
    settled = [row.carried_by_id for row in again(bundle)]
    storm(1, "late")
    later()
    drain(SENDS)
    rows = again(bundle)
    assert {row.state for row in rows} == {"sent"}
    if any(settled):
        assert [row.carried_by_id for row in rows] == settled, "what it carries was settled before the call"
    assert len({row.letter_id for row in rows}) == 1
    # What was written before the attempt goes with it, what was written afterwards does not.
    assert len(alpha.arrived) == 2
    assert alpha.arrived[1][1].startswith("5 messages" if any(settled) else "6 messages")


@pytest.mark.processes
@pytest.mark.parametrize("place", ["sends.after_attempt", "sends.after_call"])
def test_a_worker_killed_with_a_bundle_in_hand_sends_no_second_and_loses_none(
    bundle: list[Delivery], providers, fresh_db: str, database_server: Any, place: str
):
    alpha, _beta = providers
    environment = {
        **os.environ,
        **database_server.urls(fresh_db),
        "DJANGO_SETTINGS_MODULE": "hotline_ep.settings",
        "HOTLINE_FAILPOINT": f"{place}=kill",
    }
    worker = subprocess.run([sys.executable, "-c", WORKER], env=environment, cwd=settings.BASE_DIR, check=False)
    assert worker.returncode == -signal.SIGKILL
    rows = again(bundle)
    assert ({row.state for row in rows}, {row.letter_id for row in rows}) == ({"sending"}, {rows[0].pk})
    later()
    drain(SENDS)
    rows = again(bundle)
    assert {(row.state, row.tries) for row in rows} == {("sent", 2)}
    texts = [text for _to, text in alpha.arrived]
    assert len(texts) == 2
    assert [line for line in texts[1].splitlines() if line.startswith("Node")] == [
        f"Node n{n} failed" for n in range(1, 6)
    ]


@pytest.mark.parametrize(
    ("mood", "by"),
    [("busy", "beta"), ("limited", "beta"), ("dropping", "alpha"), ("garbage", "alpha"), ("hanging_up", "alpha")],
)
def test_whatever_a_provider_does_a_bundle_arrives_once(bundle: list[Delivery], providers, mood: str, by: str):
    alpha, _beta = providers
    alpha.be(mood, times=1)
    until_done()
    rows = again(bundle)
    assert {(row.state, row.provider, row.error) for row in rows} == {("sent", by, "")}
    assert arrived(*providers) == 2


def test_given_up_it_is_seen_on_each_message_and_put_back_as_one(bundle: list[Delivery], providers):
    for one in providers:
        one.be("busy")
    until_done(12)
    rows = again(bundle)
    assert {(row.state, row.error) for row in rows} == {("given_up", "sms.busy")}
    standing = Alarm.objects.filter(kind="delivery.given_up", cleared_at=None)
    assert {alarm.ref for alarm in standing} == {f"message:{row.message_id}" for row in rows}
    (aside,) = SetAside.objects.filter(queue="sends")
    for one in providers:
        one.be("well")
    set_aside_return(item_id=aside.pk)
    until_done()
    assert {row.state for row in again(bundle)} == {"sent"}
    assert arrived(*providers) == 2
    assert not standing.all()


def test_one_receipt_is_of_all_it_brought_and_undelivered_goes_to_the_other(bundle: list[Delivery], providers):
    _alpha, beta = providers
    drain(SENDS)
    letter = again(bundle)[0]
    receipts("alpha", "one", {"key": letter.key, "said": "delivered"})
    assert all(row.state == "delivered" and row.delivered_at for row in again(bundle))
    receipts("alpha", "one", {"id": letter.provider_id, "said": "undelivered"})
    assert {(row.state, *row.lost_by) for row in again(bundle)} == {("failed", "alpha")}
    until_done()
    assert {(row.state, row.provider) for row in again(bundle)} == {("sent", "beta")}
    assert len(beta.arrived) == 1
    receipts("beta", "two", {"key": letter.key, "said": "undelivered"})
    assert {row.state for row in again(bundle)} == {"given_up"}
    assert Alarm.objects.filter(kind="delivery.given_up", cleared_at=None).count() == 5
    receipts("beta", "two", {"key": letter.key, "said": "delivered"})
    assert not Alarm.objects.filter(kind="delivery.given_up", cleared_at=None).exists()


def test_a_receipt_may_overtake_our_own_record_of_a_bundle(
    bundle: list[Delivery], providers, monkeypatch: pytest.MonkeyPatch
):
    key = bundle[0].key
    monkeypatch.setattr(
        "notifications.sending.failpoint",
        lambda place: (
            receipts("alpha", "one", {"key": key, "said": "delivered"}) if place == "sends.after_call" else None
        ),
    )
    drain(SENDS)
    assert {row.state for row in again(bundle)} == {"delivered"}


# --- answers ------------------------------------------------------------------------------------------------------------
def own() -> dict[str, tuple[str, str]]:
    rows = Delivery.objects.filter(channel="inapp").order_by("message_id")
    return {row.message.key: (row.state, row.via) for row in rows.select_related("message")}


@pytest.mark.parametrize("via", ["code", "key"])
def test_the_code_of_a_bundle_answers_all_it_brought_and_nothing_else(bundle: list[Delivery], providers, via: str):
    drain(SENDS)
    letter = again(bundle)[0]
    said = {"said": "reply", "text": f"好 {letter.code}"} if via == "code" else {"said": "answered"}
    assert receipts("alpha", "one", {"key": letter.key, **said}).json()["accepted"] == 1
    assert own() == {"n0": ("delivered", ""), **{f"n{n}": ("acknowledged", via) for n in range(1, 6)}}
    assert {(row.state, row.via) for row in again(bundle)} == {("acknowledged", via)}


def test_the_code_answers_what_was_not_said_again(say: Say, phone: User, providers):
    for n in range(2):
        say(f"k{n}", phone, channels=["sms"], urgent=True)
        drain(SENDS)
    receipts("alpha", "one", {"key": letters()[0].key, "said": "reply", "text": letters()[0].code})
    assert own() == {"k0": ("acknowledged", "code"), "k1": ("acknowledged", "code")}
    assert states() == ["acknowledged", "acknowledged"]


@pytest.fixture
def mailed(say: Say, lin: User) -> list[Delivery]:
    """A mail that brought three messages, each waiting for an answer."""
    for n in range(3):
        say(f"k{n}", lin, ladder=LADDER, subject={"zh": f"事{n}", "en": f"Fact {n}"})
    waited()
    drain(SENDS)
    return letters("email")


def test_behind_the_link_each_is_answered_by_its_own_button_or_all_by_one(mailed: list[Delivery]):
    path, reader = link_of(letter_of(mailed[0])), Client()
    page = reader.get(path).content.decode()
    assert [f"Fact {n}" in page for n in range(3)] == [True] * 3
    assert "Acknowledge all" in page
    assert [state for state, _via in own().values()] == ["delivered"] * 3, "opening answers nothing"
    reader.post(path, {"message": mailed[1].message_id})
    assert own() == {"k0": ("delivered", ""), "k1": ("acknowledged", "link"), "k2": ("delivered", "")}
    assert states("email") == ["delivered", "acknowledged", "delivered"], "who answers one has the letter before him"
    assert "Acknowledged. Thank you." in reader.post(path).content.decode()
    assert set(own().values()) == {("acknowledged", "link")}
    assert set(states("email")) == {"acknowledged"}


@pytest.mark.parametrize("said", ["0", "x", "99999999", "-1", "１"])
def test_a_message_that_the_letter_did_not_bring_is_not_answered_by_it(
    mailed: list[Delivery], say: Say, lin: User, said: str
):
    say("other", lin)
    assert Client().post(link_of(letter_of(mailed[0])), {"message": said}).status_code == 404
    assert {state for state, _via in own().values()} == {"delivered"}


def test_an_answer_to_one_while_the_letter_is_unsettled_proves_that_all_arrived(mailed: list[Delivery], providers):
    # As after a receipt that it was lost: it is in the reader's hand all the same.
    Delivery.objects.filter(channel="email").update(state="failed", error="email.undelivered")
    Client().post(link_of(letter_of(mailed[0])), {"message": mailed[0].message_id})
    assert [(row.state, row.error) for row in letters("email")][1:] == [("delivered", "")] * 2


def test_answered_four_times_at_the_same_moment_it_is_answered(bundle: list[Delivery], providers):
    drain(SENDS)
    letter = again(bundle)[0]
    done = at_once(lambda: receipts("alpha", "one", {"key": letter.key, "said": "answered"}).status_code)
    assert done == [200] * 4
    assert {state for key, (state, _via) in own().items() if key != "n0"} == {"acknowledged"}


# --- what stands on record ----------------------------------------------------------------------------------------------
def test_the_ledger_says_of_each_which_letter_brought_it(bundle: list[Delivery], providers, gao: User):
    drain(SENDS)
    say_again = again(bundle)
    reader = Client()
    reader.force_login(gao)
    shown = reader.get(f"/messages/{bundle[1].message_id}/")
    page = shown.content.decode()
    assert shown.status_code == 200
    assert all(f'href="/messages/{row.message_id}/"' in page for row in bundle if row is not bundle[1])
    answer = reader.get(f"/api/v1/messages/{bundle[1].message_id}/receipts").json()
    sms = next(row for row in answer if row["channel"] == "sms")
    assert sms["letter"] == say_again[0].pk
    assert sms["others"] == [row.message_id for row in bundle if row is not bundle[1]]
    assert next(row for row in answer if row["channel"] == "inapp")["others"] == []


def test_the_ledger_says_when_the_same_was_sent_and_until_when_one_waits(
    say: Say, phone: User, gao: User, storm: Storm
):
    first = say("k0", phone, channels=["sms"], urgent=True)
    drain(SENDS)
    second = say("k1", phone, channels=["sms"], urgent=True)
    drain(SENDS)
    (held,) = storm(1)
    reader = Client()
    reader.force_login(gao)
    rows = {
        pk: next(row for row in reader.get(f"/api/v1/messages/{pk}/receipts").json() if row["channel"] == "sms")
        for pk in (first.pk, second.pk, held.pk)
    }
    assert (rows[second.pk]["state"], rows[second.pk]["same_sent_at"]) == ("repeated", rows[first.pk]["sent_at"])
    assert (rows[held.pk]["state"], rows[held.pk]["held_until"] is not None) == ("queued", True)
    for message, words in ((second, "同样内容已于"), (held, "前与其他消息一并发出")):
        assert words in reader.get(f"/messages/{message.pk}/").content.decode()


def test_the_database_lets_no_letter_change_what_it_carries(bundle: list[Delivery], providers):
    drain(SENDS)
    with pytest.raises(Exception, match="annot update"), transaction.atomic():
        Delivery.objects.filter(pk=bundle[2].pk).update(carried_by=None)
    with pytest.raises(Exception, match="delivery_carried_by_another"), transaction.atomic():
        Delivery.objects.filter(pk=bundle[0].pk).update(carried_by=bundle[0].pk)


def test_what_is_dropped_is_dropped_whole_and_comes_back_whole(bundle: list[Delivery], providers):
    alpha, _beta = providers
    alpha.be("dropping", times=1)
    drain(SENDS, rounds=1)
    # The newest of it alone is younger than the decision.
    Delivery.objects.filter(pk__in=[row.pk for row in bundle[:-1]]).update(
        queued_at=F("queued_at") - timedelta(hours=1)
    )
    assert letters_drop(before=wall() - timedelta(minutes=30)) == 1
    assert {row.state for row in again(bundle)} == {"given_up"}
    (aside,) = SetAside.objects.filter(queue="sends")
    set_aside_return(item_id=aside.pk)
    until_done()
    assert {row.state for row in again(bundle)} == {"sent"}


def test_a_lost_place_in_the_queue_is_found_for_the_letter_and_not_for_what_it_carries(
    bundle: list[Delivery], providers
):
    alpha, _beta = providers
    alpha.be("busy", times=1)
    drain(SENDS, rounds=1)
    Send.objects.all().delete()
    Delivery.objects.filter(channel="sms").update(queued_at=F("queued_at") - timedelta(minutes=5))
    assert sends_mend() == [bundle[0].pk]


def test_what_waits_for_others_is_not_late(storm: Storm):
    storm(1)
    drain(SENDS)
    storm(1, first=1)
    late = lambda: selectors.told_late(  # noqa: E731 - asked twice
        worlds.real().pk, wall() - timedelta(hours=1), wall() + timedelta(hours=1), timedelta(seconds=20)
    )
    assert late() == []
    Delivery.objects.filter(state="queued").update(held_until=wall() - timedelta(minutes=1))
    assert [row.message.key for row in late()] == ["n1"]


def test_two_workers_at_once_bring_each_message_once(storm: Storm, providers):
    storm(30)
    waited()
    at_once(lambda: drain(SENDS))
    assert set(states()) == {"sent"}
    texts = "\n".join(text for one in providers for _to, text in one.arrived)
    assert arrived(*providers) <= 4
    shown = [line for line in texts.splitlines() if line.startswith("Node")]
    assert len(shown) == len(set(shown))


@pytest.mark.parametrize(
    ("name", "value"), [(bundling.WITHIN, "-1"), (bundling.WAIT, "301"), (bundling.SAME, "soon"), (bundling.WAIT, "６")]
)
def test_a_setting_that_cannot_be_read_stops_no_message_and_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
):
    monkeypatch.setenv(name, value)
    assert [row.id for row in bundling_is_whole()] == [f"hotline.{name}"]
    assert bundling.rule() == Rule()
    monkeypatch.setenv(name, "30")
    assert bundling_is_whole() == []
