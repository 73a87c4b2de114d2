"""Which plan is in force, and the plan behind a version."""

from functools import lru_cache

from django.db import connection
from django.utils.translation import gettext_lazy as _

from common.errors import Missing
from people import selectors as people
from people.selectors import User
from plans.domain import Finding, Plan, Report, RoleSpec, lint, load, unheld
from plans.models import PlanVersion

NO_PLAN = Missing("plan.missing", _("No plan is loaded; ask the system administrator to load one."))


def in_force() -> PlanVersion:
    """The version new incidents begin with; raises Missing before the first load."""
    version = PlanVersion.objects.filter(status=PlanVersion.Status.IN_FORCE).first()
    if version is None:
        raise NO_PLAN
    return version


def plan_of(version_id: int) -> Plan:
    """The plan of a version, parsed once a process; raises Missing."""
    return _parsed(str(connection.settings_dict["NAME"]), version_id)


def current() -> Plan:
    """The plan in force."""
    version = PlanVersion.objects.filter(status=PlanVersion.Status.IN_FORCE).values_list("pk", flat=True).first()
    if version is None:
        raise NO_PLAN
    return plan_of(version)


def holders_of(role: RoleSpec) -> list[User]:
    """Who holds a role of the plan now: holders of its role of rights; where it names a work group or a department, those
    who sit in it or work there."""
    if role.acts_as is None:
        return []
    holders = people.holders(role.acts_as)
    if role.department:
        holders = [user for user in holders if people.department_of(user) == role.department]
    return [user for user in holders if role.group in people.groups_of(user)] if role.group else holders


def report_of(version_id: int) -> Report:
    """What the linter finds in a version, looked for once a process."""
    return _linted(str(connection.settings_dict["NAME"]), version_id)


def unheld_now(plan: Plan) -> tuple[Finding, ...]:
    """The plan's roles that owe something and that nobody of this company holds today."""
    owing = {key for rule in plan.obligations.values() for key in rule.owners}
    return unheld(plan, {key: len(holders_of(plan.role(key))) for key in sorted(owing)})


@lru_cache(maxsize=16)
def _linted(database: str, version_id: int) -> Report:
    return lint(_parsed(database, version_id))


@lru_cache(maxsize=16)
def _parsed(database: str, version_id: int) -> Plan:
    """A version's text never changes and its id is never used again, so nothing here grows old."""
    try:
        version = PlanVersion.objects.get(pk=version_id)
    except PlanVersion.DoesNotExist:
        raise NO_PLAN from None
    return load(version.text, f"{version.plan_key}-{version.number}.yaml")
