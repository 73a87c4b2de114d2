"""One change for one key, however often it is sent (DESIGN.md, rule 13). The stored answer is a reference, never a body."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.errors import Conflict, Invalid

LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What a change made: `reference` such as `incident:2026-0001`, the HTTP status, and whether it had been made before."""

    reference: str
    status: int
    replayed: bool


def fingerprint_of(method: str, path: str, body: bytes) -> str:
    return hashlib.sha256(b"\n".join([method.encode(), path.encode(), body])).hexdigest()


def once(*, by: Actor, key: str, fingerprint: str, change: Callable[[], tuple[str, int]]) -> Answer:
    """Make a change under a key, or give the answer it had; both commit together.

    `change` returns (reference, status). A second sender waits for the first one's transaction. Raises Conflict when the key
    was used for another request; when `change` raises, nothing is kept and the key is free again.
    """
    if not key or len(key) > LONGEST_KEY or "\x00" in key:
        raise Invalid("idempotency_key.bad", _("The Idempotency-Key must have 1 to 200 characters."))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO engine_idempotencykey (actor, key, fingerprint, reference, status) VALUES (%s, %s, %s, '', 0)"
            " ON CONFLICT (actor, key) DO NOTHING RETURNING id",
            [by.ref, key, fingerprint],
        )
        made = cursor.fetchone()
        if made is None:
            return _earlier(by, key, fingerprint)
        reference, status = change()
        cursor.execute(
            "UPDATE engine_idempotencykey SET reference = %s, status = %s WHERE id = %s", [reference, status, made[0]]
        )
        return Answer(reference, status, replayed=False)


def _earlier(by: Actor, key: str, fingerprint: str) -> Answer:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT fingerprint, reference, status FROM engine_idempotencykey WHERE actor = %s AND key = %s",
            [by.ref, key],
        )
        kept, reference, status = cursor.fetchone()
    if kept != fingerprint:
        raise Conflict(
            "idempotency_key.reused",
            _("This Idempotency-Key was used for another request; send a new key with a new request."),
        )
    return Answer(reference, status, replayed=True)
