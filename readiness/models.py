"""What is owed while nothing happens: the turns of the plan's readiness obligations (clause 8 and the rows anchored outside incidents)."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from readiness.domain import moves


class ReadinessTurn(models.Model):
    """One turn of a readiness obligation of a world. Times are the world's.

    `open` → `overdue` → `fulfilled` (late), or `open` → `fulfilled`; either → `waived` or `superseded`. `matter` is whom or
    what the obligation is about where there are several of one rule at a time ("user:12"); empty: there is one.
    `ended_event` is the event that ended it: the proof, the waiver, or why it no longer counts.
    """

    class State(models.TextChoices):
        OPEN = moves.State.OPEN
        OVERDUE = moves.State.OVERDUE
        FULFILLED = moves.State.FULFILLED
        SUPERSEDED = moves.State.SUPERSEDED
        WAIVED = moves.State.WAIVED

    STANDING = moves.STANDING

    world = models.ForeignKey("engine.World", on_delete=models.PROTECT, related_name="+")
    rule = models.CharField(max_length=64)
    matter = models.CharField(max_length=40, blank=True)
    plan_version = models.ForeignKey("plans.PlanVersion", on_delete=models.PROTECT, related_name="+")
    owners = ArrayField(models.CharField(max_length=40))
    clause = models.CharField(max_length=16)
    turn = models.IntegerField(default=1)
    anchored_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    overdue_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_event = models.ForeignKey("engine.Event", null=True, on_delete=models.PROTECT, related_name="+")
    step = models.SmallIntegerField(default=0, help_text="how many of the next ones up have been told")

    class Meta:
        constraints = [
            # One turn runs at a time; those that were missed stand beside it as overdue.
            models.UniqueConstraint(
                fields=["world", "rule", "matter"], condition=Q(state="open"), name="readiness_one_runs"
            ),
            models.CheckConstraint(condition=Q(state__in=moves.State), name="readiness_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=moves.STANDING, ended_at=None, ended_event=None)
                | Q(state__in=moves.ENDED, ended_at__isnull=False, ended_event__isnull=False),
                name="readiness_ends_by_an_event",
            ),
            models.CheckConstraint(
                condition=~Q(state="overdue") | Q(due_at__isnull=False, overdue_at__isnull=False),
                name="readiness_overdue_was_due",
            ),
        ]
        indexes = [
            # The page, "My obligations" and the calendar read what stands, by due time.
            models.Index(fields=["world", "due_at"], condition=Q(state__in=moves.STANDING), name="readiness_standing"),
            # The newest turn of a rule, and its history.
            models.Index(fields=["world", "rule", "matter", "-id"], name="readiness_of_rule"),
        ]
        triggers = [
            pgtrigger.FSM(name="readiness_moves", field="state", transitions=list(moves.TRANSITIONS)),
            pgtrigger.Protect(name="readiness_stays", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="readiness_grid_stays", fields=["world", "rule", "matter", "turn", "anchored_at", "due_at"]
            ),
        ]

    @property
    def stands(self) -> bool:
        return self.state in self.STANDING
