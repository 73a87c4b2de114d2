"""The preparation of a warning (5.2): each item one person, one task, one time."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.bilingual import both, in_language
from common.clock import utc_text
from common.errors import Conflict, Invalid, Missing, NotAllowed
from escalation import selectors
from escalation.events import TaskAssigned, TaskDone, TaskSaid
from escalation.models import EarlyWarning, PreparationTask
from escalation.services.standing import PREPARE, Standing, entered
from escalation.services.telling import tell_people
from incidents.selectors import Incident
from incidents.services.acting import required, scope_of
from people import selectors as people
from people.rights import Scope, acting, allowed, relying_on
from people.selectors import User
from plans.domain import Plan
from plans.selectors import told_of

# Who may give any task to anybody; everyone else only what their own role owns.
GIVERS = ("duty_manager", "cs_supervisor", "hq_commander", "hq_member")


def tasks_make(warning: EarlyWarning, plan: Plan) -> list[PreparationTask]:
    """One task an item of the plan, for the holder of the role that owns it."""
    whole = plan.obligations.get(PREPARE)
    tasks = []
    for item in plan.preparation.values():
        due = item.within.after(warning.issued_at, plan.zone)
        latest = whole.due.after(warning.issued_at, plan.zone) if whole and whole.due else due
        tasks.append(
            PreparationTask(
                warning=warning,
                item=item.id,
                role=item.role,
                person=next(iter(told_of(plan.role(item.role))), None),
                due_at=min(due, latest),
                latest_at=max(due, latest),
            )
        )
    return PreparationTask.objects.bulk_create(tasks)


def tasks_said(tasks: list[PreparationTask], plan: Plan) -> list[TaskSaid]:
    return [
        TaskSaid(
            item=task.item,
            title=plan.preparation[task.item].title.as_dict(),
            person=task.person_id,
            due_at=utc_text(task.due_at),
        )
        for task in tasks
    ]


def tasks_tell(incident: Incident, tasks: list[PreparationTask], plan: Plan, *, key: str) -> None:
    """Tell each person his own tasks, in one message a person."""
    by_person: dict[int, list[PreparationTask]] = {}
    for task in tasks:
        if task.person_id is not None:
            by_person.setdefault(task.person_id, []).append(task)
    for person, own in by_person.items():
        lines = [_line(task, plan) for task in own]
        said = {code: "；".join(line[code] for line in lines) for code in ("zh", "en")}
        tell_people(
            incident,
            [(person, own[0].role)],
            kind="warning.task",
            subject=both(_("Your task in the warning %(number)s"), number=incident.number),
            body=both(_("%(tasks)s. Tick it off with a word when it is done."), tasks=said),
            clause=plan.cites("prepare"),
            key=f"{key}:{person}",
        )


def _line(task: PreparationTask, plan: Plan) -> dict[str, str]:
    due = task.due_at.astimezone(plan.zone).strftime("%m-%d %H:%M")
    return both(_("%(task)s, by %(due)s"), task=plan.preparation[task.item].title.as_dict(), due=due)


@transaction.atomic
def task_assign(
    *, number: str, task_id: int, person: int, by: Actor, due_at: datetime | None = None
) -> PreparationTask:
    """Give a task to another person, or another time within the list's.

    Raises NotAllowed (neither duty manager, headquarters nor the role that owns it), Invalid (somebody who left or has no
    part in the plan, a time beyond the list's), Conflict (done already).
    """
    standing, task = _entered(number, task_id, by)
    giver = giving(by, standing.plan, task, selectors.place_of(by))
    if giver is None:
        raise _not_yours(standing.plan, task)
    user = _fit(person)
    due_at = due_at or task.due_at
    if not standing.now <= due_at <= task.latest_at and due_at != task.due_at:
        sentence = _("The time must lie between now and the end of the preparation.")
        errors = [{"field": "due_at", "code": "out_of_bounds", "message": sentence}]
        raise Invalid("task.time", sentence, errors=errors)
    if task.person_id == user.pk and task.due_at == due_at:
        return task
    before, task.person, task.due_at = task.person_id, user, due_at
    task.save(update_fields=["person", "due_at"])
    payload = TaskAssigned(
        task=task.pk,
        item=task.item,
        title=standing.plan.preparation[task.item].title.as_dict(),
        before=before,
        person=user.pk,
        due_at=utc_text(due_at),
    )
    event = standing.write(payload, act="prepare", by=giver)
    tasks_tell(standing.incident, [task], standing.plan, key=f"warning.task:{task.pk}:{event.seq}")
    return task


@transaction.atomic
def task_done(*, number: str, task_id: int, word: str, by: Actor) -> PreparationTask:
    """Tick a task off with a word; when it was the last one the preparation is done.

    Raises NotAllowed (neither its person nor a holder of its role), Invalid (no word), Conflict (done already).
    """
    standing, task = _entered(number, task_id, by)
    doer = doing(by, standing.plan, task, selectors.place_of(by), scope_of(standing.incident))
    if doer is None:
        raise _not_yours(standing.plan, task)
    word = required("word", word)
    task.done_at, task.word = standing.now, word
    task.done_by_id = by.id if by.kind != "system" else None
    task.save(update_fields=["done_at", "done_by", "word"])
    rest = PreparationTask.objects.filter(warning=standing.warning, done_at=None).exists()
    payload = TaskDone(
        task=task.pk,
        item=task.item,
        title=standing.plan.preparation[task.item].title.as_dict(),
        word=word,
        all_done=not rest,
    )
    standing.write(payload, act="prepare", by=doer)
    return task


def _entered(number: str, task_id: int, by: Actor) -> tuple[Standing, PreparationTask]:
    standing = entered("warning.prepare", number=number, by=by)
    task = PreparationTask.objects.select_for_update(no_key=True).filter(pk=task_id, warning=standing.warning).first()
    if task is None:
        raise Missing("task.missing", _("There is no such task in this warning."))
    if task.done_at is not None:
        raise Conflict("task.done", _("This task was done meanwhile; reload the page."))
    return standing, task


def _fit(person: int) -> User:
    """Who can be given a task; raises Invalid."""
    user = people.users_by_id([person]).get(person)
    if user is None:
        sentence = _("There is nobody by this number; choose a person from the list.")
    elif not user.is_active:
        sentence = _("%(name)s has left; choose somebody who is here.")
    elif not allowed(people.actor_of(user), "warning.prepare"):
        sentence = _("%(name)s has no part in the plan; choose somebody who has.")
    else:
        return user
    name = user.display_name if user else ""
    row = {"field": "person", "code": "not_here", "message": str(sentence) % {"name": name}}
    raise Invalid("task.person", sentence, errors=[row], name=name)


def giving(by: Actor, plan: Plan, task: PreparationTask, place: selectors.Place) -> Actor | None:
    """The actor, acting as who may give a task to somebody: whose role owns it, or who gives any, in his own place before another's;
    None for who may not."""
    if by.kind == "system":
        return by
    ways = (selectors.holding_any(by, plan, [task.role], place), relying_on(by, GIVERS))
    return min((way for way in ways if way), key=lambda way: way.in_place_of is not None, default=None)


def doing(by: Actor, plan: Plan, task: PreparationTask, place: selectors.Place, scope: Scope) -> Actor | None:
    """The actor, acting as who may tick a task off: whose role owns it, or who was given it; None for who may not. `scope`: of the
    incident."""
    if by.kind == "system":
        return by
    owner = selectors.holding_any(by, plan, [task.role], place)
    return owner or (acting(by, "warning.prepare", scope) if by.id == task.person_id else None)


def _not_yours(plan: Plan, task: PreparationTask) -> NotAllowed:
    owner = plan.role(task.role).title.as_dict()
    named = task.person.display_name if task.person else "—"
    return NotAllowed(
        "task.not_yours",
        _("This task belongs to %(person)s (%(role)s); only they, or whoever it is given to, can do this."),
        person=named,
        role=in_language(owner),
    )
