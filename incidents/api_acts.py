"""The acts on an incident for programs, each one of `incidents.services`."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from incidents import services
from incidents.api import IncidentAct, IncidentOut, maybe_words, words
from incidents.domain.moves import RIGHT, Act
from incidents.domain.reports import HandlingIn
from incidents.models import GroupAtWork, Intake


class FactsIn(serializers.Serializer):
    """The facts levels are judged by; what is absent is not touched, null says that it is not known any more.

    Which there are, and their values, is the incident's plan's matter: those of the plan that ships are listed here, those of
    another may be sent as well.
    """

    takes_more = True

    reach = serializers.CharField(max_length=64, required=False, allow_null=True)
    outage = serializers.BooleanField(required=False, allow_null=True)
    full_outage = serializers.BooleanField(required=False, allow_null=True)
    complaints_excess = serializers.FloatField(
        required=False, allow_null=True, help_text="0.3 is 30 % over the daily mean"
    )
    recovery_hours = serializers.FloatField(required=False, allow_null=True)
    criticality = serializers.CharField(max_length=64, required=False, allow_null=True)
    secondary_risk = serializers.CharField(max_length=64, required=False, allow_null=True)
    hotlines_down_share = serializers.FloatField(
        required=False, allow_null=True, help_text="0.3 is 30 % of the hotlines"
    )
    node_daily_calls = serializers.FloatField(required=False, allow_null=True)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        listed = super().to_internal_value(data)
        own = {name: value for name, value in data.items() if name not in self.fields}
        if odd := [name for name, value in own.items() if not _is_fact(name, value)]:
            sentence = _("A word, a number, or yes or no is needed here.")
            raise serializers.ValidationError({str(name)[:64]: [sentence] for name in odd}, code="invalid")
        return listed | own


def _is_fact(name: Any, value: Any) -> bool:
    """A word, a yes or no, or a number under a short name; which of them it must be, the plan says."""
    if not isinstance(name, str) or len(name) > 64 or "\x00" in name:
        return False
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, str):
        return len(value) <= 64 and "\x00" not in value
    return isinstance(value, int | float) and abs(value) < 1e300


class Based(serializers.Serializer):
    based_on = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=0)


class VerifyIn(Based):
    outcome = serializers.ChoiceField(choices=Intake.Outcome.choices)
    major = serializers.BooleanField(required=False, allow_null=True, default=None)
    note = maybe_words()


class AssessIn(serializers.Serializer):
    impact = words()
    measures = maybe_words()
    facts = FactsIn(required=False, default=dict)


class HandlingBody(serializers.Serializer):
    measures = words()
    situation = maybe_words()
    next_steps = maybe_words()
    recovery_hours = serializers.FloatField(required=False, allow_null=True, default=None, min_value=0)


class DismissIn(Based):
    reason = words()
    false_alarm = serializers.BooleanField(default=False)


class GroupStatusIn(serializers.Serializer):
    group = serializers.CharField(max_length=40)
    status = serializers.ChoiceField(choices=GroupAtWork.Status.choices)
    note = maybe_words()


class NoteIn(serializers.Serializer):
    note = maybe_words()


class RegulatorIn(serializers.Serializer):
    regulator = serializers.CharField(max_length=120)
    reason = words()


class CannotHoldIn(serializers.Serializer):
    needs = words(help_text="what is needed: leased bandwidth, experts, vehicles")
    reason = words()


class ArrivedIn(serializers.Serializer):
    forces = serializers.CharField(max_length=200)
    note = maybe_words()


class EndingIn(serializers.Serializer):
    summary = words()


@extend_schema(responses={200: IncidentOut})
class OnIncident(IncidentAct):
    """Base of the acts below: `change` is handed the body and answers the incident."""

    def change(self, number: str, data: dict[str, Any]) -> Any:
        raise NotImplementedError

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        self.change(kwargs["number"], data)
        return f"incident:{kwargs['number']}"


class Verify(OnIncident):
    """Say whether the report holds, and whether it is major (3.1, 4.1)."""

    right, serializer_class = RIGHT[Act.VERIFY], VerifyIn

    def change(self, number: str, data: dict[str, Any]) -> Any:
        return services.incident_verify(number=number, by=self.by, **data)


class Assess(OnIncident):
    """Impact assessment by the technical response group (4.1)."""

    right, serializer_class = RIGHT[Act.ASSESS], AssessIn

    def change(self, number: str, data: dict[str, Any]) -> Any:
        return services.incident_assess(number=number, by=self.by, **data)


class Facts(OnIncident):
    """Record what is known of the level dimensions (4.2)."""

    right, serializer_class = RIGHT[Act.RECORD_FACTS], FactsIn

    def change(self, number: str, data: dict[str, Any]) -> Any:
        return services.facts_record(number=number, facts=data, by=self.by)


class Start(OnIncident):
    """Headquarters issues the start of the response (6.1)."""

    right, serializer_class = RIGHT[Act.START], Based

    def change(self, number: str, data: dict[str, Any]) -> Any:
        return services.response_start(number=number, by=self.by, **data)


class ReportHandling(OnIncident):
    """The technical group's handling report (4.4)."""

    right, serializer_class = RIGHT[Act.REPORT], HandlingBody

    def change(self, number: str, data: dict[str, Any]) -> Any:
        return services.handling_report_add(number=number, report=HandlingIn(**data), by=self.by)


class GroupStatus(OnIncident):
    """What a work group is doing (2.2)."""

    right, serializer_class = RIGHT[Act.SET_GROUP_STATUS], GroupStatusIn

    def change(self, number: str, data: dict[str, Any]) -> Any:
        return services.group_status_set(number=number, by=self.by, **data)


class Restore(OnIncident):
    """Service is back; monitoring begins (7.2)."""

    right, serializer_class = RIGHT[Act.RESTORE], NoteIn

    def change(self, number: str, data: dict[str, Any]) -> Any:
        return services.service_restore(number=number, by=self.by, **data)


class Regulator(OnIncident):
    """A regulator is concerned: a notice to it is owed, with legal's opinion (3.4)."""

    right, serializer_class = RIGHT[Act.NAME_REGULATOR], RegulatorIn

    def change(self, number: str, data: dict[str, Any]) -> Any:
        return services.regulator_name(number=number, by=self.by, **data)


class CannotHold(OnIncident):
    """Our own means cannot hold it: outside support is to be started, by an explicit list of needs (6.3)."""

    right, serializer_class = RIGHT[Act.CANNOT_HOLD], CannotHoldIn

    def change(self, number: str, data: dict[str, Any]) -> Any:
        return services.cannot_hold(number=number, by=self.by, **data)


class Arrived(OnIncident):
    """Outside forces are here: headquarters owes naming the on-scene commander (6.3)."""

    right, serializer_class = RIGHT[Act.SUPPORT_ARRIVED], ArrivedIn

    def change(self, number: str, data: dict[str, Any]) -> Any:
        return services.support_arrived(number=number, by=self.by, **data)


class EndingReport(OnIncident):
    """The technical response group's ending report (6.4)."""

    right, serializer_class = RIGHT[Act.REPORT_ENDING], EndingIn

    def change(self, number: str, data: dict[str, Any]) -> Any:
        return services.ending_report(number=number, by=self.by, **data)


class Close(OnIncident):
    """Top management approves the ending (6.4)."""

    right, serializer_class = RIGHT[Act.CLOSE], NoteIn

    def change(self, number: str, data: dict[str, Any]) -> Any:
        return services.incident_close(number=number, by=self.by, **data)


class Dismiss(OnIncident):
    """Close what needs no response, with a reason (4.4)."""

    right, serializer_class = RIGHT[Act.DISMISS], DismissIn

    def change(self, number: str, data: dict[str, Any]) -> Any:
        return services.incident_dismiss(number=number, by=self.by, **data)
