"""The check of pooled connections. No Django: its settings import this."""

import time
from typing import Any, Final
from weakref import WeakKeyDictionary

from psycopg import Connection
from psycopg_pool import ConnectionPool

PROVEN_SECONDS: Final = 1.0  # a database that went away is not back sooner
_proven: WeakKeyDictionary[Connection[Any], float] = WeakKeyDictionary()


def prove(connection: Connection[Any]) -> None:
    """Ask a connection that is taken out of the pool whether it lives, unless it answered a moment ago: whoever judges a sample
    every few milliseconds would ask as often. Raises psycopg.OperationalError, upon which the pool takes another."""
    now = time.monotonic()
    if now - _proven.get(connection, float("-inf")) > PROVEN_SECONDS:
        ConnectionPool.check_connection(connection)
        _proven[connection] = now
