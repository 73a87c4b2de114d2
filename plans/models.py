"""The versions of the plan. A version's text never changes: incidents stay pinned to the one they began with."""

import pgtrigger
from django.db import models
from django.db.models.functions import Now


class PlanVersion(models.Model):
    class Status(models.TextChoices):
        IN_FORCE = "in_force", "in force"
        RETIRED = "retired", "retired"

    plan_key = models.CharField(max_length=64)
    number = models.PositiveIntegerField()
    text = models.TextField()
    sha256 = models.CharField(max_length=64, unique=True)
    status = models.CharField(max_length=10, choices=Status)
    # Loaded from the file that comes with the product; a company's own plan is never replaced by that one.
    shipped = models.BooleanField(default=False)
    in_force_from = models.DateTimeField()  # time of the real world
    created_at = models.DateTimeField(db_default=Now())
    created_by_name = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan_key", "number"], name="plan_version_number"),
            models.UniqueConstraint(fields=["status"], condition=models.Q(status="in_force"), name="one_plan_in_force"),
            models.CheckConstraint(condition=models.Q(status__in=["in_force", "retired"]), name="plan_version_status"),
        ]
        triggers = [
            pgtrigger.Protect(name="keep_versions", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="keep_text",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("plan_key", "number", "text", "sha256"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan_key} {self.number}"
