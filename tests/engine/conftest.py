from collections.abc import Iterator

import pytest

from engine import worlds
from engine.models import World
from engine.reactions import subscribe
from engine.timers import timers_handle
from hotline_ep import subscriptions
from tests.engine import kinds


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
