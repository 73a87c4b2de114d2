"""When the database is busy, has cut the session, or cannot be reached: the same request may succeed later."""

import logging

import psycopg
from django.db import InterfaceError, OperationalError
from psycopg.errors import IdleInTransactionSessionTimeout

log = logging.getLogger(__name__)

# PostgreSQL counts the end of an idle session among its internal errors. The bare routes meet psycopg's own.
LATER = (
    OperationalError,
    InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    IdleInTransactionSessionTimeout,
)


def out_of_reach(error: BaseException | None) -> bool:
    """Whether this error, or what it was raised from, says so."""
    while error is not None:
        if isinstance(error, LATER):
            return True
        error = error.__cause__
    return False


def note(error: BaseException | None) -> None:
    """Log the class and SQLSTATE of an error whose caller reads a sentence only; its message may quote what people wrote."""
    names, state = [], None
    while error is not None:
        names.append(type(error).__name__)
        state = state or getattr(error, "sqlstate", None)
        error = error.__cause__
    log.warning("database error: %s, sqlstate %s", " < ".join(names), state or "unknown")
