"""When the database is busy, has cut the session, or cannot be reached: the same request may succeed later."""

from django.db import InterfaceError, OperationalError
from psycopg.errors import IdleInTransactionSessionTimeout

# PostgreSQL counts the end of an idle session among its internal errors.
LATER = (OperationalError, InterfaceError, IdleInTransactionSessionTimeout)


def out_of_reach(error: BaseException | None) -> bool:
    """Whether this error, or what it was raised from, says so."""
    while error is not None:
        if isinstance(error, LATER):
            return True
        error = error.__cause__
    return False
