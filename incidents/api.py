"""Incidents for programs: the contract's addresses, each an act of `incidents.services`."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.shapes import BilingualOut
from incidents import selectors, services
from incidents.domain.moves import RIGHT, Act
from incidents.domain.reports import HandlingIn, ReportIn
from incidents.models import GroupAtWork, Intake, Phase, Reach, SystemsState
from people.endpoints import ActionEndpoint, Endpoint
from plans.selectors import current

LONG = 4000
MOST = 100


def words(**kwargs: Any) -> serializers.CharField:
    return serializers.CharField(max_length=LONG, **kwargs)


def maybe_words() -> serializers.CharField:
    return words(required=False, allow_blank=True, default="")


def places() -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(max_length=40), required=False, default=list)


def minutes() -> serializers.FloatField:
    return serializers.FloatField(required=False, allow_null=True, default=None, min_value=0)


class FactsIn(serializers.Serializer):
    """The facts levels are judged by; what is absent is not touched, null says that it is not known any more.

    Which there are, and their values, is the incident's plan's matter: those of the plan that ships are listed here, those of
    another may be sent as well.
    """

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


class ReportBody(serializers.Serializer):
    """A fault as it was heard of; one symptom or one word of `noticed` is enough."""

    noticed = maybe_words()
    symptoms = serializers.ListField(
        child=serializers.CharField(max_length=16),
        required=False,
        default=list,
        max_length=40,
        help_text="keys of the plan's `symptoms`",
    )
    title = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    category = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")
    business = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")
    regions = places()
    hotlines = places()
    nodes = places()
    reach = serializers.ChoiceField(choices=Reach.choices, required=False, allow_null=True, default=None)
    noticed_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    call_minutes = minutes()
    queue_minutes = minutes()
    queue_length = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=0)
    systems = serializers.ChoiceField(choices=SystemsState.choices, required=False, default="unknown")
    systems_note = maybe_words()
    caller_words = maybe_words()


class GroupAtWorkOut(serializers.Serializer):
    group = serializers.CharField()
    status = serializers.ChoiceField(choices=GroupAtWork.Status.choices)
    at = serializers.DateTimeField()


def time() -> serializers.DateTimeField:
    return serializers.DateTimeField(allow_null=True)


class IncidentOut(serializers.Serializer):
    """An incident as it stands; `seq` is its newest event, to be sent back as `based_on`."""

    number = serializers.CharField()
    world = serializers.CharField()
    origin = serializers.CharField()
    phase = serializers.ChoiceField(choices=Phase.choices)
    phase_since = time()
    title = BilingualOut()
    category = serializers.CharField()
    business = serializers.CharField()
    regions = serializers.ListField(child=serializers.CharField())
    hotlines = serializers.ListField(child=serializers.CharField())
    nodes = serializers.ListField(child=serializers.CharField())
    reach = serializers.CharField(allow_null=True)
    level = serializers.CharField(allow_null=True)
    level_provisional = serializers.BooleanField()
    started_by_region = serializers.CharField(
        allow_null=True, help_text="key of the region that started the response of its own accord (1.2)"
    )
    proposed_level = serializers.CharField(allow_null=True)
    major = serializers.BooleanField(allow_null=True)
    false_alarm = serializers.BooleanField()
    hq_active = serializers.BooleanField()
    facts = serializers.DictField(child=serializers.DictField())
    plan_version = serializers.IntegerField(allow_null=True)
    noticed_at = time()
    known_at = time()
    reported_at = time()
    verified_at = time()
    assessed_at = time()
    level_decided_at = time()
    response_started_at = time()
    service_restored_at = time()
    ending_reported_at = time()
    ended_at = time()
    closed_at = time()
    groups = GroupAtWorkOut(many=True)
    seq = serializers.IntegerField()


class ListOut(serializers.Serializer):
    incidents = IncidentOut(many=True)
    next_before = serializers.CharField(allow_null=True, help_text="send as `before` for the page after this one")


class IncidentAct(ActionEndpoint):
    """An act on an incident; the answer is the incident as it then stands."""

    def answer(self, reference: str) -> dict[str, Any]:
        return selectors.incident_dict(selectors.by_number(reference.removeprefix("incident:")))


def _levels() -> list[str]:
    return [*current().levels]


class Incidents(IncidentAct):
    """Incidents of a world, newest first; and the report that opens one (3.1)."""

    right = {"GET": "incident.view", "POST": "incident.report"}
    serializer_class = ReportBody
    success = 201

    @extend_schema(
        parameters=[
            OpenApiParameter("world", str, description="key of a practice world; the real one without"),
            OpenApiParameter("phase", str, enum=Phase.values),
            OpenApiParameter("level", str, description="a level of the plan in force"),
            OpenApiParameter("standing", bool, description="only what is not over; the value does not matter"),
            OpenApiParameter("before", str, description="number of the last incident of the page before"),
            OpenApiParameter("limit", int, description="at most 100"),
        ],
        responses={200: ListOut},
    )
    def get(self, request: Request) -> Response:
        asked = request.query_params
        wanted = selectors.Filter(
            phase=_one_of("phase", asked.get("phase", ""), Phase.values),
            level=_one_of("level", asked.get("level", ""), _levels() if "level" in asked else []),
            standing="standing" in asked,
        )
        rows = selectors.newest(self.world, wanted)
        if before := asked.get("before"):
            rows = rows.filter(pk__lt=selectors.by_number(before).pk)
        limit = min(_whole("limit", asked.get("limit", "50")), MOST)
        page = list(rows[: limit + 1])
        shown = page[:limit]
        more = shown[-1].number if len(page) > limit and shown else None
        return Response({"incidents": [selectors.incident_dict(row) for row in shown], "next_before": more})

    @extend_schema(request=ReportBody, responses={201: IncidentOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        return super().post(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        incident = services.incident_report(report=ReportIn(**data), by=self.by, world=self.world)
        return f"incident:{incident.number}"


def _one_of(field: str, value: str, choices: list[str]) -> str:
    if value and value not in choices:
        sentence = _("“%(value)s” is none of these: %(choices)s.") % {"value": value, "choices": ", ".join(choices)}
        raise serializers.ValidationError({field: sentence}, code="invalid_choice")
    return value


def _whole(field: str, text: str) -> int:
    """A number of the address; raises ValidationError for what is none, or has more digits than any."""
    if not text.isdecimal() or len(text) > 18:
        raise serializers.ValidationError({field: _("A whole number is needed here.")}, code="invalid")
    return int(text)


class OneIncident(Endpoint):
    """One incident as it stands."""

    right = "incident.view"

    @extend_schema(responses={200: IncidentOut})
    def get(self, request: Request, number: str) -> Response:
        return Response(selectors.incident_dict(selectors.by_number(number)))


class Events(Endpoint):
    """An incident's log after an event number; what a live board that missed something fetches."""

    right = "incident.view"

    @extend_schema(
        parameters=[OpenApiParameter("after", int, description="the newest event number you have; 0 for all")],
        responses={200: dict[str, Any]},
    )
    def get(self, request: Request, number: str) -> Response:
        after = _whole("after", request.query_params.get("after", "0"))
        incident = selectors.by_number(number)
        found = selectors.events(incident, after=after)
        return Response({"incident": number, "stream": incident.stream_id, "events": found})


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
