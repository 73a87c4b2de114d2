"""Pages and API: everyone sees his own, headquarters and the auditor see who was told."""

import pytest
from django.test import Client

from common.clock import wall
from common.errors import Missing
from engine import worlds
from engine.models import World
from engine.queues import QUEUES, drain
from notifications import services
from notifications.models import Delivery
from notifications.selectors import inbox, unread_count
from people.models import User
from people.selectors import actor_of
from tests.apps.notifications.conftest import Say


def page(user: User, url: str, **post: str):
    client = Client()
    client.force_login(user)
    return client.post(url, post) if post else client.get(url)


def test_reading_and_acknowledging_are_receipts_of_ones_own(say: Say, lin: User, gao: User):
    message = say("k", lin, gao)
    assert unread_count(lin.pk) == 1
    assert services.message_read(message_id=message.pk, by=actor_of(lin)).state == "read"
    first = services.message_acknowledge(message_id=message.pk, by=actor_of(lin))
    again = services.message_acknowledge(message_id=message.pk, by=actor_of(lin))
    assert again.acknowledged_at == first.acknowledged_at is not None
    assert services.message_read(message_id=message.pk, by=actor_of(lin)).state == "acknowledged"
    assert (unread_count(lin.pk), unread_count(gao.pk)) == (0, 1)


def test_an_outsider_sees_and_touches_nothing_of_others(say: Say, lin: User, outsider: User, api):
    message = say("k", lin)
    assert inbox(outsider.pk) == []
    for act in (services.message_read, services.message_acknowledge):
        with pytest.raises(Missing):
            act(message_id=message.pk, by=actor_of(outsider))
    assert "surge" not in page(outsider, "/messages/").content.decode()
    for url in ("/messages/all/", "/messages/sink/", f"/messages/{message.pk}/"):
        assert page(outsider, url).status_code == 403
    assert page(outsider, f"/messages/{message.pk}/acknowledge", next="/").status_code == 404
    client = api(outsider)
    assert client.get("/api/v1/messages?mine").json() == {"mine": [], "unread": 0}
    assert client.get("/api/v1/messages").status_code == 403
    assert client.get(f"/api/v1/messages/{message.pk}/receipts").status_code == 403
    assert client.post(f"/api/v1/messages/{message.pk}/acknowledge").status_code == 404
    assert Delivery.objects.get(channel="inapp").state == "delivered"


def test_a_stranger_gets_nowhere(say: Say, lin: User):
    say("k", lin)
    assert Client().get("/messages/").status_code == 302
    assert Client().get("/api/v1/messages?mine").status_code == 401


def test_the_inbox_shows_and_takes_the_acknowledgement(say: Say, lin: User):
    message = say("k", lin, urgent=True)
    shown = page(lin, "/messages/").content.decode()
    assert "Complaints surge in the east" in shown
    assert "Urgent" in shown
    assert page(lin, f"/messages/{message.pk}/acknowledge", next="/board/").headers["Location"] == "/board/"
    assert page(lin, f"/messages/{message.pk}/read", next="https://example.org/").headers["Location"] == "/messages/"
    assert Delivery.objects.get(channel="inapp").state == "acknowledged"


def test_newest_first_and_practice_is_marked(say: Say, gao: User, lin: User):
    practice = worlds.world_open(key="p1", name_zh="演练", name_en="Practice", kind="practice", at=wall())
    say("old", lin)
    say("new", lin, world_id=practice.pk, subject={"zh": "演练消息", "en": "In practice"})
    assert [row.message.key for row in inbox(lin.pk)] == ["new", "old"]
    assert [row.message.key for row in inbox(lin.pk, world_id=worlds.real().pk)] == ["old"]
    assert "Practice: p1" in page(lin, "/messages/").content.decode()


def test_who_was_told_is_for_headquarters_and_the_auditor(say: Say, lin: User, gao: User, auditor: User, api):
    message = say("k", lin, gao)
    services.message_acknowledge(message_id=message.pk, by=actor_of(lin))
    drain(QUEUES["sends"])
    for user in (gao, auditor):
        assert page(user, "/messages/all/").status_code == 200
        shown = page(user, f"/messages/{message.pk}/").content.decode()
        assert "Lin" in shown
        assert page(user, "/messages/sink/").status_code == 200
    client = api(auditor)
    counted = client.get("/api/v1/messages").json()["messages"][0]
    assert (counted["people"], counted["acknowledged"], counted["unreached"]) == (2, 1, 0)
    receipts = client.get(f"/api/v1/messages/{message.pk}/receipts").json()
    assert {(row["user"], row["channel"], row["state"]) for row in receipts} == {
        (lin.pk, "inapp", "acknowledged"),
        (lin.pk, "email", "sent"),
        (gao.pk, "inapp", "delivered"),
        (gao.pk, "email", "sent"),
    }
    assert "@" not in str(receipts)


def test_the_api_acknowledges_once_for_one_key(say: Say, lin: User, api):
    message = say("k", lin)
    client = api(lin)
    url = f"/api/v1/messages/{message.pk}/acknowledge"
    first = client.post(url, headers={"Idempotency-Key": "a"})
    again = client.post(url, headers={"Idempotency-Key": "a"})
    assert (first.status_code, first.json()["state"]) == (200, "acknowledged")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()
    mine = client.get("/api/v1/messages?mine").json()
    assert mine["mine"][0]["message"]["subject"] == {"zh": "东区投诉激增", "en": "Complaints surge in the east"}
    assert mine["unread"] == 0


def test_a_wrong_page_number_says_so(lin: User, api, world: World):
    answer = api(lin).get("/api/v1/messages?mine&before=x")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "before")


def test_the_badge_is_told_after_commit(say: Say, lin: User, monkeypatch: pytest.MonkeyPatch, world: World):
    hints: list[dict] = []
    monkeypatch.setattr("engine.feed.hint", hints.append)
    message = say("k", lin)
    services.message_acknowledge(message_id=message.pk, by=actor_of(lin))
    expected = {"t": "inbox", "world": world.pk, "users": [lin.pk]}
    assert [hint for hint in hints if hint["t"] == "inbox"] == [expected, expected]
