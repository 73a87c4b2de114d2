"""A warning as page and API show it: what it says, who was told, what came in, what is ready, whether it can be lifted."""

from collections.abc import Iterable
from typing import Any

from common.clock import utc_text
from escalation import selectors
from escalation.models import EarlyWarning, LiftApplication, Obligation, PreparationTask, WarningData
from escalation.services.hourly import missing_for
from escalation.services.lifting import applied_verdict, lift_verdict
from escalation.services.standing import HOURLY
from incidents.selectors import Incident, latest_of
from people import selectors as people
from people.rights import GRANTS
from people.selectors import User
from plans.domain import Plan

DATA_SHOWN = 40


def warning_dict(incident: Incident) -> dict[str, Any] | None:
    """The warning an incident has or had; None when it never had one."""
    warning = selectors.warning_of(incident)
    if warning is None:
        return None
    plan = selectors.plan_for(incident)
    extension = getattr(warning, "extension", None)
    return {
        "incident": incident.number,
        "colour": warning.colour,
        **warning.contents,
        "issued_at": utc_text(warning.issued_at),
        "issued_by": _person(warning.issued_by),
        "raised": _raised(warning, incident),
        "limit_at": warning.limit_at and utc_text(warning.limit_at),
        "extension": extension
        and {"at": utc_text(extension.at), "by": _person(extension.by_user), "reason": extension.reason},
        "standing": warning.ended_at is None,
        "ended_at": warning.ended_at and utc_text(warning.ended_at),
        "outcome": warning.outcome,
        "told": _told(warning, plan),
        "data": _data(warning, plan),
        "preparation": _preparation(warning, plan),
        "lifting": _lifting(warning, incident),
    }


def _raised(warning: EarlyWarning, incident: Incident) -> dict[str, Any] | None:
    """When blue became yellow, and by whom; its time still runs from its issue."""
    event = latest_of(incident, "warning.raised") if warning.colour == EarlyWarning.Colour.YELLOW else None
    return event and {"at": event["occurred"], "by": {"id": event["actor"]["id"], "name": event["actor"]["name"]}}


def _person(user: User | None) -> dict[str, Any] | None:
    """None: nobody, or the product itself."""
    return None if user is None else {"id": user.pk, "name": user.display_name, "here": user.is_active}


def _told(warning: EarlyWarning, plan: Plan) -> dict[str, Any]:
    roles: Iterable[str] = dict.fromkeys(row[1] for row in warning.told)
    titles = [plan.roles[key].title.as_dict() for key in roles if key in plan.roles]
    return {"people": len(warning.told), "roles": titles}


def _data(warning: EarlyWarning, plan: Plan) -> dict[str, Any]:
    """The reports, newest first, and which departments still owe the turn that runs or is overdue."""
    rows = WarningData.objects.filter(warning=warning).select_related("by_user").order_by("-at", "-pk")[:DATA_SHOWN]
    standing = Obligation.objects.filter(
        incident_id=warning.incident_id, rule=HOURLY, state__in=Obligation.STANDING
    ).order_by("turn")
    return {
        "owed": [
            {
                "turn": row.turn,
                "due_at": row.due_at and utc_text(row.due_at),
                "overdue": row.state == Obligation.State.OVERDUE,
                "departments": [plan.departments[key].as_dict() for key in missing_for(warning, plan, row.turn)],
            }
            for row in standing
        ],
        "reports": [
            {
                "department": row.department,
                "title": _department(row.department, plan),
                "at": utc_text(row.at),
                "by": _person(row.by_user),
                "availability": row.availability,
                "spares": row.spares,
                "forecast": row.forecast,
                "turns": row.covers,
            }
            for row in rows
        ],
    }


def _department(key: str, plan: Plan) -> dict[str, str]:
    return plan.departments[key].as_dict() if key in plan.departments else {"zh": key, "en": key}


def _preparation(warning: EarlyWarning, plan: Plan) -> list[dict[str, Any]]:
    tasks = {
        task.item: task for task in PreparationTask.objects.filter(warning=warning).select_related("person", "done_by")
    }
    return [
        {
            "id": task.pk,
            "item": task.item,
            "title": item.title.as_dict(),
            "role": task.role,
            "role_title": plan.role(task.role).title.as_dict(),
            "person": _person(task.person),
            "due_at": utc_text(task.due_at),
            "latest_at": utc_text(task.latest_at),
            "done_at": task.done_at and utc_text(task.done_at),
            "done_by": _person(task.done_by),
            "word": task.word,
            "late": task.done_at is not None and task.done_at > task.due_at,
        }
        for item in plan.preparation.values()
        if (task := tasks.get(item.id)) is not None
    ]


def _lifting(warning: EarlyWarning, incident: Incident) -> dict[str, Any]:
    """The conditions as they stand, or as they were when it was lifted; the application that waits; the newest refusal."""
    rows = list(warning.applications.select_related("applied_by", "decided_by").order_by("-pk"))
    waiting = next((row for row in rows if row.state == LiftApplication.State.APPLIED), None)
    refused = rows[0] if rows and rows[0].state == LiftApplication.State.REFUSED else None
    verdict = None
    if warning.ended_at is None:
        verdict = applied_verdict(incident, waiting) if waiting else lift_verdict(incident, {})
    return {
        "allowed": verdict.allowed if verdict else None,
        "conditions": verdict.as_dict()["conditions"] if verdict else [],
        "application": waiting and _application(waiting),
        "refused": refused and _application(refused),
    }


def _application(row: LiftApplication) -> dict[str, Any]:
    return {
        "id": row.pk,
        "at": utc_text(row.applied_at),
        "by": _person(row.applied_by),
        "note": row.note,
        "decided_at": row.decided_at and utc_text(row.decided_at),
        "decided_by": _person(row.decided_by),
        "reason": row.reason,
    }


def candidates() -> list[User]:
    """Whom a task can be given to: everybody here with a part in the plan, by name."""
    return people.holders_of_any(GRANTS["warning.prepare"])
