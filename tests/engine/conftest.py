from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import worlds
from engine.models import World
from engine.reactions import subscribe
from engine.timers import timers_handle
from hotline_ep import subscriptions
from hotline_ep.embedded import valkey
from tests.conftest import TestServer
from tests.engine import kinds
from tests.engine.processes import House, house_on


@pytest.fixture(autouse=True)
def _own_subscriptions() -> Iterator[None]:
    """Each test begins without reactions and leaves the product's own behind."""
    subscribe({})
    timers_handle(kinds.TIMERS)
    yield
    subscriptions.connect()


@pytest.fixture
def real(fresh_db: str) -> World:
    return worlds.real()


@pytest.fixture
def redis() -> Iterator[valkey.Server]:
    """A server of the test's own, to be stopped and frozen."""
    with valkey.disposable() as server:
        yield server


@pytest.fixture
def house(fresh_db: str, database_server: TestServer, tmp_path: Path) -> Iterator[House]:
    """Starts processes on the test's database."""
    with house_on(database_server.urls(fresh_db), tmp_path) as house:
        yield house
