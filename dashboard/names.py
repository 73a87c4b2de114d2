"""What keys are called, for scripts and sentences: places, groups, roles, and what the plan names."""

from common.bilingual import both
from people.rights import ROLES
from people.selectors import names
from plans.domain import Plan


def names_of(plan: Plan) -> dict[str, dict[str, dict[str, str]]]:
    known = names()
    return {
        "regions": known["regions"],
        "groups": known["groups"],
        "departments": {key: title.as_dict() for key, title in plan.departments.items()},
        "hotlines": known["hotlines"],
        "nodes": known["nodes"],
        "roles": {key: role.title.as_dict() for key, role in plan.roles.items()},
        "metrics": {key: metric.title.as_dict() for key, metric in plan.metrics.items()},
        "thresholds": {key: row.title.as_dict() for key, row in plan.thresholds.items()},
        "obligations": {key: row.title.as_dict() for key, row in plan.obligations.items()},
        "facts": {key: row.title.as_dict() for key, row in plan.facts.items()},
        "rights": {role: both(label) for role, label in ROLES.items()},
    }
