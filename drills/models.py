"""Who plays which role in a world that is not real: a stand-in, unless a person took the seat."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Seat(models.Model):
    """A person sits in for a role of rights from `since` to `until`; rows are history."""

    world = models.ForeignKey("engine.World", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=24)
    user = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField(db_default=Now())
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["world", "role"], condition=Q(until=None), name="seat_taken_once"),
        ]
