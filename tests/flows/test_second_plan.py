"""Another plan, written as a second file, runs on the same code: a data centre loses its power, from the report to the closing."""

import re
from typing import Any

import pytest

from common.actor import SYSTEM
from engine.log import log_verify
from engine.models import Event, Reaction, SetAside, Stream
from incidents.selectors import by_number
from notifications.models import Message
from plans.domain import load
from plans.services import SHIPPED, plan_load
from tests.cast import DUTY, EXECUTIVE, GM, SUPERVISOR, TECH
from tests.domain.plans.broken_plans import changed, small
from tests.flows.test_api_story import Hotline, due_in, hotline  # noqa: F401


@pytest.fixture
def site(hotline: Hotline) -> Hotline:  # noqa: F811
    plan_load(text=small(), file="power_cut.yaml", by=SYSTEM)
    return hotline


def cited(number: str) -> set[str]:
    """Every clause that the incident's log and its messages cite."""
    events = Event.objects.filter(stream__kind="incident", stream__key=number).values_list("clause", flat=True)
    return {*events, *Message.objects.filter(incident__number=number).values_list("clause", flat=True)} - {""}


def links(page: str) -> set[str]:
    return set(re.findall(r"/plan/(?:\?pinned=\d+)?#clause-([^\"]+)", page))


def reported(site: Hotline) -> str:
    report = {"noticed": "The second feed went dark", "category": "mains", "business": "hosting", "systems": "running"}
    return str(site.post(DUTY, "incidents", report, expect=201)["number"])


def proposed(site: Hotline, number: str) -> dict[str, Any]:
    return dict(site.get(GM, f"incidents/{number}/decision-card"))


def test_a_power_cut_runs_by_its_own_plan(site: Hotline) -> None:
    number = reported(site)
    assert due_in(site.owed(number)["watch.verify"], site.now()) == pytest.approx(2, abs=0.2)
    site.post(DUTY, f"incidents/{number}/verify", {"outcome": "confirmed", "major": False})
    assert due_in(site.owed(number)["power.assess"], site.now()) == pytest.approx(10, abs=0.2)

    # One feed is lost: blue, and the card says what would make it graver.
    facts = {"feeds_lost": "one", "reserve_minutes": 40}
    site.post(TECH, f"incidents/{number}/assess", {"impact": "Feed B", "facts": facts})
    card = proposed(site, number)
    assert (card["proposed"], card["clauses"]) == ("blue", ["2"])
    assert [row["fact"] for row in card["dimensions"]] == [
        "feeds_lost",
        "generator_down",
        "reserve_minutes",
        "room_temperature",
    ]
    assert card["dimensions"][0]["shown"] == {"zh": "单路中断", "en": "One feed lost"}
    changes = {
        change["level"]: [(s["fact"], s["op"], s["value"]) for s in change["shifts"]] for change in card["would_change"]
    }
    assert changes["yellow"] == [("generator_down", "is", True)]
    assert card["missing_most"]["fact"] == "room_temperature"
    assert card["missing_most"]["level"] == "red"

    # Facts of another plan are refused, values of this one too when they cannot be.
    wrong = {"complaints_excess": 0.9, "feeds_lost": "three", "reserve_minutes": -1}
    refused = site.post(TECH, f"incidents/{number}/facts", wrong, expect=400)
    assert {(row["field"], row["code"]) for row in refused["errors"]} == {
        ("facts.complaints_excess", "unknown"), ("facts.feeds_lost", "invalid_choice"), ("facts.reserve_minutes", "out_of_bounds"),
    }  # fmt: skip

    site.post(TECH, f"incidents/{number}/facts", {"room_temperature": [36]}, expect=400)

    # Both feeds and no generator: red. The site manager decides; a level of another plan is none.
    site.post(TECH, f"incidents/{number}/facts", {"feeds_lost": "both", "generator_down": True})
    assert proposed(site, number)["proposed"] == "red"
    site.post(GM, f"incidents/{number}/decide-level", {"level": "I", "reason": "x"}, expect=400)
    site.post(GM, f"incidents/{number}/decide-level", {"level": "red"})
    assert due_in(site.owed(number)["migrate.begin"], site.now()) == pytest.approx(30, abs=0.2)
    started = site.now()
    site.post(GM, f"incidents/{number}/start")
    owed = site.owed(number)
    assert {rule: due_in(owed[rule], started) for rule in ("report.power", "tell.customers")} == pytest.approx(
        {"report.power": 15, "tell.customers": 30}, abs=0.2
    )
    assert owed["tell.customers"]["owner_title"]["en"] == "Customer care"

    # Late is late, and the next one up of this plan hears of it.
    site.forward(minutes=16)
    owed = site.owed(number)
    assert (owed["report.power"]["turn"], owed["power.generators"]["state"]) == (2, "overdue")
    site.post(
        TECH, f"obligations/{owed['power.generators']['id']}/fulfil", {"evidence": "meter_reading", "note": "400 kW"}
    )
    site.post(
        SUPERVISOR,
        f"obligations/{owed['tell.customers']['id']}/fulfil",
        {"evidence": "customer_notice", "note": "Sent"},
    )

    # The generator runs: down to blue, whose plan asks for no migration.
    site.post(TECH, f"incidents/{number}/facts", {"feeds_lost": "one", "generator_down": False})
    site.post(
        GM, f"incidents/{number}/evaluate", {"verdict": "lower", "level": "blue", "reason": "Generators carry the load"}
    )
    assert by_number(number).level == "blue"
    assert "migrate.begin" not in site.owed(number)

    # Restored, reported, and after 24 quiet hours ended; the general manager closes.
    site.post(TECH, f"incidents/{number}/restore", {"note": "Both feeds live"})
    site.post(TECH, f"incidents/{number}/ending-report", {"summary": "A breaker of the grid"})
    # Its ending hangs on facts of its own: one on record, one that a person is asked for.
    page = site.cast.client(GM, "en").get(f"/incidents/{number}/").content.decode()
    # The company's other groups stand apart, folded, and none of them comes first where a group is chosen.
    assert (
        page.index('id="group-power"') < page.index('id="groups-other"') < page.index('id="group-customer_reassurance"')
    )
    assert "Both feeds passed the load test" in page
    assert "resources_withdrawn" not in page
    declared = {"declared": {"load_tested": True}}
    refused = site.post(GM, f"incidents/{number}/end", declared, expect=409)
    assert {row["field"] for row in refused["errors"]} == {"stable", "supply"}
    site.post(TECH, f"incidents/{number}/facts", {"feeds_lost": "none"})
    site.forward(hours=25)
    site.post(GM, f"incidents/{number}/end", {"declared": {"mood": True}}, expect=400)
    refused = site.post(GM, f"incidents/{number}/end", {"assessed_safe": True}, expect=409)
    assert {row["field"] for row in refused["errors"]} == {"load"}, "what another plan asks for changes nothing here"
    site.post(GM, f"incidents/{number}/end", declared)
    assert site.post(EXECUTIVE, f"incidents/{number}/close", {"note": "Approved"})["phase"] == "closed"
    assert cited(number) <= load(small()).clauses.keys(), "it cites no clause of another plan"
    assert {"4", "5", "7"} <= cited(number)
    assert not Reaction.objects.exists()
    assert not SetAside.objects.exists()
    assert log_verify(Stream.objects.get(kind="incident", key=number)) is None


def test_its_machines_speak_of_its_own_facts(site: Hotline) -> None:
    number = reported(site)
    site.post(TECH, f"incidents/{number}/facts", {"feeds_lost": "one"})
    site.samples("room_temperature", *[36.5] * 4)
    card = proposed(site, number)
    assert card["proposed"] == "orange"
    heat = next(row for row in card["dimensions"] if row["fact"] == "room_temperature")
    assert (heat["value"], heat["source"], heat["shown"]["en"]) == (36.5, "signals", "36.5 °C")
    # Its index is made of its own readings, of which one has not been heard.
    index = site.get(GM, "bci")
    assert (index["value"], index["unknown"]) == (26.9, ["reserve"])
    assert index["parts"][1]["title"]["en"] == "Room temperature"
    site.samples("reserve", *[60] * 2)
    assert site.get(GM, "bci")["value"] == 70.8
    room = site.cast.client(GM, "en").get(f"/incidents/{number}/").content.decode()
    assert '"metric": "reserve"' in room
    assert "hidden" not in room.split('id="room-bci"')[1].split(">")[0]


def test_any_event_of_an_incident_may_start_and_end_a_clock_of_its_plan(site: Hotline) -> None:
    row = (
        "  power.recheck: {title: {zh: 复查负载, en: Check the load again}, owners: [power_lead], anchors: [group.status_set], due: PT7M,"
        ' until: [task.done], evidence: [step.ticked], ladder: quick, clauses: ["5"]}\n'
    )
    plan_load(text=changed("  migrate.begin:", f"{row}  migrate.begin:"), file="power_cut.yaml", by=SYSTEM)
    number = reported(site)
    assert "power.recheck" not in site.owed(number)
    room = site.cast.client(GM, "en").get(f"/incidents/{number}/").content.decode()
    assert "a group said what it does" in room, "why it is not owed is said in words"
    status = {"group": "technical_response", "status": "working", "note": ""}
    site.post(TECH, f"incidents/{number}/group-status", status)
    assert due_in(site.owed(number)["power.recheck"], site.now()) == pytest.approx(7, abs=0.2)
    step = site.get(TECH, f"incidents/{number}/handling")["steps"][0]["key"]
    site.post(TECH, f"incidents/{number}/handling/{step}/done", {})
    assert "power.recheck" not in site.owed(number), "the step proves it"
    site.post(TECH, f"incidents/{number}/group-status", status | {"status": "done"})
    assert "power.recheck" in site.owed(number), "again: every one of them is an anchor"
    task = {"group": "technical_response", "title": "Read the meter", "assignee": site.cast.user(TECH).pk}
    given = site.post(TECH, f"incidents/{number}/tasks", task, expect=201)
    site.post(TECH, f"incidents/{number}/tasks/{given['id']}/done", {})
    assert "power.recheck" not in site.owed(number), "what ends it ends it"


def test_a_plan_without_an_index_shows_none(site: Hotline) -> None:
    text = small()
    start, end = text.index("bci:\n"), text.index("departments:")
    plan_load(text=f"{text[:start]}bci: {{}}\n\n{text[end:]}", file="power_cut.yaml", by=SYSTEM)
    number, client = reported(site), site.cast.client(GM, "en")
    assert 'id="room-bci" hidden' in client.get(f"/incidents/{number}/").content.decode()
    assert "business-continuity" not in client.get("/plan/").content.decode().lower()


def test_a_warning_of_it_cites_its_own_clauses(site: Hotline) -> None:
    number = reported(site)
    said = {"colour": "blue", "reach": "Hall 2", "duration": "2 h", "measures": "Watch"}
    site.post(DUTY, f"incidents/{number}/warn", said)
    site.post(GM, f"incidents/{number}/warning/extend", {"reason": "Still hot"})
    # It is lifted by conditions of its own: what its machines measure and what its power group is asked for.
    warm = {"declared": {"load_checked": True}, "note": "Read both meters"}
    site.samples("room_temperature", *[31.0] * 4)
    refused = site.post(TECH, f"incidents/{number}/lift", warm, expect=409)
    assert {row["field"]: row["code"] for row in refused["errors"]} == {"on_target": "unmet", "cool": "unmet"}
    assert "load of both feeds" in site.cast.client(TECH, "en").get(f"/incidents/{number}/").content.decode()
    site.forward(minutes=40)
    site.samples("room_temperature", *[25.0] * 36)
    site.post(TECH, f"incidents/{number}/lift", {"declared": {}, "note": "Read both meters"}, expect=409)
    site.post(TECH, f"incidents/{number}/lift", warm)
    site.post(GM, f"incidents/{number}/lift/approve", {})
    assert Message.objects.filter(incident__number=number, kind="warning.lift_applied").exists()
    assert cited(number) <= load(small()).clauses.keys()
    assert {"4", "6"} <= cited(number)
    for path in (f"/incidents/{number}/", "/plan/", "/board/"):
        assert links(site.cast.client(GM, "en").get(path).content.decode()) <= load(small()).clauses.keys(), path


def test_its_machines_warning_cites_the_line_and_no_clause_of_another_plan(site: Hotline) -> None:
    plan = changed(
        "sustained_for: PT0S, near: {blue: 0.8, yellow: 0.9}, purpose: level",
        "sustained_for: PT0S, near: {blue: 0.8, yellow: 0.9}, purpose: pre_response",
    )
    plan_load(text=plan, file="power_cut.yaml", by=SYSTEM)
    site.samples("room_temperature", *[41.0] * 4)
    (number,) = (row["number"] for row in site.get(GM, "incidents")["incidents"])
    assert cited(number) <= load(small()).clauses.keys()


def test_an_incident_under_way_is_spoken_of_in_the_words_of_its_own_plan(site: Hotline) -> None:
    number = reported(site)
    site.post(DUTY, f"incidents/{number}/verify", {"outcome": "confirmed", "major": False})
    site.post(TECH, f"incidents/{number}/facts", {"feeds_lost": "both"})
    assert "our data centre" in site.cast.client(GM, "en").get("/status/?lang=en").content.decode()
    assert site.get(GM, "board")["names"]["rights"]["hq_commander"]["en"] == "Site manager"
    plan_load(text=SHIPPED.read_text(encoding="utf-8") + "# again\n", file=SHIPPED.name, by=SYSTEM)
    names = site.get(GM, "board")["names"]
    assert names["obligations"]["power.assess"]["en"] == "Assess the supply"
    assert names["facts"]["feeds_lost"]["zh"] == "市电"
    assert names["obligations"]["assess.impact"]["en"] == "Impact assessment"
    assert names["levels"]["orange"]["zh"] == "橙色"
    board = site.get(GM, "board")
    assert (board["grades"]["red"], board["grades"]["orange"], board["grades"]["blue"]) == (1, 2, 3)
    assert board["incidents"][0]["plan"] == by_number(number).plan_version
    # Its levels keep their names, and its clauses open the version that it keeps to.
    client = site.cast.client(GM, "en")
    pinned = f"/plan/?pinned={by_number(number).plan_version}"
    for path in (f"/incidents/{number}/", "/incidents/", "/"):
        page = client.get(path).content.decode()
        assert "Orange proposed" in page, path
        assert "/plan/#clause-" not in page.split("<main")[1], path
    assert f'href="{pinned}#clause-4"' in client.get(f"/incidents/{number}/").content.decode()
    assert "Watch and judgement" in client.get(pinned).content.decode()
    assert "Watch and judgement" not in client.get("/plan/").content.decode()
    assert client.get("/plan/?pinned=0").status_code == 404


def test_its_intake_asks_in_its_own_words(site: Hotline) -> None:
    for language, words, foreign in (
        (
            "en",
            ["A feed went dark", "Hosting"],
            ["Calls do not connect", "Agents", "complaints", "call duration", "queue"],
        ),
        ("zh-hans", ["一路市电消失", "托管"], ["打不通", "坐席", "投诉", "通话", "排队"]),
    ):
        page = site.cast.client(DUTY, language).get("/report/").content.decode()
        assert [word for word in words if word not in page] == []
        assert [word for word in foreign if word in page] == []
    number = site.post(DUTY, "incidents", {"symptoms": ["feed_dark", "no_start"], "systems": "running"}, expect=201)[
        "number"
    ]
    assert by_number(number).titles == {
        "zh": "一路市电消失 · 发电机未启动",
        "en": "A feed went dark · The generator did not start",
    }
    refused = site.post(DUTY, "incidents", {"symptoms": ["feed_dark", "busy"], "systems": "running"}, expect=400)
    assert [(row["field"], row["code"]) for row in refused["errors"]] == [("symptoms.1", "invalid_choice")]
    # What makes a fault major is said in this plan's words where it is judged.
    room = site.cast.client(DUTY, "en").get(f"/incidents/{number}/").content.decode()
    assert "Both feeds lost" in room
    assert "30 % of the hotlines" not in room


def test_its_pages_open_in_both_languages(site: Hotline) -> None:
    number = reported(site)
    site.post(DUTY, f"incidents/{number}/verify", {"outcome": "confirmed"})
    site.post(TECH, f"incidents/{number}/facts", {"feeds_lost": "both"})
    for language, words in (
        ("en", ["Orange", "Both feeds lost", "Room temperature"]),
        ("zh-hans", ["橙色", "双路中断", "机房温度"]),
    ):
        client = site.cast.client(TECH, language)
        room = client.get(f"/incidents/{number}/").content.decode()
        assert [word for word in words if word not in room] == []
        assert 'name="generator_down"' in room
        findings = client.get("/plan/findings/").content.decode()
        assert findings.count('data-finding="empty_group"') == 2, "this company has neither of its groups"
        for path in ("/plan/", "/incidents/?all", "/board/"):
            assert client.get(path).status_code == 200, path
