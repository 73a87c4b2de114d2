"""The base classes every room's views are made of, tried on the people room's own."""

from io import BytesIO

import pytest
from django.conf import settings
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.test import RequestFactory
from rest_framework import serializers
from rest_framework.test import APIClient

from common.actor import SYSTEM
from common.errors import Missing, TooLarge
from common.parsers import BoundedJSONParser, WholeBody
from engine.models import Event
from people import services
from people.endpoints import unknown_fields
from people.models import ApiToken, RoleHolding, User

NEW = {"username": "zhao", "display_name": "Zhao", "password": "a long practice password"}


def test_without_a_token_there_is_a_challenge(db: None) -> None:
    answer = APIClient().get("/api/v1/people")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("header", ["Bearer", "Bearer wrong", "Bearer a b", "Bearer \xff"])
def test_a_wrong_token(db: None, header: str) -> None:
    answer = APIClient().get("/api/v1/people", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.json()["code"]


def test_a_revoked_token(lin: User, api) -> None:
    client = api(lin)
    assert client.get("/api/v1/people").status_code == 200
    services.token_revoke(issued=ApiToken.objects.get(), by=SYSTEM)
    assert client.get("/api/v1/people").status_code == 401


def test_use_is_noted_at_most_once_a_minute(lin: User, api) -> None:
    client = api(lin)
    client.get("/api/v1/people")
    noted = ApiToken.objects.get().last_used_at
    client.get("/api/v1/people")
    assert noted is not None
    assert ApiToken.objects.get().last_used_at == noted


def test_the_outsider_is_refused_in_his_language_with_who_could(outsider: User, api) -> None:
    answer = api(outsider).post("/api/v1/people/users", NEW, format="json")
    assert answer.status_code == 403
    assert answer.json()["title"] == "Your role does not allow this; it takes: Security administrator."
    assert not User.objects.filter(username="zhao").exists()


def test_a_programs_language(outsider: User, api) -> None:
    """Accept-Language when it is sent, else its owner's preference."""
    assert api(outsider).get("/api/v1/people")["Content-Language"] == "en"
    spoken = api(outsider, **{"Accept-Language": "zh-CN"}).get("/api/v1/people")
    assert spoken["Content-Language"] == "zh-hans"


def test_a_change_under_a_key_happens_once(warden: User, api) -> None:
    client, key = api(warden), {"Idempotency-Key": "k1"}
    first = client.post("/api/v1/people/users", NEW, format="json", headers=key)
    again = client.post("/api/v1/people/users", dict(reversed(NEW.items())), format="json", headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert Event.objects.filter(kind="people.user_created", data__user=first.json()["id"]).count() == 1


def test_another_body_under_the_same_key_is_a_conflict(warden: User, api) -> None:
    client, key = api(warden), {"Idempotency-Key": "k1"}
    client.post("/api/v1/people/users", NEW, format="json", headers=key)
    answer = client.post("/api/v1/people/users", {**NEW, "username": "qian"}, format="json", headers=key)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key.reused")
    assert not User.objects.filter(username="qian").exists()


def test_a_refused_change_leaves_its_key_free(warden: User, api) -> None:
    client, key = api(warden), {"Idempotency-Key": "k1"}
    assert client.post("/api/v1/people/users", {**NEW, "password": "1"}, format="json", headers=key).status_code == 400
    assert client.post("/api/v1/people/users", NEW, format="json", headers=key).status_code == 201


def test_bad_bodies_name_their_fields(warden: User, api) -> None:
    client = api(warden)
    answer = client.post("/api/v1/people/users", {"username": "zhao"}, format="json")
    assert [row["field"] for row in answer.json()["errors"]] == ["display_name"]
    broken = client.post("/api/v1/people/users", "{", content_type="application/json")
    assert (broken.status_code, broken["Content-Type"]) == (400, "application/problem+json")
    assert client.post("/api/v1/people/users", [1], format="json").status_code == 400


def test_roles_through_the_api(warden: User, outsider: User, east, api) -> None:
    client = api(warden)
    given = client.post(
        "/api/v1/people/users/outsider/roles", {"role": "duty_manager", "region": "east"}, format="json"
    )
    assert given.status_code == 201
    assert (given.json()["role"], given.json()["region"]) == ("duty_manager", "east")
    ended = client.post(f"/api/v1/people/roles/{given.json()['id']}/end", {}, format="json")
    assert ended.json()["until"] is not None
    assert client.post(f"/api/v1/people/roles/{given.json()['id']}/end", {}, format="json").status_code == 409
    own = client.post("/api/v1/people/users/warden/roles", {"role": "executive"}, format="json")
    assert (own.status_code, own.json()["code"]) == (403, "people.self")
    assert client.post("/api/v1/people/users/nobody/roles", {"role": "executive"}, format="json").status_code == 404
    assert RoleHolding.objects.filter(user=outsider, until=None).count() == 0


def test_the_directory_masks_and_reveals_with_a_reason(lin: User, warden: User, api) -> None:
    services.contact_set(user=warden, kind="phone", value="13812345678", by=SYSTEM)
    client = api(lin)
    body = client.get("/api/v1/people").json()
    contact = next(person for person in body["people"] if person["username"] == "warden")["contacts"][0]
    assert contact["masked"] == "138****5678"
    assert "13812345678" not in str(body)
    address = f"/api/v1/people/contacts/{contact['id']}/reveal"
    assert client.post(address, {}, format="json").status_code == 400
    assert client.post(address, {"reason": "call about INC-1"}, format="json").json()["value"] == "13812345678"
    assert api(warden).post(address, {"reason": "call about INC-1"}, format="json").status_code == 403
    assert Event.objects.filter(kind="people.contact_revealed").count() == 1


def test_an_unknown_method_is_405_and_a_session_needs_its_csrf_token(lin: User, warden: User, api) -> None:
    assert api(lin).delete("/api/v1/people").status_code == 405
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(warden)
    assert browser.post("/api/v1/people/users", NEW, format="json").status_code == 403
    assert not User.objects.filter(username="zhao").exists()


@pytest.mark.parametrize("key", [None, "k1"])
def test_an_action_without_words_needs_no_body(warden: User, lin: User, api, key: str | None) -> None:
    headers = {"Idempotency-Key": key} if key else {}
    answer = api(warden).post("/api/v1/people/users/lin/deactivate", headers=headers)
    assert (answer.status_code, answer.json()["is_active"]) == (200, False)


@pytest.mark.parametrize("key", ["", "k" * 201])
def test_a_key_that_cannot_be_one(warden: User, lin: User, api, key: str) -> None:
    answer = api(warden).post("/api/v1/people/users/lin/deactivate", headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key.bad")


def test_a_world_that_is_not_there(lin: User, api, rf) -> None:
    from people.endpoints import world_of

    assert world_of(rf.get("/")).is_real
    with pytest.raises(Missing):
        world_of(rf.get("/?world=nowhere"))


def test_the_schema_describes_us(db: None) -> None:
    schema = APIClient().get("/api/schema/", headers={"Accept": "application/json"}).json()
    reveal = schema["paths"]["/api/v1/people/contacts/{contact}/reveal"]["post"]
    assert "reason" in str(schema["components"]["schemas"]["RevealIn"])
    assert "200" in reveal["responses"]
    assert schema["components"]["securitySchemes"]["token"] == {"type": "http", "scheme": "bearer"}


def test_a_body_of_unknown_length_is_read_no_further_than_allowed(rf, settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    body = BytesIO(b"[" + b" " * 5000 + b"]")
    with pytest.raises(TooLarge):
        BoundedJSONParser().parse(body, "application/json", {"request": rf.post("/"), "encoding": "utf-8"})
    assert body.tell() == 1001
    assert BoundedJSONParser().parse(BytesIO(b"[1]"), "application/json", {"request": rf.post("/")}) == [1]


PART = b'--cut\r\nContent-Disposition: form-data; name="note"\r\n\r\nthe amount is 100000\r\n--cut--\r\n'


@pytest.mark.parametrize("body", [PART[: PART.index(b" 100")], PART[: PART.index(b"\r\n--cut--")], PART[:-3]])
def test_a_form_that_was_cut_off_on_its_way_is_taken_for_none(rf: RequestFactory, body: bytes) -> None:
    def read(sent: bytes) -> str:
        meta = {"CONTENT_TYPE": "multipart/form-data; boundary=cut", "CONTENT_LENGTH": len(sent)}
        said, _files = MultiPartParser(meta, BytesIO(sent), [WholeBody(), MemoryFileUploadHandler()]).parse()
        return said["note"]

    assert read(PART) == "the amount is 100000"
    with pytest.raises(MultiPartParserError):
        read(body)
    assert settings.FILE_UPLOAD_HANDLERS[0] == "common.parsers.WholeBody"


class Inner(serializers.Serializer):
    known = serializers.CharField()


class Open(Inner):
    takes_more = True


class Outer(serializers.Serializer):
    one, several, free = Inner(), Inner(many=True), Open()


def test_what_nothing_reads_is_named_by_its_path() -> None:
    said = {"one": {"known": 1, "a": 1}, "several": [{"known": 1}, {"b": 1}], "free": {"c": 1}, "d": 1}
    assert [*unknown_fields(Outer(), said)] == ["d", "one.a", "several.1.b"]
    assert [*unknown_fields(Outer(), ["no", "object"])] == []
