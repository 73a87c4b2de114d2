from collections.abc import Iterator
from typing import Any

import pytest

from common.actor import SYSTEM
from engine import worlds
from signals.services import sources
from tests.apps.signals.doors import Bare, Door, ThroughDjango, bare_door
from tests.conftest import TestServer


@pytest.fixture
def bare(
    fresh_cast: Any, fresh_db: str, database_server: TestServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bare]:
    settings.DATABASE_URL = database_server.urls(fresh_db)["DATABASE_URL"]
    with bare_door(monkeypatch) as door:
        yield door


@pytest.fixture(params=["bare", "django"])
def door(request: pytest.FixtureRequest) -> Door:
    """Both doors, each with the practice company behind it."""
    if request.param == "bare":
        return request.getfixturevalue("bare")
    request.getfixturevalue("cast")
    return ThroughDjango()


@pytest.fixture
def token(door: Door) -> str:
    """A source of the real world."""
    return sources.source_create(key="acd", name="ACD", world=worlds.real(), by=SYSTEM)
