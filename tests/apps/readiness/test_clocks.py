"""Readiness clocks: begun by the plan, on a fixed grid, reminded, late, climbed; proven by people or by what the product sees."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import ProgrammingError

from common.actor import SYSTEM
from common.clock import utc_text, wall
from engine import worlds
from engine.models import Alarm, Event, Reaction, Timer
from hotline_ep.practice.duties import roster_found
from notifications.events import VerificationEnded
from notifications.models import Delivery
from people.models import Duty, Leave
from people.services import leaves, record, user_create, user_deactivate
from plans.domain import load
from plans.services import SHIPPED, plan_load
from readiness.models import ReadinessTurn
from readiness.selectors import unfired
from readiness.services.clocks import due
from readiness.services.following import readiness_begin
from readiness.services.mending import readiness_mend
from readiness.services.turns import DUE
from tests.apps.readiness.conftest import House
from tests.cast import Cast
from tests.domain.plans.given import broken
from watchdog.services.looking import Watchdog

ADMINISTRATION, GUARD, COO = "hu", "guard", "coo"
FUND = "due: P3M, repeat: true, evidence: [report, file], ladder: weeks"


def told(kind: str, rule: str) -> set[str]:
    rows = Delivery.objects.filter(message__kind=kind, message__link=f"/readiness/rules/{rule}/", channel="inapp")
    return set(rows.values_list("user__username", flat=True))


def test_every_row_of_the_plan_outside_incidents_stands_once(house: House) -> None:
    rules = {
        key
        for key, rule in load(SHIPPED.read_text(encoding="utf-8"), "x").obligations.items()
        if "always" in rule.anchors
    }
    assert set(ReadinessTurn.objects.values_list("rule", flat=True)) == rules - {"ready.equipment"}, "kept item by item"
    assert readiness_begin() == 0, "the same again changes nothing"
    (contacts,) = house.turns("ready.contacts")
    assert (contacts.owners, contacts.clause, contacts.state) == (["administration"], "8.1", "open")
    assert timedelta(days=89) <= contacts.due_at - contacts.anchored_at <= timedelta(days=92)
    assert [row.due_at for row in house.turns("ready.supplies")] == [None]
    assert Event.objects.filter(kind="readiness.opened").count() == len(rules) - 1


def test_a_plan_that_comes_into_force_begins_them(cast: Cast, settings: object) -> None:
    settings.REAL_WORLD_MOVABLE = True
    House(cast).forward(seconds=1)
    assert ReadinessTurn.objects.filter(rule="ready.drill", state="open").count() == 1


def test_the_owner_is_reminded_then_late_then_the_next_one_up_hears(house: House) -> None:
    house.only("ready.contacts")
    (turn,) = house.turns("ready.contacts")
    house.forward(seconds=(turn.due_at - timedelta(days=8) - house.now()).total_seconds())
    assert not told("readiness.reminder", "ready.contacts")
    house.forward(days=1, minutes=1)
    assert told("readiness.reminder", "ready.contacts") == {ADMINISTRATION}
    house.forward(days=7)
    assert house.states("ready.contacts") == ["overdue", "open"]
    late, following = house.turns("ready.contacts")
    assert {ADMINISTRATION} < told("readiness.overdue", "ready.contacts")
    assert following.anchored_at == late.anchored_at
    steps = Event.objects.filter(kind="readiness.escalated", data__rule="ready.contacts")
    assert steps.count() == 1
    house.forward(days=3, minutes=1)
    assert steps.count() == 2, "the climb goes on"
    # Lateness never shifts the next day.
    house.post(ADMINISTRATION, late.pk, "fulfil", {"evidence": "check", "note": "Called everybody"})
    assert house.turns("ready.contacts")[1].due_at == following.due_at
    house.forward(days=30)
    assert steps.count() == 2, "and ends with the proof"


def test_done_or_not_the_next_turn_begins_when_this_one_falls_due(house: House) -> None:
    (turn,) = house.turns("ready.generator")
    house.post("feng", turn.pk, "fulfil", {"evidence": "check", "note": "Ran for 30 min under load"})
    assert house.states("ready.generator") == ["fulfilled"]
    house.only("ready.generator")
    house.forward(days=32)
    assert house.states("ready.generator") == ["fulfilled", "open"]
    assert not told("readiness.overdue", "ready.generator")


def test_after_a_long_absence_each_missed_turn_is_written_and_only_the_latest_speaks(house: House) -> None:
    house.forward(days=100)
    missed = house.turns("ready.generator", "overdue")
    assert len(missed) == 3
    assert Event.objects.filter(kind="readiness.overdue", data__rule="ready.generator").count() == 3
    spoken = Delivery.objects.filter(
        message__kind="readiness.overdue", message__link__contains="generator", user__username="feng", channel="inapp"
    )
    assert spoken.count() == 1
    house.post("feng", missed[0].pk, "fulfil", {"evidence": "check", "note": "Ran for 30 min under load"})
    assert house.states("ready.generator") == ["fulfilled"] * 3 + ["open"], (
        "one proof covers what was missed, none ahead"
    )


def test_what_has_no_date_stands_anew_once_it_is_proven(house: House) -> None:
    (turn,) = house.turns("ready.supplies")
    house.post(ADMINISTRATION, turn.pk, "fulfil", {"evidence": "check", "note": "Water until May"})
    assert house.states("ready.supplies") == ["fulfilled", "open"]


# --- what the product knows -------------------------------------------------------------------------------------------
def fill_gaps() -> None:
    """Nobody is on leave any more, and every duty has a rotation."""
    for leave in Leave.objects.filter(cancelled_at=None):
        leaves.leave_cancel(leave_id=leave.pk, by=SYSTEM)


def test_a_roster_without_gaps_proves_itself(house: House) -> None:
    roster_found()
    fill_gaps()
    house.forward(days=1, minutes=1)
    first, second = house.turns("ready.roster")
    assert (first.state, second.state) == ("fulfilled", "open")
    proof = first.ended_event
    assert (proof.actor_kind, proof.data["evidence"], proof.data["late"]) == ("system", "roster", False)
    assert not told("readiness.overdue", "ready.roster")
    assert not told("readiness.reminder", "ready.roster")


def test_a_gap_is_overdue_nobodys_word_settles_it_and_filling_it_does(house: House) -> None:
    roster_found()
    house.forward(days=1, minutes=1)
    late, _running = house.turns("ready.roster")
    assert late.state == "overdue"
    said = house.post("su", late.pk, "fulfil", {"evidence": "check", "note": "All is well"}, expect=409)
    assert said["code"] == "readiness.not_so"
    (shown,) = [row for row in house.get("su", "?mine&state=overdue") if row["rule"] == "ready.roster"]
    assert shown["known"]["holds"] is False
    fill_gaps()
    house.forward(seconds=1)
    assert house.states("ready.roster") == ["fulfilled", "open"], "what runs waits for its own day"
    assert house.turns("ready.roster")[0].ended_event.data["late"] is True


def test_a_company_whose_roster_is_kept_elsewhere_gives_its_word(house: House) -> None:
    assert not Duty.objects.exists()
    (turn,) = house.turns("ready.roster")
    house.post("su", turn.pk, "fulfil", {"evidence": "check", "note": "On the wall of the duty room"})
    assert house.states("ready.roster") == ["fulfilled"]


def test_a_round_of_contact_verification_proves_itself(house: House) -> None:
    counts = {"round": 1, "people": 9, "ways": 20, "unconfirmed": [], "early": False}
    record(VerificationEnded(**counts, confirmed=0), by=SYSTEM)
    house.forward(seconds=1)
    assert house.states("ready.contacts") == ["open"], "a round that nobody answered verified nothing"
    house.only("ready.contacts")
    house.forward(days=95)
    record(VerificationEnded(**counts, confirmed=18), by=SYSTEM)
    house.forward(seconds=1)
    assert house.states("ready.contacts") == ["fulfilled", "open"], "what was missed, and nothing in advance"
    proof = house.turns("ready.contacts")[0].ended_event.data
    assert (proof["evidence"], proof["late"]) == ("contacts_round", True)
    assert "18 of 20" in proof["known"]["en"]
    record(VerificationEnded(**counts, confirmed=19), by=SYSTEM)
    house.forward(seconds=1)
    assert house.states("ready.contacts") == ["fulfilled", "fulfilled"]


def test_whoever_is_hired_is_to_be_trained_within_a_week(house: House) -> None:
    user_create(username="machine", display_name="Machine", by=SYSTEM)
    assert not Reaction.objects.filter(reactor="readiness.people").exists(), "and leaves nothing to be found out later"
    house.forward(seconds=1)
    assert not house.turns("ready.onboarding"), "an account that comes with the product is no hiring"
    new = user_create(username="new", display_name="New One", by=house.cast.actor(GUARD))
    other = user_create(username="other", display_name="Other One", by=house.cast.actor(GUARD))
    house.forward(seconds=1)
    first, second = house.turns("ready.onboarding")
    assert (first.matter, second.matter) == (f"user:{new.pk}", f"user:{other.pk}")
    assert abs(first.due_at - house.now() - timedelta(days=7)) < timedelta(minutes=1)
    user_deactivate(user=other, by=house.cast.actor(GUARD))
    house.forward(days=7, minutes=1)
    assert house.states("ready.onboarding") == ["overdue", "superseded"]


# --- another version of the plan --------------------------------------------------------------------------------------
def put_in_force(house: House, text: str) -> None:
    plan_load(text=text, file="newer.yaml", by=SYSTEM)
    house.forward(seconds=1)


def test_a_version_that_changes_a_row_supersedes_what_stands_and_begins_the_new_one(house: House) -> None:
    (fund,), (contacts,) = house.turns("ready.fund"), house.turns("ready.contacts")
    house.forward(days=5)
    put_in_force(house, broken(FUND, FUND.replace("P3M", "P1M")))
    old, new = house.turns("ready.fund")
    assert (old.pk, old.state, old.due_at, new.state) == (fund.pk, "superseded", fund.due_at, "open")
    assert old.ended_event.data["why"] == "plan"
    assert not Timer.objects.filter(what=DUE, ref=old.pk).exists()
    assert timedelta(days=27) < new.due_at - house.now() < timedelta(days=32)
    (same,) = house.turns("ready.contacts")
    assert (same.pk, same.due_at, same.state) == (contacts.pk, contacts.due_at, "open"), "the others go on"
    assert same.plan_version_id == new.plan_version_id != fund.plan_version_id


def test_a_version_that_drops_a_row_ends_it_and_one_that_has_it_again_begins_anew(house: House) -> None:
    shipped = SHIPPED.read_text(encoding="utf-8")
    line = next(line for line in shipped.splitlines(keepends=True) if line.startswith("  ready.fund:"))
    put_in_force(house, broken(line, ""))
    assert house.states("ready.fund") == ["superseded"]
    put_in_force(house, shipped + "# again\n")
    assert house.states("ready.fund") == ["superseded", "open"]


def test_a_rhythm_dropped_after_it_was_done_goes_on_ahead_and_nobody_is_late_for_the_days_between(house: House) -> None:
    shipped = SHIPPED.read_text(encoding="utf-8")
    line = next(line for line in shipped.splitlines(keepends=True) if line.startswith("  ready.generator:"))
    (turn,) = house.turns("ready.generator")
    house.post("feng", turn.pk, "fulfil", {"evidence": "check", "note": "Ran for 30 min under load"})
    put_in_force(house, broken(line, ""))
    house.forward(days=70)
    assert house.states("ready.generator") == ["fulfilled"]
    put_in_force(house, shipped + "# again\n")
    assert house.states("ready.generator") == ["fulfilled", "open"]
    assert house.turns("ready.generator")[1].due_at > house.now()


def test_a_clock_that_was_lost_is_set_again(house: House) -> None:
    (turn,) = house.turns("ready.drill")
    Timer.objects.filter(what=DUE, ref=turn.pk).delete()
    assert readiness_mend(house.world.pk) == [f"ready.drill 1 {utc_text(turn.due_at)}"]
    assert Timer.objects.get(what=DUE, ref=turn.pk).due_at == turn.due_at
    assert readiness_mend(house.world.pk) == []
    house.post("chen", turn.pk, "waive", {"reason": "Merged with the drill of the group"})
    Timer.objects.filter(what=DUE, ref=turn.pk).delete()
    readiness_begin()
    assert Timer.objects.filter(what=DUE, ref=turn.pk).exists(), "the rhythm goes on"


def test_the_watchdog_sees_a_readiness_clock_that_did_not_strike(house: House) -> None:
    (turn,) = house.turns("ready.roster")
    assert unfired(house.world.pk, turn.due_at) == []
    worlds.world_forward(world=house.world, by=timedelta(days=1, minutes=1))
    assert [row.pk for row in unfired(house.world.pk, house.now())] == [turn.pk]
    look = Watchdog(web="http://127.0.0.1:9")
    look._unfired(wall())
    assert Alarm.objects.get(kind="watchdog.unfired", cleared_at=None).params["n"] == 1
    house.forward(seconds=1)
    look._unfired(wall())
    assert not Alarm.objects.filter(kind="watchdog.unfired", cleared_at=None).exists()
    Timer.objects.filter(what=DUE).delete()
    look._mend(wall())
    assert Timer.objects.filter(what=DUE, ref=house.turns("ready.roster", "open")[0].pk).exists()


# --- the database's own law -------------------------------------------------------------------------------------------
def test_the_database_refuses_what_no_act_does(house: House) -> None:
    (turn,) = house.turns("ready.drill")
    rows = ReadinessTurn.objects.filter(pk=turn.pk)
    refused = [
        lambda: rows.update(state="fulfilled"),
        lambda: rows.update(state="overdue"),
        lambda: rows.update(due_at=turn.due_at + timedelta(days=1)),
        lambda: rows.delete(),
        lambda: ReadinessTurn.objects.create(
            world=turn.world, rule=turn.rule, plan_version=turn.plan_version, owners=["coo"], clause="8.2",
            anchored_at=turn.anchored_at, turn=2,
        ),
    ]  # fmt: skip
    for change in refused:
        with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic():
            change()
    house.post("chen", turn.pk, "waive", {"reason": "Merged with the drill of the group"})
    with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic():
        rows.update(state="open", ended_at=None, ended_event=None)


def test_a_clock_that_strikes_twice_changes_nothing(house: House) -> None:
    house.only("ready.generator")
    house.forward(days=32)
    late = house.turns("ready.generator")[0]
    with pytest.raises(IntegrityError), transaction.atomic():
        due(late.pk, late.due_at, house.now())
    assert house.states("ready.generator") == ["overdue", "open"]
