"""Receipts of a provider: who may have signed them, and what they say."""

import hashlib
import hmac
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

TOLERANCE_SECONDS: Final = 300


class Said(StrEnum):
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    ANSWERED = "answered"  # a key was pressed during the call
    REPLY = "reply"  # an SMS came back


def signature(secret: str, at: int, body: bytes) -> str:
    """Hex of HMAC-SHA-256 over `{unix seconds}.{body}`."""
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def header(secret: str, at: int, body: bytes) -> str:
    """The header `Hotline-Signature`."""
    return f"t={at},v1={signature(secret, at, body)}"


def signed(said: str, body: bytes, secrets: Iterable[str], now: float) -> bool:
    """Whether a header was made with one of these secrets, over this body, within five minutes of now."""
    parts = dict(part.split("=", 1) for part in said.split(",") if "=" in part)
    at, given = parts.get("t", ""), parts.get("v1", "")
    if not (at.isascii() and at.isdigit() and len(at) <= 12) or abs(now - int(at)) > TOLERANCE_SECONDS:
        return False
    made = [signature(secret, int(at), body) for secret in secrets]
    return any(hmac.compare_digest(one.encode(), given.encode()) for one in made)
