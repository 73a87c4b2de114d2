"""Messages, each with a row a reader and channel, and what becomes of it."""

from typing import TYPE_CHECKING

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from common.bilingual import in_language
from engine.models import Todo
from notifications.domain.delivery import CHATS, INAPP, MOVES, Channel, State, Via
from notifications.domain.unanswered import Ladder, Line, Outcome

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
    at_once = models.BooleanField(default=False, help_text="the plan's tier says so: it waits for no other letter")
    content = models.CharField(
        max_length=64,
        blank=True,
        help_text="fingerprint of what is said about what; empty: said as often as it is sent",
    )
    key = models.CharField(max_length=120, help_text="the sender's: the same key again is the same message")
    link = models.CharField(max_length=200, blank=True, help_text="a path of this product")
    created_at = models.DateTimeField(help_text="world time")

    append_only = True

    class Meta:
        constraints = [models.UniqueConstraint(fields=["world", "key"], name="message_once")]
        # Whether the same was said just before.
        indexes = [models.Index(fields=["content"], condition=~Q(content=""), name="message_content")]
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
    first_tried_at = models.DateTimeField(
        null=True, help_text="when the first attempt was recorded, right before its call"
    )
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
    waits = models.BooleanField(default=False, help_text="it may leave in one letter with others to the same reader")
    held_until = models.DateTimeField(null=True, help_text="wall time: until then it waits for others")
    carried_by = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="carried",
        db_index=False,
        help_text="whose letter carries this one as well, under that one's key and code; never changed",
    )
    same_as = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="repeats",
        db_index=False,
        help_text="whose letter had said the same",
    )

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
            models.CheckConstraint(
                condition=~Q(channel=Channel.INAPP) | Q(waits=False, carried_by=None, same_as=None),
                name="delivery_inapp_is_no_letter",
            ),
            models.CheckConstraint(condition=~Q(carried_by=F("id")), name="delivery_carried_by_another"),
            models.CheckConstraint(
                condition=~Q(state=State.REPEATED) | Q(same_as__isnull=False), name="delivery_repeats_what"
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
            # Whether a reader was told by a way just before, and what else waits for him.
            models.Index(
                fields=["user", "channel", "-queued_at"], condition=~Q(channel="inapp"), name="delivery_lately"
            ),
            models.Index(fields=["chat", "-queued_at"], condition=~Q(chat=""), name="delivery_lately_chat"),
            # A letter with all it carries.
            models.Index(fields=["carried_by"], condition=Q(carried_by__isnull=False), name="delivery_carried"),
            models.Index(fields=["same_as"], condition=Q(same_as__isnull=False), name="delivery_repeats"),
        ]
        triggers = [
            pgtrigger.FSM(
                name="delivery_moves", field="state", transitions=[(str(a), str(b)) for a, b in sorted(MOVES)]
            ),
            pgtrigger.Protect(name="delivery_stays", operation=pgtrigger.Delete),
            # What a letter carries is settled before it is sent: what may have left is never told as something else.
            pgtrigger.Protect(
                name="delivery_letter_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__carried_by__isnull=False)
                & pgtrigger.Q(old__carried_by__df=pgtrigger.F("new__carried_by")),
            ),
        ]

    @property
    def letter_id(self) -> int:
        """The row whose letter this one is in: its own, unless another's carries it."""
        return self.carried_by_id or self.pk

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
