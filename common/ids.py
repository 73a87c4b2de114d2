"""Keys and tokens."""

import hashlib
import secrets
import uuid


def new_key() -> str:
    """A key nobody else has; for idempotency keys and rows known outside."""
    return str(uuid.uuid4())


def token(prefix: str) -> str:
    """A secret for a program to carry; its prefix says what it is when it turns up in the wrong place."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def token_digest(secret: str) -> str:
    """What we store of a token: it has 256 random bits, so that one plain SHA-256 is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
