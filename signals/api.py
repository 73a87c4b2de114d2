"""What the machines say, for programs."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.shapes import BilingualOut, RejectedOut, Untouched
from engine import worlds
from people.endpoints import PUBLIC, Endpoint
from people.selectors import resolve
from signals import drawing, selectors
from signals.answers import NO_CONTENT, headers_of
from signals.continuity import index_now
from signals.ingest import respond
from signals.protocols import MOST_BYTES, PATH, WRITE_PATH


class SampleIn(serializers.Serializer):
    metric = serializers.CharField(help_text="a metric of the plan, such as complaints")
    at = serializers.DateTimeField(help_text="RFC 3339 with its zone, in the source's world")
    value = serializers.FloatField()
    unit = serializers.CharField(required=False)
    region = serializers.CharField(required=False)
    hotline = serializers.CharField(required=False)
    node = serializers.CharField(required=False)


class SamplesIn(serializers.Serializer):
    samples = SampleIn(many=True)


class SamplesOut(serializers.Serializer):
    accepted = serializers.IntegerField()
    rejected = RejectedOut(many=True)


EXAMPLE = OpenApiExample(
    "a sample",
    value={
        "samples": [
            {
                "metric": "complaints",
                "at": "2026-11-24T03:05:00+08:00",
                "value": 42,
                "unit": "count",
                "region": "east",
                "hotline": "main",
                "node": "sw-3",
            }
        ]
    },
    request_only=True,
)


class Samples(Endpoint):
    """Samples come in, with a source's own token: good ones are kept, each bad one is listed with what is wrong.

    The web process answers this address before Django does (`signals.ingest`); through Django it is the same code.
    """

    right = PUBLIC  # the token of a source is not a person's; `respond` asks for it
    authentication_classes: ClassVar[list[Any]] = []
    parser_classes: ClassVar[list[Any]] = [Untouched]

    @extend_schema(request=SamplesIn, responses={202: SamplesOut}, examples=[EXAMPLE])
    def post(self, request: Request) -> HttpResponse:
        return through(request, PATH)


class RemoteWrite(Endpoint):
    """Prometheus remote write 1.0: `remote_write` of a Prometheus server pointed here, with a source's token as its bearer token.

    204: all kept, or of metrics the plan does not have. 400: what was good is kept, the rest will not be better when sent
    again. 415: another version, fall back to 1.0. 429 and 503: send again.
    """

    right = PUBLIC  # as above
    authentication_classes: ClassVar[list[Any]] = []
    parser_classes: ClassVar[list[Any]] = [Untouched]

    @extend_schema(request={"application/x-protobuf": OpenApiTypes.BINARY}, responses={204: None, 400: SamplesOut})
    def post(self, request: Request) -> HttpResponse:
        return through(request, WRITE_PATH)


def secret_of(request: Request) -> str:
    """The bearer token of a source; empty without one."""
    kind, _space, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if kind.lower() == "bearer" else ""


def through(request: Request, path: str) -> HttpResponse:
    """Answer as the bare route does."""
    # One byte more than is read tells that there is too much; a body sent in chunks says no length.
    body = request._request.read(MOST_BYTES + 1)
    said = {name: request.headers[name.decode()].encode("latin-1") for name in SAID if name.decode() in request.headers}
    (status, payload), wait = respond(secret_of(request), body, said, path)
    return spoken(status, payload, wait)


SAID = (b"content-type", b"content-encoding")


def spoken(status: int, payload: dict[str, Any], wait: float = 1.0) -> HttpResponse:
    headers = {name.decode(): value.decode() for name, value in headers_of(status, wait)}
    if status == NO_CONTENT:
        answer = HttpResponse(status=status, headers=headers)
        del answer["Content-Type"]
        return answer
    return Response(payload, status=status, headers=headers, content_type=headers["content-type"])


class ListSeries(Endpoint):
    """Every watched series with its newest value against each threshold, as the board shows it."""

    right = "signals.view"

    @extend_schema(
        parameters=[OpenApiParameter("world", str, description="key of a practice world; the real one without")],
        responses={200: dict[str, Any]},
    )
    def get(self, request: Request) -> Response:
        return Response({"readings": selectors.readings(self.world.pk)})


class OneSeries(Endpoint):
    """A series over a span, with what was expected and its thresholds: what the chart draws."""

    right = "signals.view"

    @extend_schema(
        parameters=[
            OpenApiParameter("from", datetime, description="default: `days` before `to`"),
            OpenApiParameter("days", int, enum=[1, 7, 30, 90], description="default: 1"),
            OpenApiParameter("to", datetime, description="default: now, in the series' world"),
        ],
        responses={200: dict[str, Any]},
    )
    def get(self, request: Request, pk: int) -> Response:
        series = selectors.series_by_id(pk)
        until = _instant(request, "to") or worlds.now(series.world_id)
        since = _instant(request, "from") or until - timedelta(days=drawing.days_of(request.query_params.get("days")))
        return Response(drawing.chart(series, since, until))


class BciPartOut(serializers.Serializer):
    """`best` earns 100 marks, `worst` none, straight in between; null: nothing is known of it, and it carries no weight."""

    key = serializers.CharField()
    title = BilingualOut()
    metric = serializers.CharField()
    measure = serializers.ChoiceField(["value", "excess"], help_text="of the metric as it is, or over its daily mean")
    unit = serializers.CharField(help_text="of `value`, `best` and `worst`; ratio: 0.3 is 30 % over the daily mean")
    weight = serializers.FloatField()
    best = serializers.FloatField()
    worst = serializers.FloatField()
    value = serializers.FloatField(allow_null=True)
    marks = serializers.FloatField(allow_null=True)
    region = serializers.CharField(allow_null=True, help_text="where it was read; null: the country's own series")
    at = serializers.DateTimeField(allow_null=True)


class BciPointOut(serializers.Serializer):
    at = serializers.DateTimeField()
    value = serializers.FloatField(allow_null=True)


class BciOut(serializers.Serializer):
    """The business-continuity index, 0 (nothing works) to 100 (as promised); null: nothing is known."""

    region = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField()
    value = serializers.FloatField(allow_null=True)
    parts = BciPartOut(many=True)
    unknown = serializers.ListField(child=serializers.CharField(), help_text="parts it was computed without")
    trend = BciPointOut(many=True, help_text="every five minutes of the past hour, oldest first")


class BusinessContinuity(Endpoint):
    """The business-continuity index (1.2) of the whole country or of a region, with its parts and what is missing."""

    right = "signals.view"

    @extend_schema(
        parameters=[
            OpenApiParameter("world", str, description="key of a practice world; the real one without"),
            OpenApiParameter("region", str, description="key of a region; the whole country without"),
        ],
        responses={200: BciOut},
    )
    def get(self, request: Request) -> Response:
        region = request.query_params.get("region") or None
        resolve(region=region)
        return Response(index_now(self.world.pk, region))


def _instant(request: Request, name: str) -> datetime | None:
    text = request.query_params.get(name)
    return serializers.DateTimeField().to_internal_value(text) if text else None
