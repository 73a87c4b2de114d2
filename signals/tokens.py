"""What this process remembers of the tokens that come in, no longer than a revoked one may go on opening."""

import asyncio
import time
from typing import Final

from channels.db import database_sync_to_async
from django.db import Error

from common.database import note
from signals.known import Known, known_by

KNOWN_SECONDS: Final = 5.0


class Tokens:
    """While a token is used it is read again before what is known of it is too old, so that no sample waits for that."""

    def __init__(self) -> None:
        self.known: dict[str, Known] = {}
        self.renewing: dict[str, asyncio.Task[None]] = {}
        self._learning = asyncio.Lock()

    async def recall(self, secret: str) -> Known | None:
        """What is known of a token, no older than `KNOWN_SECONDS`; None for one that nobody has. Raises django.db.Error."""
        known = self.known.get(secret)
        # A held world's clock moves by leaps: what was read of it a second ago may lie hours behind.
        if known is None or known.world.paused or (age := time.monotonic() - known.read_at) >= KNOWN_SECONDS:
            return await self._learn(secret)
        if age >= KNOWN_SECONDS / 2 and secret not in self.renewing:
            task = self.renewing[secret] = asyncio.create_task(self._renew(secret))
            task.add_done_callback(lambda _: self.renewing.pop(secret, None))
        return known

    async def _renew(self, secret: str) -> None:
        try:
            await self._learn(secret)
        except Error as error:  # whoever asks when it is too old finds out whether it is so still
            note(error)

    async def _learn(self, secret: str) -> Known | None:
        asked_at = time.monotonic()
        async with self._learning:
            known = self.known.get(secret)
            if known is not None and known.read_at >= asked_at:
                return known  # whoever asked before us has read it since
            fresh = await database_sync_to_async(known_by)(secret)
            if fresh is None:
                self.known.pop(secret, None)
                return None
            if known is not None:
                fresh.series = known.series
            self.known[secret] = fresh
        return fresh
