"""The public page, its feed and the partners' script: for everybody, cacheable, of the real world alone."""

import json
from datetime import datetime

import pytest
from django.db import OperationalError
from django.test import Client

from common.clock import wall
from engine import worlds
from engine.models import World
from incidents.models import Incident
from incidents.services import ReportIn, incident_dismiss, incident_report
from notifications import public, services
from notifications.models import Notice
from people.models import User
from people.selectors import actor_of
from tests.apps.people.conftest import made


@pytest.fixture
def incident(world: World, lin: User) -> Incident:
    return incident_report(report=ReportIn(noticed="a digger cut the fibre"), by=actor_of(lin), world=world)


class Desk:
    """Three people who bring a notice out."""

    def __init__(self) -> None:
        self.pr, self.legal, self.manager = (
            actor_of(made(name, role))
            for name, role in (("jiang", "pr_editor"), ("wen", "legal_reviewer"), ("han", "pr_manager"))
        )

    def out(self, incident: Incident | None, en: str, *, kind: str = "impact", world: World | None = None) -> Notice:
        where = incident.world if incident else world
        assert where is not None
        notice = services.notice_draft(world=where, incident=incident, kind=kind, zh=f"中文：{en}", en=en, by=self.pr)
        services.notice_submit(notice_id=notice.pk, by=self.pr)
        services.notice_approve(
            notice_id=notice.pk, revision=1, content_hash=notice.content_hash, by=self.legal, opinion="Fine"
        )
        return services.notice_publish(notice_id=notice.pk, by=self.manager)


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk()


def read(path: str = "/status/", **headers: str) -> str:
    return Client(headers=headers).get(path).content.decode()


def test_calm_when_nothing_stands(world: World):
    assert "目前没有通报" in read()
    assert "There is no notice at present" in read("/status/?lang=en")
    assert json.loads(read("/status/feed.json"))["_hotline"]["state"] == "running"


def test_what_is_published_stands_newest_first_and_says_when(incident: Incident, desk: Desk):
    desk.out(incident, "The first word.")
    newest = desk.out(incident, "The second word.", kind="update")
    page = read("/status/?lang=en")
    assert "Our service is affected" in page
    assert page.index("The second word.") < page.index("The first word.")
    assert newest.published_at is not None
    assert f'<time datetime="{newest.published_at.astimezone(public.ZONE):%Y-%m-%dT%H:%M}' in page
    assert incident.number not in page
    assert "digger" not in page


def test_drafts_withdrawn_ones_the_regulators_and_practice_are_not_shown(incident: Incident, desk: Desk, lin: User):
    services.notice_draft(
        world=incident.world, incident=incident, kind="impact", zh="仅是草稿而已", en="Only a draft.", by=desk.pr
    )
    desk.out(incident, "For the regulator alone.", kind="regulator")
    gone = desk.out(incident, "Withdrawn again.")
    services.notice_withdraw(notice_id=gone.pk, reason="Wrong", by=desk.manager)
    practice = worlds.world_open(key="p1", name_zh="演练", name_en="Practice", kind="practice", at=wall())
    drill = incident_report(report=ReportIn(noticed="a drill"), by=actor_of(lin), world=practice)
    desk.out(drill, "Only practice.")
    page, feed = read("/status/?lang=en"), read("/status/feed.json")
    for said in ("Only a draft", "regulator alone", "Withdrawn again", "Only practice"):
        assert said not in page
        assert said not in feed
    assert "There is no notice at present" in page


def test_what_is_over_is_history_and_the_page_is_calm_again(incident: Incident, desk: Desk, lin: User):
    desk.out(incident, "It was affected.")
    incident_dismiss(number=incident.number, reason="over", false_alarm=False, by=actor_of(lin))
    page = read("/status/?lang=en")
    assert "There is no notice at present" in page
    assert page.index("Earlier notices") < page.index("It was affected.")


def test_a_general_notice_does_not_say_that_anything_is_down(world: World, desk: Desk):
    desk.out(None, "Planned work on Sunday.", kind="update", world=world)
    page = read("/status/?lang=en")
    assert "There is no notice at present" in page
    assert "Planned work on Sunday." in page


@pytest.mark.parametrize(
    ("case", "path", "accept", "expected"),
    [
        ("asked for", "/status/?lang=en", "zh-CN", "en"),
        ("asked for in Chinese", "/status/?lang=zh", "en", "zh-Hans"),
        ("the browser's wish", "/status/", "fr, en;q=0.8, zh;q=0.5", "en"),
        ("no wish", "/status/", "", "zh-Hans"),
        ("a wish nobody can meet", "/status/?lang=xx", "en", "zh-Hans"),
    ],
)
def test_the_language(case: str, path: str, accept: str, expected: str, world: World):
    assert Client(headers={"accept-language": accept}).get(path).headers["Content-Language"] == expected


@pytest.mark.parametrize("path", ["/status/", "/status/feed.json", "/status/popup.js"])
def test_caches_may_keep_it_and_nobody_gets_a_cookie(path: str, incident: Incident, desk: Desk, lin: User):
    desk.out(incident, "Our hotline is affected.")
    client = Client(headers={"accept-language": "en"})
    client.force_login(lin)  # whoever is signed in gets the same bytes as a stranger
    answer, stranger = client.get(path), Client(headers={"accept-language": "en"}).get(path)
    assert answer.content == stranger.content
    assert answer.headers["Cache-Control"].startswith("public, max-age=")
    assert answer.headers["Vary"] == "Accept-Language"
    assert not answer.cookies
    assert not stranger.cookies
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    again = client.get(path, headers={"if-none-match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.post(path).status_code == 405
    assert client.head(path).status_code == 200


def test_a_new_notice_changes_the_etag(incident: Incident, desk: Desk):
    before = Client().get("/status/").headers["ETag"]
    desk.out(incident, "Our hotline is affected.")
    assert Client().get("/status/", headers={"if-none-match": before}).status_code == 200


def test_the_feed_is_a_json_feed_in_both_languages(incident: Incident, desk: Desk):
    notice = desk.out(incident, "Our hotline is affected.")
    answer = Client().get("/status/feed.json?lang=en")
    assert answer.headers["Content-Type"].startswith("application/feed+json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    feed = answer.json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "http://testserver/status/feed.json"
    (item,) = feed["items"]
    assert item["url"] == f"http://testserver/status/#notice-{notice.pk}"
    assert item["content_text"] == "Our hotline is affected."
    assert datetime.fromisoformat(item["date_published"]).utcoffset() is not None
    assert item["_hotline"] == {
        "standing": True,
        "text": {"zh": "中文：Our hotline is affected.", "en": "Our hotline is affected."},
    }


def test_the_script_writes_text_only_and_imports_nothing(db: None):
    script = Client().get("/status/popup.js")
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert script.headers["Access-Control-Allow-Origin"] == "*"
    body = script.content.decode()
    assert "textContent" in body
    for refused in ("innerHTML", ".style.", "setAttribute(`style`", "document.cookie", "import{", 'from"'):
        assert refused not in body


def test_when_the_database_is_busy_it_does_not_say_that_all_is_well(world: World, monkeypatch: pytest.MonkeyPatch):
    def busy(world: World) -> None:
        raise OperationalError

    monkeypatch.setattr(public, "public_state", busy)
    answer = Client().get("/status/?lang=en")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (503, "no-store")
    assert "cannot be shown right now" in answer.content.decode()


def test_nothing_is_at_an_address_nobody_named(world: World):
    assert Client().get("/status/nothing").status_code == 404
