"""Who may prove and waive a readiness obligation, and what is refused; by API, pages and at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection
from django.test import Client

from common.errors import Conflict
from engine.models import Event
from people.models import User
from people.selectors import actors_of
from people.services import role_assign, user_create
from readiness.models import ReadinessTurn
from readiness.services.acting import readiness_fulfil
from tests.apps.readiness.conftest import House
from tests.cast import AUDITOR, DUTY, EXECUTIVE, GM, OUTSIDER

ADMINISTRATION, KEEPER = "hu", "feng"
PROOF = {"evidence": "check", "note": "Called everybody on the list"}
REASON = {"reason": "The group's own audit covers it"}


def contacts(house: House) -> ReadinessTurn:
    return house.turns("ready.contacts")[0]


@pytest.mark.parametrize("who", [OUTSIDER, AUDITOR, DUTY, KEEPER, GM])
def test_only_an_owner_proves(house: House, who: str) -> None:
    turn = contacts(house)
    house.post(who, turn.pk, "fulfil", PROOF, expect=403)
    page = house.cast.client(who).post(f"/readiness/turns/{turn.pk}/fulfil/", PROOF)
    assert page.status_code == 403
    assert house.states("ready.contacts") == ["open"]


@pytest.mark.parametrize("who", [OUTSIDER, AUDITOR, DUTY, ADMINISTRATION, "zhao"])
def test_only_the_commander_or_top_management_waives(house: House, who: str) -> None:
    turn = contacts(house)
    house.post(who, turn.pk, "waive", REASON, expect=403)
    assert house.cast.client(who).post(f"/readiness/turns/{turn.pk}/waive/", REASON).status_code == 403
    assert house.states("ready.contacts") == ["open"]


def test_nobody_waives_what_he_owes_himself(house: House) -> None:
    hu = house.cast.user(ADMINISTRATION)
    role_assign(user=hu, role="executive", by=house.cast.actor("guard"))
    said = house.post(ADMINISTRATION, contacts(house).pk, "waive", REASON, expect=403)
    assert said["code"] == "readiness.own"
    assert house.states("ready.contacts") == ["open"]


def test_an_outsider_sees_nothing(house: House) -> None:
    house.get(OUTSIDER, expect=403)
    house.get(OUTSIDER, "/history", expect=403)
    client = house.cast.client(OUTSIDER)
    assert client.get("/readiness/").status_code == 403
    assert client.get("/readiness/rules/ready.contacts/").status_code == 403
    assert Client().get("/readiness/").status_code == 302


def test_a_proof_and_a_waiver_are_on_record_with_who_and_why(house: House) -> None:
    turn = contacts(house)
    answer = house.post(ADMINISTRATION, turn.pk, "fulfil", PROOF)
    assert (answer["state"], answer["next_due_at"] > answer["due_at"]) == ("fulfilled", True)
    (fund,) = house.turns("ready.fund")
    assert house.post(EXECUTIVE, fund.pk, "waive", REASON)["state"] == "waived"
    waived, proven = house.get(AUDITOR, "/history")
    assert (waived["rule"], waived["said"], waived["state"]) == ("ready.fund", REASON["reason"], "waived")
    assert (proven["by"]["id"], proven["said"], proven["evidence"], proven["late"]) == (
        house.cast.user(ADMINISTRATION).pk,
        PROOF["note"],
        "check",
        False,
    )
    assert [row["rule"] for row in house.get(AUDITOR, "/history?rule=ready.fund")] == ["ready.fund"]
    house.only("ready.fund")
    house.forward(days=95)
    assert house.states("ready.fund") == ["waived", "open"], "one turn is waived, not the rhythm"
    event = turn.__class__.objects.get(pk=turn.pk).ended_event
    assert (event.authority, event.clause, event.stream.kind) == ("administration", "8.1", "readiness")
    assert event.data["note"].startswith("sha256:"), "what a person wrote can be erased"


@pytest.mark.parametrize(
    ("case", "act", "body", "status", "code"),
    [
        ("a proof of another kind", "fulfil", {**PROOF, "evidence": "report"}, 400, "readiness.evidence"),
        ("what only the product knows", "fulfil", {**PROOF, "evidence": "roster"}, 400, "readiness.evidence"),
        ("no words", "fulfil", {**PROOF, "note": "   "}, 400, "invalid"),
        ("too many", "fulfil", {**PROOF, "note": "x" * 2001}, 400, "invalid"),
        ("nothing", "fulfil", {}, 400, "invalid"),
    ],
)
def test_bad_input_says_what_is_wrong(
    house: House, case: str, act: str, body: dict[str, str], status: int, code: str
) -> None:
    said = house.post(ADMINISTRATION, contacts(house).pk, act, body, expect=status)
    assert (said["code"], bool(said["errors"])) == (code, True), case
    assert house.states("ready.contacts") == ["open"]


def test_what_is_not_there_or_over_is_said(house: House) -> None:
    turn = contacts(house)
    house.post(ADMINISTRATION, 10**12, "fulfil", PROOF, expect=404)
    house.post(GM, turn.pk, "waive", {"reason": ""}, expect=400)
    house.post(GM, house.turns("ready.supplies")[0].pk, "waive", REASON, expect=409)
    house.post(GM, turn.pk, "waive", REASON)
    said = house.post(ADMINISTRATION, turn.pk, "fulfil", PROOF, expect=409)
    assert said["code"] == "readiness.ended"
    assert house.states("ready.contacts") == ["waived"]
    assert house.get(AUDITOR, "/history?rule=intake.verify", expect=404)["code"] == "readiness.no_rule"


def test_a_list_is_narrowed_and_a_wrong_filter_is_refused(house: House) -> None:
    every = house.get(AUDITOR)
    dated = [row["due_at"] for row in every if row["due_at"]]
    assert dated == sorted(dated)
    assert every[-1]["due_at"] is None
    assert {row["rule"] for row in house.get(AUDITOR, "?owner=coo")} == {"ready.experts", "ready.drill"}
    assert {row["rule"] for row in house.get(AUDITOR, "?clause=9.1")} == {"ready.generator", "ready.fuel"}
    assert house.get(AUDITOR, "?mine") == []
    assert {row["rule"] for row in house.get(ADMINISTRATION, "?mine")} >= {"ready.contacts", "ready.supplies"}
    assert house.get(AUDITOR, "?state=overdue") == []
    for wrong in ("?owner=king", "?clause=99", "?state=waived"):
        assert house.get(AUDITOR, wrong, expect=400)["errors"]
    house.get(AUDITOR, "?world=nowhere", expect=404)


def test_two_prove_at_once_and_one_does(fresh_house: House) -> None:
    house = fresh_house
    turn = contacts(house)
    second = user_create(
        username="hu2", display_name="Second", by=house.cast.actor("guard"), password="a-long-password-1"
    )
    role_assign(user=second, role="administration", by=house.cast.actor("guard"))
    acts = [
        partial(_told, lambda by=by: readiness_fulfil(turn_id=turn.pk, by=by, **PROOF))
        for by in actors_of(User.objects.filter(username__in=["hu", "hu2"])).values()
    ]
    with ThreadPoolExecutor(2) as pool:
        results = [future.result() for future in [pool.submit(act) for act in acts]]
    assert sorted(results) == ["done", "readiness.ended"]
    assert house.states("ready.contacts") == ["fulfilled"]
    assert Event.objects.filter(kind="readiness.fulfilled").count() == 1


def _told(act: Callable[[], object]) -> str:
    try:
        act()
    except Conflict as error:
        return error.code
    finally:
        connection.close()
    return "done"
