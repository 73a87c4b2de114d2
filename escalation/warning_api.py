"""Warnings for programs: the contract's addresses, each an act of `escalation.services`."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.errors import Invalid, Missing
from escalation.models import EarlyWarning
from escalation.services import hourly, lifting, preparing, warnings
from escalation.services.warning_state import warning_dict
from incidents.selectors import by_number
from incidents.services.acting import blank
from people.endpoints import ActionEndpoint, Endpoint

LONG = 4000


def words(**kwargs: Any) -> serializers.CharField:
    return serializers.CharField(max_length=LONG, **kwargs)


class WarnIn(serializers.Serializer):
    """The four contents (5.1): all are required; facts only."""

    colour = serializers.ChoiceField(choices=EarlyWarning.Colour.choices)
    reach = words()
    duration = words(help_text="the expected duration, in words")
    measures = words(help_text="the first measures advised")
    based_on = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=0, help_text="the newest event number you had read"
    )


class DataIn(serializers.Serializer):
    availability = words()
    spares = words(help_text="the state of spare resources")
    forecast = words(help_text="the impact expected")
    department = serializers.CharField(
        required=False, max_length=40, help_text="of whom reports for several; without it, the first that owes"
    )


class WarningReasonIn(serializers.Serializer):
    reason = words()


class TaskIn(serializers.Serializer):
    """Either `word` (it is done) or `person`, with or without another `due_at` (it is given to somebody)."""

    word = words(required=False, allow_blank=True, default="")
    person = serializers.IntegerField(required=False, allow_null=True, default=None, help_text="a user's id")
    due_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class LiftIn(serializers.Serializer):
    no_secondary_risk = serializers.BooleanField(default=False)
    declared = serializers.DictField(
        child=serializers.BooleanField(),
        required=False,
        default=dict,
        help_text="further facts that the incident's plan asks for",
    )
    note = words(help_text="what was checked")


class ApprovalNoteIn(serializers.Serializer):
    note = words(required=False, allow_blank=True, default="")


class OnWarning(ActionEndpoint):
    """An act on the warning of an incident; the answer is the warning as it then stands."""

    def change(self, number: str, data: dict[str, Any], **kwargs: Any) -> Any:
        raise NotImplementedError

    @extend_schema(responses={200: dict[str, Any]})
    def post(self, request: Request, **kwargs: Any) -> Response:
        return super().post(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        self.change(data=data, **kwargs)
        return f"warning:{kwargs['number']}"

    def answer(self, reference: str) -> Any:
        return warning_dict(by_number(reference.removeprefix("warning:")))


class WarningOf(Endpoint):
    """The warning of an incident: contents, who was told, hourly data, preparation, conditions of lifting."""

    right = "incident.view"

    @extend_schema(responses={200: dict[str, Any]})
    def get(self, request: Request, number: str) -> Response:
        found = warning_dict(by_number(number))
        if found is None:
            raise Missing("warning.missing", _("There is no warning for this incident; issue one first."))
        return Response(found)


class Warn(OnWarning):
    """Issue a blue or yellow warning, or raise a standing blue one to yellow (5.1)."""

    right, serializer_class = "warning.issue_blue", WarnIn

    def change(self, number: str, data: dict[str, Any], **kwargs: Any) -> Any:
        return warnings.warning_issue(number=number, by=self.by, **data)


class Data(OnWarning):
    """The hourly data of your department (4.3)."""

    right, serializer_class = "warning.report_data", DataIn

    def change(self, number: str, data: dict[str, Any], **kwargs: Any) -> Any:
        return hourly.warning_data_report(number=number, by=self.by, **data)


class Extend(OnWarning):
    """Extend the warning once, with a reason (4.3)."""

    right, serializer_class = "warning.extend", WarningReasonIn

    def change(self, number: str, data: dict[str, Any], **kwargs: Any) -> Any:
        return warnings.warning_extend(number=number, by=self.by, **data)


class Task(OnWarning):
    """Tick an item of the preparation off, or give it to somebody (5.2)."""

    right, serializer_class = "warning.prepare", TaskIn

    def change(self, number: str, data: dict[str, Any], **kwargs: Any) -> Any:
        word, person, due_at = data["word"], data["person"], data["due_at"]
        if word and person is not None:
            raise Invalid("task.either", _("Say either who shall do it or that it is done, not both."))
        if person is not None:
            return preparing.task_assign(number=number, task_id=kwargs["pk"], person=person, due_at=due_at, by=self.by)
        if not word:
            raise blank(["word"])
        return preparing.task_done(number=number, task_id=kwargs["pk"], word=word, by=self.by)


class LiftApply(OnWarning):
    """Apply for lifting; refused with each condition that is not met (5.3)."""

    right, serializer_class = "warning.apply_lift", LiftIn

    def change(self, number: str, data: dict[str, Any], **kwargs: Any) -> Any:
        declared = {"no_secondary_risk": data["no_secondary_risk"]} | data["declared"]
        return lifting.lift_apply(number=number, declared=declared, note=data["note"], by=self.by)


class LiftApprove(OnWarning):
    """Approve the application that waits; another person than who applied (5.3)."""

    right, serializer_class = "warning.approve_lift", ApprovalNoteIn

    def change(self, number: str, data: dict[str, Any], **kwargs: Any) -> Any:
        return lifting.lift_approve(number=number, by=self.by, **data)


class LiftRefuse(OnWarning):
    """Refuse the application that waits, with a reason."""

    right, serializer_class = "warning.approve_lift", WarningReasonIn

    def change(self, number: str, data: dict[str, Any], **kwargs: Any) -> Any:
        return lifting.lift_refuse(number=number, by=self.by, **data)
