"""Sealing of single fields: AES-256-GCM with the row bound in; a ciphertext moved to another row does not open."""

import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE = 12  # bytes, as NIST SP 800-38D asks of random nonces


@dataclass(frozen=True, slots=True)
class Sealed:
    key_id: int
    text: bytes  # nonce, ciphertext, tag


class Broken(Exception):
    """A sealed field does not open: it was altered, moved from its row, or its key is gone."""


def seal(plain: str, *, bound_to: str) -> Sealed:
    key_id = settings.FIELD_KEY_ID
    nonce = secrets.token_bytes(NONCE)
    return Sealed(key_id, nonce + AESGCM(settings.FIELD_KEYS[key_id]).encrypt(nonce, plain.encode(), bound_to.encode()))


def unseal(sealed: Sealed, *, bound_to: str) -> str:
    """The plain text; raises Broken."""
    key = settings.FIELD_KEYS.get(sealed.key_id)
    if key is None:
        raise Broken(f"no key {sealed.key_id} for {bound_to}")
    nonce, text = sealed.text[:NONCE], sealed.text[NONCE:]
    try:
        return AESGCM(key).decrypt(nonce, text, bound_to.encode()).decode()
    except InvalidTag:
        raise Broken(f"{bound_to} does not open") from None


def masked(plain: str) -> str:
    """Enough to recognise one's own, too little to use: `138****5678`, `l***@example.com`."""
    name, at, domain = plain.partition("@")
    if at:
        return f"{name[:1]}***@{domain}"
    return f"{plain[:3]}****{plain[-4:]}" if len(plain) >= 10 else "****" + plain[-2:]
