"""Whether letters may leave this database.

An older backup knows nothing of its age. So leaving is cleared for one run of the server and one set of tables, by whoever has
compared the logs with the heads exported outside (`engine.heads`). A restart, a restored dump, a copy put in its place or another
server that took over make the clearance void by themselves: no letter leaves before the next comparison.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection

# This run of the server, this database, these tables: none of them comes back with a backup.
MARK: Final = (
    "concat_ws(' ', extract(epoch FROM pg_postmaster_start_time()),"
    " (SELECT oid FROM pg_database WHERE datname = current_database()), pg_relation_filenode('engine_event'))"
)
# For the `due` of a queue whose work leaves the house.
CLEARED: Final = f"EXISTS (SELECT 1 FROM engine_installation WHERE cleared_for = {MARK})"  # noqa: S608 - a constant


@dataclass(frozen=True, slots=True)
class Standing:
    """This installation, and whether letters leave it now."""

    key: UUID
    exported_at: datetime | None
    held_at: datetime | None
    cleared: bool


def standing() -> Standing:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT key, exported_at, held_at, cleared_for = {MARK} FROM engine_installation"  # noqa: S608 - a constant
        )
        return Standing(*cursor.fetchone())


def is_cleared() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {CLEARED}")
        return bool(cursor.fetchone()[0])


def held_since() -> datetime | None:
    """Since when a person is waited for; None: nobody is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT held_at FROM engine_installation")
        return cursor.fetchone()[0]


def clear() -> bool:
    """The logs agree with what was exported: letters may leave. Never while a person is waited for."""
    return _set(f"cleared_for = {MARK} WHERE held_at IS NULL AND cleared_for <> {MARK}")


def hold() -> bool:
    """No letter leaves until `release`; False when they are held already."""
    return _set("cleared_for = '', held_at = clock_timestamp() WHERE held_at IS NULL")


def release() -> bool:
    """A person said go; False when nothing was held."""
    return _set(f"cleared_for = {MARK}, held_at = NULL WHERE held_at IS NOT NULL")


def exported() -> None:
    """Remember that heads are kept outside; to the minute, which is enough to know that there were any."""
    _set(
        "exported_at = clock_timestamp()"
        " WHERE exported_at IS NULL OR exported_at < clock_timestamp() - interval '1 minute'"
    )


def _set(change: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE engine_installation SET {change}")  # noqa: S608 - words of this module
        return cursor.rowcount == 1
