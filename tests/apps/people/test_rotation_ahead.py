"""A change of a rotation entered ahead: seen in the calendar, gaps and all, before it counts; taken back before it begins."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from common.clock import utc_text
from common.errors import Conflict, Invalid, Missing, NotAllowed
from engine import worlds
from engine.models import Alarm, Event, Timer
from people import rostered
from people.models import Duty, Rotation
from people.services import roster, turns
from tests.apps.people.test_duties import HOUR, SECOND_MANAGER, duty, now, on, recorded, the_clock_moves  # noqa: F401 - fixtures
from tests.cast import DUTY, GM, OUTSIDER, SUPERVISOR, Cast

AHEAD = 50 * HOUR


def entered(cast: Cast, duty: Duty, **other: Any) -> Rotation:  # noqa: F811
    """From fifty hours ahead the supervisor takes all turns."""
    said: dict[str, Any] = {
        "rotation_id": Rotation.objects.get(duty=duty, replaces=None).pk,
        "anchor": now() - 48 * HOUR,
        "turn_hours": 24,
        "people": [cast.user(SUPERVISOR).pk],
        "begins_at": now() + AHEAD,
        "by": cast.actor(SUPERVISOR),
    }
    return roster.rotation_set(duty_id=duty.pk, **{**said, **other})


def test_it_is_seen_ahead_and_counts_when_its_time_comes(cast: Cast, duty: Duty) -> None:  # noqa: F811
    row = entered(cast, duty)
    assert (on(duty), on(duty, row.begins_at - HOUR), on(duty, row.begins_at)) == (DUTY, DUTY, SUPERVISOR)
    event = Event.objects.filter(kind="duty.rotation_set").latest("seq")
    assert (event.data["replaces"], event.data["begins_at"]) == (row.replaces_id, utc_text(row.begins_at))
    page = cast.client(SUPERVISOR).get(f"/people/duty/{duty.key}/").content.decode()
    assert "Entered ahead, counts from" in page
    assert "Counts until" in page
    (_before, after) = cast.api(DUTY).get(f"/api/v1/people/duties/{duty.key}/rotations").json()
    assert (after["replaces"], after["begins_at"]) == (row.replaces_id, utc_text(row.begins_at))
    while now() < row.begins_at:
        timer = Timer.objects.get(what=turns.LOOK, ref=duty.pk)
        worlds.world_forward(world=worlds.real(), by=timer.due_at - now() + timedelta(seconds=1))
        turns.look(duty.pk, timer.due_at, now())
    assert recorded(duty)[-1] == (SUPERVISOR, "rotation")
    assert [one.pk for one in rostered.rotations_of([duty], now())] == [row.pk]
    with pytest.raises(Missing):
        entered(cast, duty, begins_at=None)


def test_gaps_that_it_makes_are_alarmed_before_it_begins(cast: Cast, duty: Duty) -> None:  # noqa: F811
    row = entered(cast, duty, days=[(now() + AHEAD).astimezone(rostered.ZONE).weekday()])
    (gap, *_more) = rostered.shown([duty], now(), now() + 90 * HOUR, now())[0].gaps
    assert gap.start > row.begins_at
    assert Alarm.objects.filter(kind="duty.gap", cleared_at=None).exists()
    roster.rotation_end(rotation_id=row.pk, by=cast.actor(SUPERVISOR))
    assert not Alarm.objects.filter(kind="duty.gap", cleared_at=None).exists()


def test_taken_back_it_never_counted_and_changed_it_is_one(cast: Cast, duty: Duty) -> None:  # noqa: F811
    row = entered(cast, duty)
    with pytest.raises(Conflict):
        entered(cast, duty)
    lin = cast.user(DUTY).pk
    later = now() + AHEAD + 24 * HOUR
    changed = entered(cast, duty, rotation_id=row.pk, based_on=row.version, people=[lin], begins_at=later)
    assert (changed.pk, changed.begins_at) == (row.pk, later)
    page = cast.client(SUPERVISOR)
    answer = page.post(f"/people/duty/{duty.key}/rotation/{row.pk}/end", follow=True).content.decode()
    assert "Taken back" in answer
    assert "Counts until" not in answer
    assert on(duty, later + HOUR) in (DUTY, SECOND_MANAGER)
    assert Rotation.objects.get(pk=row.pk).taken_back
    assert entered(cast, duty).pk != row.pk, "and another may be entered"


def test_ended_after_it_began_it_brings_nothing_back(cast: Cast, duty: Duty) -> None:  # noqa: F811
    row = entered(cast, duty, begins_at=now() + HOUR)
    worlds.world_forward(world=worlds.real(), by=2 * HOUR)
    roster.rotation_end(rotation_id=row.pk, by=cast.actor(SUPERVISOR))
    assert on(duty) == "unfilled"
    assert list(rostered.rotations_of([duty], now())) == []


@pytest.mark.parametrize("hours", [-1, 24 * 400])
def test_only_what_lies_ahead_and_within_a_year_can_be_entered(hours: int, cast: Cast, duty: Duty) -> None:  # noqa: F811
    with pytest.raises(Invalid) as refused:
        entered(cast, duty, begins_at=now() + hours * HOUR)
    assert [row["field"] for row in refused.value.errors] == ["begins_at"]
    assert Rotation.objects.count() == 1


def test_who_may_not_enters_and_takes_back_nothing(cast: Cast, duty: Duty) -> None:  # noqa: F811
    row = entered(cast, duty)
    for who in (OUTSIDER, GM, DUTY):
        with pytest.raises(NotAllowed):
            entered(cast, duty, by=cast.actor(who))
        with pytest.raises(NotAllowed):
            roster.rotation_end(rotation_id=row.pk, by=cast.actor(who))
    assert Rotation.objects.filter(ended_at=None).count() == 2


def test_the_api_and_the_form_enter_it(cast: Cast, duty: Duty) -> None:  # noqa: F811
    first = Rotation.objects.get(duty=duty)
    said = {
        "anchor": utc_text(now()), "turn_hours": 24, "people": [cast.user(DUTY).pk], "based_on": first.version,
        "begins_at": utc_text(now() + AHEAD),
    }  # fmt: skip
    address = f"/api/v1/people/duties/{duty.key}/rotations/{first.pk}"
    made = cast.api(SUPERVISOR).patch(address, said, format="json")
    assert (made.status_code, made.json()["replaces"]) == (200, first.pk), made.content
    client = cast.client(SUPERVISOR)
    form = client.get(f"/people/duty/{duty.key}/rotation/{made.json()['id']}/").context["form"]
    assert form.initial["begins_at"] is not None
    assert form.fields["begins_at"].required
    empty = {
        "anchor": "2026-12-01T08:00",
        "turn_hours": 24,
        "position": 0,
        "person_1": cast.user(DUTY).pk,
        "begins_at": "",
    }
    refused = client.post(f"/people/duty/{duty.key}/rotation/{made.json()['id']}/", empty)
    assert refused.status_code == 400


def test_the_database_knows_one_change_ahead_and_its_beginning(cast: Cast, duty: Duty) -> None:  # noqa: F811
    row = entered(cast, duty)
    again = {"duty": duty, "anchor": now(), "turn_hours": 1, "replaces_id": row.replaces_id}
    for begins_at in (None, now() + HOUR):
        with pytest.raises(IntegrityError), transaction.atomic():
            Rotation.objects.create(**again, begins_at=begins_at)
