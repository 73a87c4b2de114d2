"""The one place that reads wall time. World time belongs to `engine.worlds`, which derives it from the database's clock."""

from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SECONDS_A_DAY: Final = 86_400
MICROSECONDS: Final = 1_000_000


def wall() -> datetime:
    """Now on this machine, aware, in UTC."""
    return datetime.now(UTC)


def utc_text(at: datetime) -> str:
    """The one spelling of an instant in events, API and feed: RFC 3339, UTC, microseconds, `Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def microseconds(at: datetime) -> int:
    """Since 1970, exactly; a float of seconds is not."""
    since = at - EPOCH
    return (since.days * SECONDS_A_DAY + since.seconds) * MICROSECONDS + since.microseconds


def instant(since_1970: int) -> datetime:
    """The instant so many microseconds after 1970 began."""
    return EPOCH + timedelta(microseconds=since_1970)
