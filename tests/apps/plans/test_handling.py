"""How the plan says that a category is handled (6.2): in the room of an incident, on the plan's page, and for programs."""

import pytest
from django.db import DatabaseError, transaction

from incidents.models import StepTick
from tests.cast import DUTY, GM, OUTSIDER, TECH
from tests.flows.test_api_story import Hotline, hotline  # noqa: F401 - a fixture


def reported(house: Hotline, category: str) -> str:
    report = {"noticed": "Traffic without end", "category": category, "business": "consult", "systems": "degraded"}
    return str(house.post(DUTY, "incidents", report, expect=201)["number"])


def test_the_steps_of_its_category_stand_in_the_room_in_both_languages(hotline: Hotline) -> None:  # noqa: F811
    number = reported(hotline, "network_attack")
    for language, words in (
        (
            "en",
            ["Handling an attack", "Send traffic to the scrubbing centre", "Clear the core room; badge and sign-in"],
        ),
        ("zh-hans", ["网络攻击处置", "将流量引入清洗中心", "无关人员撤离核心机房，凭证登记出入"]),
    ):
        client = hotline.cast.client(TECH, language)
        room = client.get(f"/incidents/{number}/").content.decode()
        assert [word for word in words if word not in room] == []
        places = [room.index(word) for word in words[1:]]
        assert places == sorted(places), "in the order of the plan"
        assert 'id="handling-network_attack"' in client.get("/plan/").content.decode()


def test_programs_read_the_steps_with_whose_they_are(hotline: Hotline) -> None:  # noqa: F811
    number = reported(hotline, "technical_fault")
    found = hotline.get(GM, f"incidents/{number}/handling")
    assert (found["category"], found["clauses"]) == ("technical_fault", ["6.2"])
    first = found["steps"][0]
    assert first["text"]["en"] == "Put on anti-static wrist straps"
    assert (first["role"], first["role_title"]["zh"]) == ("front_line", "一线技术人员")
    assert found["steps"][1]["people"] == [hotline.cast.user(TECH).display_name]
    hotline.get(OUTSIDER, f"incidents/{number}/handling", expect=403)
    hotline.get(GM, "incidents/2026-9999/handling", expect=404)


def test_a_category_of_which_the_plan_says_nothing_has_no_steps(hotline: Hotline) -> None:  # noqa: F811
    number = reported(hotline, "planned_work")
    found = hotline.get(GM, f"incidents/{number}/handling")
    assert found == {"category": "planned_work", "title": None, "clauses": [], "steps": [], "done": 0}
    assert 'id="room-handling"' not in hotline.cast.client(TECH, "en").get(f"/incidents/{number}/").content.decode()


def test_a_step_is_ticked_in_one_tap_and_taken_back_with_a_reason(hotline: Hotline) -> None:  # noqa: F811
    number = reported(hotline, "technical_fault")
    keys = [step["key"] for step in hotline.get(GM, f"incidents/{number}/handling")["steps"]]
    at, tech = f"incidents/{number}/handling/{keys[0]}", hotline.cast.client("luo", "en")
    room = f"/incidents/{number}/"
    assert f'action="{room}steps/{keys[0]}/done/"' in tech.get(room).content.decode()
    assert tech.post(f"{room}steps/{keys[0]}/done/", {"note": "Both hands"}).url == f"{room}#room-handling"
    page = tech.get(room).content.decode()
    assert "1 of 5 done" in page
    assert "Both hands" in page
    # Nobody ticks twice, not what is no step, and not who has no part in it; the auditor reads.
    hotline.post(TECH, f"{at}/done", {}, expect=409)
    hotline.post(TECH, f"incidents/{number}/handling/nothing/done", {}, expect=404)
    for who in (OUTSIDER, "audit"):
        hotline.post(who, f"incidents/{number}/handling/{keys[1]}/done", {}, expect=403)
    audited = hotline.cast.client("audit", "en").get(room).content.decode()
    assert ("Both hands" in audited, "/steps/" in audited) == (True, False)
    hotline.post(TECH, f"incidents/{number}/handling/{keys[1]}/done", {"note": ""})
    hotline.post(TECH, f"{at}/undo", {"reason": " "}, expect=400)
    undone = hotline.post(TECH, f"{at}/undo", {"reason": "The wrong line"})
    assert (undone["steps"][0]["done"], undone["done"]) == (None, 1)
    hotline.post(TECH, f"{at}/undo", {"reason": "Again"}, expect=409)
    ticks = StepTick.objects.filter(incident__number=number)
    for changed in ({"undone_at": None}, {"note": "Other words"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            ticks.update(**changed)
    assert hotline.post(TECH, f"{at}/done", {})["done"] == 2, "what was taken back can be done"
    said = [event for event in hotline.get(GM, f"incidents/{number}/events")["events"] if event["kind"][:5] == "step."]
    told = [(event["kind"], event["data"]["done"], event["clause"]) for event in said]
    assert told == [
        ("step.ticked", 1, "6.2"),
        ("step.ticked", 2, "6.2"),
        ("step.unticked", 1, "6.2"),
        ("step.ticked", 2, "6.2"),
    ]
    assert said[0]["authority"] == "tech_member"
    # What is closed stays as it is.
    hotline.post(DUTY, f"incidents/{number}/dismiss", {"reason": "A test", "false_alarm": True})
    hotline.post(TECH, f"incidents/{number}/handling/{keys[2]}/done", {}, expect=409)
    assert "/steps/" not in tech.get(room).content.decode()
