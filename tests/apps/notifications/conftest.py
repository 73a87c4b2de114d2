"""Headquarters, the duty manager and an outsider, in databases that really commit."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from common.errors import HotlineError
from engine import worlds
from engine.models import World
from engine.reactions import subscribe
from hotline_ep import subscriptions
from notifications.channels import gateway
from notifications.models import Message
from notifications.services import message_send
from people.models import User
from plans.models import PlanVersion
from tests.apps.people.conftest import api, made  # noqa: F401 - `api` is a fixture
from tools.provider import Provider

Say = Callable[..., Message]
KINDS = ("wecom", "dingtalk", "feishu", "webhook")


@pytest.fixture(autouse=True)
def _nobody_reacts() -> Iterator[None]:
    """This room alone: the rules above it have tests of their own."""
    subscribe({})
    yield
    subscriptions.connect()


@pytest.fixture
def world(planned: PlanVersion) -> World:
    return worlds.real()


@pytest.fixture
def lin(world: World) -> User:
    return made("lin", "duty_manager")


@pytest.fixture
def gao(world: World) -> User:
    """The commander, who reads Chinese."""
    return made("gao", "hq_commander", language="zh-hans")


@pytest.fixture
def auditor(world: World) -> User:
    return made("auditor", "auditor")


@pytest.fixture
def robots(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """One robot of each kind: HQ has three chats, the technical group one."""
    server = Provider(name="robots", secret="SEC+/= #secret")
    server.slow_seconds = 0.8
    threading.Thread(target=server.serve_forever, daemon=True).start()
    owners = {"wecom": "technical_response"}
    entries = [server.chat(kind, owners.get(kind, "hq"), kind) for kind in KINDS]
    monkeypatch.setenv("HOTLINE_CHATS", " ".join(entries))
    monkeypatch.setenv("HOTLINE_PUBLIC_URL", "https://hotline.example.org")
    monkeypatch.setattr(gateway, "CALL_SECONDS", 0.5)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Provider, Provider]]:
    """Two of them, the first preferred; both of SMS and voice."""
    two = Provider(name="alpha", secret="one"), Provider(name="beta", secret="two")
    for one in two:
        threading.Thread(target=one.serve_forever, daemon=True).start()
    for name in ("HOTLINE_SMS_URLS", "HOTLINE_VOICE_URLS"):
        monkeypatch.setenv(name, " ".join(one.url for one in two))
    monkeypatch.setattr(gateway, "CALL_SECONDS", 0.5)
    yield two
    for one in two:
        one.shutdown()
        one.server_close()


@pytest.fixture
def outsider(world: World) -> User:
    return made("outsider", "keeper")


@pytest.fixture
def say(world: World) -> Say:
    """`say("key", lin, gao, urgent=True)` sends one message to these people."""

    def send(key: str, *users: User, **more: Any) -> Message:
        words: dict[str, Any] = {
            "world_id": world.pk,
            "incident_id": None,
            "kind": "test",
            "subject": {"zh": "东区投诉激增", "en": "Complaints surge in the east"},
            "body": {"zh": "超出日均 62%。", "en": "62 % over the daily mean."},
            "clause": "4.1",
            "urgent": False,
            "link": "/board/",
        }
        return message_send(key=key, **{"to": [(user.pk, "hq_member") for user in users], **words, **more})

    return send


def at_once(act: Callable[[], Any], *, people: int = 4) -> list[Any]:
    """What each of several connections got that did the same at the same moment: a result or a HotlineError."""
    start = threading.Barrier(people)

    def run() -> Any:
        try:
            start.wait()
            return act()
        except HotlineError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(people) as pool:
        return [future.result() for future in [pool.submit(run) for _ in range(people)]]
