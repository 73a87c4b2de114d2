"""The API of the duty roster."""

from datetime import datetime, timedelta

import pytest

from common.clock import utc_text
from engine import worlds
from people.models import Rotation
from tests.cast import AUDITOR, DUTY, OUTSIDER, SUPERVISOR, Cast

DUTIES = "/api/v1/people/duties"
TEAM = {DUTY, "tang", SUPERVISOR}
HOUR = timedelta(hours=1)


pytestmark = pytest.mark.usefixtures("rostered")


def now() -> datetime:
    return worlds.now(worlds.real())


def shown(cast: Cast, key: str = "duty_manager") -> dict:
    return next(row for row in cast.api(AUDITOR).get(DUTIES).json() if row["key"] == key)


def hands(cast: Cast) -> tuple[str, str, str]:
    """Who is on now, who comes next, and who after that."""
    by_id = {cast.user(name).pk: name for name in TEAM}
    return tuple(by_id[shift["person"]["id"]] for shift in shown(cast)["shifts"][:3])


def test_who_is_was_and_will_be_on_duty(cast: Cast) -> None:
    client = cast.api(AUDITOR)
    row = shown(cast)
    assert (row["clause"], row["now"]["why"], row["gaps"]) == ("3.1", "rotation", [])
    assert shown(cast, "drivers")["gaps"][0]["meant"]["id"] == cast.user("ning").pk
    first, following, _third = hands(cast)
    at = client.get(f"{DUTIES}/duty_manager/at").json()
    assert at["person"]["id"] == cast.user(first).pk
    later = client.get(f"{DUTIES}/duty_manager/at", {"at": row["shifts"][1]["starts_at"]}).json()
    assert later["person"]["id"] == cast.user(following).pk
    before = client.get(f"{DUTIES}/duty_manager/at", {"at": "2001-01-01T00:00:00Z"}).json()
    assert (before["person"], before["why"]) == (None, "unfilled")
    assert client.get(f"{DUTIES}/duty_manager/at", {"at": "noon"}).status_code == 400
    assert client.get(f"{DUTIES}/duty_manager/at", {"at": "9000-01-01T00:00:00Z"}).status_code == 200
    assert client.get(f"{DUTIES}?days=93").status_code == 400
    assert [turn["until"] for turn in client.get(f"{DUTIES}/duty_manager/turns").json()] == [None]


def test_changes_by_those_who_may(cast: Cast) -> None:
    _first, following, _third = hands(cast)
    span = {"starts_at": utc_text(now() + HOUR), "ends_at": utc_text(now() + 2 * HOUR)}
    row = Rotation.objects.get(duty__key="duty_manager")
    said = {"anchor": utc_text(now()), "turn_hours": 8, "people": [cast.user(DUTY).pk]}
    attempts = [
        ("post", f"{DUTIES}/duty_manager/take", {}, following, 200),
        ("post", f"{DUTIES}/duty_manager/overrides", {"user": cast.user(DUTY).pk, **span}, SUPERVISOR, 201),
        ("post", "/api/v1/people/leaves", {"user": cast.user("feng").pk, **span}, "hu", 201),
        ("post", f"{DUTIES}/duty_manager/rotations", said, SUPERVISOR, 201),
        ("patch", f"{DUTIES}/duty_manager/rotations/{row.pk}", {**said, "based_on": 1}, SUPERVISOR, 200),
        ("post", f"/api/v1/people/rotations/{row.pk}/end", {}, SUPERVISOR, 200),
    ]
    for method, path, body, who, status in attempts:
        for name in (OUTSIDER, AUDITOR):
            assert getattr(cast.api(name), method)(path, body, format="json").status_code == 403, path
        answer = getattr(cast.api(who), method)(path, body, format="json")
        assert answer.status_code == status, (path, answer.content)


def test_a_shift_is_handed_over_by_programs(cast: Cast) -> None:
    first, following, _third = hands(cast)
    client, other = cast.api(first), cast.api(following)
    assert cast.api(OUTSIDER).post(f"{DUTIES}/duty_manager/handovers", {}, format="json").status_code == 403
    made = client.post(f"{DUTIES}/duty_manager/handovers", {}, format="json").json()
    assert (made["state"], made["to_person"]["id"]) == ("drafted", cast.user(following).pk)
    assert "Open incidents: 0" in made["brief"]
    path = f"/api/v1/people/handovers/{made['id']}"
    assert client.patch(path, {"brief": "Quiet", "based_on": made["version"]}, format="json").status_code == 200
    assert client.post(f"{path}/give").json()["state"] == "handed_over"
    assert client.post(f"{path}/accept").status_code == 403
    assert other.post(f"{path}/accept").json()["state"] == "accepted"
    assert other.get(f"{DUTIES}/duty_manager/handovers").json()[0]["brief"] == "Quiet"


def test_a_swap_by_programs(cast: Cast) -> None:
    _first, following, third = hands(cast)
    shift = shown(cast)["shifts"][1]
    said = {"starts_at": shift["starts_at"], "ends_at": shift["ends_at"], "asked_of": cast.user(third).pk}
    far = {**said, "ends_at": "9999-12-31T00:00:00Z"}
    assert cast.api(following).post(f"{DUTIES}/duty_manager/swaps", far, format="json").status_code == 400
    made = cast.api(following).post(f"{DUTIES}/duty_manager/swaps", said, format="json").json()
    answer = f"/api/v1/people/swaps/{made['id']}/answer"
    assert cast.api(OUTSIDER).post(answer, {"accept": True}, format="json").status_code == 403
    assert cast.api(third).post(answer, {"accept": True}, format="json").json()["state"] == "accepted"
    assert shown(cast)["shifts"][1]["person"]["id"] == cast.user(third).pk


def test_a_duty_is_made_and_renamed_by_the_security_administrator(cast: Cast) -> None:
    said = {
        "key": "gate", "name_zh": "门卫", "name_en": "Gate", "owner_role": "administration", "stood_by": ["keeper"], "clause": "9.4",
    }  # fmt: skip
    for name in (OUTSIDER, SUPERVISOR, AUDITOR):
        assert cast.api(name).post(DUTIES, said, format="json").status_code == 403
    client = cast.api("guard")
    made = client.post(DUTIES, said, format="json")
    assert (made.status_code, made.json()["now"]["why"]) == (200, "unfilled")
    renamed = client.post(DUTIES, {**said, "name_en": "Main gate"}, format="json").json()
    assert renamed["name"]["en"] == "Main gate"
    for wrong in ({"key": "mine"}, {"stood_by": []}, {"stood_by": ["source"]}, {"owner_role": "keeper"}):
        assert client.post(DUTIES, {**said, **wrong}, format="json").status_code == 400
