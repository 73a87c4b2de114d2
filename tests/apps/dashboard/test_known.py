"""The ledger of messages answers who knew what when, of a person, of an incident, at an instant."""

from datetime import timedelta
from typing import Any

from common.clock import utc_text
from notifications.models import Delivery
from tests.apps.escalation.test_obligations import Night
from tests.cast import AUDITOR, DUTY, GM, OUTSIDER, TECH
from tests.flows.test_api_story import Hotline, hotline  # noqa: F401 - a fixture


def told_gm(house: Hotline) -> tuple[Night, int]:
    """A major fault of which the general manager is told and which he acknowledges three minutes later; the message."""
    night = Night(house)
    night.step("verified", DUTY, "verify", {"outcome": "confirmed", "major": True})
    message = Delivery.objects.get(message__kind="tier.major", user__username=GM, channel="inapp").message_id
    house.forward(minutes=3)
    night.at["answered"] = house.now()
    house.post(GM, f"messages/{message}/acknowledge")
    return night, message


def rows(house: Hotline, who: str = AUDITOR, **asked: str) -> list[dict[str, Any]]:
    answer = house.cast.api(who).get("/api/v1/messages/known", asked)
    assert answer.status_code == 200, answer.content.decode()
    return answer.json()["rows"]


def test_of_a_person_at_an_instant(hotline: Hotline) -> None:  # noqa: F811
    night, message = told_gm(hotline)
    before, then = night.at["verified"] - timedelta(seconds=30), night.at["answered"] - timedelta(seconds=30)

    def stage(**asked: str) -> str | None:
        found = [row for row in rows(hotline, person=GM, **asked) if row["message"] == message]
        return found[0]["knew"] if found else None

    assert stage() == "answered"
    assert stage(at=utc_text(before)) is None, "nothing had been said yet"
    assert stage(at=utc_text(then)) not in ("read", "answered", None), "it was there, and he had not looked"
    (row,) = [row for row in rows(hotline, person=GM) if row["message"] == message]
    assert (row["person"], row["incident"]) == (GM, night.number)
    assert {way["channel"] for way in row["ways"]} >= {"inapp", "email"}


def test_of_an_incident_and_everybody(hotline: Hotline) -> None:  # noqa: F811
    night, message = told_gm(hotline)
    found = {row["person"]: row["knew"] for row in rows(hotline, incident=night.number) if row["message"] == message}
    assert found[GM] == "answered"
    assert set(found.values()) > {"answered"}, "the others had not"
    assert {row["incident"] for row in rows(hotline, incident=night.number)} == {night.number}


def test_page_by_page(hotline: Hotline, monkeypatch: Any) -> None:  # noqa: F811
    told_gm(hotline)
    monkeypatch.setattr("notifications.known.PAGE", 1)
    seen, before = [], ""
    for _turn in range(20):
        answer = hotline.cast.api(AUDITOR).get("/api/v1/messages/known", {"before": before} if before else {}).json()
        seen += [(row["message"], row["person"]) for row in answer["rows"]]
        before = answer["more"]
        if before is None:
            break
    assert len(seen) == len(set(seen)) == Delivery.objects.filter(channel="inapp").count()


def test_the_page_asks_and_answers_and_a_wrong_question_is_said(hotline: Hotline) -> None:  # noqa: F811
    night, message = told_gm(hotline)
    client = hotline.cast.client(AUDITOR)
    page = client.get("/messages/known/", {"person": GM, "incident": night.number}).content.decode()
    assert ("Has come by now" in page, "Answered" in page, f"/messages/{message}/" in page) == (True, True, True)
    early = client.get("/messages/known/", {"person": GM, "at": "2020-01-01T00:00"}).content.decode()
    assert "Nothing had been said to anybody by then." in early
    for asked in ({"incident": "2020-9999"}, {"person": "nobody"}, {"at": "yesterday"}):
        assert client.get("/messages/known/", asked).status_code == 400, asked
    for asked, status in (
        ({"incident": "2020-9999"}, 404),
        ({"person": "nobody"}, 404),
        ({"at": "x"}, 400),
        ({"before": "x"}, 400),
    ):
        assert hotline.cast.api(AUDITOR).get("/api/v1/messages/known", asked).status_code == status, asked
    assert f"/messages/known/?person={GM}" in client.get(f"/messages/{message}/").content.decode()


def test_it_is_for_who_may_read_all(hotline: Hotline) -> None:  # noqa: F811
    for who in (TECH, OUTSIDER):
        assert hotline.cast.api(who).get("/api/v1/messages/known").status_code == 403
        assert hotline.cast.client(who).get("/messages/known/").status_code == 403
