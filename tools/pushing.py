"""A browser's and a push service's side of Web Push, written from the standards and apart from what encrypts: RFC 8291 (aes128gcm),
RFC 8292 (VAPID)."""

import base64
import binascii
import hashlib
import json
import struct
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

AUTH = bytes(range(16))


def text_of(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)


@dataclass
class FakeBrowser:
    """Told at `address`; only it can read what comes."""

    address: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def point(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def handed_over(self) -> dict[str, str]:
        return {"endpoint": self.address, "p256dh": text_of(self.point), "auth": text_of(AUTH)}

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.address.encode()).hexdigest()

    def reads(self, body: bytes) -> dict[str, Any]:
        salt, (_record, length) = body[:16], struct.unpack("!LB", body[16:21])
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        secret = _derived(shared, AUTH, b"WebPush: info\x00" + self.point + sender, 32)
        key = _derived(secret, salt, b"Content-Encoding: aes128gcm\x00", 16)
        nonce = _derived(secret, salt, b"Content-Encoding: nonce\x00", 12)
        plain = AESGCM(key).decrypt(nonce, sealed, None)
        assert plain.endswith(b"\x02"), "the last record's delimiter"
        return json.loads(plain[:-1])


def vapid_claims(authorization: str, public_key: str = "") -> dict[str, Any]:
    """The claims of a header, signed with the key it names, or with this one. Raises Unproven."""
    scheme, _space, rest = authorization.partition(" ")
    try:
        said = dict(part.strip().split("=", 1) for part in rest.split(","))
        head, claims, signature = said["t"].split(".")
        raw, kind, read = bytes_of(signature), json.loads(bytes_of(head)), json.loads(bytes_of(claims))
        known = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes_of(said["k"]))
    except (KeyError, ValueError, binascii.Error) as error:
        raise Unproven("no vapid header") from error
    if scheme != "vapid" or kind.get("alg") != "ES256" or public_key not in ("", said["k"]):
        raise Unproven("another scheme or key")
    pair = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    try:
        known.verify(pair, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise Unproven("signed with another key") from error
    found: dict[str, Any] = read
    return found


# --- what a push service asks of whoever sends ---------------------------------------------------------------------------
LONGEST_SECONDS: Final = 24 * 3600
HEADER: Final = 16 + 4 + 1  # salt, size of a record, length of the sender's key
POINT: Final = 65
LARGEST: Final = 4096


class Unproven(Exception):
    """Who sends has not proved who he is."""


def refused(headers: dict[str, str], body: bytes, *, origin: str, now: float) -> int:
    """The status with which a push service refuses this; 0: it takes it. `headers` in small letters."""
    try:
        claims = vapid_claims(headers.get("authorization", ""))
    except Unproven:
        return 401
    expires = claims.get("exp", 0)
    if claims.get("aud") != origin or not now < expires <= now + LONGEST_SECONDS:
        return 403
    if not str(claims.get("sub", "")).startswith(("mailto:", "https:")):
        return 403
    return 0 if _whole(headers, body) else 400


def _whole(headers: dict[str, str], body: bytes) -> bool:
    """One record, encrypted for a browser: a key of the sender on the curve, and no more than one record holds."""
    if headers.get("content-encoding") != "aes128gcm" or not headers.get("ttl", "").isdigit():
        return False
    if not HEADER + POINT < len(body) <= LARGEST or len(headers.get("topic", "")) > 32:
        return False
    record, length = struct.unpack("!LB", body[16:HEADER])
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), body[HEADER : HEADER + POINT])
    except ValueError:
        return False
    return length == POINT and record >= len(body) - HEADER - POINT
