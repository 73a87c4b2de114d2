"""Our key towards push services (VAPID, RFC 8292): from the environment, 32 bytes in base64. Without one nobody is told by push."""

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from webpush.vapid import VAPID

VARIABLE, CONTACT = "HOTLINE_PUSH_KEY", "HOTLINE_PUSH_CONTACT"
# Push services write to this address when our letters trouble them; Apple's takes none without a real one.
NOBODY = "hotline@example.com"


@dataclass(frozen=True, slots=True)
class Signer:
    """`public`: as browsers take it; `digest`: by which rows remember what they were made for."""

    public: str
    public_pem: bytes = field(repr=False)
    private_pem: bytes = field(repr=False)
    contact: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.public.encode()).hexdigest()[:16]


def signer() -> Signer | None:
    """None where there is no key, or none that can be read (`hotline_ep.checks` refuses that)."""
    text = os.environ.get(VARIABLE, "")
    return _read(text, os.environ.get(CONTACT) or NOBODY) if text else None


@lru_cache(maxsize=8)
def _read(text: str, contact: str) -> Signer | None:
    try:
        raw = base64.b64decode(text, validate=True)
        key = ec.derive_private_key(int.from_bytes(raw), ec.SECP256R1()) if len(raw) == 32 else None
    except (binascii.Error, ValueError):
        return None
    if key is None:
        return None
    return Signer(
        public=VAPID.get_application_server_key(key.public_key()),
        public_pem=key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        private_pem=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        contact=contact,
    )
