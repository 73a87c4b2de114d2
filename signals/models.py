"""What the machines say: who sends, which series there are, the samples, and the watches over them. All times are world time."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from signals.domain.places import KEY


class Source(models.Model):
    """A machine that sends samples with a token of its own. `former`: the token before, which still opens for a while."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    world = models.ForeignKey("engine.World", on_delete=models.PROTECT, related_name="+")
    token_sha256 = models.CharField(max_length=64, unique=True)
    former_sha256 = models.CharField(max_length=64, blank=True, default="")
    former_until = models.DateTimeField(null=True, help_text="wall time")
    mapping = models.JSONField(default=dict, help_text="what its words mean: signals.domain.mapping.SourceMapping")
    version = models.IntegerField(default=1, help_text="of the mapping; a change names the one it was based on")
    created_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(null=True)
    accepted = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    revoked_at = models.DateTimeField(null=True)
    alerts_heard_at = models.DateTimeField(null=True, help_text="its last message of alerts, world time")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(former_sha256="", former_until=None)
                | (~models.Q(former_sha256="") & models.Q(former_until__isnull=False)),
                name="source_former_ends",
            ),
            models.UniqueConstraint(
                fields=["former_sha256"], condition=~models.Q(former_sha256=""), name="source_former_once"
            ),
        ]

    def __str__(self) -> str:
        return self.key


class SourceCount(models.Model):
    """How often something of a source was not kept, by reason; `what` is what was sent last."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="counts")
    code = models.CharField(max_length=40)
    count = models.BigIntegerField(default=0)
    last_at = models.DateTimeField(db_default=Now())
    what = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "code"], name="source_count_once")]


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


class AlertState(models.Model):
    """What an alert of a source last said. While it is held, its value is written again and again (`signals.services.alerts`)."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="alerts")
    fingerprint = models.CharField(max_length=200)
    occurrence = models.CharField(max_length=80, help_text="the sender's id of this time that it fired")
    title = models.CharField(max_length=200)
    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="+")
    firing = models.BooleanField()
    value = models.FloatField(null=True, help_text="null: nothing is known since")
    held = models.BooleanField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    written_at = models.DateTimeField(help_text="the newest sample made of it")

    class Meta:
        # The sender's id makes an alert one matter, however often it is sent.
        constraints = [
            models.UniqueConstraint(fields=["source", "fingerprint"], name="alert_once"),
            models.CheckConstraint(
                condition=models.Q(firing=True, ended_at=None) | models.Q(firing=False, ended_at__isnull=False),
                name="alert_over_has_end",
            ),
        ]


class UnmatchedAlert(models.Model):
    """An alert nothing could be made of, kept for whoever writes a rule for it."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="unmatched")
    fingerprint = models.CharField(max_length=200)
    title = models.CharField(max_length=200)
    labels = models.JSONField()
    code = models.CharField(max_length=40)
    what = models.CharField(max_length=200, blank=True)
    firing = models.BooleanField()
    times = models.IntegerField(default=1)
    first_at = models.DateTimeField(db_default=Now())
    last_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "fingerprint"], name="unmatched_alert_once")]


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
    """What one sample of a series is expected to be on a day (日均值), and once the day is over what it brought.

    `slot` is the day (`date.toordinal()`, company time) or FLAT: the mean of every sample of the memory, which serves where a day
    knows nothing. The judge reads FLAT and three days; the rest is the memory that `signals.domain.baseline` learns from.
    """

    FLAT = -1

    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="baselines")
    slot = models.IntegerField()
    expected = models.FloatField(help_text="the mean over the day")
    days = models.SmallIntegerField(help_text="how many days it was learnt from")
    kind = models.SmallIntegerField(default=0, help_text="signals.domain.calendar.DayKind")
    rests_on = models.CharField(max_length=8, default="flat")
    quarters = ArrayField(
        models.FloatField(null=True), null=True, help_text="96 quarters of an hour; null: FLAT serves"
    )
    level = models.FloatField(default=1.0)
    spread = models.FloatField(null=True)
    seen = ArrayField(models.FloatField(null=True), null=True, help_text="the means of the day that ended")
    samples = models.IntegerField(default=0)
    total = models.FloatField(default=0.0)
    ratio = models.FloatField(null=True)
    far = models.SmallIntegerField(default=0)
    too_short = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "slot"], name="baseline_slot_once")]


class BacktestRun(models.Model):
    """A backtest that somebody asked for, with its result. The text of a plan or a file that was uploaded for it stays with it."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    world = models.ForeignKey("engine.World", on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(db_default=Now())
    # What is judged by: a version, or a text; and what is set beside it.
    version = models.ForeignKey("plans.PlanVersion", null=True, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(blank=True, default="")
    mean = models.CharField(max_length=8, default="learnt")
    against_version = models.ForeignKey("plans.PlanVersion", null=True, on_delete=models.PROTECT, related_name="+")
    against_text = models.TextField(blank=True, default="")
    against_mean = models.CharField(max_length=8, blank=True, default="")
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    # An uploaded history instead of the stored one.
    file = models.TextField(blank=True, default="")
    metric = models.CharField(max_length=64, blank=True, default="")
    region = models.CharField(max_length=KEY, blank=True, default="")

    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    fence = models.IntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, default="")
    result = models.JSONField(null=True)

    class Meta:
        indexes = [
            # The workers ask several times a second whether something waits.
            models.Index(fields=["id"], condition=models.Q(state__in=["waiting", "running"]), name="backtest_under_way")
        ]
