"""What other programs send with a source's token, at their own pace: alerts, and history in a table."""

import time
from collections.abc import Callable
from datetime import UTC, tzinfo
from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from common.actor import Actor
from common.errors import HotlineError
from common.problems import problem_of
from people.endpoints import PUBLIC, Endpoint
from signals.answers import Answer, flooding, history_answer, reason, refused, too_large, unauthorised
from signals.api import Untouched, secret_of, spoken
from signals.domain.alerts import Alert, Unreadable, from_alertmanager, from_zabbix
from signals.domain.history import MOST_BYTES as MOST_HISTORY
from signals.domain.history import WORDS
from signals.ingest import buckets
from signals.known import Known, known_by
from signals.protocols import MOST_BYTES
from signals.services import counts
from signals.services.alerts import REPEATED, TAKEN, alerts_receive
from signals.services.backfill import history_load


class FromSource(Endpoint):
    """An address that takes a source's token and reads the body itself. `take` answers; a refusal is counted by its code."""

    right = PUBLIC  # the token of a source is not a person's; `known_by` asks for it
    authentication_classes: ClassVar[list[Any]] = []
    parser_classes: ClassVar[list[Any]] = [Untouched]
    most: ClassVar[int] = MOST_BYTES

    def taken(self, request: Request) -> HttpResponse:
        known = known_by(secret_of(request))
        if known is None:
            return spoken(*unauthorised())
        bucket = buckets.of(known.source)
        if wait := bucket.wait(time.monotonic()):
            counts.refused(known.source.pk, "flood")
            return spoken(*flooding(), wait)
        # One byte more than is read tells that there is too much; a body sent in chunks says no length.
        body = request._request.read(self.most + 1)
        bucket.spend(max(10.0, len(body) / 50))
        answer = too_large() if len(body) > self.most else self.take(known, body, request)
        if answer[0] >= 400:
            counts.refused(known.source.pk, answer[1]["code"])
        return spoken(*answer)

    def take(self, known: Known, body: bytes, request: Request) -> Answer:
        raise NotImplementedError


class UnmatchedOut(serializers.Serializer):
    fingerprint = serializers.CharField()
    code = serializers.CharField()
    error = serializers.CharField()


class AlertsOut(serializers.Serializer):
    taken = serializers.IntegerField()
    repeated = serializers.IntegerField(help_text="said before; nothing was changed")
    unmatched = UnmatchedOut(many=True, help_text="kept on the source's page for whoever writes a rule")


class Alerts(FromSource):
    def read(self, body: bytes) -> list[Alert]:
        raise NotImplementedError

    def take(self, known: Known, body: bytes, request: Request) -> Answer:
        try:
            alerts = self.read(body)
        except Unreadable as error:
            return refused("bad_alerts", 400, f"{reason('bad_alerts')} {error}")
        outcomes = alerts_receive(known, alerts)
        codes = [outcome.code for outcome in outcomes]
        unmatched = [
            {"fingerprint": row.alert.fingerprint, "code": str(row.code), "error": reason(row.code, row.what)}
            for row in outcomes
            if row.code not in (TAKEN, REPEATED)
        ]
        return 200, {"taken": codes.count(TAKEN), "repeated": codes.count(REPEATED), "unmatched": unmatched}


class Alertmanager(Alerts):
    """The webhook of an Alertmanager (message version 4), with a source's token as its bearer token.

    What an alert says in the plan's metrics is the source's mapping; one that fits nowhere is kept there and told here.
    """

    def read(self, body: bytes) -> list[Alert]:
        return from_alertmanager(body)

    @extend_schema(request=OpenApiTypes.OBJECT, responses={200: AlertsOut})
    def post(self, request: Request) -> HttpResponse:
        return self.taken(request)


class ZabbixIn(serializers.Serializer):
    event_id = serializers.CharField()
    trigger_id = serializers.CharField()
    host = serializers.CharField()
    trigger = serializers.CharField()
    status = serializers.ChoiceField(["problem", "resolved"])
    at = serializers.DateTimeField()
    recovered_at = serializers.DateTimeField(required=False)
    item = serializers.CharField(required=False)
    value = serializers.CharField(required=False)
    severity = serializers.CharField(required=False)
    tags = serializers.ListField(child=serializers.DictField(child=serializers.CharField()), required=False)


class Zabbix(Alerts):
    """One event of Zabbix, as the script of docs/sources.md sends it, with a source's token as bearer token."""

    def read(self, body: bytes) -> list[Alert]:
        return from_zabbix(body)

    @extend_schema(request=ZabbixIn, responses={200: AlertsOut})
    def post(self, request: Request) -> HttpResponse:
        return self.taken(request)


class LineOut(serializers.Serializer):
    line = serializers.IntegerField(help_text="of the file; its headings are line 1")
    code = serializers.CharField()
    error = serializers.CharField()


class HistoryOut(serializers.Serializer):
    stored = serializers.IntegerField()
    known = serializers.IntegerField(help_text="were stored with this value before")
    rejected = LineOut(many=True, help_text="at most 200 of them")
    rejected_total = serializers.IntegerField()


ZONES: dict[str, Callable[[Known], tzinfo | None]] = {
    "utc": lambda known: UTC,
    "company": lambda known: known.plan.zone,
}


class History(FromSource):
    """Old samples as CSV (columns at, value, metric, unit, region, hotline, node): stored for charts and baselines, never
    judged. Words that hold for every line may stand in the address. Each bad line comes back; the good ones are kept."""

    most = MOST_HISTORY

    @extend_schema(
        request={"text/csv": OpenApiTypes.STR},
        responses={200: HistoryOut},
        parameters=[
            *(OpenApiParameter(word, str, description="for lines without one of their own") for word in WORDS),
            OpenApiParameter(
                "zone",
                str,
                enum=["utc", "company"],
                description="of times written without one; left out: these are rejected",
            ),
        ],
    )
    def post(self, request: Request) -> HttpResponse:
        return self.taken(request)

    def take(self, known: Known, body: bytes, request: Request) -> Answer:
        said = request.query_params
        zone = ZONES.get(said.get("zone", ""), lambda known: None)(known)
        defaults = {word: said[word] for word in WORDS if said.get(word)}
        by = Actor(kind="source", id=known.source.pk, name=known.source.name, authority="source")
        try:
            loaded = history_load(
                world=known.world, content=body, by=by, source=known.source, defaults=defaults, zone=zone
            )
        except HotlineError as error:
            return error.status, problem_of(error)
        return 200, history_answer(loaded.stored, loaded.known, loaded.rejected)
