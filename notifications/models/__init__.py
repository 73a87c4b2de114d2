"""Words leaving the house: messages with a receipt for each person, progress summaries, and notices to the public."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from common.bilingual import in_language
from notifications.domain import notices
from notifications.models.messages import Call, Delivery, Message, Send, SunkMail
from notifications.models.pacing import ChatPace
from notifications.models.verification import RoundAsking, RoundWay, VerificationRound

__all__ = [
    "Call",
    "ChatPace",
    "Delivery",
    "Message",
    "Notice",
    "RoundAsking",
    "RoundWay",
    "Send",
    "Summary",
    "SunkMail",
    "VerificationRound",
]


class Summary(models.Model):
    """A progress summary (clause 3.2): drafted from the log, edited and published by headquarters."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="summaries")
    turn = models.IntegerField()
    due_at = models.DateTimeField(help_text="world time")
    draft = models.JSONField(help_text="[{key, title: {zh, en}, lines: [{zh, en}]}] as read from the log")
    drafted_through = models.BigIntegerField(help_text="the newest event of the stream the draft knows")
    text_zh = models.TextField()
    text_en = models.TextField()
    revision = models.IntegerField(default=1)
    edited = models.BooleanField(default=False, help_text="a person wrote into it; the product leaves it alone")
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.DRAFT)
    content_hash = models.CharField(max_length=64, blank=True)
    published_at = models.DateTimeField(null=True, help_text="world time")
    published_by = models.ForeignKey("people.User", on_delete=models.PROTECT, null=True, related_name="+")
    late = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "turn"], name="summary_once_a_turn"),
            models.CheckConstraint(
                condition=Q(status="draft", published_at=None, content_hash="")
                | Q(status="published", published_at__isnull=False) & ~Q(content_hash=""),
                name="summary_published_whole",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="summary_published_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__status="published"),
            ),
            pgtrigger.Protect(name="summary_stays", operation=pgtrigger.Delete),
        ]

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    @property
    def text(self) -> str:
        return in_language({"zh": self.text_zh, "en": self.text_en})


def _who(*, null: bool = False) -> models.ForeignKey:
    return models.ForeignKey("people.User", on_delete=models.PROTECT, null=null, related_name="+")


def _when(*, null: bool = False) -> models.DateTimeField:
    return models.DateTimeField(null=null, help_text="world time")


NOTICE_GUARD = """
IF (NEW.text_zh, NEW.text_en) IS DISTINCT FROM (OLD.text_zh, OLD.text_en)
   AND (NEW.state <> 'draft' OR NEW.revision <= OLD.revision) THEN
    RAISE EXCEPTION 'a changed text is a draft of a new revision';
END IF;
IF NOT NEW.writers @> OLD.writers THEN
    RAISE EXCEPTION 'who wrote a notice is never forgotten';
END IF;
IF OLD.published_at IS NOT NULL AND
   (NEW.published_at, NEW.published_by_id, NEW.approved_by_id, NEW.approved_hash, NEW.incident_id)
   IS DISTINCT FROM (OLD.published_at, OLD.published_by_id, OLD.approved_by_id, OLD.approved_hash, OLD.incident_id) THEN
    RAISE EXCEPTION 'what was published stays on record';
END IF;
RETURN NEW;
"""


class Notice(models.Model):
    """A notice to the public or a regulator (clause 3.4): PR writes, legal approves this very text, the PR manager publishes."""

    class Kind(models.TextChoices):
        IMPACT = notices.Kind.IMPACT.value, _("Impact statement")
        UPDATE = notices.Kind.UPDATE.value, _("Recovery update")
        REGULATOR = notices.Kind.REGULATOR.value, _("Notice to the regulator")
        HOLDING = notices.Kind.HOLDING.value, _("Holding statement")

    class State(models.TextChoices):
        DRAFT = notices.State.DRAFT.value, _("Draft")
        IN_REVIEW = notices.State.IN_REVIEW.value, _("With legal")
        APPROVED = notices.State.APPROVED.value, _("Approved by legal")
        PUBLISHED = notices.State.PUBLISHED.value, _("Published")
        WITHDRAWN = notices.State.WITHDRAWN.value, _("Withdrawn")

    world = models.ForeignKey("engine.World", on_delete=models.PROTECT, related_name="+")
    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, null=True, related_name="notices")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    state = models.CharField(max_length=9, choices=State.choices, default=State.DRAFT)
    text_zh = models.TextField()
    text_en = models.TextField()
    revision = models.IntegerField(default=1)
    content_hash = models.CharField(max_length=64)
    # Everyone who ever drafted or edited it; ids, so that one CHECK can hold them against approver and publisher.
    writers = ArrayField(models.BigIntegerField())
    drafted_by, drafted_at = _who(), _when()
    edited_by, edited_at = _who(), _when()
    submitted_by, submitted_at = _who(null=True), _when(null=True)
    approved_by, approved_at = _who(null=True), _when(null=True)
    approved_in_place_of = _who(null=True)
    approved_revision = models.IntegerField(default=0)
    approved_hash = models.CharField(max_length=64, blank=True)
    opinion = models.TextField(blank=True, help_text="legal's; needed where a regulator is concerned")
    returned_by, returned_at = _who(null=True), _when(null=True)
    returned_why = models.TextField(blank=True)
    published_by, published_at = _who(null=True), _when(null=True)
    withdrawn_by, withdrawn_at = _who(null=True), _when(null=True)
    withdrawn_why = models.TextField(blank=True)

    class Meta:
        # The desk reads a world's notices newest first, the public page the published ones.
        indexes = [
            models.Index(fields=["world", "-id"], name="notice_newest"),
            models.Index(fields=["world", "-published_at"], condition=Q(state="published"), name="notice_public"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=sorted(notices.Kind)), name="notice_kind_known"),
            models.CheckConstraint(condition=Q(state__in=sorted(notices.State)), name="notice_state_known"),
            models.CheckConstraint(
                condition=Q(writers__contains=[F("drafted_by")]) & Q(writers__contains=[F("edited_by")]),
                name="notice_writers_are_known",
            ),
            # Never one person for two of text, approval and publication. NULL passes a CHECK: who must be there is the next one's.
            models.CheckConstraint(
                condition=(Q(approved_by=None) | ~Q(writers__contains=[F("approved_by")]))
                & (Q(published_by=None) | ~Q(writers__contains=[F("published_by")]))
                & (Q(approved_by=None) | Q(published_by=None) | ~Q(approved_by=F("published_by"))),
                name="notice_three_people",
            ),
            # Nor he in whose place it was approved (docs/decisions/0037).
            models.CheckConstraint(
                condition=Q(approved_in_place_of=None)
                | (
                    ~Q(writers__contains=[F("approved_in_place_of")])
                    & (Q(published_by=None) | ~Q(published_by=F("approved_in_place_of")))
                ),
                name="notice_approved_in_whose_place",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "published"])
                | Q(
                    approved_by__isnull=False,
                    approved_at__isnull=False,
                    approved_revision=F("revision"),
                    approved_hash=F("content_hash"),
                ),
                name="notice_approved_is_this_text",
            ),
            models.CheckConstraint(
                condition=~Q(kind="regulator") | ~Q(state__in=["approved", "published"]) | ~Q(opinion=""),
                name="notice_regulator_has_opinion",
            ),
            models.CheckConstraint(
                condition=Q(state="published", published_by__isnull=False, published_at__isnull=False)
                | Q(state__in=["draft", "in_review", "approved"], published_by=None, published_at=None)
                | Q(state="withdrawn", withdrawn_by__isnull=False, withdrawn_at__isnull=False) & ~Q(withdrawn_why=""),
                name="notice_published_whole",
            ),
            models.CheckConstraint(condition=Q(revision__gte=1), name="notice_revision_counts"),
        ]
        triggers = [
            pgtrigger.FSM(name="notice_moves", field="state", transitions=list(notices.TRANSITIONS)),
            pgtrigger.Trigger(
                name="notice_begins_as_draft",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=~pgtrigger.Q(new__state="draft"),
                func="RAISE EXCEPTION 'a notice cannot begin as %', NEW.state;",
            ),
            pgtrigger.Trigger(
                name="notice_guard", when=pgtrigger.Before, operation=pgtrigger.Update, func=NOTICE_GUARD.strip()
            ),
            pgtrigger.Protect(name="notice_stays", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def text(self) -> str:
        return in_language({"zh": self.text_zh, "en": self.text_en})

    @property
    def approvers(self) -> frozenset[int]:
        """Who approved it, and in whose place."""
        return frozenset(pk for pk in (self.approved_by_id, self.approved_in_place_of_id) if pk is not None)

    @property
    def is_public(self) -> bool:
        return notices.Kind(self.kind) in notices.PUBLIC
