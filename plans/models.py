"""The versions of the plan. A text that was in force never changes: incidents stay pinned to the one they began with."""

from typing import Any

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.domain.versions import FIXED, TRANSITIONS, State

GUARD = """
IF (NEW.text, NEW.sha256) IS DISTINCT FROM (OLD.text, OLD.sha256)
   AND (NEW.status <> 'draft' OR NEW.revision <= OLD.revision) THEN
    RAISE EXCEPTION 'Cannot update: a changed text is a draft of a new revision';
END IF;
IF NOT NEW.writers @> OLD.writers THEN
    RAISE EXCEPTION 'Cannot update: who wrote a version is never forgotten';
END IF;
IF OLD.status IN ('in_force', 'retired') AND
   (NEW.approved_by_id, NEW.approved_at, NEW.in_force_from) IS DISTINCT FROM
   (OLD.approved_by_id, OLD.approved_at, OLD.in_force_from) THEN
    RAISE EXCEPTION 'Cannot update: who approved a version that was in force stays on record';
END IF;
RETURN NEW;
"""


def _who() -> models.ForeignKey:
    return models.ForeignKey("people.User", on_delete=models.PROTECT, null=True, related_name="+")


def _when() -> models.DateTimeField:
    return models.DateTimeField(null=True, help_text="time of the real world")


class PlanVersion(models.Model):
    """One version. `loaded` ones came by the machine room's command; the others are drafted by one person and approved by
    another."""

    class Status(models.TextChoices):
        DRAFT = State.DRAFT.value, pgettext_lazy("version of the plan", "Draft")
        SUBMITTED = State.SUBMITTED.value, pgettext_lazy("version of the plan", "Waits for approval")
        APPROVED = State.APPROVED.value, pgettext_lazy("version of the plan", "Approved, not yet in force")
        IN_FORCE = State.IN_FORCE.value, pgettext_lazy("version of the plan", "In force")
        RETIRED = State.RETIRED.value, pgettext_lazy("version of the plan", "Retired")
        WITHDRAWN = State.WITHDRAWN.value, pgettext_lazy("version of the plan", "Withdrawn")

    class Origin(models.TextChoices):
        LOADED = "loaded", _("Loaded from a file by the machine room")
        DRAFTED = "drafted", _("Drafted and approved")

    plan_key = models.CharField(max_length=64)
    number = models.PositiveIntegerField(unique=True)
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=Status)
    origin = models.CharField(max_length=8, choices=Origin, default=Origin.LOADED)
    # Loaded from the file that comes with the product; a company's own plan is never replaced by that one.
    shipped = models.BooleanField(default=False)
    in_force_from = models.DateTimeField(null=True, help_text="time of the real world")
    retired_at = _when()
    created_at = models.DateTimeField(db_default=Now())
    created_by_name = models.CharField(max_length=120)
    base = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    revision = models.PositiveIntegerField(default=1)
    # Everyone who ever drafted or edited it; ids, so that one CHECK can hold them against the approver.
    writers = ArrayField(models.BigIntegerField(), default=list)
    edited_by, edited_at = _who(), _when()
    submitted_by, submitted_at = _who(), _when()
    approved_by, approved_at = _who(), _when()
    approved_revision = models.PositiveIntegerField(default=0)
    approved_sha256 = models.CharField(max_length=64, blank=True)
    returned_by, returned_at = _who(), _when()
    returned_why = models.TextField(blank=True)
    withdrawn_by, withdrawn_at = _who(), _when()
    withdrawn_why = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["status"], condition=Q(status="in_force"), name="one_plan_in_force"),
            # Loading a known file again makes no version; a draft may well say again what an old version said.
            models.UniqueConstraint(fields=["sha256"], condition=Q(origin="loaded"), name="plan_loaded_once"),
            models.CheckConstraint(
                condition=Q(status__in=sorted(state.value for state in State)), name="plan_version_status"
            ),
            models.CheckConstraint(
                condition=Q(origin="loaded") | Q(origin="drafted", writers__contains=[F("edited_by")]),
                name="plan_version_writers_are_known",
            ),
            # Two people. NULL passes a CHECK: that somebody approved is the next one's.
            models.CheckConstraint(
                condition=Q(approved_by=None)
                | (~Q(writers__contains=[F("approved_by")]) & ~Q(approved_by=F("submitted_by"))),
                name="plan_version_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["approved", "in_force", "retired"])
                | Q(in_force_from__isnull=False)
                & (
                    Q(origin="loaded")
                    | Q(
                        submitted_by__isnull=False,
                        approved_by__isnull=False,
                        approved_at__isnull=False,
                        approved_revision=F("revision"),
                        approved_sha256=F("sha256"),
                    )
                ),
                name="plan_version_approved_is_this_text",
            ),
            models.CheckConstraint(
                condition=~Q(status="withdrawn")
                | Q(withdrawn_by__isnull=False, withdrawn_at__isnull=False) & ~Q(withdrawn_why=""),
                name="plan_version_withdrawn_whole",
            ),
            models.CheckConstraint(condition=Q(revision__gte=1), name="plan_version_revision_counts"),
        ]
        triggers = [
            pgtrigger.Protect(name="keep_versions", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="keep_number",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("plan_key", "number", "origin", "shipped"),
            ),
            pgtrigger.Trigger(
                name="version_guard", when=pgtrigger.Before, operation=pgtrigger.Update, func=GUARD.strip()
            ),
            pgtrigger.FSM(name="version_moves", field="status", transitions=list(TRANSITIONS)),
            pgtrigger.Trigger(
                name="version_begins",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=~(
                    pgtrigger.Q(new__status="draft", new__origin="drafted")
                    | pgtrigger.Q(new__status="in_force", new__origin="loaded")
                ),
                func="RAISE EXCEPTION 'a version cannot begin as %', NEW.status;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan_key} {self.number}"

    @property
    def state(self) -> State:
        return State(self.status)

    @property
    def is_fixed(self) -> bool:
        return self.state in FIXED

    @property
    def file_name(self) -> str:
        return f"{self.plan_key}-{self.number}.yaml"


class PlanText(models.Model):
    """What a draft said at one revision: nothing that was saved is lost by the next save."""

    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="texts")
    revision = models.PositiveIntegerField()
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    by: Any = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(help_text="time of the real world")

    append_only = True

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "revision"], name="plan_text_once")]
        triggers = [pgtrigger.Protect(name="plan_text_stays", operation=pgtrigger.Update | pgtrigger.Delete)]
