"""Browsers in which a person turned notifications on."""

import json
import uuid
from typing import NamedTuple

from django.db import models
from django.db.models.functions import Now

from people import secrecy


class Subscription(NamedTuple):
    """Where a browser is told, and with which keys only it can read it."""

    address: str
    p256dh: str
    auth: str


class Browser(models.Model):
    """One browser of a person. Address and keys are sealed with this row's id and owner; the digest only recognises it again.

    `server_key` is the digest of our key that its push service knows: under another one it takes nothing from us.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="browsers")
    name = models.CharField(max_length=40, blank=True)
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of its address")
    server_key = models.CharField(max_length=16)
    sealed = models.BinaryField()
    key_id = models.SmallIntegerField()
    added_at = models.DateTimeField(db_default=Now())
    told_at = models.DateTimeField(null=True, help_text="when its push service last took something for it")
    told_key = models.CharField(max_length=40, blank=True, help_text="our key of what it took last")

    def seal(self, subscription: Subscription) -> None:
        sealed = secrecy.seal(json.dumps(subscription), bound_to=self._binding)
        self.key_id, self.sealed = sealed.key_id, sealed.text

    def opened(self) -> Subscription:
        """For whoever delivers messages; raises secrecy.Broken."""
        sealed = secrecy.Sealed(self.key_id, bytes(self.sealed))
        return Subscription(*json.loads(secrecy.unseal(sealed, bound_to=self._binding)))

    @property
    def _binding(self) -> str:
        return f"browser:{self.pk}:{self.user_id}"
