"""What keys are called, for scripts and sentences: places, groups, roles, and what the plan names."""

from common.bilingual import both
from people.rights import ROLES
from people.selectors import names
from plans.domain import Plan


def names_of(*plans: Plan) -> dict[str, dict[str, dict[str, str]]]:
    """What these plans name; what several name is called as the first of them calls it."""
    found = {section: {**rows} for section, rows in _names(plans[0]).items()}
    for plan in plans[1:]:
        for section, rows in _planned(plan).items():
            found[section] = rows | found[section]
    return found


def _names(plan: Plan) -> dict[str, dict[str, dict[str, str]]]:
    known = names()
    return {
        "regions": known["regions"],
        "groups": known["groups"],
        "hotlines": known["hotlines"],
        "nodes": known["nodes"],
        "rights": {role: both(label) for role, label in ROLES.items()} | _rights(plan),
        **_planned(plan),
    }


def _rights(plan: Plan) -> dict[str, dict[str, str]]:
    """The log names the role of rights that an act relied on: called as the plan calls whoever has it."""
    return {right: title.as_dict() for right, title in plan.called_by_right.items()}


def _planned(plan: Plan) -> dict[str, dict[str, dict[str, str]]]:
    return {
        "departments": {key: title.as_dict() for key, title in plan.departments.items()},
        "roles": {key: role.title.as_dict() for key, role in plan.roles.items()},
        "metrics": {key: metric.title.as_dict() for key, metric in plan.metrics.items()},
        "thresholds": {key: row.title.as_dict() for key, row in plan.thresholds.items()},
        "obligations": {key: row.title.as_dict() for key, row in plan.obligations.items()},
        "facts": {key: row.title.as_dict() for key, row in plan.facts.items()},
        "levels": {key: row.title.as_dict() for key, row in plan.levels.items()},
    }


def grades_of(*plans: Plan) -> dict[str, int]:
    """How each level of these plans is drawn; of a key that several have, as the first of them has it."""
    return {key: plan.grade(key) for plan in reversed(plans) for key in plan.levels}
