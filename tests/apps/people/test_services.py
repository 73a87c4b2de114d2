from dataclasses import replace

import pytest
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, ProgrammingError, connection, transaction

from common.actor import SYSTEM
from common.errors import Conflict, Invalid, NotAllowed
from engine.models import Event
from hotline_ep.practice import company, founding
from people import directory, services
from people.models import ApiToken, Contact, RoleHolding, User, WorkGroupMember
from people.secrecy import Broken, masked
from people.selectors import actor_of, actor_of_token, actors_of, holders, holders_of_any, resolve
from tests.apps.people.conftest import made
from tests.cast import Cast


def kinds() -> list[str]:
    return list(Event.objects.filter(stream__kind="people").order_by("seq").values_list("kind", flat=True))


# --- accounts and roles ----------------------------------------------------------------------------------------------
def test_an_account_and_a_role_are_on_record(warden: User) -> None:
    before = len(kinds())
    user = services.user_create(username="zhao", display_name="Zhao", by=actor_of(warden))
    holding = services.role_assign(user=user, role="hq_member", by=actor_of(warden))
    services.role_end(holding=holding, by=actor_of(warden))
    assert kinds()[before:] == ["people.user_created", "people.role_assigned", "people.role_ended"]
    newest = Event.objects.filter(stream__kind="people").latest("seq")
    assert (newest.actor_id, newest.authority) == (warden.pk, "security_admin")
    assert "Zhao" not in str(Event.objects.get(kind="people.user_created", data__user=user.pk).data)


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"username": "Has Space"}, "username"), ({"language": "fr"}, "language"), ({"password": "short"}, "password")],
)
def test_a_bad_account_names_its_field(warden: User, fields: dict, field: str) -> None:
    with pytest.raises(Invalid) as error:
        services.user_create(**{"username": "zhao", "display_name": "Zhao", **fields}, by=actor_of(warden))
    assert {row["field"] for row in error.value.errors} == {field}


def test_a_taken_user_name_is_a_conflict(lin: User) -> None:
    with pytest.raises(Conflict):
        services.user_create(username="lin", display_name="Another", by=SYSTEM)


def test_nobody_changes_his_own_rights(warden: User) -> None:
    by, held = actor_of(warden), warden.holdings.get()
    own = [
        lambda: services.role_assign(user=warden, role="executive", by=by),
        lambda: services.role_end(holding=held, by=by),
        lambda: services.user_deactivate(user=warden, by=by),
    ]
    for attempt in own:
        with pytest.raises(NotAllowed):
            attempt()
    assert actor_of(warden).roles == {"security_admin"}


def test_the_database_refuses_roles_from_oneself_twice_deleted_or_narrowed_twice(lin: User, east, technical) -> None:
    held = lin.holdings.get()
    wrong = [
        lambda: RoleHolding.objects.create(user=lin, role="executive", assigned_by=lin),
        lambda: RoleHolding.objects.create(user=lin, role="duty_manager"),
        lambda: RoleHolding.objects.create(user=lin, role="emperor"),
        lambda: RoleHolding.objects.create(user=lin, role="hq_member", region=east, group=technical),
        lambda: RoleHolding.objects.filter(pk=held.pk).update(until=held.since, ended_by=lin),
        lambda: held.delete(),
    ]
    for attempt in wrong:
        with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic():
            attempt()
    assert actor_of(lin).roles == {"duty_manager"}


def test_an_outsider_manages_nobody(outsider: User, lin: User) -> None:
    by, before = actor_of(outsider), kinds()
    refused = [
        lambda: services.user_create(username="x1", display_name="X", by=by),
        lambda: services.user_deactivate(user=lin, by=by),
        lambda: services.role_assign(user=lin, role="executive", by=by),
        lambda: services.role_end(holding=lin.holdings.get(), by=by),
        lambda: services.token_issue(user=lin, name="x", by=by),
        lambda: services.contact_set(user=lin, kind="phone", value="13800001111", by=by),
        lambda: directory.region_set(key="x", name_zh="x", name_en="x", by=by),
    ]
    for attempt in refused:
        with pytest.raises(NotAllowed):
            attempt()
    assert kinds() == before
    assert not User.objects.filter(username="x1").exists()


def test_a_source_holds_no_other_role(db: None) -> None:
    meter = made("meter", "source")
    assert actor_of(meter).kind == "source"
    with pytest.raises(Conflict):
        services.role_assign(user=meter, role="hq_member", by=SYSTEM)


def test_a_shut_account_may_nothing(lin: User, warden: User) -> None:
    secret = services.token_issue(user=lin, name="phone", by=actor_of(lin))
    services.user_deactivate(user=lin, by=actor_of(warden))
    lin.refresh_from_db()
    assert actor_of(lin).roles == frozenset()
    assert actor_of_token(secret) is None
    assert holders("duty_manager") == []


def test_roles_ended_count_no_more_and_stay_in_history(lin: User) -> None:
    services.role_end(holding=lin.holdings.get(), by=SYSTEM)
    assert actor_of(lin).roles == frozenset()
    services.role_assign(user=lin, role="duty_manager", by=SYSTEM)
    assert lin.holdings.count() == 2


# --- tokens ----------------------------------------------------------------------------------------------------------
def test_a_token_is_kept_as_a_digest_and_can_be_revoked(lin: User) -> None:
    secret = services.token_issue(user=lin, name="phone", by=actor_of(lin))
    kept = ApiToken.objects.get()
    assert secret not in str(kept.__dict__)
    assert actor_of_token(secret) == actor_of(lin)
    services.token_revoke(issued=kept, by=actor_of(lin))
    assert actor_of_token(secret) is None


def test_nobody_takes_out_a_token_in_another_persons_name(lin: User, warden: User) -> None:
    with pytest.raises(NotAllowed):
        services.token_issue(user=lin, name="mine now", by=actor_of(warden))
    assert services.token_issue(user=made("meter", "source"), name="exchange", by=actor_of(warden))


# --- contacts --------------------------------------------------------------------------------------------------------
def test_a_contact_is_sealed_masked_and_revealed_on_record(lin: User, warden: User) -> None:
    contact = services.contact_set(user=lin, kind="phone", value="13812345678", by=SYSTEM)
    contact = Contact.objects.get(pk=contact.pk)
    assert b"1381234" not in bytes(contact.sealed)
    assert contact.masked == "138****5678"
    assert services.contact_reveal(contact=contact, reason="line 3 is down", by=actor_of(lin)) == "13812345678"
    event = Event.objects.get(kind="people.contact_revealed")
    assert event.data["user"] == lin.pk
    assert "13812345678" not in str(event.data)


@pytest.mark.parametrize("reason", ["", "   ", "x"])
def test_without_a_reason_nothing_is_revealed(lin: User, reason: str) -> None:
    contact = services.contact_set(user=lin, kind="email", value="lin@example.com", by=SYSTEM)
    with pytest.raises(Invalid):
        services.contact_reveal(contact=contact, reason=reason, by=actor_of(lin))
    assert "people.contact_revealed" not in kinds()


def test_a_ciphertext_moved_to_another_row_does_not_open(lin: User, outsider: User) -> None:
    own = services.contact_set(user=lin, kind="phone", value="13812345678", by=SYSTEM)
    other = services.contact_set(user=outsider, kind="phone", value="13900000000", by=SYSTEM)
    Contact.objects.filter(pk=other.pk).update(sealed=own.sealed)
    with pytest.raises(Broken):
        Contact.objects.get(pk=other.pk).opened()


@pytest.mark.parametrize(("kind", "value"), [("phone", "call me"), ("email", "no at sign"), ("fax", "123456")])
def test_a_contact_that_cannot_be_one(lin: User, kind: str, value: str) -> None:
    with pytest.raises(Invalid):
        services.contact_set(user=lin, kind=kind, value=value, by=SYSTEM)


@pytest.mark.parametrize(
    ("plain", "shown"),
    [("13812345678", "138****5678"), ("95533", "****33"), ("lin@example.com", "l***@example.com")],
)
def test_masking(plain: str, shown: str) -> None:
    assert masked(plain) == shown


# --- directory and selectors -----------------------------------------------------------------------------------------
def test_setting_the_same_twice_is_one_event(east) -> None:
    before = len(kinds())
    assert directory.region_set(key="east", name_zh="华东", name_en="East", by=SYSTEM) == east
    assert len(kinds()) == before
    directory.region_set(key="east", name_zh="华东", name_en="Eastern", by=SYSTEM)
    east.refresh_from_db()
    assert (east.name_en, len(kinds())) == ("Eastern", before + 1)


def test_a_new_lead_makes_the_former_one_deputy(lin: User, outsider: User, technical) -> None:
    directory.group_member_set(group=technical, user=lin, role="lead", by=SYSTEM)
    directory.group_member_set(group=technical, user=outsider, role="lead", by=SYSTEM)
    seats = dict(WorkGroupMember.objects.values_list("user__username", "role"))
    assert seats == {"lin": "deputy", "outsider": "lead"}


def test_a_role_held_everywhere_swallows_its_narrowed_copy(lin: User, east) -> None:
    services.role_assign(user=lin, role="hq_member", region=east, by=SYSTEM)
    assert actor_of(lin).regions == {"hq_member@east"}
    services.role_assign(user=lin, role="hq_member", by=SYSTEM)
    assert actor_of(lin).regions == frozenset()


def test_the_actor_takes_one_query(lin: User, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        assert actor_of(lin).roles == {"duty_manager"}


def test_many_actors_take_one_query_too(lin: User, outsider: User, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        actors = actors_of([lin, outsider])
    assert {pk: actor.roles for pk, actor in actors.items()} == {lin.pk: {"duty_manager"}, outsider.pk: frozenset()}


def test_holders_by_region(lin: User, outsider: User, east) -> None:
    west = directory.region_set(key="west", name_zh="华西", name_en="West", by=SYSTEM)
    services.role_assign(user=outsider, role="duty_manager", region=west, by=SYSTEM)
    assert holders("duty_manager") == [lin, outsider]
    assert holders("duty_manager", region="east") == [lin]
    services.role_assign(user=lin, role="cs_supervisor", by=SYSTEM)
    assert holders_of_any(["duty_manager", "cs_supervisor"], region="west") == [lin, outsider]
    with pytest.raises(KeyError):
        holders("emperor")


def test_places(east) -> None:
    west = directory.region_set(key="west", name_zh="华西", name_en="West", by=SYSTEM)
    node = directory.node_set(
        key="sw-3", name_zh="交换机3", name_en="Switch 3", region=east, business="rescue", daily_calls=800, by=SYSTEM
    )
    line = directory.hotline_set(key="main", name_zh="主热线", name_en="Main", by=SYSTEM)
    place = resolve(hotline="main", node="sw-3")
    assert (place.region, place.hotline, place.node) == (east, line, node)
    with pytest.raises(Invalid) as unknown:
        resolve(region="moon", hotline="x")
    assert [row["field"] for row in unknown.value.errors] == ["region", "hotline"]
    with pytest.raises(Invalid):
        resolve(region=west.key, node="sw-3")


def test_a_password_is_hashed_before_the_transaction_of_its_account(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hashing can take longer than a session may stand idle in a transaction."""
    outside, depths = len(connection.savepoint_ids), []

    def hashed(password: str | None) -> str:
        depths.append(len(connection.savepoint_ids))
        return make_password(password)

    for module in ("people.services", "people.api", "people.views", "hotline_ep.practice.founding"):
        monkeypatch.setattr(f"{module}.make_password", hashed)
    said = {"display_name": "New", "language": "en", "password": "a-long-enough-Word-7"}
    services.user_create(username="n1", display_name="New", password=said["password"], by=SYSTEM)
    assert cast.client("guard").post("/people/accounts/create", {**said, "username": "n2"}).status_code == 302
    assert cast.api("guard").post("/api/v1/people/users", {**said, "username": "n3"}, format="json").status_code == 201
    person = replace(company.PEOPLE[0], username="n4")
    monkeypatch.setattr(company, "PEOPLE", (person,))
    founding.people_found({"n4": said["password"]}, lambda text: None)
    assert depths == [outside] * 4
    assert all(User.objects.get(username=name).check_password(said["password"]) for name in ("n1", "n2", "n3", "n4"))
