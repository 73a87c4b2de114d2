"""Every change of an incident: permission → lock → check the move → change → event, in one transaction."""

from incidents.services.deciding import (
    level_propose,
    level_set,
    response_start,
    response_start_regional,
    warning_begin,
)
from incidents.services.ending import ending_report, incident_close, response_end, service_restore
from incidents.services.handling import effect_evaluate, group_status_set, handling_report_add
from incidents.services.judging import (
    cannot_hold,
    facts_record,
    incident_assess,
    incident_dismiss,
    incident_verify,
    regulator_name,
    support_arrived,
)
from incidents.services.opening import ReportIn, incident_join, incident_open_from_signal, incident_report
from incidents.services.pinning import plan_pin
from incidents.services.steps import step_tick, step_untick
from incidents.services.tasking import task_cancel, task_done, task_give, task_reassign

__all__ = [
    "ReportIn",
    "cannot_hold",
    "effect_evaluate",
    "ending_report",
    "facts_record",
    "group_status_set",
    "handling_report_add",
    "incident_assess",
    "incident_close",
    "incident_dismiss",
    "incident_join",
    "incident_open_from_signal",
    "incident_report",
    "incident_verify",
    "level_propose",
    "level_set",
    "plan_pin",
    "regulator_name",
    "response_end",
    "response_start",
    "response_start_regional",
    "service_restore",
    "step_tick",
    "step_untick",
    "support_arrived",
    "task_cancel",
    "task_done",
    "task_give",
    "task_reassign",
    "warning_begin",
]
