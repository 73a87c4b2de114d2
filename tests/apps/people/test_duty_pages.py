"""The pages of the duty roster."""

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.utils.timezone import localtime

from engine import worlds
from engine.models import Event
from people import rostered
from people.models import Duty, Leave, Override, Rotation
from tests.cast import AUDITOR, DUTY, OUTSIDER, SUPERVISOR, Cast

ADMINISTRATION, DRIVER, GUARD = "hu", "feng", "guard"


pytestmark = pytest.mark.usefixtures("rostered")


def now() -> datetime:
    return worlds.now(worlds.real())


def typed(at: datetime) -> str:
    return localtime(at).strftime("%Y-%m-%dT%H:%M")


def test_the_calendar_says_who_is_on_and_where_nobody_is(cast: Cast, django_assert_max_num_queries) -> None:
    client = cast.client(AUDITOR)
    # 1 session, 1 user, 1 holdings; 1 clock of the real world and its row; 1 duties, 5 rosters, 1 turns, 1 people, 1 leave; the frame's
    with django_assert_max_num_queries(19):
        page = client.get("/people/duty/").content.decode()
    for shown in (
        "Duty manager",
        "Headquarters line",
        "Driver on call",
        "24 × 7 technical watch",
        "gap within 14 days",
    ):
        assert shown in page
    assert "宁浩 on leave" in page
    assert "Take it now" not in page
    later = client.get("/people/duty/?from=2099-01-01").content.decode()
    assert "Two weeks from" in later
    assert client.get("/people/duty/?from=never").status_code == 200


def test_the_outsider_sees_and_changes_nothing(cast: Cast) -> None:
    client, before = cast.client(OUTSIDER), Override.objects.count()
    row = Rotation.objects.filter(duty__key="duty_manager").first()
    for path in ("", "mine/", "drivers/", "duty_manager/rotation/", f"duty_manager/rotation/{row.pk}/"):
        assert client.get(f"/people/duty/{path}").status_code == 403
    for path in ("duty_manager/take", "duty_manager/override", "mine/leave", f"duty_manager/rotation/{row.pk}/end"):
        assert client.post(f"/people/duty/{path}").status_code == 403
    assert Override.objects.count() == before


def test_taken_with_one_tap(cast: Cast) -> None:
    client = cast.client(SUPERVISOR)
    other = next(name for name in (SUPERVISOR, DUTY) if _now("duty_manager") != name)
    client = cast.client(other)
    assert "Take it now" in client.get("/people/duty/duty_manager/").content.decode()
    assert client.post("/people/duty/duty_manager/take").status_code == 302
    assert _now("duty_manager") == other
    assert client.post("/people/duty/duty_manager/take").status_code == 409


def _now(key: str) -> str:
    (one,) = rostered.shown([rostered.duty_named(key)], now(), now(), now())
    return one.now.user.username


def test_a_gap_is_filled_by_whoever_takes_it(cast: Cast) -> None:
    (one,) = rostered.shown([rostered.duty_named("drivers")], now(), now(), now())
    client, page = cast.client(DRIVER), "/people/duty/drivers/"
    assert "I take it" in client.get(page).content.decode()
    said = {
        "user": cast.user(DRIVER).pk,
        "starts_at": one.gaps[0].start.isoformat(),
        "ends_at": one.gaps[0].end.isoformat(),
    }
    assert client.post(f"{page}override", said).status_code == 302
    (after,) = rostered.shown([rostered.duty_named("drivers")], now(), now(), now())
    assert len(after.gaps) == len(one.gaps) - 1


def test_an_owner_puts_on_takes_back_and_is_told_what_is_wrong(cast: Cast) -> None:
    client, page = cast.client(ADMINISTRATION), "/people/duty/drivers/"
    wrong = {"user": cast.user(DRIVER).pk, "starts_at": typed(now()), "ends_at": typed(now() - timedelta(hours=2))}
    answer = client.post(f"{page}override", wrong)
    assert (answer.status_code, "The end lies before the beginning" in answer.content.decode()) == (400, True)
    right = {**wrong, "ends_at": typed(now() + timedelta(hours=2)), "reason": "tyre"}
    assert client.post(f"{page}override", right).status_code == 302
    put = Override.objects.get(reason="tyre")
    assert "tyre" in client.get(page).content.decode()
    assert client.post(f"{page}override/{put.pk}/cancel").status_code == 302
    assert "tyre" not in client.get(page).content.decode()


def test_a_rotation_is_edited_by_its_owner_alone(cast: Cast) -> None:
    row = Rotation.objects.get(duty__key="duty_manager")
    page = f"/people/duty/duty_manager/rotation/{row.pk}/"
    assert cast.client(ADMINISTRATION).get(page).status_code == 403
    client = cast.client(SUPERVISOR)
    assert client.get(page).status_code == 200
    said = {
        "anchor": typed(now()), "turn_hours": 8, "person_1": cast.user(SUPERVISOR).pk, "person_2": cast.user(DUTY).pk,
        "days": ["5", "6"], "position": 1, "based_on": row.version,
    }  # fmt: skip
    assert client.post(page, said).status_code == 302
    row.refresh_from_db()
    assert (row.turn_hours, row.days, row.version) == (8, [5, 6], 2)
    again = client.post(page, said)
    assert (again.status_code, "Somebody changed this rotation" in again.content.decode()) == (400, True)


def test_the_form_of_a_rotation_shows_what_is_set_and_room_for_two_more(cast: Cast) -> None:
    row = Rotation.objects.get(duty__key="duty_manager")
    client = cast.client(SUPERVISOR)
    form = client.get(f"/people/duty/duty_manager/rotation/{row.pk}/").context["form"]
    taken = row.members.count()
    assert [len(form.first_seats), len(form.further_seats)] == [taken + 2, len(form.seats) - taken - 2]
    assert not form.narrowed
    said = {"anchor": typed(now()), "turn_hours": 8, "person_7": cast.user(DUTY).pk, "days": ["5"], "position": 0}
    refused = client.post("/people/duty/duty_manager/rotation/", said)
    assert refused.status_code == 400, "nobody stands first"
    form = refused.context["form"]
    assert form.narrowed, "what was typed is not folded away"
    assert len(form.first_seats) == len(form.seats)
    assert {field.name for field in (*form.when, *form.first_seats, *form.further_seats)} | {
        "days", "from_time", "to_time", "position", "based_on",
    } == set(form.fields), "no field is left out"  # fmt: skip


def test_leave_is_ones_own_or_recorded_by_who_keeps_the_roster(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    client, lin = cast.client(DUTY), cast.user(DUTY)
    span = {"starts_at": typed(now() + timedelta(days=1)), "ends_at": typed(now() + timedelta(days=2))}
    assert client.post("/people/duty/mine/leave", {"user": cast.user(SUPERVISOR).pk, **span}).status_code == 400
    assert client.post("/people/duty/mine/leave", {"user": lin.pk, **span}).status_code == 302
    assert cast.client(SUPERVISOR).post("/people/duty/mine/leave", {"user": lin.pk, **span}).status_code == 302
    first, _second = Leave.objects.filter(user=lin).order_by("pk")
    assert client.post(f"/people/duty/mine/leave/{first.pk}/cancel").status_code == 302
    shifts = [(SimpleNamespace(key="d", name="Desk"), SimpleNamespace(start=now(), end=now())) for _turn in range(6)]
    monkeypatch.setattr(rostered, "shifts_of", lambda *span: shifts)
    page = client.get("/people/duty/mine/").content.decode()
    first, _summary, later = page.partition('id="later-shifts"')
    assert (first.count(">Desk</a>"), later.count(">Desk</a>")) == (4, 2)
    assert "2 later shifts" in later


NIGHT = {
    "key": "night-desk", "name_zh": "夜间值守", "name_en": "Night desk", "owner_role": "cs_supervisor", "stood_by": ["duty_manager"],
    "clause": "3.1", "position": 7, "based_on": 0,
}  # fmt: skip


def test_a_duty_is_made_and_renamed_on_a_page(cast: Cast) -> None:
    client = cast.client(GUARD)
    assert "/people/duty/new/" in client.get("/people/duty/").content.decode()
    assert client.post("/people/duty/new/", NIGHT).headers["Location"] == "/people/duty/night-desk/"
    made = Duty.objects.get(key="night-desk")
    assert (made.name_en, made.owner_role, made.stood_by) == ("Night desk", "cs_supervisor", ["duty_manager"])
    address = "/people/duty/night-desk/edit/"
    assert 'value="Night desk"' in client.get(address).content.decode()
    changed = {**NIGHT, "name_en": "Night shift", "based_on": made.version}
    assert client.post(address, changed).status_code == 302
    made.refresh_from_db()
    assert (made.name_en, made.version, made.key) == ("Night shift", changed["based_on"] + 1, "night-desk")
    assert [
        event.data["name_en"]
        for event in Event.objects.filter(kind="duty.set", data__duty="night-desk").order_by("seq")
    ] == [
        "Night desk",
        "Night shift",
    ]


def test_a_duty_is_not_overwritten_by_who_read_an_older_one(cast: Cast) -> None:
    client = cast.client(GUARD)
    drivers = Duty.objects.get(key="drivers")
    taken = client.post("/people/duty/new/", {**NIGHT, "key": "drivers"})
    assert (taken.status_code, "There is a duty with this key already" in taken.content.decode()) == (400, True)
    stale = client.post("/people/duty/drivers/edit/", {**NIGHT, "based_on": drivers.version + 1})
    assert (stale.status_code, "read it again" in stale.content.decode()) == (400, True)
    for wrong, said in (
        ({"key": "new"}, "address of a page"),
        ({"key": "a b"}, "slug"),
        ({"stood_by": []}, "required"),
    ):
        answer = client.post("/people/duty/new/", {**NIGHT, **wrong})
        assert (answer.status_code, said in answer.content.decode()) == (400, True), wrong
    drivers.refresh_from_db()
    assert drivers.name_en == "Driver on call"
    assert not Duty.objects.filter(name_en="Night desk").exists()


def test_only_the_security_administrator_makes_duties(cast: Cast) -> None:
    for who in (SUPERVISOR, OUTSIDER, DUTY):
        client = cast.client(who)
        for path in ("/people/duty/new/", "/people/duty/drivers/edit/"):
            assert client.get(path).status_code == 403
            assert client.post(path, NIGHT).status_code == 403
    assert "/people/duty/new/" not in cast.client(SUPERVISOR).get("/people/duty/").content.decode()
