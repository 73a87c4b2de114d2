"""The joint drill of 8.2 is proven by a drill that was held, named by its owner; a word alone is marked as one."""

from datetime import timedelta
from typing import Any

import pytest

from common.clock import wall
from drills.services import seat_return, seat_take
from engine import worlds
from engine.models import Event, World
from readiness.models import ReadinessTurn
from readiness.services.following import readiness_begin
from tests.apps.readiness.conftest import House
from tests.cast import AUDITOR, DUTY, GM, OUTSIDER, TECH, Cast
from tests.exercise import exercise_begun, exercise_held

COO = "coo"
RULE = "ready.drill"


def world(kind: str = "practice", key: str = "autumn") -> World:
    return worlds.world_open(key=key, name_zh="秋季", name_en="Autumn", kind=kind, at=wall(), paused=True)


def turn(house: House) -> ReadinessTurn:
    return house.turns(RULE)[-1]


def named(house: House, number: str, expect: int = 200, **more: str) -> Any:
    return house.post(COO, turn(house).pk, "fulfil", {"evidence": "drill_held", "drill": number, **more}, expect=expect)


def test_a_drill_that_was_held_proves_it_and_is_named_in_the_proof(house: House) -> None:
    drill = exercise_held(house.cast, world())
    (seen,) = house.get(COO, f"/{turn(house).pk}/drills")
    assert (seen["number"], seen["proves"], seen["why"]) == (drill.number, True, "")
    assert {person["name"] for person in seen["people"]} == {
        house.cast.user(who).display_name for who in (DUTY, GM, TECH)
    }
    assert len(seen["departments"]) == 3
    assert named(house, drill.number)["state"] == "fulfilled"
    (past,) = house.get(AUDITOR, f"/history?rule={RULE}")
    assert (past["drill"], past["evidence"], past["by_word"]) == (drill.number, "drill_held", False)
    assert past["by"]["id"] == house.cast.user(COO).pk
    assert past["known"]["en"].startswith(f"Drill {drill.number} in the world “Autumn”, ended on ")
    assert past["known"]["en"].endswith(": 3 people of 3 departments.")
    event = Event.objects.get(stream__kind="readiness", kind="readiness.fulfilled")
    assert event.data["drill"] == drill.number
    page = house.cast.client(AUDITOR).get(f"/readiness/rules/{RULE}/").content.decode()
    assert f'href="/incidents/{drill.number}/"' in page


def test_a_word_alone_is_marked_as_one(house: House) -> None:
    house.post(
        COO, turn(house).pk, "fulfil", {"evidence": "report", "note": "Held at the carrier's, minutes in the safe"}
    )
    (past,) = house.get(AUDITOR, f"/history?rule={RULE}")
    assert (past["by_word"], past["drill"], past["known"]) == (True, "", None)
    for language, said in (("en", "on somebody's word"), ("zh-hans", "仅凭口头说明")):
        assert said in house.cast.client(AUDITOR, language).get(f"/readiness/rules/{RULE}/").content.decode()


def test_a_proof_that_the_product_could_not_have_seen_is_not_marked(house: House) -> None:
    (fund,) = house.turns("ready.fund")
    house.post("shi", fund.pk, "fulfil", {"evidence": "report", "note": "Sent"})
    assert [past["by_word"] for past in house.get(AUDITOR, "/history?rule=ready.fund")] == [False]


@pytest.mark.parametrize("number", ["", "2020-0001", "\x00"])
def test_a_drill_that_there_is_not_proves_nothing(house: House, number: str) -> None:
    assert named(house, number, expect=400)["code"] in ("readiness.drill", "invalid", "null_character")
    assert house.states(RULE) == ["open"]


def test_a_real_incident_is_no_drill(house: House) -> None:
    real = exercise_held(house.cast, house.world)
    assert house.get(COO, f"/{turn(house).pk}/drills") == []
    named(house, real.number, expect=400)


def test_one_that_still_runs_or_that_one_department_played_proves_nothing(house: House) -> None:
    number = exercise_begun(house.cast, world())
    assert "still runs" in named(house, number, expect=409)["title"]
    people = house.cast.user(GM), house.cast.user(TECH)
    for user in people:
        user.department = house.cast.user(DUTY).department
        user.save(update_fields=["department"])
    alone = exercise_held(house.cast, world(key="winter"))
    assert "one department" in named(house, alone.number, expect=409)["title"]
    assert house.states(RULE) == ["open"]


def test_where_stand_ins_play_people_count_from_their_seats_only(house: House) -> None:
    show = world("demo")
    alone = exercise_held(house.cast, show)
    assert "stand-ins played alone" in named(house, alone.number, expect=409)["title"]
    seat_take(world=show, role="duty_manager", by=house.cast.actor(DUTY))
    seat_take(world=show, role="hq_commander", by=house.cast.actor(GM))
    together = exercise_held(house.cast, show)
    seat_return(world=show, role="hq_commander", by=house.cast.actor(GM))
    newest, before = house.get(COO, f"/{turn(house).pk}/drills")
    assert [person["id"] for person in newest["people"]] == sorted(house.cast.user(who).pk for who in (DUTY, GM)), (
        "the technical group was a stand-in's"
    )
    assert before["people"] == []
    named(house, together.number)


def test_a_drill_proves_one_turn_once_and_only_its_own_time(house: House) -> None:
    house.only(RULE)
    drill = exercise_held(house.cast, world())
    house.forward(days=185)
    assert house.states(RULE) == ["overdue", "open"]
    missed, running = house.turns(RULE)
    said = house.post(COO, running.pk, "fulfil", {"evidence": "drill_held", "drill": drill.number}, expect=409)
    assert "before this turn began" in said["title"]
    house.post(COO, missed.pk, "fulfil", {"evidence": "drill_held", "drill": drill.number})
    assert house.states(RULE) == ["fulfilled", "open"]
    (again,) = house.get(COO, f"/{running.pk}/drills")
    assert not again["proves"]


def test_a_late_drill_covers_what_was_missed_and_is_then_used_up(cast: Cast, settings: Any) -> None:
    settings.REAL_WORLD_MOVABLE = True
    house = House(cast)
    # A drill is recorded in wall time: the company began so long ago that a turn was missed and the next one runs.
    worlds.world_set(world=house.world, at=wall() - timedelta(days=200))
    readiness_begin()
    house.only(RULE)
    house.forward(days=200)
    assert house.states(RULE) == ["overdue", "open"]
    missed, running = house.turns(RULE)
    drill = exercise_held(cast, world())
    house.post(COO, missed.pk, "fulfil", {"evidence": "drill_held", "drill": drill.number})
    assert house.states(RULE) == ["fulfilled", "open"]
    (seen,) = house.get(COO, f"/{running.pk}/drills")
    assert (seen["proves"], seen["why"]) == (False, "It proved another turn.")
    house.post(COO, running.pk, "fulfil", {"evidence": "drill_held", "drill": drill.number}, expect=409)


@pytest.mark.parametrize("who", [OUTSIDER, AUDITOR, DUTY, GM])
def test_only_its_owner_names_the_drill(house: House, who: str) -> None:
    drill = exercise_held(house.cast, world())
    body = {"evidence": "drill_held", "drill": drill.number}
    house.post(who, turn(house).pk, "fulfil", body, expect=403)
    assert house.cast.client(who).post(f"/readiness/turns/{turn(house).pk}/fulfil/", body).status_code == 403
    assert house.states(RULE) == ["open"]
    house.get(OUTSIDER, f"/{turn(house).pk}/drills", expect=403)


def test_on_the_page_it_is_one_button_beside_each_drill(house: House) -> None:
    drill = exercise_held(house.cast, world())
    running = exercise_begun(house.cast, world(key="winter"))
    client = house.cast.client(COO)
    page = client.get(f"/readiness/rules/{RULE}/").content.decode()
    assert f'name="drill" value="{drill.number}"' in page
    assert f'name="drill" value="{running}"' not in page, "it still runs"
    assert "It has not ended" in page
    address = f"/readiness/turns/{turn(house).pk}/fulfil/"
    refused = client.post(address, {"evidence": "drill_held", "drill": running})
    assert (refused.status_code, "still runs" in refused.content.decode()) == (409, True)
    nothing = client.post(address, {"evidence": "drill_held", "drill": "2020-0001"})
    assert (nothing.status_code, "Name a drill" in nothing.content.decode()) == (400, True)
    assert client.post(address, {"evidence": "drill_held", "drill": drill.number}).status_code == 302
    assert house.states(RULE) == ["fulfilled"]


def test_one_s_own_list_leads_to_the_drills(house: House) -> None:
    house.only(RULE)
    worlds.world_forward(world=house.world, by=timedelta(days=178))
    house.forward(minutes=1)
    page = house.cast.client(COO).get("/").content.decode()
    assert f"/readiness/rules/{RULE}/#drills-{turn(house).pk}" in page
