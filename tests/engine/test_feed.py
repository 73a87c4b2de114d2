"""The live feed with real web processes and a real Redis: it may lose everything, and the board is right all the same."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
import redis as redis_py
from django.conf import LazySettings
from django.db import transaction
from websockets.exceptions import InvalidStatus

from common.actor import SYSTEM
from engine import feed, worlds
from engine.log import log_append, stream_open
from engine.models import Event, Stream, World
from engine.selectors import event_at
from hotline_ep.embedded import valkey
from people.models import RoleHolding
from people.selectors import actor_of
from people.services import role_end, user_deactivate
from people.services.leaves import leave_set
from tests.engine.kinds import Happened
from tests.engine.pages import Web, person
from tests.engine.processes import House, eventually, redis_frozen, redis_stopped

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]

REFUSED = 4403


@pytest.fixture
def house(house: House, redis: valkey.Server, settings: LazySettings) -> Iterator[House]:
    """Processes of the test, and the test itself, share one Redis."""
    house.redis_url = redis.url
    layer = settings.CHANNEL_LAYERS["default"]
    host = {**layer["CONFIG"]["hosts"][0], "address": redis.url}
    settings.CHANNEL_LAYERS = {"default": {**layer, "CONFIG": {**layer["CONFIG"], "hosts": [host]}}}
    return house


def incident(real: World) -> Stream:
    return stream_open(real, "incident", "2026-0001")


def happen(real: World, n: int, note: str = "") -> Event:
    with transaction.atomic():
        return log_append(incident(real), Happened(n=n, note=note), by=SYSTEM)


def test_what_is_committed_is_seen_on_every_web_process_and_nothing_else(real: World, house: House) -> None:
    lin = person("lin", "duty_manager")
    with ExitStack() as open_pages:
        pages = [open_pages.enter_context(web.page(lin)) for web in (Web(house), Web(house))]
        assert [page.next("hello")["heads"] for page in pages] == [{}, {}]

        @transaction.atomic
        def change_that_fails() -> None:
            log_append(incident(real), Happened(n=1), by=SYSTEM)
            raise ValueError

        with pytest.raises(ValueError):
            change_that_fails()
        event = happen(real, 2)
        frames = [page.next("event") for page in pages]
    assert [frame["event"] for frame in frames] == [event_at(event.stream_id, 1)] * 2
    assert {(frame["seq"], frame["incident"]) for frame in frames} == {(1, "2026-0001")}


def test_only_who_may_see_the_board_is_let_in(real: World, house: House) -> None:
    web = Web(house)
    for stranger in (None, person("outsider"), person("root", "sysadmin")):
        with pytest.raises(InvalidStatus, match="403"), web.page(stranger):
            pass


def test_whose_right_ends_is_let_go_at_once_and_nobody_else(real: World, house: House) -> None:
    lin, zhao, su = (person(name, "duty_manager") for name in ("lin", "zhao", "su"))
    web = Web(house)
    with web.page(lin) as lins, web.page(zhao) as zhaos, web.page(su) as sus:
        before = [page.next("hello")["around"] for page in (lins, zhaos, sus)]
        start = worlds.now(worlds.real())
        span = {"starts_at": start, "ends_at": start + timedelta(hours=1)}
        leave_set(user_id=su.pk, deputy_id=zhao.pk, by=actor_of(su), **span)
        assert sus.next("around")["around"] != before[2], "somebody stands in: the board hears it at once"
        role_end(holding=RoleHolding.objects.get(user=lin), by=SYSTEM)
        assert lins.closed_with(within=5) == REFUSED
        user_deactivate(user=zhao, by=SYSTEM)
        assert zhaos.closed_with(within=5) == REFUSED
        happen(real, 1)
        assert sus.next("event")["seq"] == 1
    with pytest.raises(InvalidStatus, match="403"), web.page(lin):
        pass


def test_what_a_person_typed_never_passes_through_redis(real: World, house: House, redis: valkey.Server) -> None:
    heard: list[str] = []
    listening = threading.Event()

    def listen() -> None:
        with redis_py.Redis.from_url(redis.url).monitor() as monitor:
            listening.set()
            for command in monitor.listen():
                heard.append(str(command["command"]))
                if command["command"] == "GET enough":
                    return

    listener = threading.Thread(target=listen)
    with Web(house).page(person("lin", "duty_manager")) as page:
        page.next("hello")
        listener.start()
        assert listening.wait(5)
        happen(real, 4711, note="call me on 13800000000")
        frame = page.next("event")
    redis_py.Redis.from_url(redis.url).get("enough")
    listener.join(10)
    assert frame["event"]["data"] == {"n": 4711, "note": "call me on 13800000000"}, (
        "the page gets it, from the database"
    )
    # Hints are msgpack: texts stand in them as they are, numbers do not.
    told = [command for command in heard if "test.happened" in command]
    assert told, "the hint itself went through Redis"
    assert not [command for command in heard if "13800000000" in command]


def test_one_who_reads_too_slowly_is_let_go_and_holds_up_nobody(real: World, house: House) -> None:
    lin, zhao = person("lin", "duty_manager"), person("zhao", "duty_manager")
    web = Web(house)
    count, pad = 2500, "x" * 10_000
    with web.page(lin) as quick, socket.create_connection(("127.0.0.1", web.port)) as narrow:
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with web.page(zhao, sock=narrow) as slow:
            quick.next("hello"), slow.next("hello")
            seen: list[int] = []
            for n in range(count):
                feed.hint({"t": "reading", "world": real.pk, "n": n, "pad": pad})
                # In step with the quick one, so that it is never far behind itself.
                if n % 50 == 49:
                    seen += [quick.next("reading")["n"] for _ in range(50)]
            assert seen == list(range(count))
            taken = 0
            while slow.closed_with(within=10) is None:
                taken += 1
            assert taken < count


@pytest.mark.parametrize("away", [redis_stopped, redis_frozen])
def test_commits_do_not_wait_for_redis_and_the_board_is_right_when_it_is_back(
    away: Callable[[valkey.Server], Any], real: World, house: House, redis: valkey.Server
) -> None:
    lin = person("lin", "duty_manager")
    with Web(house).page(lin) as page:
        page.next("hello")
        happen(real, 1)
        assert page.next("event")["seq"] == 1
        with away(redis):
            waits = []
            for n in range(2, 22):
                begun = time.monotonic()
                happen(real, n)
                waits.append(time.monotonic() - begun)
            assert max(waits) < 0.5
            late = Web(house)  # starts without Redis
            with late.page(lin) as second:
                assert list(second.next("hello")["heads"].values()) == [21]
            stream = str(incident(real).pk)
            assert page.next("heads")["heads"][stream] == 21, "told without Redis where the log stands"
        with late.page(lin) as second:
            second.next("hello")

            def both_hear() -> bool:
                seq = happen(real, 0).seq
                return all(_hears(p, seq) for p in (page, second))

            eventually(both_hear, within=15)


def _hears(page: Any, seq: int) -> bool:
    try:
        while page.next("event", within=0.5)["seq"] < seq:
            pass
    except TimeoutError:
        return False
    return True
