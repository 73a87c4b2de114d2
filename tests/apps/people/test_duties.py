"""The duty roster: who is on, who was, gaps and their alarm, overrides, leave, and taking it now."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from common.actor import SYSTEM
from common.errors import Conflict, Invalid, NotAllowed
from engine import worlds
from engine.models import Alarm, Event, Timer
from hotline_ep.practice.duties import DUTIES, roster_found
from people import rostered, services
from people.domain.roster import Why
from people.models import Duty, DutyTurn, Override, Rotation
from people.services import leaves, roster, turns
from tests.cast import AUDITOR, DUTY, GM, OUTSIDER, SUPERVISOR, Cast

HOUR = timedelta(hours=1)
SECOND_MANAGER = "tang"


def now() -> datetime:
    return worlds.now(worlds.real())


@pytest.fixture(autouse=True)
def the_clock_moves(settings) -> None:
    settings.REAL_WORLD_MOVABLE = True


@pytest.fixture
def duty(cast: Cast) -> Duty:
    """Lin and Tang take turns of twelve hours; Lin's first began an hour ago."""
    made = roster.duty_set(
        key="manager",
        name_zh="值班经理",
        name_en="Duty manager",
        owner_role="cs_supervisor",
        stood_by=["duty_manager", "cs_supervisor"],
        clause="3.1",
        by=SYSTEM,
    )
    people = [cast.user(name).pk for name in (DUTY, SECOND_MANAGER)]
    roster.rotation_set(duty_id=made.pk, anchor=now() - HOUR, turn_hours=12, people=people, by=SYSTEM)
    return Duty.objects.get(pk=made.pk)


def on(duty: Duty, at: datetime | None = None) -> str:
    """Who is on duty, by user name; why not, where nobody is."""
    said = rostered.standing_at(duty, at or now(), now())
    return services.User.objects.get(pk=said.person).username if said.person else said.why.value


def recorded(duty: Duty) -> list[tuple[str | None, str]]:
    return [
        (turn.user and turn.user.username, turn.why)
        for turn in DutyTurn.objects.filter(duty=duty).select_related("user").order_by("since")
    ]


def alarms() -> dict[str, dict]:
    return {alarm.kind: alarm.params for alarm in Alarm.objects.filter(cleared_at=None, kind__startswith="duty.")}


def kinds() -> list[str]:
    return list(Event.objects.filter(kind__startswith="duty.").order_by("seq").values_list("kind", flat=True))


def test_whoever_takes_it_now_is_on_until_the_shift_ends(cast: Cast, duty: Duty) -> None:
    assert on(duty) == DUTY
    taken = roster.duty_take(duty_id=duty.pk, by=cast.actor(SUPERVISOR))
    assert on(duty) == SUPERVISOR
    assert taken.ends_at - now() < 11 * HOUR
    assert on(duty, taken.ends_at) == SECOND_MANAGER
    assert recorded(duty)[-2:] == [(DUTY, "rotation"), (SUPERVISOR, "taken")]
    assert kinds()[-2:] == ["duty.override_set", "duty.turn_changed"]
    with pytest.raises(Conflict):
        roster.duty_take(duty_id=duty.pk, by=cast.actor(SUPERVISOR))


def test_the_outsider_and_those_of_another_duty_change_nothing(cast: Cast, duty: Duty) -> None:
    before, row = kinds(), Rotation.objects.get(duty=duty)
    span = {"starts_at": now() + HOUR, "ends_at": now() + 2 * HOUR}
    for who in (OUTSIDER, AUDITOR, GM, "hu"):
        by, own = cast.actor(who), cast.user(who).pk
        attempts = [
            lambda by=by: roster.duty_take(duty_id=duty.pk, by=by),
            lambda by=by, own=own: roster.override_set(duty_id=duty.pk, user_id=own, by=by, **span),
            lambda by=by: roster.rotation_end(rotation_id=row.pk, by=by),
            lambda by=by: roster.rotation_set(
                duty_id=duty.pk, anchor=now(), turn_hours=8, people=[cast.user(DUTY).pk], by=by
            ),
            lambda by=by: roster.duty_set(key="x", name_zh="x", name_en="x", owner_role="hr", stood_by=["hr"], by=by),
        ]
        for attempt in attempts:
            with pytest.raises(NotAllowed):
                attempt()
    with pytest.raises(NotAllowed):
        leaves.leave_set(user_id=cast.user(DUTY).pk, by=cast.actor(SECOND_MANAGER), **span)
    assert kinds() == before


def test_leave_makes_a_gap_that_is_alarmed_until_somebody_fills_it(cast: Cast, duty: Duty) -> None:
    assert not alarms()
    tang, coming = cast.user(SECOND_MANAGER).pk, now() + 10 * HOUR
    leave = leaves.leave_set(user_id=tang, starts_at=coming, ends_at=coming + 20 * HOUR, by=cast.actor(SECOND_MANAGER))
    (gap,) = rostered.shown([duty], now(), now() + 48 * HOUR, now())[0].gaps
    assert (gap.meant.username, gap.why) == (SECOND_MANAGER, Why.AWAY)
    assert alarms().keys() == {"duty.gap"}
    # Anybody who may stand it fills a gap; somebody else's shift only its owner gives away.
    by, lin = cast.actor(DUTY), cast.user(DUTY).pk
    with pytest.raises(NotAllowed):
        roster.override_set(
            duty_id=duty.pk, user_id=cast.user(SUPERVISOR).pk, starts_at=gap.start, ends_at=gap.end, by=by
        )
    filled = roster.override_set(duty_id=duty.pk, user_id=lin, starts_at=gap.start, ends_at=gap.end, by=by)
    assert not alarms()
    roster.override_cancel(override_id=filled.pk, by=by)
    assert alarms().keys() == {"duty.gap"}
    leaves.leave_cancel(leave_id=leave.pk, by=cast.actor(SECOND_MANAGER))
    assert not alarms()
    with pytest.raises(Conflict):
        leaves.leave_cancel(leave_id=leave.pk, by=SYSTEM)


def test_a_changed_rotation_does_not_rewrite_what_was(cast: Cast, duty: Duty) -> None:
    then = now()
    worlds.world_forward(world=worlds.real(), by=12 * HOUR)
    timer = Timer.objects.get(what=turns.LOOK, ref=duty.pk)
    turns.look(duty.pk, timer.due_at, now())
    assert recorded(duty)[-2:] == [(DUTY, "rotation"), (SECOND_MANAGER, "rotation")]
    row = Rotation.objects.get(duty=duty)
    su = cast.user(SUPERVISOR).pk
    said = {"duty_id": duty.pk, "rotation_id": row.pk, "anchor": then - 48 * HOUR, "turn_hours": 24, "people": [su]}
    roster.rotation_set(**said, based_on=row.version, by=cast.actor(SUPERVISOR))
    assert (on(duty, then), on(duty)) == (DUTY, SUPERVISOR)
    with pytest.raises(Conflict):
        roster.rotation_set(**said, based_on=row.version, by=cast.actor(SUPERVISOR))


def test_what_was_missed_is_written_turn_by_turn(duty: Duty) -> None:
    worlds.world_forward(world=worlds.real(), by=36 * HOUR)
    turns.look(duty.pk, now(), now())
    assert [who for who, _why in recorded(duty)[-4:]] == [DUTY, SECOND_MANAGER, DUTY, SECOND_MANAGER]
    begun = DutyTurn.objects.filter(duty=duty).order_by("since").values_list("since", flat=True)
    assert list(begun)[-1] - list(begun)[-2] == 12 * HOUR


def test_nobody_now_is_an_alarm_of_its_own(cast: Cast, duty: Duty) -> None:
    roster.rotation_end(rotation_id=Rotation.objects.get(duty=duty).pk, by=cast.actor(SUPERVISOR))
    assert (on(duty), alarms().keys()) == ("unfilled", {"duty.gap", "duty.nobody"})
    roster.duty_take(duty_id=duty.pk, by=cast.actor(DUTY))
    assert alarms().keys() == {"duty.gap"}


def test_whose_account_is_shut_leaves_a_gap(cast: Cast, duty: Duty) -> None:
    from engine import sweep

    services.user_deactivate(user=cast.user(SECOND_MANAGER), by=SYSTEM)
    while sweep.sweep():
        pass
    assert "duty.gap" in alarms()
    assert on(duty, now() + 12 * HOUR) == "gone"


@pytest.mark.parametrize(
    ("case", "said", "field"),
    [
        ("a turn of no time", {"turn_hours": 0}, "turn_hours"),
        ("nobody", {"people": []}, "people"),
        ("who may not stand it", {"people": ["gao"]}, "people"),
        ("an eighth day", {"days": [7]}, "days"),
        ("a first turn in the Middle Ages", {"anchor": datetime(1315, 1, 1, tzinfo=UTC)}, "anchor"),
        ("half of the hours", {"from_time": time(8)}, "to_time"),
    ],
)
def test_a_wrong_rotation_names_its_field(cast: Cast, duty: Duty, case: str, said: dict, field: str) -> None:
    right = {"anchor": now(), "turn_hours": 8, "people": [DUTY], **said}
    right["people"] = [cast.user(name).pk for name in right["people"]]
    with pytest.raises(Invalid) as error:
        roster.rotation_set(duty_id=duty.pk, **right, by=cast.actor(SUPERVISOR))
    assert [row["field"] for row in error.value.errors] == [field]


def test_the_database_keeps_history_whole(cast: Cast, duty: Duty) -> None:
    roster.duty_take(duty_id=duty.pk, by=cast.actor(SUPERVISOR))
    turn = DutyTurn.objects.get(duty=duty, until=None)
    wrong = [
        lambda: DutyTurn.objects.create(duty=duty, user=turn.user, why="rotation", since=now()),
        lambda: DutyTurn.objects.create(duty=duty, why="rotation", since=now() - 9 * HOUR, until=now() - 8 * HOUR),
        lambda: DutyTurn.objects.filter(pk=turn.pk).update(since=now() - HOUR),
        lambda: DutyTurn.objects.exclude(until=None).update(until=now()),
        lambda: turn.delete(),
        lambda: duty.delete(),
        lambda: Override.objects.create(
            duty=duty, user=turn.user, kind="swap", starts_at=now(), ends_at=now() + HOUR, set_at=now()
        ),
    ]
    for attempt in wrong:
        with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
            attempt()


def test_the_practice_company_has_its_roster_with_a_gap_next_week(cast: Cast) -> None:
    assert (roster_found(), roster_found()) == (len(DUTIES), 0)
    shown = rostered.shown(rostered.duties(), now(), now() + timedelta(days=14), now())
    assert all(one.now.user for one in shown)
    assert {one.duty.key for one in shown if one.gaps} == {"drivers"}
    assert Alarm.objects.get(kind="duty.gap", cleared_at=None).ref == "drivers"
