"""Words leaving the house: messages with a receipt for each person, and the progress summaries of an incident."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from common.bilingual import in_language
from engine.models import Todo
from notifications.domain.delivery import INAPP, MOVES, Channel, State


class Message(models.Model):
    """What was said, to whom is in its deliveries. Never changed once written."""

    world = models.ForeignKey("engine.World", on_delete=models.PROTECT)
    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, null=True, related_name="messages")
    kind = models.CharField(max_length=48)
    subject = models.JSONField(help_text="{zh, en}")
    body = models.JSONField(help_text="{zh, en}")
    clause = models.CharField(max_length=64, blank=True)
    urgent = models.BooleanField(default=False)
    key = models.CharField(max_length=120, help_text="the sender's: the same key again is the same message")
    link = models.CharField(max_length=200, blank=True, help_text="a path of this product")
    created_at = models.DateTimeField(help_text="world time")

    append_only = True

    class Meta:
        constraints = [models.UniqueConstraint(fields=["world", "key"], name="message_once")]
        triggers = [pgtrigger.Protect(name="message_stays", operation=pgtrigger.Update | pgtrigger.Delete)]

    @property
    def title(self) -> str:
        return in_language(self.subject)

    @property
    def text(self) -> str:
        return in_language(self.body)


class Delivery(models.Model):
    """One message to one person over one channel. Sending runs on wall time, reading and acknowledging on world time."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="deliveries")
    user = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=64, help_text="a role of the plan or of rights: why this person is told")
    channel = models.CharField(max_length=8, choices=[(c, c) for c in Channel])
    state = models.CharField(max_length=12, choices=[(s, s) for s in State])
    key = models.CharField(max_length=40, unique=True, help_text="our idempotency key with the provider")
    tries = models.SmallIntegerField(default=0)
    unknown = models.SmallIntegerField(default=0, help_text="attempts whose outcome we never learnt")
    queued_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=120, blank=True)
    error = models.CharField(max_length=64, blank=True, help_text="code of the last failure, never its text")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "user", "channel"], name="delivery_once"),
            models.CheckConstraint(condition=Q(state__in=sorted(State)), name="delivery_state_known"),
            models.CheckConstraint(condition=Q(channel__in=sorted(Channel)), name="delivery_channel_known"),
            models.CheckConstraint(
                condition=~Q(channel=Channel.INAPP) | Q(state__in=sorted(INAPP)), name="delivery_inapp_is_there"
            ),
            models.CheckConstraint(
                condition=~Q(state=State.ACKNOWLEDGED) | Q(acknowledged_at__isnull=False),
                name="delivery_acknowledged_when",
            ),
        ]
        indexes = [
            # A person's inbox, newest first.
            models.Index(fields=["user", "-message"], condition=Q(channel="inapp"), name="delivery_inbox"),
            # The badge on every page.
            models.Index(fields=["user"], condition=Q(channel="inapp", state="delivered"), name="delivery_unread"),
        ]
        triggers = [
            pgtrigger.FSM(
                name="delivery_moves", field="state", transitions=[(str(a), str(b)) for a, b in sorted(MOVES)]
            ),
            pgtrigger.Protect(name="delivery_stays", operation=pgtrigger.Delete),
        ]


class Send(Todo):
    """A delivery that still has to leave the house."""

    delivery = models.OneToOneField(Delivery, on_delete=models.PROTECT, related_name="send")

    class Meta:
        # The sweep reads the front of this.
        indexes = [models.Index(fields=["due_at", "id"], name="send_due")]


class SunkMail(models.Model):
    """The mailbox of our own provider, the e-mail sink. A key it has seen is the same mail, and can be asked for."""

    key = models.CharField(max_length=40, unique=True)
    world = models.ForeignKey("engine.World", on_delete=models.PROTECT)
    user = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(max_length=300)
    body = models.TextField()
    language = models.CharField(max_length=8)
    urgent = models.BooleanField()
    sandbox = models.BooleanField(help_text="from a practice world")
    at = models.DateTimeField(db_default=Now())

    append_only = True


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
