"""Words leaving the house: messages with a receipt for each person, progress summaries, and notices to the public."""

from typing import TYPE_CHECKING

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.bilingual import in_language
from engine.models import Todo
from notifications.domain import notices
from notifications.domain.delivery import CHATS, INAPP, MOVES, Channel, State, Via
from notifications.domain.unanswered import Ladder, Line, Outcome
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

if TYPE_CHECKING:
    from people.models import User


class Message(models.Model):
    """What was said, to whom is in its deliveries. Never changed once written."""

    world = models.ForeignKey("engine.World", on_delete=models.PROTECT)
    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, null=True, related_name="messages")
    kind = models.CharField(max_length=48)
    subject = models.JSONField(help_text="{zh, en}")
    body = models.JSONField(help_text="{zh, en}")
    clause = models.CharField(max_length=64, blank=True)
    urgent = models.BooleanField(default=False)
    quorum = models.SmallIntegerField(null=True, help_text="how many answers suffice; null: everybody's")
    unanswered = models.JSONField(default=list, help_text="[{after: seconds, channels, roles}]: how it is pressed")
    each_way = models.BooleanField(
        default=False, help_text="each way is answered for itself: the answer proves the way"
    )
    key = models.CharField(max_length=120, help_text="the sender's: the same key again is the same message")
    link = models.CharField(max_length=200, blank=True, help_text="a path of this product")
    created_at = models.DateTimeField(help_text="world time")

    append_only = True

    class Meta:
        constraints = [models.UniqueConstraint(fields=["world", "key"], name="message_once")]
        triggers = [pgtrigger.Protect(name="message_stays", operation=pgtrigger.Update | pgtrigger.Delete)]

    @property
    def ladder(self) -> Ladder:
        return Ladder.of(self.unanswered, self.quorum)

    @property
    def title(self) -> str:
        return in_language(self.subject)

    @property
    def text(self) -> str:
        return in_language(self.body)


class Delivery(models.Model):
    """One message to one person over one channel, or into one group chat: then it has no `user`, and `role` is whose chat it is.

    Sending runs on wall time, reading and acknowledging on world time.
    """

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="deliveries")
    user = models.ForeignKey("people.User", on_delete=models.PROTECT, null=True, related_name="+")
    chat = models.CharField(max_length=40, blank=True, help_text="the chat's name in the settings, instead of a person")
    role = models.CharField(max_length=64, help_text="a role of the plan or of rights: why this person is told")
    channel = models.CharField(max_length=8, choices=[(c.value, c.value) for c in Channel])
    state = models.CharField(max_length=12, choices=[(s, s) for s in State])
    key = models.CharField(max_length=40, unique=True, help_text="our idempotency key with the provider")
    tries = models.SmallIntegerField(default=0)
    unknown = models.SmallIntegerField(default=0, help_text="attempts whose outcome we never learnt")
    queued_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True, help_text="the provider's receipt, wall time")
    provider = models.CharField(max_length=40, blank=True, help_text="by which the last attempt was made")
    tried = ArrayField(models.CharField(max_length=40), default=list, help_text="every provider that may have it")
    lost_by = ArrayField(models.CharField(max_length=40), default=list, help_text="those that said it did not arrive")
    provider_id = models.CharField(max_length=120, blank=True)
    code = models.CharField(max_length=6, blank=True, help_text="what the person sends back to answer")
    via = models.CharField(
        max_length=8, blank=True, choices=[(v.value, v.value) for v in Via], help_text="how it was answered"
    )
    rung = models.SmallIntegerField(default=0, help_text="of the message's ladder; 0: told at once")
    error = models.CharField(max_length=64, blank=True, help_text="code of the last failure, never its text")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "user", "channel"], name="delivery_once"),
            models.UniqueConstraint(fields=["message", "chat"], condition=~Q(chat=""), name="delivery_once_a_chat"),
            models.CheckConstraint(
                condition=Q(user__isnull=False, chat="") & ~Q(channel__in=sorted(CHATS))
                | Q(user=None, channel__in=sorted(CHATS)) & ~Q(chat=""),
                name="delivery_person_or_chat",
            ),
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
            # What still has to leave the house: the watchdog counts it against the queue.
            models.Index(
                fields=["id"],
                condition=Q(state__in=["queued", "sending", "failed"]) & ~Q(channel="inapp"),
                name="delivery_unsent",
            ),
            # A code that came back from a telephone.
            models.Index(fields=["code"], condition=~Q(code=""), name="delivery_code"),
            # The badge on every page.
            models.Index(fields=["user"], condition=Q(channel="inapp", state="delivered"), name="delivery_unread"),
        ]
        triggers = [
            pgtrigger.FSM(
                name="delivery_moves", field="state", transitions=[(str(a), str(b)) for a, b in sorted(MOVES)]
            ),
            pgtrigger.Protect(name="delivery_stays", operation=pgtrigger.Delete),
        ]

    @property
    def person(self) -> "User":
        """Whom it is for; what goes into a chat is for nobody."""
        assert self.user is not None, "a delivery into a chat was taken for a person's"
        return self.user

    @property
    def person_id(self) -> int:
        assert self.user_id is not None, "a delivery into a chat was taken for a person's"
        return self.user_id


class Send(Todo):
    """A delivery that still has to leave the house."""

    delivery = models.OneToOneField(Delivery, on_delete=models.PROTECT, related_name="send")

    class Meta:
        # The sweep reads the front of this.
        indexes = [models.Index(fields=["due_at", "id"], name="send_due")]


class Call(models.Model):
    """One call down the telephone list of a message: a person rang a person and says how it went."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="calls")
    user = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+", help_text="who was rung")
    by_user = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(help_text="world time")
    line = models.CharField(max_length=10, choices=[(line.value, line.value) for line in Line])
    outcome = models.CharField(max_length=12, choices=[(o.value, o.value) for o in Outcome])
    note = models.CharField(max_length=300, blank=True, help_text="may be erased, as the log's copy of it may")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=sorted(Outcome)), name="call_outcome_known"),
            models.CheckConstraint(condition=Q(line__in=sorted(Line)), name="call_line_known"),
        ]
        indexes = [models.Index(fields=["message", "user", "-id"], name="call_newest")]
        triggers = [
            pgtrigger.Protect(name="call_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="call_as_recorded",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("message", "user", "by_user", "at", "line", "outcome"),
            ),
            pgtrigger.Protect(
                name="call_note_only_erased",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__note__df=pgtrigger.F("new__note")) & ~pgtrigger.Q(new__note=""),
            ),
        ]


class SunkMail(models.Model):
    """The box of our own provider, the sink: mails, SMS, calls, what is said in chats. A key it has seen is the same one, and can
    be asked for."""

    key = models.CharField(max_length=40, unique=True)
    channel = models.CharField(max_length=8, default=Channel.EMAIL.value)
    world = models.ForeignKey("engine.World", on_delete=models.PROTECT)
    user = models.ForeignKey("people.User", on_delete=models.PROTECT, null=True, related_name="+")
    chat = models.CharField(max_length=40, blank=True)
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
    def is_public(self) -> bool:
        return notices.Kind(self.kind) in notices.PUBLIC
