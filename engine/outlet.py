"""Threads that carry doorbells and hints out of a process, so that nobody waits for Redis.

What they carry may be lost at any time: the sweep finds the work and the board fetches what it missed.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

log = logging.getLogger(__name__)
KEPT = 5000


class Outlet:
    """One background thread with an event loop; jobs run one after another, in order. Old jobs fall out when Redis is slow."""

    def __init__(self, name: str, failures: tuple[type[BaseException], ...]) -> None:
        self.name, self.failures = name, failures
        self.jobs: deque[Callable[[], Coroutine[Any, Any, None]]] = deque(maxlen=KEPT)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake: asyncio.Event | None = None
        self._lock = threading.Lock()

    def put(self, job: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.jobs.append(job)
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._wake = asyncio.Event()
                threading.Thread(target=self._run, name=self.name, daemon=True).start()
        self._loop.call_soon_threadsafe(self._wake.set)  # type: ignore[union-attr]

    def _run(self) -> None:
        assert self._loop is not None
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        assert self._wake is not None
        failing = False
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self.jobs:
                job = self.jobs.popleft()
                try:
                    await asyncio.wait_for(job(), timeout=2)
                    failing = False
                except self.failures as error:
                    # Said once for each outage, not for each message.
                    if not failing:
                        log.warning(
                            "%s: cannot reach Redis (%s); the sweep and the pages' own fetches go on", self.name, error
                        )
                    failing = True
