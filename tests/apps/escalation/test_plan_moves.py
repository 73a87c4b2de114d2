"""Moving an incident to another version: asked by one, approved by another, with what stands carried over."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from common.actor import SYSTEM
from common.errors import Conflict, Invalid, NotAllowed
from engine import sweep, worlds
from escalation import selectors
from escalation.models import Obligation, PlanMove
from escalation.services.plan_moves import plan_move_approve, plan_move_ask, plan_move_refuse
from incidents import services as incidents
from incidents.domain.reports import ReportIn
from incidents.selectors import Incident, by_number
from notifications.models import Message
from plans.services import plan_load
from tests.cast import AUDITOR, DEPUTY_GM, DUTY, EXECUTIVE, GM, IT, OUTSIDER, Cast
from tests.domain.plans.given import broken, text

# Verification in 20 minutes instead of 5, complaints of level II from 40 %.
NEWER = broken("anchors: [reported], due: PT5M", "anchors: [reported], due: PT20M", 9).replace(
    'when: {fact: complaints_excess, op: ">", value: 0.30}', 'when: {fact: complaints_excess, op: ">", value: 0.40}', 1
)


@pytest.fixture
def incident(cast: Cast, settings: Any) -> Incident:
    settings.REAL_WORLD_MOVABLE = True
    report = ReportIn(noticed="Busy", regions=["east"], systems="running")
    return incidents.incident_report(report=report, by=cast.actor(DUTY), world=worlds.real())


def newer(source: str = NEWER) -> int:
    return plan_load(text=source, file="newer.yaml", by=SYSTEM).number


def ask(cast: Cast, incident: Incident, to: int, who: str = GM) -> PlanMove:
    return plan_move_ask(
        number=incident.number, to=to, reason="The drill showed that five minutes are too short", by=cast.actor(who)
    )


def test_a_standing_incident_keeps_its_version_until_a_second_person_approves(cast: Cast, incident: Incident) -> None:
    to = newer()
    move = ask(cast, incident, to)
    assert by_number(incident.number).plan_version == cast.plan.pk
    plan_move_approve(number=incident.number, move=move.pk, by=cast.actor(EXECUTIVE))
    moved = by_number(incident.number)
    assert selectors.plan_state(moved)["version"] == to
    assert selectors.plan_for(moved).level_rules["complaints_30"].reason.en
    kinds = [event["kind"] for event in _log(moved)]
    assert kinds.index("incident.plan_asked") < kinds.index("incident.plan_moved")


def _log(incident: Incident) -> list[dict[str, Any]]:
    from incidents.selectors import events

    return events(incident)


def test_what_stands_begins_anew_by_the_new_row_and_nothing_falls_due_in_the_past(
    cast: Cast, incident: Incident
) -> None:
    to = newer()
    before = Obligation.objects.get(incident=incident, rule="intake.verify")
    worlds.world_forward(world=worlds.real(), by=timedelta(minutes=3))
    plan_move_approve(number=incident.number, move=ask(cast, incident, to).pk, by=cast.actor(EXECUTIVE))
    before.refresh_from_db()
    now = Obligation.objects.get(incident=incident, rule="intake.verify", state="open")
    assert before.state == "superseded"
    assert now.due_at is not None
    assert now.due_at == before.anchored_at + timedelta(minutes=20)
    untouched = Obligation.objects.filter(incident=incident).exclude(rule__startswith="intake.")
    assert not untouched.filter(state="superseded").exists()


def test_a_deadline_that_would_be_past_counts_from_now(cast: Cast, incident: Incident) -> None:
    to = newer(broken("anchors: [reported], due: PT5M", "anchors: [reported], due: PT2M", 9))
    worlds.world_forward(world=worlds.real(), by=timedelta(minutes=4))
    plan_move_approve(number=incident.number, move=ask(cast, incident, to).pk, by=cast.actor(EXECUTIVE))
    row = Obligation.objects.get(incident=incident, rule="intake.verify", state="open")
    assert row.due_at is not None
    assert row.due_at > worlds.now(worlds.real()) + timedelta(minutes=1)


def test_two_people(cast: Cast, incident: Incident) -> None:
    move = ask(cast, incident, newer())
    with pytest.raises(NotAllowed) as refused:
        plan_move_approve(number=incident.number, move=move.pk, by=cast.actor(GM))
    assert refused.value.code == "plan_move.second_person"
    said = {"state": "approved", "decided_at": move.asked_at}
    with pytest.raises(IntegrityError, match="plan_move_two_people"), transaction.atomic():
        PlanMove.objects.filter(pk=move.pk).update(**said, decided_by=cast.user(GM))
    with pytest.raises(IntegrityError, match="plan_move_decided_whole"), transaction.atomic():
        PlanMove.objects.filter(pk=move.pk).update(**said)
    with pytest.raises(DatabaseError), transaction.atomic():
        PlanMove.objects.filter(pk=move.pk).update(reason="another")
    assert by_number(incident.number).plan_version == cast.plan.pk


@pytest.mark.parametrize("who", [OUTSIDER, AUDITOR, DUTY, IT])
def test_others_neither_ask_nor_decide(cast: Cast, incident: Incident, who: str) -> None:
    move = ask(cast, incident, newer())
    with pytest.raises(NotAllowed):
        ask(cast, incident, 2, who)
    with pytest.raises(NotAllowed):
        plan_move_approve(number=incident.number, move=move.pk, by=cast.actor(who))
    with pytest.raises(NotAllowed):
        plan_move_refuse(number=incident.number, move=move.pk, reason="x", by=cast.actor(who))
    move.refresh_from_db()
    assert move.state == "asked"


def test_refused_or_taken_back_it_stays(cast: Cast, incident: Incident) -> None:
    to = newer()
    plan_move_refuse(
        number=incident.number, move=ask(cast, incident, to).pk, reason="Not now", by=cast.actor(EXECUTIVE)
    )
    second = ask(cast, incident, to)
    with pytest.raises(Conflict):
        ask(cast, incident, to, DEPUTY_GM)
    plan_move_refuse(number=incident.number, move=second.pk, reason="I was wrong", by=cast.actor(GM))
    assert [move.state for move in selectors.plan_moves_of(incident)] == ["withdrawn", "refused"]
    assert by_number(incident.number).plan_version == cast.plan.pk
    with pytest.raises(Conflict):
        plan_move_approve(number=incident.number, move=second.pk, by=cast.actor(EXECUTIVE))


def test_a_version_without_a_place_for_what_it_carries_is_refused_with_each_thing(
    cast: Cast, incident: Incident
) -> None:
    lines = [row for row in text().splitlines() if not row.startswith("  intake.verify:")]
    source = (
        "\n".join(lines)
        .replace(", intake.verify]", "]")
        .replace("[intake.verify, ", "[")
        .replace("[intake.verify]", "[]")
    )
    with pytest.raises(Invalid) as unfit:
        ask(cast, incident, newer(source + "\n"))
    assert any("obligations.intake.verify" in row["message"] for row in unfit.value.errors)


def test_it_never_goes_to_a_draft_nor_where_it_is_nor_when_it_is_over(cast: Cast, incident: Incident) -> None:
    from plans.services import version_draft

    draft = version_draft(base=1, by=cast.actor(IT))
    with pytest.raises(Invalid):
        ask(cast, incident, draft.number)
    with pytest.raises(Conflict):
        ask(cast, incident, cast.plan.number)
    with pytest.raises(Invalid):
        plan_move_ask(number=incident.number, to=1, reason=" ", by=cast.actor(GM))
    move = ask(cast, incident, newer())
    incidents.incident_dismiss(number=incident.number, reason="Nothing", false_alarm=True, by=cast.actor(DUTY))
    with pytest.raises(Conflict):
        plan_move_approve(number=incident.number, move=move.pk, by=cast.actor(EXECUTIVE))


def test_the_second_person_is_told(cast: Cast, incident: Incident) -> None:
    ask(cast, incident, newer())
    while sweep.sweep():
        pass
    (message,) = Message.objects.filter(kind="incident.plan_asked")
    told = set(message.deliveries.values_list("user__username", flat=True))
    assert EXECUTIVE in told
    assert GM not in told


def test_on_its_page_with_the_diff(cast: Cast, incident: Incident) -> None:
    to = newer()
    path = f"/incidents/{incident.number}/plan/"
    read = cast.client(GM).get(path).content.decode()
    assert "Which decisions would differ" in read
    assert cast.client(GM).post(f"{path}ask/", {"to": to, "reason": ""}).status_code == 400
    assert cast.client(GM).post(f"{path}ask/", {"to": to, "reason": "As drilled"}).status_code == 302
    move = PlanMove.objects.get()
    own = cast.client(GM).get(path).content.decode()
    assert "another person must approve it" in own
    assert "Approve the move" not in own
    assert cast.client(GM).post(f"{path}{move.pk}/approve/", {}).status_code == 403
    assert "waits for approval" in cast.client(EXECUTIVE).get(f"/incidents/{incident.number}/").content.decode()
    assert "Approve the move" in cast.client(EXECUTIVE).get(path).content.decode()
    assert cast.client(EXECUTIVE).post(f"{path}{move.pk}/approve/", {"note": "Yes"}).status_code == 302
    assert f"Version {to}" in cast.client(AUDITOR).get(path).content.decode()
    assert cast.client(OUTSIDER).get(path).status_code == 403


def test_through_the_api(cast: Cast, incident: Incident) -> None:
    to = newer()
    address = f"/api/v1/incidents/{incident.number}/plan"
    assert cast.api(OUTSIDER).get(address).status_code == 403
    changes = cast.api(AUDITOR).get(f"{address}?to={to}").json()["changes"]
    assert changes["decisions"]["levels"]
    made = cast.api(GM).post(address, {"to": to, "reason": "As drilled"}, format="json")
    assert made.status_code == 201
    move = made.json()["moves"][0]["id"]
    assert cast.api(GM).post(f"{address}/{move}/approve", {}, format="json").status_code == 403
    assert cast.api(EXECUTIVE).post(f"{address}/{move}/refuse", {}, format="json").status_code == 400
    done = cast.api(EXECUTIVE).post(f"{address}/{move}/approve", {}, format="json")
    assert (done.status_code, done.json()["version"], done.json()["moves"][0]["state"]) == (200, to, "approved")
    again = cast.api(EXECUTIVE).post(f"{address}/{move}/approve", {}, format="json")
    assert (again.status_code, again["Content-Type"]) == (409, "application/problem+json")
