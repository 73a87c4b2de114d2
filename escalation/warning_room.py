"""A warning in the incident room: as `warning_dict` tells it, with the acts on it that are open to this person."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.errors import Text
from escalation import selectors
from escalation.forms import ApproveForm, AssignForm, DataForm, DoneForm, LiftForm, ReasonForm, WarnForm
from escalation.models import EarlyWarning, PreparationTask, WarningData
from escalation.services.hourly import departments_of
from escalation.services.preparing import doing, giving
from escalation.services.warning_state import candidates, warning_dict
from escalation.services.warnings import RIGHTS
from incidents.domain.moves import Act
from incidents.selectors import Incident, act_open
from incidents.services.acting import scope_of
from people.rights import acting, allowed

Room = dict[str, Any]


def warning_room(incident: Incident, by: Actor, *, seq: int) -> Room | None:
    """None when there is no warning and this person could not issue one."""
    state = warning_dict(incident)
    if state is None:
        if not act_open(incident, by, Act.WARN):
            return None
        return {"state": None, "acts": [_act(incident, "warn", "warn", _("Issue a warning"), _warn(incident, by, seq))]}
    if not state["standing"]:
        return {"state": state, "acts": []}
    _tasks(incident, by, state)
    return {"state": state, "acts": _acts(incident, by, state, seq)}


def _act(incident: Incident, name: str, path: str, label: Text, form: forms.Form) -> Room:
    return {"name": name, "label": label, "form": form, "action": f"/incidents/{incident.number}/{path}/"}


def _warn(incident: Incident, by: Actor, seq: int) -> WarnForm:
    return WarnForm(incident=incident, by=by, initial={"based_on": seq}, auto_id="id_warn_%s")


def _acts(incident: Incident, by: Actor, state: Room, seq: int) -> list[Room]:
    """What this person can do now with a standing warning, the most needed first."""
    scope, plan = scope_of(incident), selectors.plan_for(incident)
    waiting = state["lifting"]["application"]
    acts: list[Room] = []

    def offer(name: str, path: str, label: Text, form: forms.Form) -> None:
        acts.append(_act(incident, name, path, label, form))

    approver = acting(by, "warning.approve_lift", scope) if waiting else None
    if approver and not selectors.lift_waiting(waiting["id"]).barred(approver):
        offer("lift-approve", "lift/approve", _("Approve lifting"), ApproveForm(auto_id="id_approve_%s"))
        offer("lift-refuse", "lift/refuse", _("Refuse lifting"), ReasonForm(auto_id="id_refuse_%s"))
    if reports := departments_of(by, plan, scope):
        # Of several departments the reader says for which: what one of them has is not put into another's mouth.
        last = _last_data(incident, next(iter(reports))) if len(reports) == 1 else None
        data = DataForm(incident=incident, plan=plan, last=last, reports=reports, auto_id="id_data_%s")
        offer("warning-data", "warning/data", _("Report the hourly data"), data)
    if waiting is None and allowed(by, "warning.apply_lift", scope):
        offer("lift", "lift", _("Apply for lifting"), LiftForm(plan=plan, auto_id="id_lift_%s"))
    if state["colour"] == EarlyWarning.Colour.BLUE and allowed(by, RIGHTS[EarlyWarning.Colour.YELLOW], scope):
        offer("warn", "warn", _("Raise to yellow"), _warn(incident, by, seq))
    if state["limit_at"] and not state["extension"] and allowed(by, "warning.extend", scope):
        offer("warning-extend", "warning/extend", _("Extend the warning"), ReasonForm(auto_id="id_extend_%s"))
    return acts


def _last_data(incident: Incident, department: str) -> WarningData | None:
    """What a department reported last of the warning that stands."""
    rows = WarningData.objects.filter(warning=selectors.standing_warning(incident), department=department)
    return rows.order_by("-at", "-pk").first()


def _tasks(incident: Incident, by: Actor, state: Room) -> None:
    """Put the acts open to this person beside each task that is not done."""
    plan, here, place = selectors.plan_for(incident), candidates(), selectors.place_of(by)
    tasks = {task.pk: task for task in PreparationTask.objects.filter(warning__incident=incident, done_at=None)}
    for row in state["preparation"]:
        task = tasks.get(row["id"])
        if task is None:
            continue
        path = f"warning/preparation/{task.pk}"
        row["acts"] = []
        if doing(by, plan, task, place, scope_of(incident)):
            done = DoneForm(auto_id=f"id_done_{task.pk}_%s")
            row["acts"].append(_act(incident, f"task-done-{task.pk}", f"{path}/done", _("Tick off"), done))
        if giving(by, plan, task, place):
            given = AssignForm(task=task, here=here, auto_id=f"id_assign_{task.pk}_%s")
            row["acts"].append(_act(incident, f"task-assign-{task.pk}", f"{path}/assign", _("Give the task"), given))
