"""What people do for an incident: groups, tasks, and steps of handling. All times are world time."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from incidents.domain import moves
from incidents.domain.moves import TASK_TRANSITIONS
from incidents.models.fields import KEY, moment, person
from incidents.models.incident import Incident


class GroupAtWork(models.Model):
    """What a work group is doing for an incident; a group without a row is on standby."""

    class Status(models.TextChoices):
        STANDBY = "standby", _("On standby")
        ACTIVATED = "activated", _("Activated")
        WORKING = "working", pgettext_lazy("group", "Working")
        DONE = "done", pgettext_lazy("group", "Done")

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="groups")
    group = models.CharField(max_length=KEY)
    status = models.CharField(max_length=10, choices=Status.choices)
    note = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "group"], name="group_at_work_once"),
            models.CheckConstraint(
                condition=Q(status__in=["standby", "activated", "working", "done"]), name="group_status_known"
            ),
        ]


class Task(models.Model):
    """One thing one person of a work group has to do for an incident (2.2); its words are also on the stream."""

    class State(models.TextChoices):
        OPEN = moves.TaskState.OPEN.value, pgettext_lazy("task", "Open")
        DONE = moves.TaskState.DONE.value, pgettext_lazy("task", "Done")
        CANCELLED = moves.TaskState.CANCELLED.value, pgettext_lazy("task", "Cancelled")

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="tasks")
    group = models.CharField(max_length=KEY)
    title = models.TextField()
    assignee = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    given_by = person()
    given_at = models.DateTimeField()
    due_at = moment()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    ended_at = moment()
    note = models.TextField(blank=True, help_text="what was done, or why it was cancelled")

    class Meta:
        # "My obligations" reads a person's open tasks; the room an incident's.
        indexes = [models.Index(fields=["assignee"], condition=Q(state="open"), name="task_open_of_person")]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["open", "done", "cancelled"]), name="task_state_known"),
            models.CheckConstraint(
                condition=Q(state="open", ended_at=None) | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="task_ends_when_ended",
            ),
        ]
        triggers = [
            pgtrigger.FSM(name="task_legal_moves", field="state", transitions=list(TASK_TRANSITIONS)),
            pgtrigger.Trigger(
                name="task_begins_open",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=~pgtrigger.Q(new__state="open"),
                func="RAISE EXCEPTION 'a task cannot begin as %', NEW.state;",
            ),
            pgtrigger.Protect(name="task_stays", operation=pgtrigger.Delete),
        ]


class StepTick(models.Model):
    """A step of handling (6.2) that somebody said is done; taken back, the row stays and says so."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="step_ticks")
    step = models.CharField(max_length=12, help_text="`plans.domain.schema.Step.key`")
    at = models.DateTimeField()
    by_user = person()
    note = models.TextField(blank=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "step"], condition=Q(undone_at=None), name="step_ticked_once_at_a_time"
            )
        ]
        triggers = [
            pgtrigger.Protect(name="step_tick_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="step_tick_as_it_was",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("incident", "step", "at", "by_user", "note"),
            ),
            pgtrigger.Protect(
                name="step_tick_taken_back_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__undone_at__isnull=False),
            ),
        ]
