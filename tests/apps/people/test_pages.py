import pytest
from django.conf import settings
from django.test import Client

from common.actor import SYSTEM
from engine.models import Event
from people import directory, services
from people.models import Contact, RoleHolding, User


@pytest.fixture
def browser():
    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in


def key_in(page: str) -> str:
    return page.partition('name="idempotency_key" value="')[2].partition('"')[0]


def test_strangers_sign_in_first(db: None) -> None:
    answer = Client().get("/people/")
    assert (answer.status_code, answer.url) == (302, "/accounts/login/?next=/people/")
    moved = Client().get("/people/", headers={"HX-Request": "true"})
    assert moved["HX-Redirect"] == "/accounts/login/"


def test_the_directory_shows_groups_roles_and_masked_contacts(lin: User, technical, browser) -> None:
    directory.group_member_set(group=technical, user=lin, role="lead", by=SYSTEM)
    services.contact_set(user=lin, kind="phone", value="13812345678", by=SYSTEM)
    page = browser(lin).get("/people/").content.decode()
    for shown in ("Technical response group", "Duty manager", "138****5678"):
        assert shown in page
    assert "13812345678" not in page
    assert "/people/accounts/" not in page


def test_the_directory_in_a_fixed_number_of_queries(
    lin: User, warden: User, browser, django_assert_max_num_queries
) -> None:
    client = browser(lin)
    for user in (lin, warden):
        services.contact_set(user=user, kind="phone", value="13812345678", by=SYSTEM)
    # 1 session, 1 user, 1 holdings; 3 people, roles, contacts; 2 groups, seats; 1 leave; the rest is the frame's: world, unread messages
    with django_assert_max_num_queries(13):
        client.get("/people/")


def test_the_outsider_sees_no_directory_and_no_contact(lin: User, outsider: User, browser) -> None:
    contact = services.contact_set(user=lin, kind="phone", value="13812345678", by=SYSTEM)
    client = browser(outsider)
    refused = client.get("/people/")
    assert refused.status_code == 403
    assert "Your role does not allow this; it takes:" in refused.content.decode()
    assert client.post(f"/people/contacts/{contact.pk}/reveal", {"reason": "curious"}).status_code == 403
    assert client.get("/people/accounts/").status_code == 403
    assert not Event.objects.filter(kind="people.contact_revealed").exists()


def test_a_contact_is_revealed_with_a_reason(lin: User, browser) -> None:
    contact: Contact = services.contact_set(user=lin, kind="phone", value="13812345678", by=SYSTEM)
    client, address = browser(lin), f"/people/contacts/{contact.pk}/reveal"
    looked = client.get(address)
    assert (looked.status_code, looked.url) == (302, "/people/"), "nothing is revealed by looking"
    assert client.put(address).status_code == 405
    silent = client.post(address, {"reason": " "})
    assert (silent.status_code, "13812345678" in silent.content.decode()) == (400, False)
    shown = client.post(address, {"reason": "line 3 is down"})
    assert "13812345678" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert Event.objects.get(kind="people.contact_revealed").actor_id == lin.pk


def test_the_security_administrators_desk(warden: User, browser) -> None:
    client = browser(warden)
    key = key_in(client.get("/people/accounts/").content.decode())
    assert key
    words = {
        "username": "zhao",
        "display_name": "Zhao",
        "language": "en",
        "password": "a long practice password",
        "idempotency_key": key,
    }
    for _sent in ("once", "twice"):
        assert client.post("/people/accounts/create", words).status_code == 302
    zhao = User.objects.get(username="zhao")
    assert client.post("/people/roles/assign", {"user": zhao.pk, "role": "hq_member"}).status_code == 302
    again = client.post("/people/roles/assign", {"user": zhao.pk, "role": "hq_member"})
    assert (again.status_code, "holds this role already" in again.content.decode()) == (409, True)
    own = client.post("/people/roles/assign", {"user": warden.pk, "role": "executive"})
    assert (own.status_code, "Nobody changes his own rights" in own.content.decode()) == (403, True)
    assert client.post(f"/people/roles/{zhao.holdings.get().pk}/end").status_code == 302
    assert client.post(f"/people/accounts/{zhao.pk}/deactivate").status_code == 302
    zhao.refresh_from_db()
    assert not zhao.is_active
    assert not RoleHolding.objects.filter(user=zhao, until=None).exists()


def test_a_wrong_form_says_what_and_keeps_what_was_typed(warden: User, browser) -> None:
    words = {"username": "zhao", "display_name": "Old Zhao", "language": "en", "password": "short"}
    answer = browser(warden).post("/people/accounts/create", words)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "Old Zhao" in page
    assert "too short" in page
    assert 'value="short"' not in page


def test_a_shut_account_is_signed_out(lin: User, warden: User, browser) -> None:
    client = browser(lin)
    assert client.get("/people/").status_code == 200
    services.user_deactivate(user=lin, by=SYSTEM)
    assert client.get("/people/").status_code == 302


def test_nobody_signs_up(db: None) -> None:
    words = {"username": "me", "password1": "a long practice password", "email": "me@example.com"}
    Client().post("/accounts/signup/", words)
    assert not User.objects.filter(username="me").exists()


def test_the_sign_in_page_lets_a_person_in_and_refuses_a_wrong_password(lin: User) -> None:
    client = Client()
    assert client.post("/accounts/login/", {"login": "lin", "password": "wrong"}).status_code == 200
    right = client.post("/accounts/login/?next=/people/", {"login": "lin", "password": "a long practice password"})
    assert (right.status_code, right.url) == (302, "/people/")
    assert [str(note) for note in client.get(right.url).context["messages"]] == [], "it lies over what is most pressing"


def test_everyone_is_spoken_to_in_his_language(lin: User, browser) -> None:
    client = browser(lin)
    assert client.get("/people/")["Content-Language"] == "en"
    User.objects.filter(pk=lin.pk).update(language="zh-hans")
    assert client.get("/people/", headers={"Accept-Language": "en"})["Content-Language"] == "zh-hans"
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert client.get("/people/")["Content-Language"] == "en"
