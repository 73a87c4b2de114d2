"""The hourly data of a warning (4.3): availability, spares and forecast from every responsible department."""

from collections.abc import Iterable, Sequence

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
from incidents.services.acting import blank, scope_of, user_id
from people import selectors as people
from people.rights import Scope, acting_each
from plans.domain import Plan

EVIDENCE = "warning_data"


@transaction.atomic
def warning_data_report(
    *, number: str, availability: str, spares: str, forecast: str, by: Actor, department: str = ""
) -> WarningData:
    """A department's data of this hour. A turn is settled when every responsible department has reported for it. Of whom reports for
    several, as a deputy does, `department` says for which; without it, for the first that owes.

    Raises NotAllowed (not of a responsible department), Invalid naming each empty field, Conflict (the warning is over).
    """
    standing = entered("warning.report_data", number=number, by=by)
    reports = departments_of(by, standing.plan, scope_of(standing.incident))
    owing = (key for key in reports if _owed(standing.warning, key))
    department = department or next(owing, next(iter(reports), ""))
    if department not in reports:
        raise _not_yours(standing.plan, department, list(reports))
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
    event = standing.write(payload, act="hourly-data", by=reports[department])
    whole = [turn for turn in row.covers if not missing_for(standing.warning, standing.plan, turn)]
    turns_settle(standing.incident, HOURLY, whole, EVIDENCE, event)
    return row


def departments_of(by: Actor, plan: Plan, scope: Scope) -> dict[str, Actor]:
    """The responsible departments this person reports for: his own, and those of whom he stands in for, each with in what role."""
    ways = acting_each(by, "warning.report_data", scope)
    users = people.users_by_id(pk for pk, _actor in ways if pk is not None)
    found: dict[str, Actor] = {}
    for pk, actor in ways:
        key = (people.department_of(users[pk]) if pk in users else None) or ""
        if not plan.responsible or key in plan.responsible:
            found.setdefault(key, actor)
    return found


def _not_yours(plan: Plan, asked: str, own: Sequence[str]) -> NotAllowed:
    """`asked` is the department that was named, if any; `own` are those this person reports for."""
    if asked and (asked in plan.responsible or not plan.responsible):
        sentence = _("You do not report for %(asked)s.")
        if own:
            sentence = _("You do not report for %(asked)s; you report for: %(departments)s.")
        return NotAllowed("warning.department", sentence, asked=_named(plan, [asked]), departments=_named(plan, own))
    if plan.responsible:
        sentence, named = _("Only the responsible departments report here: %(departments)s."), plan.responsible
        return NotAllowed("warning.department", sentence, departments=_named(plan, named))
    return NotAllowed("warning.department", _("You belong to no department that you could report for."))


def _named(plan: Plan, keys: Iterable[str]) -> str:
    """Departments in the reader's language; one that the plan does not name is called by its key."""
    return in_language(
        listed(plan.departments[key].as_dict() if key in plan.departments else {"zh": key, "en": key} for key in keys)
    )


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
