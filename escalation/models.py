"""What follows from an incident: proposals of a level, and obligations with their clocks."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

LEVELS = [("I", "I"), ("II", "II"), ("III", "III")]


class Moment(models.Model):
    """When a moment of the plan first occurred in an incident."""

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT)
    moment = models.CharField(max_length=32)
    at = models.DateTimeField()
    event = models.ForeignKey("engine.Event", on_delete=models.PROTECT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "moment"], name="moment_first_once")]


class Proposal(models.Model):
    """A decision card that proposed another level than the one before it; kept as it was shown."""

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT)
    event = models.OneToOneField("engine.Event", on_delete=models.PROTECT)
    level = models.CharField(max_length=16)
    card = models.JSONField()
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["incident", "-made_at"], name="proposal_newest")]


class Obligation(models.Model):
    """One turn of something owed. Times are in the incident's world.

    `open` → `overdue` → `fulfilled` (late), or `open` → `fulfilled`; either → `superseded` or `waived`. Taking note never
    stops its clock, only evidence does.
    """

    class State(models.TextChoices):
        OPEN = "open"
        OVERDUE = "overdue"
        FULFILLED = "fulfilled"
        SUPERSEDED = "superseded"
        WAIVED = "waived"

    STANDING = (State.OPEN, State.OVERDUE)

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="obligations")
    rule = models.CharField(max_length=64)
    owners = ArrayField(models.CharField(max_length=40))
    clause = models.CharField(max_length=16)
    turn = models.IntegerField(default=1)
    anchored_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    anchor_event = models.ForeignKey("engine.Event", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    overdue_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    proof_event = models.ForeignKey("engine.Event", null=True, on_delete=models.PROTECT, related_name="+")
    step = models.SmallIntegerField(default=0, help_text="how many of the next ones up have been told")

    class Meta:
        constraints = [
            # An event opens a turn of a rule once, however often it is reacted to.
            models.UniqueConstraint(fields=["incident", "rule", "anchor_event", "turn"], name="obligation_turn_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "overdue"], ended_at=None)
                | models.Q(state__in=["fulfilled", "superseded", "waived"], ended_at__isnull=False),
                name="obligation_ends_when_ended",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="fulfilled") | models.Q(proof_event__isnull=False),
                name="obligation_needs_proof",
            ),
        ]
        indexes = [
            # "My obligations" and the board read what stands, by due time.
            models.Index(
                fields=["due_at"], condition=models.Q(state__in=["open", "overdue"]), name="obligation_standing"
            ),
            models.Index(fields=["incident", "rule"], name="obligation_of_rule"),
        ]
