"""What the machines say, for programs."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from common.clock import utc_text
from common.errors import Missing
from common.shapes import BilingualOut
from engine import worlds
from people.endpoints import PUBLIC, ActionEndpoint, Endpoint
from people.selectors import resolve
from signals import selectors
from signals.answers import headers_of
from signals.continuity import index_now
from signals.ingest import MOST_BYTES, respond
from signals.models import Source
from signals.services import sources


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


class RejectedOut(serializers.Serializer):
    index = serializers.IntegerField()
    code = serializers.CharField()
    error = serializers.CharField()


class SamplesOut(serializers.Serializer):
    accepted = serializers.IntegerField()
    rejected = RejectedOut(many=True)


class Untouched(BaseParser):
    """Leaves the body to the ingest, which reads it itself."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> dict[str, Any]:
        return {}


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
    def post(self, request: Request) -> Response:
        kind, _space, secret = request.headers.get("Authorization", "").partition(" ")
        # One byte more than is read tells that there is too much; a body sent in chunks says no length.
        body = request._request.read(MOST_BYTES + 1)
        status, payload = respond(secret.strip() if kind.lower() == "bearer" else "", body)
        headers = {name.decode(): value.decode() for name, value in headers_of(status)}
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
        since = _instant(request, "from") or until - timedelta(days=selectors.days_of(request.query_params.get("days")))
        return Response(selectors.chart(series, since, until))


class BciPartOut(serializers.Serializer):
    """`best` earns 100 marks, `worst` none, straight in between; null: nothing is known of it, and it carries no weight."""

    key = serializers.CharField()
    title = BilingualOut()
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


class ListSources(Endpoint):
    """Sources with when they were last heard and how much they sent."""

    right = "signals.view"

    @extend_schema(responses={200: dict[str, Any]})
    def get(self, request: Request) -> Response:
        return Response({"sources": [_source(row) for row in selectors.sources()]})


def _source(row: Source) -> dict[str, Any]:
    return {
        "key": row.key,
        "name": row.name,
        "world": row.world.key,
        "last_seen_at": row.last_seen_at and utc_text(row.last_seen_at),
        "accepted": row.accepted,
        "rejected": row.rejected,
    }


class RotateToken(ActionEndpoint):
    """A new token for a source, shown this once; the old one is dead."""

    right = "source.manage"

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        if not Source.objects.filter(key=kwargs["key"]).exists():
            raise Missing("source.missing", "There is no such source.")
        self.secret = sources.source_token_rotate(key=kwargs["key"], by=self.by)
        return f"source:{kwargs['key']}"

    def answer(self, reference: str) -> dict[str, Any]:
        # A repeated key never shows the secret again: only its reference was kept.
        return {"key": reference.removeprefix("source:"), "token": getattr(self, "secret", None)}
