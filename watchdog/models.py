"""What the watchdog saw, and when the product could not see. Wall time throughout."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from watchdog.domain.sight import Stage


class Sight(models.Model):
    """The watchdog's own memory, one row: it goes on from here after a stop of its own."""

    sighted_at = models.DateTimeField(null=True, help_text="when the last canary that arrived in time was posted")
    posted_at = models.DateTimeField(null=True, help_text="the newest canary")
    took_ms = models.IntegerField(null=True, help_text="how long the last canary that arrived took")
    told_alarm = models.BigIntegerField(default=0, help_text="the newest alarm that operators were told of")
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="sight_is_one")]


class BlindWindow(models.Model):
    """A span in which the product proved nothing: it may have missed anything in it. The report comes once it has caught up."""

    since = models.DateTimeField(help_text="the last proof before it")
    until = models.DateTimeField(null=True, help_text="the first proof after it; null: it lasts")
    stages = ArrayField(models.CharField(max_length=12), default=list, help_text="what held the canary meanwhile")
    report = models.JSONField(null=True, help_text="see watchdog.services.reports")
    reported_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["since"], name="blind_window_once"),
            # One lasts at a time.
            models.UniqueConstraint(models.Value(1), condition=Q(until=None), name="blind_window_one_lasts"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gt=F("since")), name="blind_window_ends_later"),
            models.CheckConstraint(
                condition=Q(report=None, reported_at=None)
                | Q(until__isnull=False, report__isnull=False, reported_at__isnull=False),
                name="blind_window_reported_when_over",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="blind_window_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="blind_window_report_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__reported_at__isnull=False),
            ),
        ]

    @property
    def causes(self) -> list[Stage]:
        return [Stage(stage) for stage in self.stages]


class Hold(models.Model):
    """Letters held because the database is behind what had been exported of it; a person lets them go."""

    class Why(models.TextChoices):
        BEHIND = "behind"  # logs lack events, or hold others, that had been exported
        NO_HEADS = "no_heads"  # it was exported before, and nothing is there to compare it with

    class Decision(models.TextChoices):
        GO = "go"
        DROP = "drop"  # go, but what waited from before an instant is given up

    opened_at = models.DateTimeField(db_default=Now())
    why = models.CharField(max_length=8, choices=Why.choices)
    exported_at = models.DateTimeField(null=True, help_text="when heads were last written")
    missing = models.JSONField(default=list, help_text="see watchdog.services.restored")
    # What was written beside them and no longer counts once a person has decided.
    generations = ArrayField(models.CharField(max_length=32), default=list)
    released_at = models.DateTimeField(null=True)
    released_by = models.BigIntegerField(null=True, help_text="user id; the reason is in the log")
    decision = models.CharField(max_length=4, blank=True, choices=Decision.choices)
    drop_before = models.DateTimeField(null=True)
    dropped = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(models.Value(1), condition=Q(released_at=None), name="hold_one_lasts"),
            models.CheckConstraint(
                condition=Q(released_at=None, released_by=None, decision="")
                | Q(released_at__isnull=False, released_by__isnull=False) & ~Q(decision=""),
                name="hold_ended_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(decision="drop", drop_before__isnull=False) | ~Q(decision="drop") & Q(drop_before=None),
                name="hold_drops_before_an_instant",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="hold_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="hold_decided_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__released_at__isnull=False),
            ),
        ]
