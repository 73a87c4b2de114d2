"""The tables under which nothing is lost. Ids and payloads only: no business word, no foreign key upward."""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models.functions import Now

from common.clock import utc_text

EPOCH = "1970-01-01 00:00:00+00"


class World(models.Model):
    """A place with a clock of its own. `real` runs with the database's clock; the others are practice, marked everywhere.

    World time = world_anchor + (wall time − wall_anchor) × rate, or world_anchor while paused.
    """

    REAL = "real"
    # The watchdog's own: nobody acts in it, no page shows it.
    CANARY = "canary"

    key = models.SlugField(unique=True)
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    kind = models.CharField(
        max_length=16, choices=[(k, k) for k in ("real", "practice", "replay", "demo", "test", "canary")]
    )
    wall_anchor = models.DateTimeField(db_default=Now())
    world_anchor = models.DateTimeField(db_default=Now())
    rate = models.FloatField(default=1.0)
    paused = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())
    # Whoever steps a world that is not real holds this lease, so that its due times fire in order.
    step_until = models.DateTimeField(db_default=models.Value(EPOCH))
    step_fence = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="world_rate_positive"),
            models.CheckConstraint(
                condition=~models.Q(key="real") | models.Q(kind="real", rate=1.0, paused=False),
                name="world_real_runs_with_the_clock",
            ),
        ]

    @property
    def is_real(self) -> bool:
        return self.kind == self.REAL

    @property
    def names(self) -> dict[str, str]:
        return {"zh": self.name_zh, "en": self.name_en}


class Stream(models.Model):
    """One matter's log: an incident, the plan, people, signals… Its row lock gives events their number."""

    world = models.ForeignKey(World, on_delete=models.PROTECT)
    kind = models.CharField(max_length=32)
    key = models.CharField(max_length=64)
    head_seq = models.BigIntegerField(default=0)
    head_hash = models.BinaryField(default=b"")

    # The row this log is about, as the change that now writes holds it: who reacts together need not read it again.
    matter: Any = None
    # Whether the transaction that wrote through this very object holds the row until it ends.
    held = False

    class Meta:
        constraints = [models.UniqueConstraint(fields=["world", "kind", "key"], name="stream_once")]


class Event(models.Model):
    """Something that happened, for good. `canonical` is what was hashed; `data` is the same payload for queries."""

    stream = models.ForeignKey(Stream, on_delete=models.PROTECT, related_name="events")
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=64)
    data = models.JSONField()
    occurred_at = models.DateTimeField(help_text="when it happened, in the stream's world")
    known_at = models.DateTimeField(help_text="when we learnt of it, in the stream's world")
    recorded_at = models.DateTimeField(help_text="when it was written, wall time")
    actor_kind = models.CharField(max_length=8)
    actor_id = models.BigIntegerField(null=True)
    authority = models.CharField(max_length=64)
    plan_version = models.BigIntegerField(null=True)
    clause = models.CharField(max_length=64, blank=True)
    canonical = models.BinaryField()
    prev_hash = models.BinaryField()
    hash = models.BinaryField()
    key_id = models.SmallIntegerField()

    append_only = True

    class Meta:
        # The feed and the timeline read one stream in order by this.
        constraints = [models.UniqueConstraint(fields=["stream", "seq"], name="event_seq_once")]
        triggers = [
            pgtrigger.Protect(name="event_append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="event_no_truncate",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Truncate,
                func="RAISE EXCEPTION 'the log cannot be truncated';",
            ),
        ]

    def as_dict(self) -> dict[str, Any]:
        """What API, feed and board get. Erasable texts are filled in by `engine.selectors`."""
        return {
            "stream": self.stream_id,
            "seq": self.seq,
            "kind": self.kind,
            "occurred": utc_text(self.occurred_at),
            "known": utc_text(self.known_at),
            "recorded": utc_text(self.recorded_at),
            "actor": {"kind": self.actor_kind, "id": self.actor_id},
            "authority": self.authority,
            "plan_version": self.plan_version,
            "clause": self.clause,
            "data": self.data,
        }


class EventText(models.Model):
    """Free or personal text of an event, beside the log so that it can be erased; the log keeps its salted digest."""

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="texts")
    field = models.CharField(max_length=64)
    salt = models.BinaryField()
    text = models.TextField(null=True)  # noqa: DJ001 - null says erased, empty says nothing was written

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "field"], name="event_text_once")]
        triggers = [
            pgtrigger.Protect(name="event_text_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="event_text_only_erased",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__text__isnull=False) | pgtrigger.Q(old__text__isnull=True),
            ),
        ]


class Todo(models.Model):
    """The shape every queue shares: narrow, claimed in the order of `due_at`, held by a lease, finished by a fence."""

    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(db_default=models.Value(EPOCH))
    fence = models.BigIntegerField(default=0)
    tries = models.SmallIntegerField(default=0)

    class Meta:
        abstract = True


class Reaction(Todo):
    """The outbox: what still has to follow from an event. A row goes when its effect commits."""

    event = models.ForeignKey(Event, on_delete=models.PROTECT)
    reactor = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "reactor"], name="reaction_once")]
        # The sweep reads the front of this and stops at the first row not yet due.
        indexes = [models.Index(fields=["due_at", "id"], name="reaction_due")]


class Timer(Todo):
    """Something of `what` and `ref` falls due at a time of its world."""

    world = models.ForeignKey(World, on_delete=models.PROTECT)
    what = models.CharField(max_length=48)
    ref = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["what", "ref"], name="timer_once")]
        # One world's front, in order; a world's clock never passes the first row of it.
        indexes = [models.Index(fields=["world", "due_at", "id"], name="timer_due")]


class SetAside(models.Model):
    """An item that failed every try: out of the way of the others, where a person sees it and may put it back."""

    queue = models.CharField(max_length=32)
    item = models.JSONField()
    what = models.CharField(max_length=64)
    error = models.CharField(max_length=200)
    at = models.DateTimeField(db_default=Now())
    returned_at = models.DateTimeField(null=True)


class Alarm(models.Model):
    """What whoever runs the product must see; raised once however often it happens, cleared when it is over."""

    kind = models.CharField(max_length=48)
    ref = models.CharField(max_length=80)
    params = models.JSONField(default=dict)
    count = models.IntegerField(default=1)
    first_at = models.DateTimeField(db_default=Now())
    last_at = models.DateTimeField(db_default=Now())
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "ref"], condition=models.Q(cleared_at=None), name="alarm_standing_once"
            )
        ]


class IdempotencyKey(models.Model):
    """A change somebody asked for under a key, and a reference to what it made; never a body."""

    actor = models.CharField(max_length=40)
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    reference = models.CharField(max_length=120)
    status = models.SmallIntegerField(default=200)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["actor", "key"], name="idempotency_key_once")]


class Pulse(models.Model):
    """A part of the product says that it is alive and at work; wall time."""

    name = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField(db_default=Now())


class Installation(models.Model):
    """This database, one row: what tells it from every other, and whether letters may leave it (`engine.clearance`)."""

    key = models.UUIDField(help_text="made with the tables; a copy or a restored backup has the same")
    exported_at = models.DateTimeField(null=True, help_text="when heads of its logs were last written outside")
    cleared_for = models.CharField(max_length=80, blank=True, help_text="the run of the server it was compared in")
    held_at = models.DateTimeField(null=True, help_text="since when no letter leaves; null: none is held")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="installation_is_one"),
            models.CheckConstraint(
                condition=models.Q(held_at=None) | models.Q(cleared_for=""), name="installation_held_is_not_cleared"
            ),
        ]
        triggers = [pgtrigger.Protect(name="installation_stays", operation=pgtrigger.Delete)]
