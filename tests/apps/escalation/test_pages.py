"""Every page opens for whoever may see it, in both languages, and for nobody else."""

import pytest
from django.db import transaction

from engine import worlds
from incidents import services as incidents
from incidents.domain.reports import ReportIn
from tests.cast import ADMIN, DUTY, GM, OUTSIDER, Cast

PAGES = ["/", "/report/", "/incidents/", "/board/", "/board/?wall", "/signals/", "/messages/", "/plan/", "/people/"]


def reported(cast: Cast) -> str:
    with transaction.atomic():
        report = ReportIn(noticed="电话打不进来", symptoms=["no_connection"], regions=["east"], systems="down")
        return incidents.incident_report(report=report, by=cast.actor(DUTY), world=worlds.real()).number


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens(page: str, language: str, cast: Cast) -> None:
    answer = cast.client(DUTY, language).get(page)
    assert answer.status_code == 200
    assert f'lang="{language}"' in answer.content.decode()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("who", [DUTY, GM, "gao", "audit", "exec"])
def test_the_incident_room_opens(who: str, language: str, cast: Cast) -> None:
    number = reported(cast)
    answer = cast.client(who, language).get(f"/incidents/{number}/")
    assert answer.status_code == 200
    assert number in answer.content.decode()


def test_operations_open_for_the_system_administrator_alone(cast: Cast) -> None:
    assert cast.client(ADMIN).get("/operations/").status_code == 200
    assert cast.client(DUTY).get("/operations/").status_code == 403


@pytest.mark.parametrize("page", [page for page in PAGES if page != "/"])
def test_the_outsider_sees_nothing(page: str, cast: Cast) -> None:
    assert cast.client(OUTSIDER).get(page).status_code == 403


def test_each_person_begins_where_their_work_is(cast: Cast) -> None:
    assert cast.client(ADMIN).get("/").url == "/operations/"
    assert cast.client("guard").get("/").url == "/people/"


def test_a_report_on_the_page_sent_twice_makes_one_incident(cast: Cast) -> None:
    client = cast.client(DUTY)
    body = {"noticed": "Nobody gets through", "systems": "down", "regions": "nationwide", "idempotency_key": "the-same"}
    first, second = client.post("/report/", body), client.post("/report/", body)
    assert (first.status_code, first.url) == (302, second.url)
    assert len(incidents_standing()) == 1
    card = cast.api(DUTY).get("/api/v1/board").json()["incidents"][0]
    assert (card["reach"], card["regions"]) == ("nationwide", [])
    room = client.get(first.url).content.decode()
    assert "The index rests on what machines measure" in room


def test_an_empty_report_is_refused_beside_its_field_and_keeps_what_was_typed(cast: Cast) -> None:
    answer = cast.client(DUTY).post("/report/", {"systems": "unknown", "caller_words": "kept"})
    assert answer.status_code == 400
    assert "kept" in answer.content.decode()
    assert incidents_standing() == []


def incidents_standing() -> list[str]:
    from incidents.selectors import open_incidents

    return [row.number for row in open_incidents(worlds.real())]
