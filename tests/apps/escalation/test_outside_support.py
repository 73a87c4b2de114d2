"""Outside support (6.3): declared by headquarters, owed within two hours; when it is here the on-scene commander is named at once."""

import pytest

from engine.models import Event
from escalation.models import Obligation
from tests.apps.escalation.test_obligations import Night, told
from tests.cast import DUTY, GM, OUTSIDER, TECH
from tests.flows.test_api_story import Hotline, hotline  # noqa: F401 - a fixture

NEEDS = {"needs": "Two links of 10 Gbit/s; one expert for the core switch", "reason": "Both cores are down"}


def test_declaring_and_arriving_start_the_two_clocks_of_the_clause(hotline: Hotline) -> None:  # noqa: F811
    night = Night(hotline).to_the_start("I")
    assert {"support.request", "support.commander"}.isdisjoint(night.owed())
    night.step("declared", GM, "cannot-hold", NEEDS)
    night.runs({"support.request": ("declared", 120)})
    night.step("arrived", DUTY, "support-arrived", {"forces": "The carrier's repair team"})
    night.runs({"support.request": ("declared", 120), "support.commander": ("arrived", 5)})
    hotline.forward(minutes=6)
    assert night.owed()["support.commander"]["state"] == "overdue"
    assert GM in told("obligation.overdue")
    proof = {"evidence": "decision", "note": "Gao Xiang commands on the scene"}
    hotline.post(GM, f"obligations/{night.owed()['support.commander']['id']}/fulfil", proof)
    assert Obligation.objects.get(incident__number=night.number, rule="support.commander").state == "fulfilled"
    logged = Event.objects.filter(stream__key=night.number, kind__startswith="support.").order_by("seq")
    assert [(event.kind, event.clause) for event in logged] == [("support.needed", "6.3"), ("support.arrived", "6.3")]


def test_declared_again_it_starts_no_second_clock(hotline: Hotline) -> None:  # noqa: F811
    night = Night(hotline).to_the_start("I")
    night.step("declared", GM, "cannot-hold", NEEDS)
    night.step("again", GM, "cannot-hold", NEEDS)
    night.runs({"support.request": ("declared", 120)})
    assert Obligation.objects.filter(incident__number=night.number, rule="support.request").count() == 1


@pytest.mark.parametrize(
    ("who", "act", "body", "status"),
    [
        (TECH, "cannot-hold", NEEDS, 403),
        (OUTSIDER, "cannot-hold", NEEDS, 403),
        (OUTSIDER, "support-arrived", {"forces": "Somebody"}, 403),
        (GM, "cannot-hold", {**NEEDS, "needs": " "}, 400),
        (GM, "cannot-hold", {"needs": "Experts"}, 400),
        (DUTY, "support-arrived", {"forces": ""}, 400),
    ],
)
def test_who_may_not_and_what_is_not_said_changes_nothing(
    hotline: Hotline,  # noqa: F811
    who: str,
    act: str,
    body: dict[str, str],
    status: int,
) -> None:
    night = Night(hotline).to_the_start("I")
    before = Event.objects.filter(stream__key=night.number).count()
    hotline.post(who, f"incidents/{night.number}/{act}", body, expect=status)
    assert Event.objects.filter(stream__key=night.number).count() == before


def test_the_room_offers_it_to_headquarters_and_says_what_was_declared(hotline: Hotline) -> None:  # noqa: F811
    night = Night(hotline).to_the_start("I")
    page = f"/incidents/{night.number}/"
    room = hotline.cast.client(GM).get(page).content.decode()
    assert (f"{page}cannot-hold/" in room, f"{page}support-arrived/" in room) == (True, True)
    assert f"{page}cannot-hold/" not in hotline.cast.client(TECH).get(page).content.decode()
    refused = hotline.cast.client(GM).post(f"{page}cannot-hold/", {"needs": "Experts for the core", "reason": ""})
    assert (refused.status_code, "Experts for the core" in refused.content.decode()) == (400, True)
    assert hotline.cast.client(GM).post(f"{page}cannot-hold/", NEEDS).status_code == 302
    brief = hotline.cast.client(GM).get(page).content.decode()
    assert "Two links of 10 Gbit/s" in brief
