"""One change to a thousand watchers: when the last of them has it."""

import asyncio
import sys
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bench.clients import Watcher, cookie_of, watch
from bench.ground import PROMISED, Ground, Shape, ground, quantile, show

ROUNDS = 15


def run(watchers: int = 1000) -> tuple[float, float]:
    """(ours, plainest) p50 of the last watcher, in ms after the commit; the plainest are stock Channels consumers."""
    with ground() as made:
        ours = asyncio.run(_measure(made, "hotline_ep.asgi:application", watchers))
        plain = asyncio.run(
            _measure(made, "bench.plain:application", watchers, DJANGO_SETTINGS_MODULE="bench.plain_settings")
        )
        bare = asyncio.run(_measure(made, "bench.bare:application", watchers, change=_bare_change))
    hub = quantile(bare, 0.5)
    what = f"one change to {watchers:,} watchers, the last one, p50"
    # A bare hub is the shape itself.
    show(what, quantile(ours, 0.5), quantile(plain, 0.5), "ms", shape=Shape(hub, hub, hub), at_least=2, within=2)
    show("  p99", quantile(ours, 0.99), quantile(plain, 0.99), "ms")
    return quantile(ours, 0.5), quantile(plain, 0.5)


Change = Callable[[int, int], float]  # which of them, the port → the instant from which on the change can be seen


async def _measure(
    made: Ground, application: str, number: int, change: Change | None = None, **env: str
) -> list[float]:
    loop, pool = asyncio.get_running_loop(), ThreadPoolExecutor(1)
    cookie = await loop.run_in_executor(pool, cookie_of, "chen")
    port = await loop.run_in_executor(pool, lambda: made.web(application, **env))
    sockets: list[Watcher] = []
    while len(sockets) < number:
        batch = min(50, number - len(sockets))
        sockets += await asyncio.gather(*(watch(port, cookie) for _ in range(batch)))
    await asyncio.sleep(1)
    taken = []
    for n in range(ROUNDS):
        for socket in sockets:
            socket.heard.clear()
        begun = await loop.run_in_executor(pool, change or _change, n, port)
        while not all(socket.heard for socket in sockets):
            await asyncio.sleep(0.002)
            if time.perf_counter() - begun > 30:
                raise TimeoutError(f"{sum(not socket.heard for socket in sockets)} watchers never heard of the change")
        taken.append((max(socket.heard[0][0] for socket in sockets) - begun) * 1000)
        await asyncio.sleep(0.1)
    return taken


def _change(n: int, port: int) -> float:
    """Commit an event of about a kilobyte on the signals' stream; the instant of the commit."""
    from django.db import transaction

    from common.actor import SYSTEM
    from engine import worlds
    from engine.log import log_append, stream_open
    from signals.events import SeriesSilent

    payload = SeriesSilent(series=n, metric="x" * 600, region="", hotline="", node="", since="2026-11-24T00:00:00Z")
    with transaction.atomic():
        log_append(stream_open(worlds.real(), "signals", "bench"), payload, by=SYSTEM)
    return time.perf_counter()


def _bare_change(n: int, port: int) -> float:
    """Nothing is committed: the hub is told, and tells its sockets before it answers."""
    begun = time.perf_counter()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/tell", data=b"", method="POST")
    urllib.request.urlopen(request, timeout=30).close()
    return begun


if __name__ == "__main__":
    run(300 if "--short" in sys.argv else 1000)
    sys.exit(bool(PROMISED.missed))
