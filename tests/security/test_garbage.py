"""Whatever a program sends to any address that changes something, it hears what is wrong with it; nothing falls over."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.urls import Resolver404, resolve
from rest_framework.test import APIClient
from rest_framework.views import APIView

from common.actor import SYSTEM
from people import services
from people.rights import ROLES
from tests.cast import DUTY, IT, Cast

DEEP: Any = []
for _ in range(200):
    DEEP = [DEEP]

# What is put into every field at once, and where there is none under a word nobody reads.
VALUES: dict[str, Any] = {
    "null": None,
    "a number": 7,
    "a number below nothing": -1,
    "more digits than a number has": 10**30,
    "almost infinite": 1e308,
    "yes": True,
    "nothing said": "",
    "a text": "word",
    "a NUL character": "a\x00b",
    "a lone surrogate": "a\ud800b",
    "a hundred thousand letters": "x" * 100_000,
    "an empty list": [],
    "a list of all sorts": [None, 1, "a\x00b", {}, []],
    "an object": {"a": {"b": None}},
    "two hundred lists in each other": DEEP,
}
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "half an object": b'{"a": ',
    "not JSON": b"a=b&c=d",
    "not UTF-8": b'{"a": "\xff\xfe"}',
    "bare NaN": b'{"based_on": NaN, "value": Infinity}',
    "a list": b"[1, 2]",
    "a word": b'"word"',
    "null": b"null",
    "a number with five thousand digits": b'{"based_on": ' + b"9" * 5000 + b"}",
    "a hundred thousand lists in each other": b"[" * 100_000 + b"]" * 100_000,
    "3 MB": b'{"reason": "' + b"x" * (3 * 1024 * 1024) + b'"}',
}
# What the one reader of bodies refuses before a view sees it: each address is sent one of these, by turns.
UNREADABLE = (
    "half an object", "not JSON", "not UTF-8", "bare NaN", "a number with five thousand digits",
    "a hundred thousand lists in each other", "3 MB",
)  # fmt: skip
NO_BODY = BODIES.keys() - {"nothing", "null", "a number with five thousand digits"}


@pytest.fixture
def anyone(cast: Cast) -> APIClient:
    """Somebody whom every right lets in, so that the body is looked at."""
    user = services.user_create(username="anyone", display_name="Anyone", by=SYSTEM)
    for role in ROLES.keys() - {"source"}:
        services.role_assign(user=user, role=role, by=SYSTEM)
    client = APIClient(raise_request_exception=False)
    secret = services.token_issue(user=user, name="test", by=SYSTEM)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}", HTTP_ACCEPT_LANGUAGE="en")
    return client


def addresses(schema: dict[str, Any], number: str) -> Iterator[tuple[str, set[str]]]:
    """Every address that takes a POST, its parameters filled in, and the fields of its body."""
    for path, methods in schema["paths"].items():
        if "post" not in methods:
            continue
        body = methods["post"].get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        part = schema["components"]["schemas"].get(body.get("$ref", "").rpartition("/")[2], {})
        filled = (
            path.replace("plan/versions/{number}", "plan/versions/2")
            .replace("{number}", number)
            .replace("{contact}", "00000000-0000-4000-8000-000000000001")
        )
        yield re.sub(r"\{\w+\}", "1", filled), set(part.get("properties", {}))


def reads_as_all(address: str) -> bool:
    try:
        view = resolve(address).func
    except Resolver404:  # a number where something else belongs
        return True
    return getattr(view, "cls", None) is not None and view.cls.parser_classes == APIView.parser_classes


def bodies(address: str, turn: int, fields: set[str]) -> Iterator[tuple[str, bytes]]:
    """All of them; of the unreadable ones the next, where the address reads bodies as all do, and so of the values where it reads
    no field."""
    unread = set(UNREADABLE) - {UNREADABLE[turn % len(UNREADABLE)]} if reads_as_all(address) else set()
    yield from ((case, body) for case, body in BODIES.items() if case not in unread)
    values = list(VALUES.items())
    for case, value in values if fields else [values[turn % len(values)]]:
        yield case, json.dumps(dict.fromkeys(fields or {"unread"}, value)).encode()


def sent(client: APIClient, address: str, body: bytes, **headers: str) -> Any:
    """The answer; what the request changed is taken back."""
    with transaction.atomic():
        answer = client.post(address, body, content_type="application/json", headers=headers)
        transaction.set_rollback(True)
    return answer


@pytest.mark.long
@pytest.mark.timeout(240)
def test_no_garbage_makes_any_address_fall_over(cast: Cast, anyone: APIClient) -> None:
    schema = anyone.get("/api/schema/", headers={"Accept": "application/json"}).json()
    number = cast.api(DUTY).post("/api/v1/incidents", {"noticed": "Busy"}, format="json").json()["number"]
    cast.api(IT).post("/api/v1/plan/versions", {"base": 1}, format="json")
    wrong = []
    for turn, (address, fields) in enumerate(addresses(schema, number)):
        for n, (case, body) in enumerate(bodies(address, turn, fields)):
            answer = sent(anyone, address, body, **({"Idempotency-Key": f"k{n}"} if n % 2 else {}))
            told = answer.status_code < 400 or answer["Content-Type"] == "application/problem+json"
            taken = answer.status_code < 400 and case in NO_BODY
            if answer.status_code >= 500 or not told or taken:
                wrong.append(f"{address} · {case}: {answer.status_code} {answer.content[:120]!r}")
    assert not wrong, "\n".join(wrong[:40])


def test_an_address_that_is_not_there_is_told_as_every_error(anyone: APIClient) -> None:
    answer = anyone.get("/api/v1/coffee")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["title"] == "There is nothing at this address."


def test_the_schema_is_whole(db: None, tmp_path: Any) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yaml"))
