"""How doorbells travel: where the broker is and what Celery is told of it, by workers and by beat alike. Nothing of Django."""

from typing import Any, Final

NEAR: Final = "redis://localhost:6379/0"  # where nothing names another


def broker(redis_url: str) -> str:
    """Celery's spelling of a Redis address: a socket's scheme and database have other names there."""
    return redis_url.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")


CONFIGURATION: Final[dict[str, Any]] = {
    "task_ignore_result": True,
    "task_default_queue": "engine",
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "broker_transport_options": {"socket_timeout": 5, "socket_connect_timeout": 1, "retry_on_timeout": False},
    "beat_schedule": {"sweep": {"task": "engine.drain_all", "schedule": 1.0, "options": {"expires": 5}}},
}
