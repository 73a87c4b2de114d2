"""A task of a work group reaches the person it is given to (2.2)."""

from django.utils.translation import gettext_lazy as _

from common.bilingual import both
from engine.models import Event
from escalation import selectors
from escalation.services.telling import tell_people
from incidents.selectors import of_event, task_of

ROLE = "group_member"


def follow(event: Event) -> None:
    """React to a task given or passed on: a message with a receipt to its assignee."""
    incident, task = of_event(event), task_of(event.data["id"])
    if task.due_at is None:
        body = both(_("%(what)s. No deadline. Say it is done on your own list."), what=task.title)
    else:
        due = task.due_at.astimezone(selectors.plan_for(incident).zone).strftime("%m-%d %H:%M")
        body = both(_("%(what)s. Due %(due)s. Say it is done on your own list."), what=task.title, due=due)
    tell_people(
        incident,
        [(task.assignee_id, ROLE)],
        kind=event.kind,
        subject=both(_("Your task in %(number)s: %(title)s"), number=incident.number, title=incident.titles),
        body=body,
        clause=selectors.plan_for(incident).cites("task"),
        key=f"task:{task.pk}:{event.seq}",
    )
