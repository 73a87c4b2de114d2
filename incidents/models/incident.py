"""An incident, and the raw report it began with. All times are world time."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from incidents.domain import moves
from incidents.domain.moves import FIRST, LEVELLED, TRANSITIONS
from incidents.models.fields import KEY, keys, moment, person


class Phase(models.TextChoices):
    REPORTED = moves.Phase.REPORTED.value, _("Reported")
    VERIFIED = moves.Phase.VERIFIED.value, _("Verified")
    WARNING = moves.Phase.WARNING.value, _("Warning")
    RESPONSE = moves.Phase.RESPONSE.value, _("Response")
    MONITORING = moves.Phase.MONITORING.value, _("Monitoring")
    ENDED = moves.Phase.ENDED.value, _("Ended")
    CLOSED = moves.Phase.CLOSED.value, _("Closed")
    DISMISSED = moves.Phase.DISMISSED.value, _("Dismissed")


class Origin(models.TextChoices):
    REPORT = "report", _("Report by a person")
    SIGNAL = "signal", _("Signal of a machine")


class Reach(models.TextChoices):
    NODE = "node", _("A single node")
    NODES = "nodes", _("Several nodes")
    REGION = "region", _("One region")
    REGIONS = "regions", _("Several regions")
    NATIONWIDE = "nationwide", _("Nationwide")


class NumberSeries(models.Model):
    """The last number given in a world and year; its row lock gives the next."""

    world = models.ForeignKey("engine.World", on_delete=models.PROTECT, related_name="+")
    year = models.SmallIntegerField()
    last = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["world", "year"], name="number_series_once")]


class Incident(models.Model):
    """A fault or warning from its first record to its closing. Its history is its stream; this row is where it stands."""

    number = models.CharField(max_length=64, unique=True)
    world = models.ForeignKey("engine.World", on_delete=models.PROTECT, related_name="+")
    stream = models.OneToOneField("engine.Stream", on_delete=models.PROTECT, related_name="+")
    origin = models.CharField(max_length=8, choices=Origin.choices)
    plan_version = models.BigIntegerField(help_text="the version of the plan this incident began with")
    phase = models.CharField(max_length=12, choices=Phase.choices)
    phase_since = models.DateTimeField()
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    category = models.CharField(max_length=64, blank=True, help_text="a category of the plan")
    business = models.CharField(max_length=64, blank=True, help_text="a business type of the plan")
    regions = keys()
    hotlines = keys()
    nodes = keys()
    reach = models.CharField(max_length=12, choices=Reach.choices, null=True)  # noqa: DJ001 - null is unknown
    level = models.CharField(max_length=64, null=True)  # noqa: DJ001 - a level of its plan; null is undecided
    level_provisional = models.BooleanField(default=False)
    proposed_level = models.CharField(max_length=64, null=True)  # noqa: DJ001 - null is none
    major = models.BooleanField(null=True, help_text="null: not judged yet")
    false_alarm = models.BooleanField(default=False)
    hq_active = models.BooleanField(default=False)
    started_by_region = models.CharField(max_length=40, null=True)  # noqa: DJ001 - a region's key; null: not by a region
    # fact → {value, at, source}
    facts = models.JSONField(default=dict)
    noticed_at = moment(help_text="when customers noticed, as told")
    known_at = models.DateTimeField(help_text="the first record of the fault")
    reported_at = models.DateTimeField()
    verified_at = moment()
    assessed_at = moment()
    level_decided_at = moment()
    response_started_at = moment()
    service_restored_at = moment()
    ending_reported_at = moment()
    ended_at = moment()
    closed_at = moment()

    class Meta:
        # The list reads a world's incidents from the newest down; `open_incidents` those that are not over.
        indexes = [
            models.Index(fields=["world", "-id"], name="incident_newest"),
            models.Index(
                fields=["world", "id"], condition=~Q(phase__in=["ended", "closed", "dismissed"]), name="incident_open"
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(phase__in=Phase.values), name="incident_phase_known"),
            models.CheckConstraint(condition=Q(origin__in=Origin.values), name="incident_origin_known"),
            # NULL passes a CHECK, and may here: unknown or undecided.
            models.CheckConstraint(condition=Q(reach__in=Reach.values), name="incident_reach_known"),
            # Which levels there are is the plan's matter, and the service's to check.
            models.CheckConstraint(condition=~Q(level=""), name="incident_level_named"),
            models.CheckConstraint(condition=~Q(proposed_level=""), name="incident_proposed_level_named"),
            # … but not here: a response without a level is refused.
            models.CheckConstraint(
                condition=~Q(phase__in=sorted(LEVELLED)) | Q(level__isnull=False, level_decided_at__isnull=False),
                name="incident_response_has_level",
            ),
            models.CheckConstraint(
                condition=Q(level__isnull=False) | Q(level_provisional=False), name="incident_provisional_has_level"
            ),
            models.CheckConstraint(
                condition=~Q(phase__in=["response", "monitoring"]) | Q(response_started_at__isnull=False),
                name="incident_response_has_start",
            ),
            models.CheckConstraint(
                condition=~Q(phase__in=["ended", "closed"]) | Q(ended_at__isnull=False), name="incident_ended_has_time"
            ),
            models.CheckConstraint(
                condition=~Q(phase__in=["closed", "dismissed"]) | Q(closed_at__isnull=False),
                name="incident_closed_has_time",
            ),
            models.CheckConstraint(
                condition=Q(false_alarm=False) | Q(phase="dismissed"), name="incident_false_alarm_is_dismissed"
            ),
        ]
        triggers = [
            pgtrigger.FSM(name="incident_legal_moves", field="phase", transitions=list(TRANSITIONS)),
            pgtrigger.Trigger(
                name="incident_first_phase",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=~pgtrigger.Q(new__phase__in=sorted(FIRST)),
                func="RAISE EXCEPTION 'an incident cannot begin as %', NEW.phase;",
            ),
            pgtrigger.Protect(name="incident_stays", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def title(self) -> str:
        """The title in the language now active; what a person typed is the same in both."""
        return self.title_en if (get_language() or "").startswith("en") else self.title_zh

    @property
    def titles(self) -> dict[str, str]:
        return {"zh": self.title_zh, "en": self.title_en}

    @property
    def awaits_verification(self) -> bool:
        """A warning stands, or a region started the response (1.2), while the report was not verified yet."""
        early = self.phase == moves.Phase.WARNING.value or self.started_by_region is not None
        return early and self.verified_at is None

    @property
    def is_over(self) -> bool:
        return moves.Phase(self.phase) in moves.OVER


class Symptom(models.TextChoices):
    """What customers of a call centre notice, for plans that bring no words of their own; free text goes beside it."""

    NO_CONNECTION = "no_connection", _("Calls do not connect")
    BUSY = "busy", _("Always busy")
    LONG_QUEUE = "long_queue", _("Very long wait in the queue")
    DROPPED = "dropped", _("Calls break off")
    NO_SOUND = "no_sound", _("No sound or bad sound")
    WRONG_MENU = "wrong_menu", _("The voice menu does not work")
    NO_RECORDS = "no_records", _("Agents cannot open customer records")
    COMPLAINTS = "complaints", _("Many complaints at once")


class SystemsState(models.TextChoices):
    UNKNOWN = "unknown", _("Not known yet")
    RUNNING = "running", pgettext_lazy("systems", "Running")
    DEGRADED = "degraded", pgettext_lazy("systems", "Slow or partly down")
    DOWN = "down", pgettext_lazy("systems", "Down")
    ALL_DOWN = "all_down", pgettext_lazy("systems", "Everything is down")


class Intake(models.Model):
    """A report as it came in (3.1), and what its verification found."""

    class Outcome(models.TextChoices):
        CONFIRMED = "confirmed", _("Confirmed")
        FALSE_ALARM = "false_alarm", _("False alarm")

    incident = models.OneToOneField(Incident, on_delete=models.PROTECT, related_name="intake")
    symptoms = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    noticed = models.TextField(blank=True)
    caller_words = models.TextField(blank=True)
    call_minutes = models.FloatField(null=True, help_text="how long calls take now, on the mean")
    queue_minutes = models.FloatField(null=True, help_text="how long callers wait now, on the mean")
    queue_length = models.PositiveIntegerField(null=True, help_text="callers waiting now")
    systems = models.CharField(max_length=10, choices=SystemsState.choices, default=SystemsState.UNKNOWN)
    systems_note = models.TextField(blank=True)
    reported_by = person()
    outcome = models.CharField(max_length=12, choices=Outcome.choices, null=True)  # noqa: DJ001 - null: not verified yet
    verification_note = models.TextField(blank=True)
    verified_by = person()
    verified_at = moment()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(systems__in=SystemsState.values), name="intake_systems_known"),
            models.CheckConstraint(
                condition=Q(outcome__isnull=True, verified_at__isnull=True)
                | Q(outcome__in=["confirmed", "false_alarm"], outcome__isnull=False, verified_at__isnull=False),
                name="intake_outcome_with_time",
            ),
            models.CheckConstraint(
                condition=Q(call_minutes__gte=0, queue_minutes__gte=0), name="intake_minutes_not_negative"
            ),
        ]


class JoinedTrigger(models.Model):
    """A crossed threshold that opened an incident or joined it."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="triggers")
    watch = models.BigIntegerField(help_text="the watch of the signals room; an id, no foreign key upward")
    threshold = models.CharField(max_length=64)
    metric = models.CharField(max_length=64)
    region = models.CharField(max_length=KEY, blank=True)
    hotline = models.CharField(max_length=KEY, blank=True)
    node = models.CharField(max_length=KEY, blank=True)
    value = models.FloatField()
    ratio = models.FloatField(null=True)
    baseline = models.FloatField(null=True)
    at = models.DateTimeField()

    class Meta:
        # One crossing joins once, however often its event is delivered.
        constraints = [models.UniqueConstraint(fields=["watch", "at"], name="trigger_joins_once")]
