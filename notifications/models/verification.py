"""Rounds of contact verification (8.1): who was asked by which ways, and what was known of each when the round ended."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from notifications.domain.delivery import PERSONAL, Channel
from notifications.domain.verification import Standing


class VerificationRound(models.Model):
    """Everybody is asked to confirm every way by which he is reached. Contacts are the same in all worlds: it is the real one's."""

    begun_at = models.DateTimeField(help_text="world time")
    # Empty: the plan's interval had passed.
    begun_by = models.ForeignKey("people.User", on_delete=models.PROTECT, null=True, related_name="+")
    ends_at = models.DateTimeField(help_text="world time")
    ended_at = models.DateTimeField(null=True, help_text="world time")
    # Empty on an ended one: its time was over.
    ended_by = models.ForeignKey("people.User", on_delete=models.PROTECT, null=True, related_name="+")
    channels = models.JSONField(help_text="[channel]: those that had a provider when it began")
    clause = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ended_at"], condition=Q(ended_at=None), nulls_distinct=False, name="round_one_stands"
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("begun_at")), name="round_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(ended_by=None) | Q(ended_at__isnull=False), name="round_ended_when"),
        ]
        triggers = [
            pgtrigger.Protect(name="round_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="round_ended_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__ended_at__isnull=False),
            ),
        ]

    @property
    def is_over(self) -> bool:
        return self.ended_at is not None


class RoundAsking(models.Model):
    """One message of a round; 0 is its first, every further one a reminder."""

    round = models.ForeignKey(VerificationRound, on_delete=models.PROTECT, related_name="askings")
    number = models.SmallIntegerField()
    message = models.OneToOneField("notifications.Message", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(help_text="world time")
    people = models.IntegerField(help_text="how many were asked")

    append_only = True

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "number"], name="round_asks_once")]
        triggers = [pgtrigger.Protect(name="asking_stays", operation=pgtrigger.Update | pgtrigger.Delete)]


class RoundWay(models.Model):
    """A person and a way that is his to be reached by; without an address too, for that is what a round is to find.

    While the round stands, what is known stands in the deliveries; at its end it is written here, and stays.
    """

    round = models.ForeignKey(VerificationRound, on_delete=models.PROTECT, related_name="ways")
    user = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=8, choices=[(c.value, c.value) for c in Channel if c in PERSONAL])
    role = models.CharField(max_length=24, blank=True, help_text="the first role of rights held when asked")
    standing = models.CharField(max_length=10, blank=True, choices=[(s.value, s.value) for s in Standing])
    confirmed_at = models.DateTimeField(null=True, help_text="world time")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "user", "channel"], name="round_way_once"),
            models.CheckConstraint(condition=Q(channel__in=sorted(PERSONAL)), name="round_way_known"),
            models.CheckConstraint(condition=Q(standing__in=["", *sorted(Standing)]), name="round_standing_known"),
            models.CheckConstraint(
                condition=Q(standing="confirmed", confirmed_at__isnull=False)
                | ~Q(standing="confirmed") & Q(confirmed_at=None),
                name="round_confirmed_when",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="round_way_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="round_outcome_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__standing__gt=""),
            ),
        ]
