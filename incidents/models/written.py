"""What people write about an incident. All times are world time."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from incidents.models.fields import person
from incidents.models.incident import Incident


class Written(models.Model):
    """Something a person wrote about an incident at a time; corrections are new rows."""

    at = models.DateTimeField()
    by_user = person()
    event_seq = models.BigIntegerField(help_text="its event on the incident's stream")

    class Meta:
        abstract = True


class HandlingReport(Written):
    """The technical group's report on the response (4.4)."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="handling_reports")
    measures = models.TextField()
    situation = models.TextField(blank=True)
    next_steps = models.TextField(blank=True)
    recovery_hours = models.FloatField(null=True, help_text="expected hours until recovery, from this report on")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "event_seq"], name="handling_report_once"),
            models.CheckConstraint(condition=Q(recovery_hours__gte=0), name="handling_report_hours_not_negative"),
        ]


class Assessment(Written):
    """The technical group's impact assessment (4.1)."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="assessments")
    facts = models.JSONField(default=dict, help_text="the facts given with it, plain values")
    impact = models.TextField()
    measures = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "event_seq"], name="assessment_once")]


class Evaluation(Written):
    """HQ's judgement of the effect (4.4)."""

    class Verdict(models.TextChoices):
        KEEP = "keep", _("Keep the level")
        RAISE = "raise", _("Raise the level")
        LOWER = "lower", _("Lower the level")

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="evaluations")
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    reason = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "event_seq"], name="evaluation_once"),
            models.CheckConstraint(
                condition=Q(verdict__in=["keep", "raise", "lower"]), name="evaluation_verdict_known"
            ),
        ]
