"""What a notice proves (clause 3.4): the clocks of draft, review and publication stop by the acts themselves."""

from typing import Any

import pytest

from common.errors import Invalid
from dashboard.selectors import QUIET, obligation_card, room_state
from engine import worlds
from escalation.models import Obligation
from escalation.selectors import plan_for
from escalation.services.levels import level_decide
from escalation.services.proving import obligation_fulfil
from incidents import services as incidents
from incidents.models import Incident
from incidents.selectors import events
from incidents.services import ReportIn
from notifications import services
from notifications.models import Notice
from tests.cast import DUTY, GM, LEGAL, TECH, Cast

PR, MANAGER = "jiang", "han"


@pytest.fixture
def major(cast: Cast) -> Incident:
    report = ReportIn(noticed="电话打不进来", regions=["east"], systems="down")
    incident = incidents.incident_report(report=report, by=cast.actor(DUTY), world=worlds.real())
    return incidents.incident_verify(
        number=incident.number, outcome="confirmed", major=True, note="属实", by=cast.actor(DUTY)
    )


def states(incident: Incident, *rules: str) -> dict[str, list[str]]:
    rows = Obligation.objects.filter(incident=incident, rule__in=rules).order_by("turn", "pk")
    found: dict[str, list[str]] = {rule: [] for rule in rules}
    for row in rows:
        found[row.rule].append(row.state)
    return found


def drafted(cast: Cast, incident: Incident | None, kind: str = "impact") -> Notice:
    notice = services.notice_draft(
        world=worlds.real(),
        incident=incident,
        kind=kind,
        zh="华东热线受影响。",
        en="The east is affected.",
        by=cast.actor(PR),
    )
    return services.notice_submit(notice_id=notice.pk, by=cast.actor(PR))


def approved(cast: Cast, notice: Notice) -> Notice:
    return services.notice_approve(
        notice_id=notice.pk,
        revision=notice.revision,
        content_hash=notice.content_hash,
        opinion="Due",
        by=cast.actor(LEGAL),
    )


def published(cast: Cast, notice: Notice, **more: Any) -> Notice:
    return services.notice_publish(notice_id=notice.pk, by=cast.actor(MANAGER), **more)


THREE = ("notice.draft", "notice.legal", "notice.publish")
OPEN, DONE = ["open"], ["fulfilled"]


def test_each_step_stops_its_own_clock(cast: Cast, major: Incident):
    assert states(major, *THREE) == dict.fromkeys(THREE, OPEN)
    notice = drafted(cast, major)
    assert states(major, *THREE) == dict(zip(THREE, (DONE, OPEN, OPEN), strict=True))
    approved(cast, notice)
    assert states(major, *THREE) == dict(zip(THREE, (DONE, DONE, OPEN), strict=True))
    assert states(major, "notice.update") == {"notice.update": []}
    published(cast, notice)
    assert states(major, *THREE, "notice.update") == {**dict.fromkeys(THREE, DONE), "notice.update": ["open"]}


def test_a_second_notice_is_the_update_and_starts_no_second_rhythm(cast: Cast, major: Incident):
    published(cast, approved(cast, drafted(cast, major)))
    published(cast, approved(cast, drafted(cast, major, kind="update")))
    assert states(major, "notice.update") == {"notice.update": ["fulfilled"]}, "the next turn opens when this falls due"


def test_an_update_draft_is_not_the_impact_statement(cast: Cast, major: Incident):
    drafted(cast, major, kind="update")
    assert states(major, "notice.draft") == {"notice.draft": ["open"]}


def test_a_regulators_notice_proves_nothing_owed_to_the_public(cast: Cast, major: Incident):
    published(cast, approved(cast, drafted(cast, major, kind="regulator")))
    assert states(major, *THREE) == dict.fromkeys(THREE, OPEN)


def test_naming_a_regulator_makes_pr_and_legal_owe_it_a_notice_until_one_is_published(cast: Cast, major: Incident):
    api = cast.api(DUTY)
    address = f"/api/v1/incidents/{major.number}/regulator"
    assert states(major, "notice.regulator")["notice.regulator"] == []
    for missing in ({}, {"regulator": "CA"}, {"regulator": " ", "reason": "It called"}):
        assert api.post(address, missing, format="json").status_code == 400
    assert cast.api(TECH).post(address, {"regulator": "CA", "reason": "It called"}, format="json").status_code == 403
    assert states(major, "notice.regulator")["notice.regulator"] == []
    said = {"regulator": "通信管理局", "reason": "来电询问"}
    assert api.post(address, said, format="json").status_code == 200
    assert api.post(address, {**said, "reason": "又来电"}, format="json").status_code == 200, "on record as well"
    assert states(major, "notice.regulator")["notice.regulator"] == ["open"], "owed once"
    row = Obligation.objects.get(incident=major, rule="notice.regulator")
    assert (row.owners, row.due_at, row.clause) == (["pr_manager", "legal"], None, "3.4")
    published(cast, approved(cast, drafted(cast, major, kind="regulator")))
    assert states(major, "notice.regulator")["notice.regulator"] == ["fulfilled"]
    assert [event["clause"] for event in events(major) if event["kind"] == "regulator.concerned"] == ["3.4", "3.4"]


def test_the_form_is_offered_to_whoever_a_regulator_calls(cast: Cast, major: Incident):
    page = cast.client(DUTY).get(f"/incidents/{major.number}/").content.decode()
    assert f'action="/incidents/{major.number}/regulator/"' in page
    said = {"regulator": "通信管理局", "reason": "来电询问"}
    answer = cast.client(DUTY).post(f"/incidents/{major.number}/regulator/", said)
    assert answer.status_code in (302, 303)
    assert states(major, "notice.regulator")["notice.regulator"] == ["open"]
    hidden = cast.client(TECH).get(f"/incidents/{major.number}/").content.decode()
    assert "/regulator/" not in hidden


def started(cast: Cast, incident: Incident) -> None:
    gm = cast.actor(GM)
    level_decide(number=incident.number, level="II", reason="As we judge it", by=gm)
    incidents.response_start(number=incident.number, by=gm)


@pytest.mark.parametrize(
    ("kind", "state"), [("impact", "fulfilled"), ("update", "open"), ("regulator", "open"), ("holding", "fulfilled")]
)
def test_the_emergency_channel_on_the_website_is_proved_by_what_opens_one(
    kind: str, state: str, cast: Cast, major: Incident
):
    started(cast, major)
    notice = approved(cast, drafted(cast, None if kind == "holding" else major, kind=kind))
    assert states(major, "start.website") == {"start.website": ["open"]}, "approved is not out"
    other = incidents.incident_report(report=ReportIn(noticed="x"), by=cast.actor(DUTY), world=major.world)
    published(cast, approved(cast, drafted(cast, other)))
    assert states(major, "start.website") == {"start.website": ["open"]}, "another incident's"
    published(cast, notice, incident_id=major.pk)
    assert states(major, "start.website") == {"start.website": [state]}


def test_that_a_notice_was_published_is_proved_by_the_notice_and_not_by_saying_so(cast: Cast, major: Incident):
    row = Obligation.objects.get(incident=major, rule="notice.publish")
    with pytest.raises(Invalid):
        obligation_fulfil(obligation_id=row.pk, evidence="notice", note="It is out", by=cast.actor(MANAGER))


def test_a_holding_statement_approved_ahead_counts_as_published(cast: Cast, major: Incident):
    holding = approved(cast, drafted(cast, None, kind="holding"))
    published(cast, holding, incident_id=major.pk)
    assert states(major, "notice.publish", "notice.update") == {
        "notice.publish": ["fulfilled"],
        "notice.update": ["open"],
    }
    assert states(major, "notice.draft") == {"notice.draft": ["open"]}, "the impact statement itself is still owed"


def test_the_button_leads_to_the_desk_and_no_proof_is_asked_for(cast: Cast, major: Incident):
    plan = plan_for(major)
    for rule in THREE:
        card = obligation_card(Obligation.objects.get(incident=major, rule=rule), plan, mine=True)
        assert (card["act_url"], card["proofs"]) == (f"/notices/?incident={major.number}", [])
    drafted(cast, major)
    shown = room_state(major, cast.actor(GM))
    assert [row.kind for row in shown["notices"]] == ["impact"]


def test_a_log_that_is_longer_than_the_page_shows_its_newest(
    cast: Cast, major: Incident, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("dashboard.selectors.ROOM_LOG", 2)
    drafted(cast, major)
    whole = [event["seq"] for event in events(major, limit=500) if event["kind"] not in QUIET]
    state = room_state(major, cast.actor(GM))
    assert len(whole) > 2
    assert [event["seq"] for event in state["log"]["events"]] == whole[:-3:-1]
    assert state["seq"] == whole[-1], "what is decided on the page rests on the newest"
