"""Who plays whom: one takes a role over from its stand-in, and hands it back."""

import pytest
from django.db import IntegrityError, transaction

from common.errors import Conflict, Invalid, NotAllowed
from drills import selectors, services
from drills.models import Seat
from engine import worlds
from engine.models import Event, World
from hotline_ep.demo.standins import PLAYED_BY, PROOFS
from people.rights import ROLES
from plans.selectors import current
from tests.cast import DUTY, GM, OUTSIDER, Cast


@pytest.fixture
def world(cast: Cast) -> World:
    real = worlds.real()
    return worlds.world_open(key="show", name_zh="演示", name_en="Show", kind="demo", at=worlds.now(real))


def test_a_seat_is_taken_once_and_returned(cast: Cast, world: World) -> None:
    services.seat_take(world=world, role="duty_manager", by=cast.actor(DUTY))
    assert selectors.taken(world) == {"duty_manager": cast.user(DUTY)}
    with pytest.raises(Conflict, match=r"seat\.taken"):
        services.seat_take(world=world, role="duty_manager", by=cast.actor("tang"))
    with pytest.raises(Conflict, match=r"seat\.not_yours"):
        services.seat_return(world=world, role="duty_manager", by=cast.actor("tang"))
    services.seat_return(world=world, role="duty_manager", by=cast.actor(DUTY))
    assert selectors.taken(world) == {}
    kinds = Event.objects.filter(stream__kind="drill").order_by("seq").values_list("kind", flat=True)
    assert list(kinds) == ["drill.seat_taken", "drill.seat_returned"]


def test_the_database_refuses_two_in_one_seat(cast: Cast, world: World) -> None:
    Seat.objects.create(world=world, role="hq_commander", user=cast.user(GM))
    with pytest.raises(IntegrityError), transaction.atomic():
        Seat.objects.create(world=world, role="hq_commander", user=cast.user(DUTY))


@pytest.mark.parametrize(
    ("case", "who", "role", "refusal"),
    [
        ("somebody without a part in the plan", OUTSIDER, "duty_manager", NotAllowed),
        ("a role one does not hold", DUTY, "hq_commander", NotAllowed),
        ("no role at all", DUTY, "captain", Invalid),
    ],
)
def test_refused(case: str, who: str, role: str, refusal: type[Exception], cast: Cast, world: World) -> None:
    with pytest.raises(refusal):
        services.seat_take(world=world, role=role, by=cast.actor(who))
    assert not Seat.objects.exists()


def test_in_the_real_world_nobody_stands_in(cast: Cast) -> None:
    with pytest.raises(Invalid, match=r"seat\.real"):
        services.seat_take(world=worlds.real(), role="duty_manager", by=cast.actor(DUTY))


def test_on_the_page_and_through_the_api(cast: Cast, world: World) -> None:
    lin = cast.client(DUTY)
    assert lin.get("/drills/show/").content.decode().count("Play this role") == 1
    lin.post("/drills/show/duty_manager/take", follow=True)
    assert "Hand back" in lin.get("/drills/show/").content.decode()
    (own,) = [p for p in cast.api("audit").get("/api/v1/drills/show").json() if p["role"] == "duty_manager"]
    assert own["by"] == DUTY
    assert cast.api(DUTY).post("/api/v1/drills/show/duty_manager/return").status_code == 200
    assert cast.api("audit").post("/api/v1/drills/show/auditor/take").status_code == 403
    assert cast.client(OUTSIDER).get("/drills/show/").status_code == 403


def test_what_stand_ins_prove_is_what_the_plan_accepts(cast: Cast) -> None:
    plan = current()
    wrong = [rule for rule, (kind, _) in PROOFS.items() if kind not in plan.rule(rule).evidence]
    assert wrong == []
    assert set(PLAYED_BY.values()) <= ROLES.keys()
    assert PLAYED_BY.keys() <= plan.roles.keys()
