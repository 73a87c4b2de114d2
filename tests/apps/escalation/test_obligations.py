"""The clocks of PLAN.md's table as a program sees them, from the report to the refused ending; time is moved, not waited for."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from common.actor import SYSTEM
from common.errors import NotAllowed
from engine.models import Event
from engine.queues import QUEUES
from engine.timers import TIMERS, Fallen
from escalation import selectors
from escalation.models import Obligation
from escalation.services import clocks
from escalation.services.proving import obligation_fulfil
from notifications.models import Delivery, Message
from people.models import RoleHolding
from people.services import role_end
from tests.cast import DEPUTY_GM, DUTY, EXECUTIVE, GM, OUTSIDER, TECH
from tests.flows.test_api_story import Hotline, hotline  # noqa: F401 - a fixture

H = 60
REPORT = {"noticed": "Nobody gets through", "regions": ["east"], "systems": "down", "business": "rescue"}

# Rule → (what starts its clock, minutes), stage by stage.
REPORTED = {
    "intake.judge": ("reported", 5),
    "intake.verify": ("reported", 5),
    "level.decide": ("reported", 10),  # an outage in a region is a level's condition already
    "report.superior_cause": ("reported", 24 * H),
    "report.root_cause": ("reported", 48 * H),
}
VERIFIED_MAJOR = {
    "assess.impact": ("verified", 15),
    "report.superior_first_major": ("reported", 1 * H),
    "notice.draft": ("reported", 5),
    "notice.legal": ("reported", 10),
    "notice.publish": ("reported", 15),
}
ASSESSED = {"assess.decision_meeting": ("assessed", 1 * H)}
LEVEL_I = {"hq.activate": ("decided", 5)}
STARTED = {
    "hq.first_meeting": ("started", 30),
    "start.website": ("started", 30),
    "start.budget": ("started", 30),
    "start.allocation": ("started", 30),
    "hq.progress_summary": ("started", 30),
    "tech.handling_report": ("started", 25),
    "site.monitoring_record": ("started", 30),
    "hq.evaluate_effect": ("started", 1 * H),
    "report.executive": ("started", 2 * H),
}
HEADQUARTERS = STARTED.keys() - {"tech.handling_report", "site.monitoring_record"}


class Night:
    """An incident step by step, a minute between two steps, and when each was."""

    def __init__(self, house: Hotline) -> None:
        self.house, self.at = house, dict[str, datetime]()
        self.at["reported"] = house.now()
        self.number: str = house.post(DUTY, "incidents", REPORT, expect=201)["number"]

    def step(self, name: str, who: str, act: str, body: dict[str, Any] | None = None) -> None:
        self.house.forward(minutes=1)
        self.at[name] = self.house.now()
        self.house.post(who, f"incidents/{self.number}/{act}", body)

    def to_the_start(self, level: str = "I") -> "Night":
        self.step("verified", DUTY, "verify", {"outcome": "confirmed", "major": True})
        self.step("assessed", TECH, "assess", {"impact": "East", "facts": {"recovery_hours": 8, "reach": "region"}})
        self.step("decided", GM, "decide-level", {"level": level, "reason": "As we judge it"})
        self.step("started", GM, "start")
        return self

    def rows(self) -> list[dict[str, Any]]:
        return self.house.get(GM, f"incidents/{self.number}/obligations")

    def owed(self) -> dict[str, dict[str, Any]]:
        return self.house.owed(self.number)

    def runs(self, clocks: dict[str, tuple[str, int]]) -> None:
        """Each of these is open and due so many minutes after what started it."""
        owed = self.owed()
        assert clocks.keys() - owed.keys() == set(), "these should run"
        due = {
            rule: (datetime.fromisoformat(owed[rule]["due_at"]) - self.at[since]).total_seconds() / 60
            for rule, (since, _minutes) in clocks.items()
        }
        assert due == pytest.approx({rule: minutes for rule, (_s, minutes) in clocks.items()}, abs=0.7)
        assert {owed[rule]["state"] for rule in clocks} == {"open"}


def told(kind: str) -> set[str]:
    """Whose in-box a kind of message reached."""
    rows = Delivery.objects.filter(message__kind=kind, channel="inapp")
    return set(rows.values_list("user__username", flat=True))


def test_every_clock_starts_when_the_plan_says_so(hotline: Hotline) -> None:  # noqa: F811
    night = Night(hotline)
    night.runs(REPORTED)
    assert "report.superior_first_major" not in night.owed(), "nobody has called it major yet"
    night.step("verified", DUTY, "verify", {"outcome": "confirmed", "major": True})
    night.runs(VERIFIED_MAJOR)
    assert {"intake.judge", "intake.verify"}.isdisjoint(night.owed()), "done"
    night.step("assessed", TECH, "assess", {"impact": "East", "facts": {"recovery_hours": 8, "reach": "region"}})
    night.runs(ASSESSED)
    assert "assess.impact" not in night.owed()
    night.step("decided", GM, "decide-level", {"level": "I", "reason": "The whole east"})
    night.runs(LEVEL_I)
    assert "level.decide" not in night.owed()
    night.step("started", GM, "start")
    night.runs(STARTED)
    assert "hq.activate" not in night.owed(), "the start activated it"
    assert "repair.level_iii" not in night.owed()


def test_level_iii_exempts_headquarters(hotline: Hotline) -> None:  # noqa: F811
    night = Night(hotline).to_the_start("III")
    assert HEADQUARTERS.isdisjoint(night.owed())
    night.runs({"tech.handling_report": ("started", 25), "site.monitoring_record": ("started", 30)})
    night.runs({"repair.level_iii": ("decided", 2 * H)})


def test_a_response_raised_to_a_level_of_headquarters_brings_it_together(hotline: Hotline) -> None:  # noqa: F811
    night = Night(hotline).to_the_start("III")
    night.step("raised", GM, "evaluate", {"verdict": "raise", "level": "II", "reason": "It spreads"})
    begun = {rule: ("raised", minutes) for rule, (_since, minutes) in STARTED.items() if rule in HEADQUARTERS}
    night.runs(begun)
    assert hotline.get(GM, f"incidents/{night.number}")["hq_active"] is True
    # At level I the command centre is to be activated at once: it sits already, which is the proof.
    night.step("again", GM, "evaluate", {"verdict": "raise", "level": "I", "reason": "Nationwide"})
    (activated,) = [row for row in night.rows() if row["rule"] == "hq.activate"]
    assert activated["state"] == "fulfilled"
    night.runs({"hq.progress_summary": begun["hq.progress_summary"]})
    # Lowered and raised again, the rhythm begins again once.
    night.step("lower", GM, "evaluate", {"verdict": "lower", "level": "III", "reason": "Contained"})
    assert HEADQUARTERS.isdisjoint(night.owed())
    night.step("raised", GM, "evaluate", {"verdict": "raise", "level": "II", "reason": "It spreads again"})
    del begun["hq.evaluate_effect"]  # judged just now, it keeps to its grid
    night.runs(begun)
    summaries = [row for row in night.rows() if row["rule"] == "hq.progress_summary" and row["state"] == "open"]
    assert len(summaries) == 1


def test_a_response_raised_from_the_front_line_straight_to_level_i(hotline: Hotline) -> None:  # noqa: F811
    night = Night(hotline).to_the_start("III")
    night.step("raised", GM, "evaluate", {"verdict": "raise", "level": "I", "reason": "Nationwide"})
    assert "hq.activate" not in night.owed()
    night.runs({"hq.progress_summary": ("raised", 30)})


def test_what_is_late_tells_its_owner_and_the_next_one_up_and_keeps_to_the_grid(hotline: Hotline) -> None:  # noqa: F811
    night = Night(hotline).to_the_start()
    # Nobody above the technical lead is there for him: the head of IT left.
    for holding in RoleHolding.objects.filter(role="head_of_it", until=None):
        role_end(holding=holding, by=SYSTEM)
    hotline.forward(minutes=31)
    turns = {row["turn"]: row for row in night.rows() if row["rule"] == "tech.handling_report"}
    assert (turns[1]["state"], turns[2]["state"]) == ("overdue", "open")
    assert {TECH, "cto"} <= told("obligation.overdue"), "past the empty seat"
    hotline.post(TECH, f"incidents/{night.number}/report", {"measures": "Late, but here"})
    turns = {row["turn"]: row for row in night.rows() if row["rule"] == "tech.handling_report"}
    assert (turns[1]["state"], turns[2]["state"]) == ("fulfilled", "open")
    night.runs({"tech.handling_report": ("started", 55)})
    proof = Event.objects.filter(kind="obligation.fulfilled", data__rule="tech.handling_report").get()
    assert proof.data["late"] is True
    hotline.forward(minutes=30)
    night.runs({"tech.handling_report": ("started", 85)})
    climbed = Event.objects.filter(kind="obligation.escalated", data__rule="tech.handling_report").order_by("seq")
    steps = [(event.data["step"], event.data["told"]) for event in climbed]
    assert steps[:2] == [(1, []), (2, ["cto"])], "the empty seat is on record"


def test_who_leads_in_another_department_does_not_settle_what_a_department_owes(hotline: Hotline) -> None:  # noqa: F811
    night = Night(hotline).to_the_start()
    row = night.owed()["start.allocation"]
    # A plan of its own may let a department owe it; the shipped one's such duties stand outside incidents.
    Obligation.objects.filter(pk=row["id"]).update(owners=["security"])
    deng, lei = hotline.cast.actor("deng"), hotline.cast.actor("lei")
    said = {"obligation_id": row["id"], "evidence": "decision", "note": "Guards sent"}
    with pytest.raises(NotAllowed, match="Security"):
        obligation_fulfil(**said, by=deng)
    assert row["id"] not in [
        mine.pk for mine, _plan in selectors.mine(deng, user_id=deng.id, world_id=hotline.world.pk)
    ]
    assert obligation_fulfil(**said, by=lei).state == "fulfilled"


def test_an_obligation_is_waived_from_above_with_a_reason(hotline: Hotline) -> None:  # noqa: F811
    night = Night(hotline).to_the_start()
    address = f"obligations/{night.owed()['start.website']['id']}/waive"
    for who in (OUTSIDER, DUTY, TECH):
        hotline.post(who, address, {"reason": "Not needed"}, expect=403)
    owed = night.owed()["report.executive"]["id"]
    for who in (GM, DEPUTY_GM):
        refused = hotline.post(who, f"obligations/{owed}/waive", {"reason": "No time"}, expect=403)
        assert (refused["code"], "Executive" in refused["title"]) == ("obligation.waive_above", True)
    own = f'id="waive-{owed}"'
    assert [own in hotline.cast.client(who).get(f"/incidents/{night.number}/").content.decode() for who in (GM, EXECUTIVE)] == [
        False, True,
    ], "what headquarters owes is offered to who stands above it"  # fmt: skip
    hotline.post(EXECUTIVE, f"obligations/{owed}/waive", {"reason": "Told by telephone"})
    for nothing in ({}, {"reason": ""}, {"reason": "   "}):
        refused = hotline.post(GM, address, nothing, expect=400)
        assert {row["field"] for row in refused["errors"]} == {"reason"}
    assert night.owed()["start.website"]["state"] == "open"
    hotline.post(GM, address, {"reason": "The website is down as well"})
    assert "start.website" not in night.owed()
    assert hotline.post(GM, address, {"reason": "Again"}, expect=409)["code"] == "obligation.ended"
    assert Event.objects.filter(kind="obligation.waived").count() == 2


def test_the_wall_shows_every_running_clock_of_an_incident_the_most_pressing_first(hotline: Hotline) -> None:  # noqa: F811
    night = Night(hotline).to_the_start()
    address = f"/incidents/{night.number}/clocks/"
    assert hotline.cast.client(OUTSIDER).get(address).status_code == 403
    hotline.forward(minutes=31)
    page = hotline.cast.client(GM).get(f"{address}?wall").content.decode()
    owed = [row for row in night.rows() if row["state"] in ("open", "overdue")]
    assert ('data-theme="wall"' in page, "clockwall" in page) == (True, True)
    dues = re.findall(r'data-clock="due" datetime="([^"]+)"', page)
    assert dues == sorted(dues)
    assert len(dues) == sum(row["due_at"] is not None for row in owed)
    assert page.count('data-state="overdue"') == sum(row["state"] == "overdue" for row in owed) > 0
    room = hotline.cast.client(GM).get(f"/incidents/{night.number}/").content.decode()
    assert f'href="{address}"' in room


def test_an_end_is_refused_while_conditions_are_open_and_says_which(hotline: Hotline) -> None:  # noqa: F811
    early = hotline.post(DUTY, "incidents", {"noticed": "Nobody gets through"}, expect=201)["number"]
    assert hotline.post(GM, f"incidents/{early}/end", {}, expect=409)["code"] == "incident.not_yet"
    night = Night(hotline).to_the_start()
    address = f"incidents/{night.number}/end"
    everything = {"stable", "complaints", "no_risk", "withdrawn", "assessed"}
    refused = hotline.post(GM, address, {}, expect=409)
    assert refused["code"] == "end.conditions"
    assert {row["field"] for row in refused["errors"]} == everything
    stable = next(row["message"] for row in refused["errors"] if row["field"] == "stable")
    assert stable == "72 h without abnormal fluctuation (6.4)", "in the caller's language alone"
    declared = {"no_secondary_risk": True, "resources_withdrawn": True, "assessed_safe": True}
    refused = hotline.post(GM, address, declared, expect=409)
    assert {row["field"]: row["code"] == "waivable" for row in refused["errors"]} == {
        "stable": False,
        "complaints": True,
    }
    assert hotline.post(GM, address, {**declared, "waived": ["complaints"]}, expect=400)["code"] == "reason.required"
    hotline.post(GM, address, {**declared, "waived": ["complaints", "stable"], "reason": "Enough"}, expect=409)
    hotline.post(OUTSIDER, address, declared, expect=403)
    assert hotline.get(GM, f"incidents/{night.number}")["phase"] == "response"


# --- many at once ------------------------------------------------------------------------------------------------------
def happened(number: str) -> dict[str, list[Any]]:
    """What the clocks of an incident have done to its obligations, its log and its people, in no order."""
    rows = Obligation.objects.filter(incident__number=number)
    events = Event.objects.filter(stream__key=number, kind__startswith="obligation.")
    messages = Message.objects.filter(incident__number=number, kind__startswith="obligation.")
    return {
        "rows": sorted(rows.values_list("rule", "turn", "state", "step")),
        "events": sorted(
            (event.kind, event.data["rule"], event.data["turn"], event.data.get("step", 0), event.data.get("told", []))
            for event in events
        ),
        "told": sorted(
            (
                message.kind,
                message.subject["en"],
                message.clause,
                *sorted(set(message.deliveries.values_list("user", "role"))),
            )
            for message in messages
        ),
    }


def an_hour_late(house: Hotline) -> dict[str, list[Any]]:
    """A night in which one report is made in time and nobody does anything else for over an hour."""
    night = Night(house).to_the_start()
    house.post(TECH, f"incidents/{night.number}/report", {"measures": "In time"})
    for _ in range(5):
        house.forward(minutes=13)
    return happened(night.number)


def test_deadlines_fired_as_one_do_what_they_do_one_by_one(
    hotline: Hotline,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    together: list[int] = []

    def due(fallen: Sequence[Fallen], now: datetime) -> None:
        together.append(len(fallen))
        fire(fallen, now)

    fire = clocks.due
    monkeypatch.setattr(clocks, "due", due)
    monkeypatch.setitem(QUEUES, TIMERS.name, replace(TIMERS, limit=1))
    one_by_one = an_hour_late(hotline)
    assert set(together) == {1}
    monkeypatch.setitem(QUEUES, TIMERS.name, TIMERS)
    as_one = an_hour_late(hotline)
    assert max(together) > 5
    assert as_one == one_by_one
    late = [event for event in as_one["events"] if event[0] == "obligation.overdue"]
    assert len(late) > 10
    assert all(told for *_event, told in late), "each of them speaks"
