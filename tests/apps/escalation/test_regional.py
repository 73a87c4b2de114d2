"""A region starts a response by itself (1.2); headquarters hears at once and confirms within ten minutes (ruling 14)."""

from typing import Any

import pytest

from common.actor import SYSTEM
from common.errors import Conflict, Invalid, NotAllowed
from engine.models import Event
from escalation.services import levels, regional
from incidents import services as incidents
from incidents.domain.reports import ReportIn
from incidents.models import Incident
from notifications.models import Delivery
from plans.services import plan_load
from tests.apps.escalation.test_forms import refused
from tests.apps.escalation.test_obligations import told
from tests.cast import CENTRE, DUTY, GM, OUTSIDER, TECH
from tests.domain.plans.broken_plans import small
from tests.flows.test_api_story import Hotline, due_in, hotline  # noqa: F401 - a fixture

CONFIRM = "hq.confirm_regional"
WHY = {"reason": "The trunk is cut; the standby line cannot wait"}


def reported(house: Hotline, *regions: str, verified: bool = False) -> str:
    said = {"noticed": "Nobody gets through", "regions": list(regions), "systems": "down", "business": "rescue"}
    number = str(house.post(DUTY, "incidents", said, expect=201)["number"])
    if verified:
        house.post(DUTY, f"incidents/{number}/verify", {"outcome": "confirmed", "major": True})
    return number


def started(house: Hotline, number: str) -> dict[str, Any]:
    return dict(house.post(CENTRE, f"incidents/{number}/start-regional", WHY))


def as_it_stands(number: str) -> tuple[Any, int]:
    row = Incident.objects.filter(number=number).values().get()
    return row, Event.objects.filter(stream_id=row["stream_id"]).count()


# --- the start ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("verified", [False, True])
def test_the_centre_starts_its_region_at_the_level_of_the_plan_until_headquarters_confirms(
    hotline: Hotline,  # noqa: F811
    verified: bool,
) -> None:
    number = reported(hotline, "east", verified=verified)
    answer = started(hotline, number)
    said = ("phase", "level", "level_provisional", "started_by_region", "hq_active")
    assert [answer[name] for name in said] == ["response", "II", True, "east", True]
    assert {row["status"] for row in answer["groups"]} == {"activated"}
    mo = hotline.cast.user(CENTRE)
    kinds = {row.kind: row for row in Event.objects.filter(actor_id=mo.pk).order_by("seq")}
    assert kinds["level.decided"].data["provisional"] is True
    assert kinds["response.started"].data["region"] == "east"
    assert {(row.authority, row.clause) for row in kinds.values()} == {("tech_lead", "1.2")}
    log = {row["kind"]: row["data"] for row in hotline.get(GM, f"incidents/{number}/events")["events"]}
    assert log["level.decided"]["reason"] == WHY["reason"]
    # Headquarters is told at once, and owes its word.
    assert {"chen", "zhao", "cto", "coo", "counsel"} <= told("response.regional")
    message = Delivery.objects.filter(message__kind="response.regional").first().message  # type: ignore[union-attr]
    assert WHY["reason"] in message.body["zh"]
    assert "华东" in message.body["zh"]
    owed = hotline.owed(number)
    assert due_in(owed[CONFIRM], hotline.now()) == pytest.approx(10, abs=0.7)
    assert owed[CONFIRM]["owner"] == "hq"
    assert {"hq.first_meeting", "tech.handling_report"} <= owed.keys(), "the response runs"
    card = hotline.get(GM, f"incidents/{number}/decision-card")
    assert (card["provisional"], card["started_by_region"]) == (True, "east")


def test_from_a_warning_too(hotline: Hotline) -> None:  # noqa: F811
    hotline.samples("cpu", *[96] * 8, node="sw-3")
    incident = Incident.objects.get(phase="warning", regions=["east"])
    assert started(hotline, incident.number)["phase"] == "response"
    assert hotline.get(GM, f"incidents/{incident.number}/warning")["standing"] is False


def test_the_duty_managers_word_is_still_owed_and_still_possible(hotline: Hotline) -> None:  # noqa: F811
    number = reported(hotline, "east")
    started(hotline, number)
    assert {"intake.judge", "intake.verify"} <= hotline.owed(number).keys()
    false = {"outcome": "false_alarm", "major": False, "note": "A test call"}
    assert hotline.post(DUTY, f"incidents/{number}/verify", false, expect=409)["code"] == "incident.response_runs"
    said = hotline.post(DUTY, f"incidents/{number}/verify", {"outcome": "confirmed", "major": True})
    assert (said["phase"], said["major"]) == ("response", True)
    owed = hotline.owed(number)
    assert {"intake.judge", "intake.verify"}.isdisjoint(owed)
    assert "notice.draft" in owed, "judged major, as any other"
    hotline.post(DUTY, f"incidents/{number}/verify", {"outcome": "confirmed", "major": False}, expect=409)


# --- the clock ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("case", "decision"),
    [
        ("confirmed", {"level": "II", "reason": "Right"}),
        ("raised", {"level": "I", "reason": "Worse than they see"}),
        ("lowered", {"level": "III", "reason": "One node"}),
    ],
)
def test_headquarters_decision_settles_it(hotline: Hotline, case: str, decision: dict[str, str]) -> None:  # noqa: F811
    number = reported(hotline, "east", verified=True)
    started(hotline, number)
    hotline.forward(minutes=9)
    still = hotline.post(GM, f"incidents/{number}/decide-level", {"level": "I", "reason": "x", "provisional": True})
    assert still["level_provisional"] is True
    assert CONFIRM in hotline.owed(number), "what is provisional confirms nothing"
    decided = hotline.post(GM, f"incidents/{number}/decide-level", decision)
    assert (decided["level"], decided["level_provisional"]) == (decision["level"], False)
    assert CONFIRM not in hotline.owed(number), case
    done = Event.objects.get(kind="obligation.fulfilled", data__rule=CONFIRM)
    assert (done.data["late"], done.data["evidence"]) == (False, "level_confirmed")


def test_an_unconfirmed_start_is_overdue_after_ten_minutes_and_climbs(hotline: Hotline) -> None:  # noqa: F811
    number = reported(hotline, "east", verified=True)
    started(hotline, number)
    hotline.forward(minutes=9)
    assert hotline.owed(number)[CONFIRM]["state"] == "open"
    hotline.forward(minutes=2)
    row = hotline.owed(number)[CONFIRM]
    assert row["state"] == "overdue"
    climbed = Event.objects.filter(kind="obligation.escalated", data__rule=CONFIRM).order_by("seq")
    assert [event.data["told"] for event in climbed] == [["executive"]]
    hotline.post(GM, f"incidents/{number}/decide-level", {"level": "II", "reason": "Late, but right"})
    assert CONFIRM not in hotline.owed(number)
    assert Event.objects.get(kind="obligation.fulfilled", data__rule=CONFIRM).data["late"] is True


def test_headquarters_own_start_owes_no_confirmation(hotline: Hotline) -> None:  # noqa: F811
    number = reported(hotline, "east", verified=True)
    hotline.post(GM, f"incidents/{number}/decide-level", {"level": "II", "reason": "As seen"})
    assert hotline.post(GM, f"incidents/{number}/start")["started_by_region"] is None
    assert CONFIRM not in hotline.owed(number)


# --- what is refused ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("case", "regions", "code"),
    [
        ("another region's", ["south"], "regional.elsewhere"),
        ("of two regions", ["east", "south"], "regional.wider"),
        ("nationwide, or nobody said where", [], "regional.wider"),
    ],
)
def test_only_what_lies_in_the_own_region_alone(hotline: Hotline, case: str, regions: list[str], code: str) -> None:  # noqa: F811
    number = reported(hotline, *regions)
    before = as_it_stands(number)
    expect = 403 if code == "regional.elsewhere" else 409
    answer = hotline.post(CENTRE, f"incidents/{number}/start-regional", WHY, expect=expect)
    assert answer["code"] == code, case
    assert as_it_stands(number) == before


def test_an_incident_whose_facts_reach_further_is_headquarters(hotline: Hotline) -> None:  # noqa: F811
    number = reported(hotline, "east")
    hotline.post(TECH, f"incidents/{number}/facts", {"reach": "nationwide"})
    assert hotline.post(CENTRE, f"incidents/{number}/start-regional", WHY, expect=409)["code"] == "regional.wider"


def test_nobody_else_may_and_nothing_changes(hotline: Hotline) -> None:  # noqa: F811
    number = reported(hotline, "east")
    before = as_it_stands(number)
    for who in (OUTSIDER, DUTY, GM):
        hotline.post(who, f"incidents/{number}/start-regional", WHY, expect=403)
    answer = hotline.post(TECH, f"incidents/{number}/start-regional", WHY, expect=403)
    assert answer["code"] == "regional.not_the_region", "who leads everywhere is no region's centre"
    assert as_it_stands(number) == before


def test_neither_twice_nor_over_headquarters_decision_nor_when_it_is_over(hotline: Hotline) -> None:  # noqa: F811
    def answer(number: str) -> str:
        before = as_it_stands(number)
        code = hotline.post(CENTRE, f"incidents/{number}/start-regional", WHY, expect=409)["code"]
        assert as_it_stands(number) == before
        return str(code)

    once = reported(hotline, "east")
    started(hotline, once)
    assert answer(once) == "incident.done_already"
    decided = reported(hotline, "east", verified=True)
    hotline.post(GM, f"incidents/{decided}/decide-level", {"level": "III", "reason": "A node"})
    assert answer(decided) == "incident.has_level"
    dismissed = reported(hotline, "east")
    hotline.post(DUTY, f"incidents/{dismissed}/dismiss", {"reason": "A test", "false_alarm": True})
    assert answer(dismissed) == "incident.over"


def test_a_reason_is_wanted_and_a_region_that_joined_meanwhile_is_seen(hotline: Hotline) -> None:  # noqa: F811
    number = reported(hotline, "east")
    for nothing in ({}, {"reason": " "}):
        wrong = hotline.post(CENTRE, f"incidents/{number}/start-regional", nothing, expect=400)
        assert {row["field"] for row in wrong["errors"]} == {"reason"}
    mo, said = hotline.cast.actor(CENTRE), {"level": "II", "provisional": True, "proposed": None, "clause": "1.2"}
    with pytest.raises(Invalid):
        incidents.response_start_regional(number=number, reason="", by=mo, **said)
    Incident.objects.filter(number=number).update(reach="regions")
    with pytest.raises(Conflict):
        incidents.response_start_regional(number=number, reason="x", by=mo, **said)
    with pytest.raises(NotAllowed):
        regional.start_regional(number=number, reason="x", by=SYSTEM)


def test_a_plan_without_such_a_grant_has_no_such_act(hotline: Hotline) -> None:  # noqa: F811
    plan_load(text=small(), file="power_cut.yaml", by=SYSTEM)
    report = ReportIn(noticed="The second feed went dark", regions=["east"])
    incident = incidents.incident_report(report=report, by=hotline.cast.actor(DUTY), world=hotline.world)
    answer = hotline.post(CENTRE, f"incidents/{incident.number}/start-regional", WHY, expect=409)
    assert answer["code"] == "regional.no_grant"
    page = hotline.cast.client(CENTRE).get(f"/incidents/{incident.number}/").content.decode()
    assert "act-start-regional" not in page


# --- the page -----------------------------------------------------------------------------------------------------------
def test_the_room_offers_it_to_the_centre_alone_and_keeps_what_was_typed(hotline: Hotline) -> None:  # noqa: F811
    number = reported(hotline, "east")
    room = f"/incidents/{number}/"
    for who in (TECH, DUTY, GM):
        assert "act-start-regional" not in hotline.cast.client(who).get(room).content.decode(), who
    south = reported(hotline, "south")
    mo = hotline.cast.client(CENTRE)
    assert "act-start-regional" not in mo.get(f"/incidents/{south}/").content.decode()
    text = mo.get(room).content.decode()
    assert "Start the response for your region" in text
    assert "区域先行启动响应" in hotline.cast.client(CENTRE, "zh-hans").get(room).content.decode()
    refused(mo.post(f"{room}start-regional/", {"reason": ""}), 400, "reason")
    hotline.post(TECH, f"incidents/{number}/facts", {"outage": True})
    stale = mo.post(f"{room}start-regional/", {"reason": "kept words", "based_on": "1"})
    assert stale.status_code == 409
    assert "kept words" in stale.content.decode()
    assert mo.post(f"{room}start-regional/", {"reason": "Cut off", "idempotency_key": "one"}).url == room
    again = mo.post(f"{room}start-regional/", {"reason": "kept words"})
    assert again.status_code == 409
    assert "kept words" in again.content.decode()
    assert hotline.cast.client(OUTSIDER).post(f"{room}start-regional/", WHY).status_code == 403


def test_every_page_says_that_it_is_the_regions_until_headquarters_confirms(hotline: Hotline) -> None:  # noqa: F811
    number = reported(hotline, "east")
    started(hotline, number)
    gm, chinese = hotline.cast.client(GM), hotline.cast.client(GM, "zh-hans")
    for address in (f"/incidents/{number}/", "/incidents/?all", "/"):
        assert "Level II · provisional, started by the region</span>" in gm.get(address).content.decode(), address
        assert "· 暂定，区域先行启动</span>" in chinese.get(address).content.decode(), address
    assert "headquarters has yet to confirm the level" in gm.get(f"/incidents/{number}/").content.decode()
    assert f"/incidents/{number}/#act-decide-level" in gm.get("/").content.decode(), "the confirmation is one tap away"
    shown = next(row for row in hotline.get(GM, "board")["incidents"] if row["number"] == number)
    assert (shown["level_provisional"], shown["started_by_region"]) == (True, "east")
    levels.level_decide(number=number, level="II", reason="Right", by=hotline.cast.actor(GM))
    text = gm.get(f"/incidents/{number}/").content.decode()
    assert "started by the region</span>" not in text
    assert "headquarters has yet to confirm the level" not in text
