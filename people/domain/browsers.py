"""What a browser hands over when a person turns notifications on in it (Push API, RFC 8030, RFC 8291), and how we call it."""

import base64
import binascii
import re
from collections.abc import Iterable
from enum import StrEnum
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

# A person's desk, laptop and telephones; each is told one after another.
MOST: Final = 5
LONGEST_ADDRESS: Final = 1000
NEAR: Final = "127.0.0.1"
POINT, SECRET = 65, 16  # bytes: an uncompressed point of P-256, the secret beside it
BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]{1,200}={0,2}")
# The more particular names first: Edge calls itself Chrome as well, and Chrome Safari.
BROWSERS: Final = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("Chrome/", "Chrome"),
                   ("CriOS/", "Chrome"), ("Safari/", "Safari"))  # fmt: skip
SYSTEMS: Final = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Macintosh", "Mac"),
                  ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip


class Gone(StrEnum):
    """Why a browser is not told any more."""

    REMOVED = "removed"  # by its person
    EXPIRED = "expired"  # its push service says so: the browser was reset, or notifications were turned off in it
    SHUT = "shut"  # the account was shut
    TAKEN_OVER = "taken_over"  # another person turned notifications on in the same browser


def usable(address: str, *, near: bool) -> bool:
    """Whether an address is one of a push service: https, a name, no user, no port but the usual one. `near` also allows this
    very machine by plain http, for tests and practice; which address a name leads to is looked at when it is called."""
    if len(address) > LONGEST_ADDRESS or not all("!" <= letter <= "~" for letter in address):
        return False
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None or parts.fragment:
        return False
    if host == NEAR:
        return near
    return parts.scheme == "https" and port in (None, 443) and "." in host and not _is_number(host)


def is_near(address: str) -> bool:
    return urlsplit(address).hostname == NEAR


def served_by(address: str, hosts: Iterable[str]) -> bool:
    """Whether a usable address is of one of these push services; `*.example.com` means every name below that one."""
    host = urlsplit(address).hostname or ""
    return any(host.endswith(known[1:]) if known.startswith("*.") else host == known for known in hosts)


def outside(address: str) -> bool:
    """Whether an IP address lies in the open internet: not in a company's own network, not this machine, not a group's."""
    number = ip_address(address.partition("%")[0])
    mapped = getattr(number, "ipv4_mapped", None) or getattr(number, "sixtofour", None)
    return number.is_global and not number.is_multicast and (mapped is None or outside(str(mapped)))


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        # 127.1, 0x7f.1 and 2130706433 are addresses to a resolver, and names to nobody.
        return host.rpartition(".")[2][:1].isdigit()
    return True


def key_bytes(text: str, length: int) -> bytes | None:
    """The bytes of a key in base64url; None when it is not one of this length."""
    if not BASE64URL.fullmatch(text):
        return None
    bare = text.rstrip("=")
    try:
        found = base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except (binascii.Error, ValueError):
        return None
    return found if len(found) == length else None


def called(user_agent: str) -> str:
    """A browser in words its person knows it by, such as `Chrome · Windows`; empty when it says nothing we know."""
    words = [next((name for mark, name in known if mark in user_agent), "") for known in (BROWSERS, SYSTEMS)]
    return " · ".join(word for word in words if word)
