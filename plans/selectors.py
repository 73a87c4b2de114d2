"""Which plan is in force, and the plan behind a version."""

from functools import lru_cache

from django.db import connection
from django.utils.translation import gettext_lazy as _

from common.errors import Missing
from plans.domain import Plan, load
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


@lru_cache(maxsize=16)
def _parsed(database: str, version_id: int) -> Plan:
    """A version's text never changes and its id is never used again, so nothing here grows old."""
    try:
        version = PlanVersion.objects.get(pk=version_id)
    except PlanVersion.DoesNotExist:
        raise NO_PLAN from None
    return load(version.text, f"{version.plan_key}-{version.number}.yaml")
