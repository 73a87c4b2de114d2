"""The hourly data of a warning (4.3): availability, spares and forecast from every responsible department."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.bilingual import in_language, listed
from common.errors import NotAllowed
from escalation.domain.turns import Turn, covered
from escalation.events import WarningDataReported
from escalation.models import EarlyWarning, Obligation, WarningData
from escalation.services.obligations import turns_settle
from escalation.services.standing import HOURLY, entered
from incidents.services.acting import blank, user_id
from people import selectors as people
from plans.domain import Plan

EVIDENCE = "warning_data"


@transaction.atomic
def warning_data_report(*, number: str, availability: str, spares: str, forecast: str, by: Actor) -> WarningData:
    """A department's data of this hour. A turn is settled when every responsible department has reported for it.

    Raises NotAllowed (not of a responsible department), Invalid naming each empty field, Conflict (the warning is over).
    """
    standing = entered("warning.report_data", number=number, by=by)
    department = department_for(by, standing.plan)
    given = {"availability": availability.strip(), "spares": spares.strip(), "forecast": forecast.strip()}
    if missing := [name for name, text in given.items() if not text]:
        raise blank(missing)
    row = WarningData.objects.create(
        warning=standing.warning,
        department=department,
        at=standing.now,
        by_user_id=user_id(by),
        covers=_owed(standing.warning, department),
        **given,
    )
    payload = WarningDataReported(department=department, covers=row.covers, **given)
    event = standing.write(payload, act="hourly-data")
    whole = [turn for turn in row.covers if not missing_for(standing.warning, standing.plan, turn)]
    turns_settle(standing.incident, HOURLY, whole, EVIDENCE, event)
    return row


def department_for(by: Actor, plan: Plan) -> str:
    """The responsible department this person reports for: his own. Raises NotAllowed."""
    user = people.users_by_id([by.id or 0]).get(by.id or 0)
    own = (people.department_of(user) if user else None) or ""
    if plan.responsible and own not in plan.responsible:
        names = in_language(listed(plan.departments[key].as_dict() for key in plan.responsible))
        raise NotAllowed(
            "warning.department",
            _("Only the responsible departments report here: %(departments)s."),
            departments=names,
        )
    return own


def _owed(warning: EarlyWarning, department: str) -> list[int]:
    """The turns this department's report covers: every overdue one it has not reported for, else the one now running."""
    reported = {t for row in WarningData.objects.filter(warning=warning, department=department) for t in row.covers}
    rows = Obligation.objects.filter(
        incident_id=warning.incident_id, rule=HOURLY, state__in=Obligation.STANDING
    ).exclude(turn__in=reported)
    turns = [Turn(row.turn, row.due_at, row.state == Obligation.State.OVERDUE) for row in rows.order_by("turn")]
    return [turn.id for turn in covered(turns)]


def missing_for(warning: EarlyWarning, plan: Plan, turn: int) -> list[str]:
    """Responsible departments that have not reported for a turn."""
    reported = set(
        WarningData.objects.filter(warning=warning, covers__contains=[turn]).values_list("department", flat=True)
    )
    return [key for key in plan.responsible if key not in reported]
