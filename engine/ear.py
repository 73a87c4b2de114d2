"""The database's own bell, for a queue that a process of its own drains: whoever commits work says so with that commit.

It costs whoever commits next to nothing, needs no Redis, and never comes too early. Who hears nothing, because the connection is gone
or is pooled a transaction at a time, finds the work in the sweep.
"""

import logging
import threading
from collections.abc import Callable

import psycopg
from django.db import connection
from psycopg import sql

log = logging.getLogger(__name__)

NOTIFY = "pg_notify('hotline_{queue}', '')"  # to be selected in the transaction that brings work
LOOK_UP = 1.0  # seconds until who listens looks whether it is to stop
AGAIN = 1.0  # seconds before a lost connection is made anew


def listen(queue: str, heard: Callable[[], None], stop: threading.Event) -> None:
    """Call `heard` after each commit that brought work, once for all that came meanwhile, until stopped."""
    while not stop.is_set():
        try:
            with psycopg.connect(**connection.get_connection_params(), autocommit=True) as line:
                line.execute(sql.SQL("LISTEN {}").format(sql.Identifier(f"hotline_{queue}")))
                while not stop.is_set():
                    if any(line.notifies(timeout=LOOK_UP, stop_after=1)):
                        heard()
        except psycopg.OperationalError as error:
            log.warning("the bell of %s is not heard (%s); the sweep goes on", queue, type(error).__name__)
            stop.wait(AGAIN)
