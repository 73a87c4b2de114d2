"""Answers that come another way than by one's own page: the link in a mail, and a colleague on the telephone."""

import pytest
from django.db import ProgrammingError, transaction
from django.test import Client

from common.actor import SYSTEM
from common.clock import wall
from common.errors import Invalid, Missing, NotAllowed
from engine import worlds
from engine.models import World
from engine.queues import QUEUES, drain
from notifications import services
from notifications.domain.unanswered import Ladder, Rung
from notifications.models import Call, Delivery, SunkMail
from notifications.services.answers import link_of
from people.models import User
from people.selectors import actor_of
from people.services import contact_set, user_deactivate
from tests.apps.notifications.conftest import Say
from tests.apps.notifications.test_doors import page
from tests.apps.notifications.test_unanswered import LADDER
from tests.apps.people.conftest import made


def own(user: User) -> Delivery:
    return Delivery.objects.get(user=user, channel="inapp")


# --- the link ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def drill(world: World) -> World:
    return worlds.world_open(key="p1", name_zh="演练", name_en="Practice", kind="practice", at=wall())


def test_opening_the_link_answers_nothing_its_button_does(say: Say, lin: User, drill: World):
    say("k", lin, ladder=LADDER, world_id=drill.pk)
    drain(QUEUES["sends"])
    mail = Delivery.objects.get(channel="email")
    path = link_of(mail)
    assert path in SunkMail.objects.get().body
    stranger = Client()
    for _scanner in range(2):
        shown = stranger.get(path)
        assert (shown.status_code, shown.headers["Cache-Control"].split(",")[0]) == (200, "max-age=0")
    stranger.head(path)
    assert own(lin).state == "delivered"
    assert "Acknowledged. Thank you." in stranger.post(path).content.decode()
    mail.refresh_from_db()
    assert (own(lin).state, own(lin).via, mail.state) == ("acknowledged", "link", "acknowledged")
    assert "Acknowledged. Thank you." in stranger.get(path).content.decode()


@pytest.mark.parametrize("token", ["x", "MQ:1tXyz:AAAA", "%00", "💥"])
def test_a_forged_link_opens_nothing(say: Say, lin: User, token: str):
    say("k", lin)
    for answer in (Client().get(f"/m/{token}/"), Client().post(f"/m/{token}/")):
        assert answer.status_code in (400, 404)
    assert own(lin).state == "delivered"


def test_the_link_of_one_who_left_opens_nothing(say: Say, lin: User):
    say("k", lin, ladder=LADDER)
    path = link_of(Delivery.objects.get(channel="email"))
    user_deactivate(user=lin, by=SYSTEM)
    assert Client().get(path).status_code == 404


def test_nobody_finds_anothers_button_in_the_sink_of_the_real_world(say: Say, lin: User):
    say("k", lin, ladder=LADDER)
    drain(QUEUES["sends"])
    assert "/m/" not in SunkMail.objects.get().body


def test_a_mail_that_waits_for_no_answer_has_no_such_link(say: Say, lin: User):
    say("k", lin)
    drain(QUEUES["sends"])
    assert "/m/" not in SunkMail.objects.get().body


# --- down the telephone list ------------------------------------------------------------------------------------------
def test_a_call_is_on_record_and_being_told_answers(say: Say, lin: User, gao: User):
    message = say("k", lin, gao, ladder=LADDER)
    by = actor_of(lin)
    services.call_record(message_id=message.pk, user_id=gao.pk, line="telephone", outcome="no_answer", by=by)
    assert own(gao).state == "delivered"
    services.call_record(
        message_id=message.pk, user_id=gao.pk, line="satellite", outcome="told", note="on his  way", by=by
    )
    assert (own(gao).state, own(gao).via) == ("acknowledged", "call")
    assert list(Call.objects.order_by("pk").values_list("line", "outcome", "note", "by_user")) == [
        ("telephone", "no_answer", "", lin.pk),
        ("satellite", "told", "on his way", lin.pk),
    ]


@pytest.mark.parametrize(
    ("case", "words", "error"),
    [
        ("an unknown line", {"line": "pigeon"}, Invalid),
        ("an unknown outcome", {"outcome": "maybe"}, Invalid),
        ("a novel", {"note": "x" * 301}, Invalid),
        ("somebody who was never told", {"user_id": 0}, Missing),
    ],
)
def test_a_wrong_call_is_refused_and_nothing_is_kept(
    say: Say, lin: User, gao: User, case: str, words: dict, error: type
):
    message = say("k", gao)
    said = {"user_id": gao.pk, "line": "telephone", "outcome": "told"} | words
    with pytest.raises(error):
        services.call_record(message_id=message.pk, by=actor_of(lin), **said)
    assert not Call.objects.exists()
    assert own(gao).state == "delivered"


def test_nobody_rings_himself(say: Say, lin: User):
    message = say("k", lin)
    with pytest.raises(Invalid):
        services.call_record(message_id=message.pk, user_id=lin.pk, line="telephone", outcome="told", by=actor_of(lin))


def test_an_outsider_rings_nobody(say: Say, lin: User, gao: User, outsider: User, auditor: User, api):
    message = say("k", lin, gao)
    for user in (outsider, auditor):
        with pytest.raises(NotAllowed):
            services.call_record(
                message_id=message.pk, user_id=gao.pk, line="telephone", outcome="told", by=actor_of(user)
            )
        assert page(user, f"/messages/{message.pk}/calls/").status_code == 403
        assert page(user, "/messages/calls/").status_code == 403
        assert api(user).get(f"/api/v1/messages/{message.pk}/calls").status_code == 403
    assert Client().get(f"/messages/{message.pk}/calls/").status_code == 302
    assert not Call.objects.exists()


def test_the_list_on_its_page(say: Say, lin: User, gao: User):
    contact_set(user=gao, kind="phone", value="+8613800001111", by=SYSTEM)
    desk = made("desk", "administration")
    message = say("k", lin, gao, ladder=LADDER)
    assert "Complaints surge in the east" in page(desk, "/messages/calls/").content.decode()
    shown = page(desk, f"/messages/{message.pk}/calls/").content.decode()
    assert "Gao" in shown
    assert "13800001111" not in shown
    words = {"user": str(gao.pk), "line": "dedicated", "outcome": "told", "note": "", "idempotency_key": "once"}
    at_desk = Client()
    at_desk.force_login(desk)
    for _twice in range(2):
        assert at_desk.post(f"/messages/{message.pk}/calls/", words).status_code == 302
    assert Call.objects.count() == 1
    assert own(gao).via == "call"
    refused = at_desk.post(f"/messages/{message.pk}/calls/", words | {"user": str(lin.pk), "outcome": "maybe"})
    assert refused.status_code == 400
    ledger = page(lin, f"/messages/{message.pk}/").content.decode()
    assert "Headquarters&#x27; dedicated line" in ledger


def test_who_may_not_read_all_rings_about_what_waits_for_answers_alone(say: Say, lin: User, gao: User):
    desk = made("desk", "administration")
    message = say("k", gao)
    assert page(desk, f"/messages/{message.pk}/calls/").status_code == 404
    with pytest.raises(Missing):
        services.call_record(message_id=message.pk, user_id=gao.pk, line="telephone", outcome="told", by=actor_of(desk))
    assert page(lin, f"/messages/{message.pk}/calls/").status_code == 200


def test_a_calls_note_may_be_erased_and_nothing_else_of_it(say: Say, lin: User, gao: User):
    message = say("k", gao)
    call = services.call_record(
        message_id=message.pk, user_id=gao.pk, line="telephone", outcome="left_word", note="his wife", by=actor_of(lin)
    )
    for words in ({"note": "another"}, {"outcome": "told"}):
        with pytest.raises(ProgrammingError), transaction.atomic():
            Call.objects.filter(pk=call.pk).update(**words)
    Call.objects.filter(pk=call.pk).update(note="")


def test_the_list_through_the_api(say: Say, lin: User, gao: User, api):
    message = say("k", lin, gao)
    client, url = api(lin), f"/api/v1/messages/{message.pk}/calls"
    answer = client.post(url, {"user": gao.pk, "outcome": "told"}, format="json", headers={"Idempotency-Key": "a"})
    assert (answer.status_code, answer.json()["line"]) == (201, "telephone")
    rows = {row["user"]: row for row in client.get(url).json()}
    assert (rows[gao.pk]["answered"], rows[gao.pk]["calls"][0]["outcome"], rows[lin.pk]["answered"]) == (
        True,
        "told",
        False,
    )
    assert client.post(url, {"user": gao.pk, "outcome": "maybe"}, format="json").status_code == 400
    assert client.get("/api/v1/messages/999999/calls").status_code == 404


def test_the_ledger_says_how_a_message_was_pressed(say: Say, lin: User, gao: User):
    message = say("k", lin, gao, ladder=Ladder(LADDER.rungs, quorum=1))
    shown = page(lin, f"/messages/{message.pk}/").content.decode()
    assert "Answers that suffice: 1." in shown
    assert "Looked at again:" in shown
    assert Rung(LADDER.rungs[0].after, ("voice",), ()) == message.ladder.rungs[0]


# --- whom nothing reached ---------------------------------------------------------------------------------------------
def test_who_was_not_reached_is_listed_with_every_way_until_told(say: Say, lin: User, gao: User, outsider: User, api):
    desk = made("desk", "administration")
    pressed = say("k", lin, gao, kind="tier.major", ladder=LADDER)
    quiet = say("q", gao)
    services.message_acknowledge(message_id=pressed.pk, by=actor_of(lin))

    def listed(user: User) -> list[tuple[int, int, list[tuple[str, str]]]]:
        rows = api(user).get("/api/v1/messages/not-reached").json()
        return [(row["message"], row["person"], [(w["channel"], w["state"]) for w in row["ways"]]) for row in rows]

    waits = (pressed.pk, gao.pk, [("inapp", "delivered"), ("email", "queued")])
    assert listed(lin) == [waits]
    # A way that failed for good is shown though nobody was pressed; not to who may not read every message.
    Delivery.objects.filter(message=quiet, channel="email").update(state="given_up", error="email.no_address")
    assert listed(lin) == [(quiet.pk, gao.pk, [("inapp", "delivered"), ("email", "given_up")]), waits]
    assert listed(desk) == [waits]
    services.call_record(
        message_id=pressed.pk, user_id=gao.pk, line="telephone", outcome="no_answer", by=actor_of(desk)
    )
    shown = page(lin, "/messages/not-reached/").content.decode()
    assert "No answer" in shown
    assert page(desk, "/messages/not-reached/").content.decode().count("data-label") == 4
    # By which tier of the plan (3.2): shown, and one of them alone.
    by_tier = {
        tier: [
            (row["message"], row["tier"]) for row in api(lin).get(f"/api/v1/messages/not-reached?tier={tier}").json()
        ]
        for tier in ("major", "ordinary", "other")
    }
    assert by_tier == {"major": [(pressed.pk, "major")], "ordinary": [], "other": [(quiet.pk, "")]}
    shown = page(lin, "/messages/not-reached/?tier=major").content.decode()
    assert shown[shown.index("<table") :].count("Major fault") == 1
    assert "Everybody whom this tier told" in page(lin, "/messages/not-reached/?tier=ordinary").content.decode()
    services.call_record(message_id=pressed.pk, user_id=gao.pk, line="telephone", outcome="told", by=actor_of(desk))
    assert [row[0] for row in listed(lin)] == [quiet.pk]
    assert page(outsider, "/messages/not-reached/").status_code == 403
    assert api(outsider).get("/api/v1/messages/not-reached").status_code == 403
