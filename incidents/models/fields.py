"""Columns that several tables of the room have."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

KEY = 40


def keys() -> ArrayField:
    """Keys of places; empty: the whole country, or not known yet."""
    return ArrayField(models.CharField(max_length=KEY), default=list, blank=True)


def moment(**kwargs: Any) -> models.DateTimeField:
    return models.DateTimeField(null=True, blank=True, **kwargs)


def person(**kwargs: Any) -> models.ForeignKey:
    """Who; null is the product itself."""
    return models.ForeignKey("people.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", **kwargs)
