"""What the machines say: who sends, which series there are, the samples, and the watches over them. All times are world time."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from signals.domain.places import KEY


class Source(models.Model):
    """A machine that sends samples with a token of its own."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    world = models.ForeignKey("engine.World", on_delete=models.PROTECT, related_name="+")
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(null=True)
    accepted = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.key


class Series(models.Model):
    """One metric at one place. Empty keys: not narrowed in that dimension; all empty: the whole country."""

    world = models.ForeignKey("engine.World", on_delete=models.PROTECT, related_name="+")
    metric = models.CharField(max_length=64)
    region = models.CharField(max_length=KEY, blank=True, default="")
    hotline = models.CharField(max_length=KEY, blank=True, default="")
    node = models.CharField(max_length=KEY, blank=True, default="")
    service_hours = models.JSONField(null=True, help_text="[{days, from, to}]; null: the plan's own for the metric")
    judged_at = models.DateTimeField(null=True, help_text="the newest sample that was judged with its window")
    silent_since = models.DateTimeField(null=True, help_text="no data inside service hours since")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["world", "metric", "region", "hotline", "node"], name="series_once")
        ]


class Sample(models.Model):
    """A row of a table partitioned by day; made by migration 0002, filled by COPY."""

    series = models.ForeignKey(Series, on_delete=models.DO_NOTHING, related_name="+")
    at = models.DateTimeField()
    value = models.FloatField()
    pk = models.CompositePrimaryKey("series_id", "at")

    class Meta:
        managed = False
        db_table = "signals_sample"


class JudgeTodo(models.Model):
    """Samples that wait to be judged: one row a group of requests, packed as msgpack [[series, microseconds, value], …]."""

    world = models.ForeignKey("engine.World", on_delete=models.PROTECT, related_name="+")
    batch = models.BinaryField()
    tries = models.SmallIntegerField(default=0)


class Mute(models.Model):
    """A maintenance window or a silence: while it holds, crossings in its scope are judged and recorded, and wait to speak.

    Empty keys: not narrowed in that dimension; one at least is given. `held` and `spoke` count at its end: the watches it
    held back, and those of them that still stood and spoke then.
    """

    class Kind(models.TextChoices):
        MAINTENANCE = "maintenance", _("Maintenance window")
        SILENCE = "silence", _("Silence")

    class Ending(models.TextChoices):
        DUE = "due", _("ended on time")
        EARLY = "early", _("ended early")

    world = models.ForeignKey("engine.World", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind)
    metric = models.CharField(max_length=64, blank=True, default="")
    region = models.CharField(max_length=KEY, blank=True, default="")
    hotline = models.CharField(max_length=KEY, blank=True, default="")
    node = models.CharField(max_length=KEY, blank=True, default="")
    reason = models.TextField()
    owner = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    set_by = models.ForeignKey("people.User", null=True, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=8, choices=Ending, blank=True, default="")
    held = models.IntegerField(default=0)
    spoke = models.IntegerField(default=0)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="mute_ends_after_start"),
            models.CheckConstraint(
                condition=~Q(metric="") | ~Q(region="") | ~Q(hotline="") | ~Q(node=""), name="mute_is_somewhere"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ending="") | Q(ended_at__isnull=False, ending__in=["due", "early"]),
                name="mute_ending_has_time",
            ),
        ]
        # The judge asks for what may hold now, the page for what holds or comes.
        indexes = [models.Index(fields=["world", "ends_at"], condition=Q(ended_at=None), name="mute_standing")]
        triggers = [pgtrigger.Protect(name="mute_stays", operation=pgtrigger.Delete)]


class Watch(models.Model):
    """A threshold that a series crossed, from opening to clearing.

    One held back by a mute says nothing until `spoke_at`. One that flaps stays open until its series settles.
    """

    class State(models.TextChoices):
        OPEN = "open"
        CLEARED = "cleared"

    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="watches")
    threshold = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    over_since = models.DateTimeField()
    opened_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)
    value = models.FloatField()
    ratio = models.FloatField(null=True)
    baseline = models.FloatField(null=True)
    seen_at = models.DateTimeField(help_text="the newest sample it was judged on")
    mute = models.ForeignKey(Mute, null=True, on_delete=models.PROTECT, related_name="watches")
    spoke_at = models.DateTimeField(null=True, help_text="when one that was held back spoke after all")
    flapping_since = models.DateTimeField(null=True)

    @property
    def held(self) -> bool:
        return self.mute_id is not None and self.spoke_at is None

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["series", "threshold"], condition=models.Q(state="open"), name="watch_open_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state="open", cleared_at=None) | models.Q(state="cleared", cleared_at__isnull=False),
                name="watch_cleared_has_time",
            ),
        ]
        # Ending asks since when a world is calm.
        indexes = [
            models.Index(fields=["-cleared_at"], name="watch_cleared"),
            # The judge counts the openings of the past hour.
            models.Index(fields=["series", "opened_at"], name="watch_openings"),
        ]


class Baseline(models.Model):
    """What one sample of a series is expected to be (日均值): by weekday and quarter of an hour, company time.

    `slot` is weekday × 96 + quarter; FLAT is the mean over all service hours, used where a slot has too little history.
    """

    FLAT = -1

    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="baselines")
    slot = models.SmallIntegerField()
    expected = models.FloatField()
    days = models.SmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "slot"], name="baseline_slot_once")]
