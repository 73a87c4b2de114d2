"""Tasks of work groups (2.2): given to one person, done, cancelled, or passed on to another member."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.clock import utc_text
from common.errors import Conflict, Invalid, Missing, NotAllowed, Text
from engine import worlds
from incidents.domain.moves import NotTheirs, may_be_given
from incidents.events import TaskCancelled, TaskDone, TaskGiven, TaskReassigned
from incidents.models import Incident, Task
from incidents.selectors import by_number
from incidents.services.acting import check_open, chosen, cited, locked, required, scope_of, user_id, written
from people import selectors as people
from people.rights import require, require_somewhere

REFUSALS: dict[NotTheirs, Text] = {
    NotTheirs.LEFT: _("This person has left and can do no task; choose another member of the group."),
    NotTheirs.NOT_IN_GROUP: _(
        "This person does not sit in the group; choose one of its members, or have them seated in it first."
    ),
}


@transaction.atomic
def task_give(*, number: str, group: str, title: str, assignee: int, by: Actor, due_at: datetime | None = None) -> Task:
    """Give a member of a group something to do for an incident.

    Raises Missing, NotAllowed (another group's lead), Invalid naming the field, Conflict when the incident is over.
    """
    seen = by_number(number)
    chosen("group", group, [row.key for row in people.groups()])
    actor = require(by, "task.give", scope_of(seen, group=group))
    incident = locked(seen.pk)
    check_open(incident)
    now = worlds.now(incident.world)
    title = required("title", title)
    if due_at is not None and due_at <= now:
        raise _wrong("due_at", "past", _("This time has passed already; give a later one or none."))
    _check_assignee(assignee, group)
    task = Task.objects.create(
        incident=incident,
        group=group,
        title=title,
        assignee_id=assignee,
        given_by_id=user_id(actor),
        given_at=now,
        due_at=due_at,
    )
    payload = TaskGiven(
        id=task.pk, group=group, assignee=assignee, title=title, due_at=utc_text(due_at) if due_at else None
    )
    written(incident, [payload], by=actor, at=now, clause=cited(incident, "task"))
    return task


@transaction.atomic
def task_done(*, number: str, task_id: int, by: Actor, note: str = "") -> Task:
    """Say that a task is done: its assignee, or who leads the group. Also after the incident is over."""
    incident, task, now = _entered(number, task_id)
    actor = _doer(incident, task, by)
    _check_standing(task)
    late = task.due_at is not None and now > task.due_at
    _ended(task, Task.State.DONE, note, now)
    payload = TaskDone(id=task.pk, group=task.group, title=task.title, note=task.note, late=late)
    written(incident, [payload], by=actor, at=now, clause=cited(incident, "task"))
    return task


@transaction.atomic
def task_cancel(*, number: str, task_id: int, reason: str, by: Actor) -> Task:
    """Take a task back, with the reason: whoever may give one in this group."""
    incident, task, now = _entered(number, task_id)
    actor = require(by, "task.give", scope_of(incident, group=task.group))
    _check_standing(task)
    _ended(task, Task.State.CANCELLED, required("reason", reason), now)
    payload = TaskCancelled(id=task.pk, group=task.group, title=task.title, reason=task.note)
    written(incident, [payload], by=actor, at=now, clause=cited(incident, "task"))
    return task


@transaction.atomic
def task_reassign(*, number: str, task_id: int, assignee: int, by: Actor, reason: str = "") -> Task:
    """Pass a task on to another member of its group; the same person again changes nothing."""
    incident, task, now = _entered(number, task_id)
    actor = require(by, "task.give", scope_of(incident, group=task.group))
    check_open(incident)
    _check_standing(task)
    if task.assignee_id == assignee:
        return task
    _check_assignee(assignee, task.group)
    before, task.assignee_id = task.assignee_id, assignee
    task.save(update_fields=["assignee"])
    payload = TaskReassigned(
        id=task.pk, group=task.group, before=before, after=assignee, title=task.title, reason=reason.strip()
    )
    written(incident, [payload], by=actor, at=now, clause=cited(incident, "task"))
    return task


def _entered(number: str, task_id: int) -> tuple[Incident, Task, datetime]:
    """The incident, held, its task, and the world's now; raises Missing. The incident's lock is the task's, too."""
    incident = locked(by_number(number).pk)
    task = Task.objects.select_for_update(no_key=True).filter(incident=incident, pk=task_id).first()
    if task is None:
        raise Missing("task.missing", _("Incident %(number)s has no such task; see its groups."), number=number)
    return incident, task, worlds.now(incident.world)


def _doer(incident: Incident, task: Task, by: Actor) -> Actor:
    """One's own task is one's own wherever it lies; for another's one must lead the group, or stand in for its lead."""
    if by.id == task.assignee_id:
        return require_somewhere(by, "task.do")
    if leader := people.leading(by, task.group, "task.do", region=scope_of(incident).region):
        return leader
    raise NotAllowed(
        "task.not_yours",
        _("Only the person it was given to or the lead of the group can say that this task is done."),
    )


def _check_assignee(user: int, group: str) -> None:
    """Raise Invalid when this person has left, sits elsewhere or does not exist."""
    person = people.users_by_id([user]).get(user)
    if person is None:
        raise _wrong("assignee", "invalid_choice", _("There is no such person; choose a member of the group."))
    why = may_be_given(active=person.is_active, sits_in_group=group in people.groups_of(person))
    if why is not None:
        raise _wrong("assignee", why.value, REFUSALS[why])


def _check_standing(task: Task) -> None:
    if task.state != Task.State.OPEN:
        raise Conflict("task.ended", _("This task is done or cancelled already; read the room again before you act."))


def _ended(task: Task, state: str, note: str, now: datetime) -> None:
    task.state, task.note, task.ended_at = state, note.strip(), now
    task.save(update_fields=["state", "note", "ended_at"])


def _wrong(field: str, code: str, sentence: Text) -> Invalid:
    return Invalid(code, sentence, errors=[{"field": field, "code": code, "message": sentence}])
