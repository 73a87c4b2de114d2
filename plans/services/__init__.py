"""What changes the versions of the plan."""

from plans.services.acting import SECOND_PERSON, must_be_open
from plans.services.approving import version_approve, version_return
from plans.services.drafting import decoded, version_draft, version_edit, version_submit, version_withdraw
from plans.services.entering import ENTER, version_enter
from plans.services.loading import SHIPPED, plan_load
from plans.services.ruling import ruling_record

__all__ = [
    "ENTER",
    "SECOND_PERSON",
    "SHIPPED",
    "decoded",
    "must_be_open",
    "plan_load",
    "ruling_record",
    "version_approve",
    "version_draft",
    "version_edit",
    "version_enter",
    "version_return",
    "version_submit",
    "version_withdraw",
]
