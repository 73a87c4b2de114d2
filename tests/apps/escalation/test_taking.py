"""Taking an obligation: it is said who is at it, the ladder waits one step, the clock does not (issue: only proof stops it)."""

from datetime import timedelta

import pytest
from django.db import Error, transaction

from engine.models import Event
from escalation.models import Obligation, Taking
from tests.apps.escalation.test_obligations import Night
from tests.cast import DUTY, EXECUTIVE, GM, LEGAL, OUTSIDER, TECH
from tests.flows.test_api_story import Hotline, hotline  # noqa: F401 - a fixture

RULE = "assess.impact"  # due in 15 minutes, the ladder's steps are 5 apart


def late(house: Hotline) -> tuple[Night, Obligation]:
    """An impact assessment that nobody made: overdue, and the next one up has just heard."""
    night = Night(house)
    night.step("verified", DUTY, "verify", {"outcome": "confirmed", "major": False})
    house.forward(minutes=15.5)
    row = Obligation.objects.get(incident__number=night.number, rule=RULE)
    assert (row.state, row.step) == ("overdue", 1)
    return night, row


def steps(night: Night) -> list[int]:
    events = Event.objects.filter(stream__key=night.number, kind="obligation.escalated").order_by("seq")
    return [event.data["step"] for event in events if event.data["rule"] == RULE]


def test_the_ladder_waits_one_step_and_climbs_on_and_the_clock_never_stops(hotline: Hotline) -> None:  # noqa: F811
    night, row = late(hotline)
    hotline.forward(minutes=4)
    taken = hotline.post(TECH, f"obligations/{row.pk}/take")
    assert (taken["state"], taken["taken"]["by"], taken["ended_at"]) == ("overdue", TECH, None)
    hotline.forward(minutes=2)
    assert steps(night) == [1], "the second would have come at five minutes"
    hotline.forward(minutes=3)
    assert steps(night) == [1, 2], "nobody proved anything: it goes on"
    hotline.forward(minutes=1)
    assert steps(night) == [1, 2, 3], "the steps after it come when they would have come"
    row.refresh_from_db()
    assert row.state == "overdue"
    event = Event.objects.get(stream__key=night.number, kind="obligation.taken")
    assert (event.actor_id, event.clause) == (hotline.cast.user(TECH).pk, "4.1")


def test_nobody_holds_it_twice_but_another_may_take_it_over(hotline: Hotline) -> None:  # noqa: F811
    _night, row = late(hotline)
    hotline.post(TECH, f"obligations/{row.pk}/take")
    refused = hotline.post(TECH, f"obligations/{row.pk}/take", expect=409)
    assert refused["code"] == "obligation.taken"
    told = Event.objects.filter(kind="obligation.overdue", data__id=row.pk).get().data["told"]
    assert "hq" in told or len(told) > 1
    hotline.forward(minutes=11)
    assert hotline.post(GM, f"obligations/{row.pk}/take")["taken"]["by"] == GM, "his ladder told him"
    assert Taking.objects.filter(obligation=row).count() == 2


def test_taken_before_it_is_due_its_owner_and_the_next_one_up_hear_all_the_same(hotline: Hotline) -> None:  # noqa: F811
    night = Night(hotline)
    night.step("verified", DUTY, "verify", {"outcome": "confirmed", "major": False})
    row = Obligation.objects.get(incident__number=night.number, rule=RULE)
    hotline.post(TECH, f"obligations/{row.pk}/take")
    assert Taking.objects.get(obligation=row).held_until is None
    hotline.forward(minutes=16)
    row.refresh_from_db()
    assert (row.state, steps(night)) == ("overdue", [1])


def test_proof_ends_it_whoever_took_it(hotline: Hotline) -> None:  # noqa: F811
    night, row = late(hotline)
    hotline.post(TECH, f"obligations/{row.pk}/take")
    hotline.post(TECH, f"incidents/{night.number}/assess", {"impact": "East", "facts": {}})
    hotline.post(TECH, f"obligations/{row.pk}/take", expect=409)
    hotline.forward(minutes=30)
    assert steps(night) == [1]


@pytest.mark.parametrize("who", [OUTSIDER, LEGAL, EXECUTIVE])
def test_who_neither_owes_it_nor_was_told_cannot_take_it(hotline: Hotline, who: str) -> None:  # noqa: F811
    night, row = late(hotline)
    hotline.post(who, f"obligations/{row.pk}/take", expect=403)
    assert not Taking.objects.exists()
    hotline.forward(minutes=5)
    assert steps(night) == [1, 2]


def test_the_database_refuses_a_second_hold_and_a_change(hotline: Hotline) -> None:  # noqa: F811
    _night, row = late(hotline)
    hotline.post(TECH, f"obligations/{row.pk}/take")
    kept = Taking.objects.get()
    again = {"obligation": row, "user": kept.user, "at": kept.at, "held_until": kept.held_until}
    with pytest.raises(Error, match="taking_once_a_person"), transaction.atomic():
        Taking.objects.create(**again)
    with pytest.raises(Error, match="taking_holds_ahead"), transaction.atomic():
        Taking.objects.create(**{**again, "user": hotline.cast.user(GM), "held_until": kept.at - timedelta(seconds=1)})
    with pytest.raises(Error), transaction.atomic():
        Taking.objects.filter(pk=kept.pk).update(held_until=None)


def test_one_tap_on_ones_own_list_and_everybody_sees_who_is_at_it(hotline: Hotline) -> None:  # noqa: F811
    night, row = late(hotline)
    client = hotline.cast.client(TECH)
    assert f"/obligations/{row.pk}/take/" in client.get("/").content.decode()
    assert client.post(f"/obligations/{row.pk}/take/", {"from": "home"}).headers["Location"] == "/"
    own = client.get("/").content.decode()
    assert "it stops by itself when the thing is done here" in own, "an assessment is an act, not a proof in words"
    assert (f"/obligations/{row.pk}/take/" in own, "is at it since" in own) == (False, True)
    room = hotline.cast.client(GM).get(f"/incidents/{night.number}/").content.decode()
    assert f"{hotline.cast.user(TECH).display_name} is at it since" in room
    again = client.post(f"/obligations/{row.pk}/take/", {"from": "home"})
    assert (again.status_code, "You took this before; its clock stops by itself" in again.content.decode()) == (
        409,
        True,
    )
