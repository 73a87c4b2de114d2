"""When the database is busy, cuts a session or is gone, everybody hears to try again, in his language; nobody sees a traceback."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import InterfaceError, InternalError, OperationalError, ProgrammingError, connection
from django.test import Client
from psycopg.errors import IdleInTransactionSessionTimeout
from rest_framework.test import APIClient

from common.database import out_of_reach
from tests.cast import DUTY, GM, Cast

SENTENCE = {"en": "The product is busy right now", "zh-hans": "系统正忙"}


def from_idle() -> InternalError:
    error = InternalError("terminating connection due to idle-in-transaction timeout")
    error.__cause__ = IdleInTransactionSessionTimeout()
    return error


ENDS: dict[str, Callable[[], Exception]] = {
    "no answer": lambda: OperationalError("connection refused"),
    "the session was cut": from_idle,
    "the connection is closed": lambda: InterfaceError("the connection is closed"),
}


@pytest.fixture
def gone() -> Iterator[Callable[[str], None]]:
    """From then on every query of this test ends in the named way."""
    ends: list[str] = []

    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if ends:
            raise ENDS[ends[0]]()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        yield ends.append
        ends.clear()


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("cookie", [True, False])
def test_a_page_says_to_try_again(
    end: str, language: str, cookie: bool, cast: Cast, gone: Callable[[str], None]
) -> None:
    client: Client = cast.client(GM, language)
    client.raise_request_exception = False
    if not cookie:
        # Then the person's own language is asked for before any view is reached.
        del client.cookies["django_language"]
    gone(end)
    for answer in (
        client.get("/incidents/"),
        client.post("/report/", {"noticed": "x"}),
        client.get("/accounts/login/"),
    ):
        if answer.status_code == 200:
            continue  # the door asks the database for nothing
        assert (answer.status_code, answer["Retry-After"]) == (503, "1")
        text = answer.content.decode()
        assert SENTENCE[language] in text
        assert "Traceback" not in text
        assert "data-draft-keep" in text, "what was typed stays in the browser"


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_api_says_to_try_again(end: str, language: str, cast: Cast, gone: Callable[[str], None]) -> None:
    token: APIClient = cast.api(DUTY, language)
    session = cast.client(DUTY, language)
    for client in (token, session):
        client.raise_request_exception = False
    gone(end)
    for answer in (
        token.get("/api/v1/incidents"),
        token.post("/api/v1/incidents", {}),
        session.get("/api/v1/incidents"),
    ):
        assert (answer.status_code, answer["Retry-After"]) == (503, "1"), answer.content
        assert answer["Content-Type"].startswith("application/problem+json")
        assert answer.json()["code"] == "try_later"
        assert SENTENCE[language] in answer.json()["title"]


def test_health_says_so_however_the_database_is_gone(client: Client, db: None, gone: Callable[[str], None]) -> None:
    gone("the connection is closed")
    assert client.get("/healthz").status_code == 503
    assert client.get("/status/").status_code == 503


def test_what_was_called_busy_is_logged_by_class_and_state_and_never_by_its_words(
    cast: Cast, gone: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    page, token = cast.client(DUTY, "en"), cast.api(DUTY)
    page.raise_request_exception = token.raise_request_exception = False
    for end, named in (
        ("no answer", "database error: OperationalError, sqlstate unknown"),
        ("the session was cut", "database error: InternalError < IdleInTransactionSessionTimeout, sqlstate 25P03"),
    ):
        gone(end)
        for client, path in ((page, "/incidents/"), (token, "/api/v1/incidents"), (page, "/healthz")):
            caplog.clear()
            assert client.get(path).status_code == 503
            said = [row.getMessage() for row in caplog.records if row.name == "common.database"]
            assert said == [named], path
        gone.__self__.clear()  # type: ignore[attr-defined]


def test_what_is_our_own_fault_is_not_called_busy(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not out_of_reach(ProgrammingError("no such column"))
    assert not out_of_reach(None)

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("people.permissions.actor_on", broken)
    monkeypatch.setattr("people.endpoints.actor_on", broken)
    token, page = cast.api(DUTY), cast.client(DUTY)
    token.raise_request_exception = page.raise_request_exception = False
    answer = token.get("/api/v1/incidents")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "a bug" not in answer.content.decode()
    shown = page.get("/incidents/")
    assert shown.status_code == 500
    assert "Nothing was changed" in shown.content.decode()
    assert 'rel="stylesheet"' in shown.content.decode(), "it looks as the other pages of errors do"
