"""Every address of the product says who may come in; a new one that does not fails here."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

from people.permissions import PUBLIC, SIGNED_IN, ByRight, declared, right_for

# Sign-in is allauth's own, the language switch Django's, the schema and its pages describe the API and hold no data.
GUARDED_ELSEWHERE = ("accounts/", "i18n/", "static/", "api/schema/", "api/docs/")
# Open on purpose.
OPEN = {"healthz"}
METHODS = ("get", "post", "put", "patch", "delete")


def addresses(patterns: list[Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            yield path, getattr(pattern.callback, "cls", None) or pattern.callback


def ours() -> list[tuple[str, Any]]:
    return [
        (path, view) for path, view in addresses(get_resolver().url_patterns) if not path.startswith(GUARDED_ELSEWHERE)
    ]


def test_every_address_declares_its_right() -> None:
    undeclared = []
    for path, view in ours():
        if path in OPEN:
            continue
        try:
            declared(view)
        except ImproperlyConfigured as error:
            undeclared.append(f"{path}: {error}")
    assert not undeclared, "\n".join(undeclared)


def test_every_method_of_an_endpoint_has_a_right_and_the_door_is_ours() -> None:
    for path, view in ours():
        if isinstance(view, type) and issubclass(view, APIView):
            assert view.permission_classes == [ByRight], f"{path} has another door"
            bare = [method for method in METHODS if hasattr(view, method) and right_for(view, method.upper()) is None]
            assert not bare, f"{path} has no right for {bare}"


def test_nothing_is_public_unless_it_is_listed() -> None:
    """A signal source is no person: its own token opens the five doors for signals, and a test of their room sees that nothing
    else does.

    The status page, its feed and the script for partners are what the public is told (3.4). A provider's receipts are signed; the
    page behind a mail's link answers for the one it was written to, and for a signed address alone; so do one's calendars. The worker
    that shows notifications is a script like those under /static/.
    """
    public = {path for path, view in ours() if path not in OPEN and PUBLIC in _named(declared(view))}
    doors = {f"api/v1/signals/{door}" for door in ("samples", "prometheus/write", "alertmanager", "zabbix", "history")}
    signed = {"api/v1/messages/receipts/<slug:provider>", "m/<str:token>/"}
    calendars = {"people/duty/<str:token>.ics", "readiness/calendar/<str:token>.ics"}
    assert public == {*doors, *signed, *calendars, "status/", "status/feed.json", "status/popup.js", "sw.js"}


def _named(right: Any) -> list[str]:
    return list(right.values()) if isinstance(right, dict) else [right]


@pytest.mark.parametrize("right", [None, "", {}, "incident.forget", {"GET": "incident.view", "POST": ""}])
def test_a_view_that_says_nothing_we_know_lets_nobody_in(right: Any) -> None:
    view = type("Forgotten", (APIView,), {"right": right})
    with pytest.raises(ImproperlyConfigured):
        right_for(view(), "GET")


def test_a_method_left_out_is_refused_not_open() -> None:
    class HalfDeclared(APIView):
        right = {"GET": SIGNED_IN}

        def post(self, request: Any) -> None: ...

    request = type("Asked", (), {"method": "POST"})()
    assert not ByRight().has_permission(request, HalfDeclared())
