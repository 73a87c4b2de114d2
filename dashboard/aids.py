"""What stands around a form to help whoever writes in it: the same in the room, and where the form was refused."""

from typing import Any

from dashboard.changes import INTO, begins_so, changes_for, changes_for_department, changes_for_proof
from dashboard.prefill import act_started, prefilled
from dashboard.record import Record
from escalation.selectors import Obligation, missing_of, plan_for, proofs_of
from incidents.selectors import Incident
from plans.domain import Plan

DATA = "warning-data"


def act_aids(name: str, form: Any, incident: Incident, plan: Plan, record: Record) -> dict[str, Any]:
    """`begins`: field → the text on record it begins with. `changes`: sentences of what changed, for the field `into`; `offered`
    when the text does not begin with them."""
    if name == DATA:
        last = form.last
        changes = changes_for_department(incident, plan, last.department if last else "", record)
        into = form["forecast"].id_for_label
        return {"started": last is not None, "changes": changes, "into": into, "offered": True}
    begins = act_started(name, incident, plan, record)
    aids: dict[str, Any] = {"begins": begins, "started": bool(begins)}
    if name in INTO:
        aids |= {"changes": changes_for(incident, plan, name, record), "into": form[INTO[name]].id_for_label}
    return aids


def proof_aids(row: Obligation, form: Any) -> dict[str, Any]:
    """`filled`: the proof began with what is on record; `unknown`: which does not know all that its template asks for."""
    plan, record = plan_for(row.incident), Record([row.incident])
    rule = plan.rule(row.rule)
    proofs = proofs_of(rule, plan)
    start = prefilled(proofs[0], row.incident, plan, record) if proofs else ""
    return {
        "filled": bool(start),
        "unknown": bool(start and missing_of(plan, proofs[0], start)),
        "changes": changes_for_proof(row.incident, plan, rule, record),
        "into": form["note"].id_for_label,
        "offered": not begins_so(plan, rule, proofs),
    }
