"""What the feed tells every board of what stands beside its streams, and what that costs the database."""

from typing import Any

import msgspec
import pytest
from asgiref.sync import async_to_sync

from dashboard.live import MARK_KEPT, SPREAD_EACH, Hub, Socket
from engine import worlds
from engine.models import Event
from people.directory import group_member_end
from people.models import WorkGroup, WorkGroupMember
from tests.apps.people.test_deputies import GROUP_DEPUTY, GUARD, away
from tests.cast import DUTY, GM, TECH, Cast


class Open(Socket):
    """A board that is open; what it was told."""

    def __init__(self, user_id: int, world_id: int) -> None:
        self.user_id, self.world_id, self.told = user_id, world_id, list[dict[str, Any]]()

    def push(self, frame: str) -> None:
        self.told.append(msgspec.json.decode(frame))


@pytest.fixture
def hub(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """Boards of two worlds; what they ask is asked in the test's own transaction, whose connection nobody may close."""
    monkeypatch.setattr("channels.db.close_old_connections", lambda: None)
    at = worlds.now(worlds.real())
    other = worlds.world_open(key="practice", name_zh="演练", name_en="Practice", kind="drill", at=at)
    hub = Hub()
    hub.sockets = {Open(cast.user(GM).pk, worlds.real().pk), Open(cast.user(DUTY).pk, other.pk)}
    return hub


def test_what_stands_beside_the_streams_is_looked_for_once_for_all_worlds(
    cast: Cast, hub: Hub, django_assert_num_queries: Any
) -> None:
    async def moments() -> None:
        """One who connects asks within the moment, as many as like."""
        for _ in range(3):
            await hub.mark.newest(kept=MARK_KEPT)

    with django_assert_num_queries(2 + 2 * 2):  # alarms, leaves with the clock; of each world its heads and its clock
        async_to_sync(hub.tell_heads)()
    with django_assert_num_queries(0):
        async_to_sync(moments)()
    away(cast, TECH)
    with django_assert_num_queries(4 + 2 * 2):  # and the seats and holdings of who is away
        async_to_sync(hub.tell_heads)()
    for board in hub.sockets:
        before, after = board.told  # type: ignore[attr-defined]
        assert before["around"] != after["around"]
        assert after["spread"] == 2 * SPREAD_EACH


def test_a_seat_that_changes_who_stands_in_is_told_at_once(cast: Cast, hub: Hub) -> None:
    away(cast, TECH)
    before = async_to_sync(hub.mark.newest)()
    seat = WorkGroupMember.objects.select_related("group").get(user=cast.user(GROUP_DEPUTY), role="deputy")
    assert isinstance(seat.group, WorkGroup)
    group_member_end(group=seat.group, user=cast.user(GROUP_DEPUTY), by=cast.actor(GUARD))
    event = Event.objects.filter(kind="people.seat_set").latest("pk")
    hint = {"t": "event", "stream_kind": "people", "stream": event.stream_id, "seq": event.seq, "partial": False}
    async_to_sync(hub.take)({**hint, "world": worlds.real().pk, "event": {"kind": event.kind}})
    for board in hub.sockets:
        (frame,) = board.told  # type: ignore[attr-defined]
        assert (frame["t"], frame["around"] != before) == ("around", True)
