"""The one place that reads wall time. World time belongs to `engine.worlds`, which derives it from the database's clock."""

from datetime import UTC, datetime


def wall() -> datetime:
    """Now on this machine, aware, in UTC."""
    return datetime.now(UTC)


def utc_text(at: datetime) -> str:
    """The one spelling of an instant in events, API and feed: RFC 3339, UTC, microseconds, `Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
