"""Reading a plan takes about a second, and several on a busy machine: an open transaction waits for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection

SETTING: Final = "idle_in_transaction_session_timeout"
READING_MS: Final = 20_000


@contextmanager
def reading() -> Iterator[None]:
    """In here the open transaction may say nothing for READING_MS: a holder that reads does not hang, and is not cut off as one that
    does. Afterwards it may as long as before."""
    if not connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT setting::int FROM pg_settings WHERE name = %s", [SETTING])
        before = cursor.fetchone()[0]
    if before == 0 or before >= READING_MS:
        yield
        return
    _idle(READING_MS)
    try:
        yield
    finally:
        _idle(before)


def _idle(most_ms: int) -> None:
    """Until the transaction ends: `SET LOCAL`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, str(most_ms)])
