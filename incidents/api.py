"""Incidents for programs: the report that opens one, the list, one as it stands and its log."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.shapes import BilingualOut
from incidents import selectors, services
from incidents.domain.reports import ReportIn
from incidents.models import GroupAtWork, Phase, Reach, SystemsState
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
