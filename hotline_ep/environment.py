"""What is expected of those variables of the environment that stand for more than text. The settings end every process that is started
with something else (`refuse`): plain HTTP, or a log sealed with a stand-in, is nothing to begin with and find out later. Pure: the
environment comes in, sentences go out, and never a value, for many are secrets. Numbers have a module of their own (`numbers`)."""

import base64
import binascii
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Final
from urllib.parse import urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Expected:
    """`fits` is asked of what is set; of an empty text too only where `empty` does not mean the usual."""

    fits: Callable[[str], bool]
    words: str
    empty: bool = True


def key_bytes(text: str) -> bytes | None:
    """A key from its base64 spelling; None where that is no base64."""
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None


def is_field_key(text: str) -> bool:
    return len(key_bytes(text) or b"") == KEY_BYTES


def is_log_key(text: str) -> bool:
    """A longer one seals as well, and what it sealed must stay verifiable."""
    return len(key_bytes(text) or b"") >= KEY_BYTES


def is_switch(text: str) -> bool:
    return text in ("0", "1")


def is_level(text: str) -> bool:
    return text in logging.getLevelNamesMapping()


def is_database(text: str) -> bool:
    try:
        conninfo_to_dict(text)
    except ProgrammingError:
        return False
    return True


def _is_url(text: str, *schemes: str) -> bool:
    """One of these schemes, with a host and a port that is one; no space or line break, which would be dropped without a word."""
    if not text.isprintable() or any(letter.isspace() for letter in text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_web(text: str) -> bool:
    return _is_url(text, "http", "https")


def is_redis(text: str) -> bool:
    return _is_url(text, "redis", "rediss") or (text.startswith("unix:///") and text.isprintable())


def are_hosts(text: str) -> bool:
    return all(name and not any(letter.isspace() for letter in name) for name in parted(text))


def are_proxies(text: str) -> bool:
    return all(name == "*" or _is_network(name) for name in parted(text))


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def parted(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


_SWITCH: Final = Expected(is_switch, "write 1 for yes, 0 for no, or leave it empty, which means no")
_WEB: Final = (
    "write http://host or https://host, with a port or path where there is one, and without spaces or a line break"
)
_DATABASE: Final = Expected(is_database, "write postgresql://user:password@host:port/database")
EXPECTED: Final[Mapping[str, Expected]] = {
    "HOTLINE_HTTPS": _SWITCH,
    "HOTLINE_DEBUG": _SWITCH,
    "HOTLINE_MOVABLE_CLOCK": _SWITCH,
    "HOTLINE_PUSH_NEAR": _SWITCH,
    "HOTLINE_LOG_KEY": Expected(
        is_log_key, "write 32 bytes in base64, as `openssl rand -base64 32` prints them", False
    ),
    "HOTLINE_FIELD_KEY": Expected(
        is_field_key, "write 32 bytes in base64, as `openssl rand -base64 32` prints them", False
    ),
    "DATABASE_URL": _DATABASE,
    "OWNER_DATABASE_URL": _DATABASE,
    "REDIS_URL": Expected(is_redis, "write redis://host:port/0, rediss://… or unix:///path"),
    "HOTLINE_HOSTS": Expected(are_hosts, "write host names with commas between them, none of them empty"),
    "HOTLINE_PROXIES": Expected(are_proxies, "write IP addresses or networks with commas between them, or *"),
    "HOTLINE_PUBLIC_URL": Expected(is_web, f"{_WEB}, or leave it empty: then links in letters have no host"),
    "HOTLINE_HEARTBEAT_URL": Expected(is_web, f"{_WEB}, or leave it empty: then nobody outside is told"),
    "HOTLINE_SELF_URL": Expected(is_web, f"{_WEB}, or leave it empty: then it is this machine"),
    "HOTLINE_LOG_LEVEL": Expected(
        is_level, "write DEBUG, INFO, WARNING, ERROR or CRITICAL, or leave it empty: then it is INFO"
    ),
}


def unreadable(environment: Mapping[str, str]) -> list[str]:
    """A sentence for each variable that is set to what is not expected of it."""
    return [
        f"{name} cannot be read: {wanted.words}."
        for name, wanted in EXPECTED.items()
        if (text := environment.get(name)) is not None and (text or not wanted.empty) and not wanted.fits(text)
    ]


def refuse(environment: Mapping[str, str]) -> None:
    """End the process with what is wrong, on lines of their own and without a traceback."""
    if wrong := unreadable(environment):
        raise SystemExit("\n".join(wrong))
