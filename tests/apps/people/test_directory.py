"""Who is where, and how a person is reached, is kept up to date on pages and by programs, not in a shell."""

import pytest
from django.test import Client

from common.actor import SYSTEM
from common.clock import wall
from engine.models import Event
from people import directory, selectors
from people.models import Contact, Department, Region, RoleHolding, User, WorkGroup, WorkGroupMember
from people.services import contact_remove
from tests.cast import DUTY, OUTSIDER, Cast

ADMINISTRATION, GUARD = "hu", "guard"

NEW_DEPARTMENT = {"key": "training", "name_zh": "培训部", "name_en": "Training", "based_on": ""}
TECHNICAL = "/people/map/groups/technical_response/"


@pytest.fixture
def guard(cast: Cast) -> Client:
    return cast.client(GUARD)


def phone_of(user: User) -> str:
    return Contact.objects.get(user=user, kind="phone").opened()


def test_a_company_is_entered_on_the_pages_from_its_departments_to_who_is_rung(cast: Cast, guard: Client) -> None:
    assert "Departments, groups and places" in guard.get("/people/map/").content.decode()
    assert guard.post("/people/map/departments/new/", NEW_DEPARTMENT).headers["Location"] == (
        "/people/map/departments/training/"
    )
    group = {
        "key": "trainers", "name_zh": "培训组", "name_en": "Trainers", "based_on": "",
        "lead_department": Department.objects.get(key="training").pk, "chat_url": "https://chat.example/t", "meeting_url": "",
    }  # fmt: skip
    assert guard.post("/people/map/groups/new/", group).status_code == 302
    lin, tang = cast.user(DUTY), cast.user("tang")
    for who, seat in ((lin, "lead"), (tang, "lead")):
        assert guard.post("/people/map/groups/trainers/seat", {"user": who.pk, "role": seat}).status_code == 302
    seats = dict(WorkGroupMember.objects.filter(group__key="trainers").values_list("user__username", "role"))
    assert seats == {DUTY: "deputy", "tang": "lead"}, "a group has one lead"
    assert guard.post(f"/people/map/groups/trainers/seat/{lin.pk}/end").status_code == 302
    assert [seat.group.key for seat in selectors.seats_of(lin)] == []
    page = f"/people/accounts/{lin.pk}/"
    assert guard.post(f"{page}reach", {"phone": "+8613900001111", "email": ""}).headers["Location"] == page
    assert phone_of(lin) == "+8613900001111"
    changed = {"display_name": "Lin Xiaolan", "language": "en", "department": group["lead_department"]}
    assert guard.post(f"{page}change", changed).status_code == 302
    lin.refresh_from_db()
    assert (lin.display_name, lin.department and lin.department.key) == ("Lin Xiaolan", "training")
    shown = guard.get("/people/").content.decode()
    assert ("Trainers" in shown, "https://chat.example/t" in shown, "Lin Xiaolan" in shown) == (True, True, True)
    kinds = ["people.directory_set", "people.seat_set", "people.contact_set", "people.user_changed"]
    by = set(Event.objects.filter(kind__in=kinds, actor_id=cast.user(GUARD).pk).values_list("kind", flat=True))
    assert by == set(kinds)


def test_every_kind_of_place_is_made_and_changed(cast: Cast, guard: Client) -> None:
    east = Region.objects.get(key="east").pk
    for kind, more in (
        ("regions", {}),
        ("hotlines", {"region": east}),
        ("nodes", {"region": east, "business": "rescue", "daily_calls": 400}),
    ):
        said = {"key": "extra", "name_zh": "新增", "name_en": "Extra", "based_on": "", **more}
        assert guard.post(f"/people/map/{kind}/new/", said).status_code == 302, kind
        page = guard.get(f"/people/map/{kind}/extra/")
        read = page.context["form"].initial["based_on"]
        renamed = guard.post(f"/people/map/{kind}/extra/", {**said, "name_en": "Renamed", "based_on": read})
        assert renamed.status_code == 302, kind
        assert "Renamed" in guard.get("/people/map/").content.decode()
    assert guard.get("/people/map/nothing/extra/").status_code == 404
    assert guard.get("/people/map/regions/nowhere/").status_code == 404


def test_nothing_is_overwritten_unread(cast: Cast, guard: Client) -> None:
    taken = guard.post("/people/map/departments/new/", {**NEW_DEPARTMENT, "key": "it"})
    assert (taken.status_code, "There is one with this key already" in taken.content.decode()) == (400, True)
    address = "/people/map/departments/it/"
    read = guard.get(address).context["form"].initial["based_on"]
    said = {"name_zh": "信息部", "name_en": "Information", "based_on": read}
    assert guard.post(address, said).status_code == 302
    stale = guard.post(address, {**said, "name_en": "Older words"})
    assert (stale.status_code, "changed after you opened it" in stale.content.decode()) == (400, True)
    assert "Older words" in stale.content.decode(), "what was typed stays"
    assert Department.objects.get(key="it").name_en == "Information"
    reserved = guard.post("/people/map/departments/new/", {**NEW_DEPARTMENT, "key": "new"})
    assert (reserved.status_code, Department.objects.filter(key="new").exists()) == (400, False)
    link = {"name_zh": "技", "name_en": "T", "chat_url": "javascript:alert(1)", "based_on": "x"}
    assert guard.post(TECHNICAL, link).status_code == 400


def test_each_keeps_his_own_contacts_and_nobody_elses(cast: Cast) -> None:
    lin, su = cast.user(DUTY), cast.user("su")
    client, before = cast.client(DUTY), phone_of(su)
    page = client.get("/people/reach/").content.decode()
    assert phone_of(lin) not in page, "one's own stands masked too: somebody may look over the shoulder"
    assert client.post("/people/reach/", {"phone": "139 0000 2222", "email": ""}).status_code == 302
    assert phone_of(lin) == "139 0000 2222"
    wrong = client.post("/people/reach/", {"phone": "", "email": "no address"})
    assert (wrong.status_code, "This does not look right" in wrong.content.decode()) == (400, True)
    assert client.post("/people/reach/", {"phone": "", "email": ""}).status_code == 400
    assert client.post(f"/people/accounts/{su.pk}/reach", {"phone": "13900003333"}).status_code == 403
    assert phone_of(su) == before


def test_a_way_is_taken_away_and_the_last_one_only_when_confirmed(cast: Cast) -> None:
    lin, su = cast.user(DUTY), cast.user("su")
    first, last = Contact.objects.filter(user=lin).order_by("kind")
    address = f"/people/contacts/{first.pk}/remove"
    assert cast.client(OUTSIDER).post(address).status_code == 403
    assert cast.api(OUTSIDER).post(f"/api/v1{address}").status_code == 403
    client = cast.client(DUTY)
    assert "It is the last one" not in client.get("/people/reach/").content.decode()
    assert client.post(address).status_code == 302
    page = client.get("/people/reach/").content.decode()
    assert ("It is the last one" in page, str(first.pk) in page) == (True, False)
    refused = cast.api(DUTY).post(f"/api/v1/people/contacts/{last.pk}/remove", {}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "contact.last")
    assert Contact.objects.filter(user=lin).count() == 1, "nothing changed"
    guard = cast.api(GUARD).post(f"/api/v1/people/contacts/{last.pk}/remove", {"confirmed": True}, format="json")
    assert (guard.status_code, guard.json()["contacts"]) == (200, [])
    told = list(Event.objects.filter(kind="people.contact_removed").order_by("seq"))
    assert [(event.data["user"], event.data["kind"], event.data["last"]) for event in told] == [
        (lin.pk, "email", False),
        (lin.pk, "phone", True),
    ]
    assert all("*" in event.texts.get(field="masked").text for event in told)
    RoleHolding.objects.filter(user=su, until=None).update(until=wall(), ended_by=cast.user(GUARD))
    for contact in Contact.objects.filter(user=su):
        contact_remove(contact=contact, by=SYSTEM)
    assert not Contact.objects.filter(user=su).exists(), "nobody counts on reaching whoever holds no role"


def test_only_the_security_administrator_keeps_the_map(cast: Cast) -> None:
    lin = cast.user(DUTY)
    for who in (OUTSIDER, DUTY, ADMINISTRATION):
        client, api = cast.client(who), cast.api(who)
        for path in ("/people/map/", TECHNICAL, "/people/map/regions/new/", f"/people/accounts/{lin.pk}/"):
            assert client.get(path).status_code == 403, path
        assert client.post("/people/map/departments/new/", NEW_DEPARTMENT).status_code == 403
        assert client.post(f"{TECHNICAL}seat", {"user": lin.pk, "role": "lead"}).status_code == 403
        assert (
            client.post(f"/people/accounts/{lin.pk}/change", {"display_name": "X", "language": "en"}).status_code == 403
        )
        assert api.put("/api/v1/people/departments/training", NEW_DEPARTMENT).status_code == 403
        assert (
            api.post(f"/api/v1/people/users/{DUTY}/contacts", {"kind": "phone", "value": "13900003333"}).status_code
            == 403
        )
    assert not Department.objects.filter(key="training").exists()
    assert "/people/map/" not in cast.client(DUTY).get("/people/").content.decode()


def test_programs_do_the_same(cast: Cast) -> None:
    api = cast.api(GUARD)
    address = "/api/v1/people/groups/trainers"
    body = {"name_zh": "培训组", "name_en": "Trainers", "lead_department": "it", "based_on": ""}
    made = api.put(address, body, headers={"Idempotency-Key": "make-trainers"}, format="json")
    assert (made.status_code, made.json()["names"]["en"]) == (200, "Trainers")
    again = api.put(address, body, headers={"Idempotency-Key": "make-trainers"}, format="json")
    assert (again.status_code, again["Idempotency-Replayed"]) == (200, "true")
    assert api.put(address, body, format="json").status_code == 409
    renamed = api.put(
        address, {**body, "name_en": "Teachers", "based_on": api.get(address).json()["reading"]}, format="json"
    )
    assert renamed.json()["names"]["en"] == "Teachers"
    assert api.put("/api/v1/people/groups/new", body, format="json").status_code == 400
    assert api.put("/api/v1/people/nodes/n-1", {**body, "region": "nowhere"}, format="json").status_code == 400
    seated = api.post(f"{address}/seats", {"username": DUTY, "role": "lead"}, format="json").json()
    assert [seat["role"] for seat in seated["members"]] == ["lead"]
    assert api.post(f"{address}/seats/end", {"username": DUTY}, format="json").json()["members"] == []
    assert api.post(f"{address}/seats/end", {"username": DUTY}, format="json").status_code == 404
    told = api.post(
        f"/api/v1/people/users/{DUTY}/contacts", {"kind": "phone", "value": "+8613900001111"}, format="json"
    )
    assert (told.status_code, "+8613900001111" in told.content.decode()) == (200, False)
    assert phone_of(cast.user(DUTY)) == "+8613900001111"
    own = cast.api(DUTY).post(
        "/api/v1/people/contacts", {"kind": "email", "value": "lin@hotline.example"}, format="json"
    )
    assert own.status_code == 200
    change = {"display_name": "Lin X.", "language": "en", "department": "it"}
    assert api.put(f"/api/v1/people/users/{DUTY}", change, format="json").json()["department"] == "it"
    assert api.put("/api/v1/people/users/nobody", change, format="json").status_code == 404


def test_an_account_without_a_contact_is_marked(cast: Cast, guard: Client) -> None:
    Contact.objects.filter(user=cast.user(DUTY)).delete()
    assert "Not reachable" in guard.get("/people/accounts/").content.decode()


def test_a_reading_tells_every_change(cast: Cast) -> None:
    group = WorkGroup.objects.get(key="technical_response")
    before = directory.reading(group)
    group.meeting_url = "https://meet.example/x"
    assert directory.reading(group) != before
