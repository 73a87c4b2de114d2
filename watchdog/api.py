"""Blind windows and their reports, for programs."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.clock import wall
from people.endpoints import Endpoint
from watchdog import selectors
from watchdog.domain.sight import Stage
from watchdog.models import BlindWindow


class WindowOut(serializers.ModelSerializer):
    stages = serializers.ListField(
        child=serializers.ChoiceField([stage.value for stage in Stage]), help_text="what held the canary up meanwhile"
    )
    counts = serializers.DictField(
        child=serializers.IntegerField(),
        source="report.counts",
        default=None,
        allow_null=True,
        help_text="unseen series, fell_due, of them late, told_late; null: not reported yet",
    )

    class Meta:
        model = BlindWindow
        fields: tuple[str, ...] = ("id", "since", "until", "stages", "reported_at", "counts")
        read_only_fields: tuple[str, ...] = fields


class HealthOut(serializers.Serializer):
    well = serializers.BooleanField()
    parts = serializers.DictField(child=serializers.BooleanField(), help_text="watchdog, workers, canary, letters")
    sighted_at = serializers.DateTimeField(allow_null=True, help_text="when the last canary that arrived was posted")
    took_ms = serializers.IntegerField(allow_null=True, help_text="from sample to sent message")


class BlindnessOut(serializers.Serializer):
    health = HealthOut()
    windows = WindowOut(many=True)


class Blindness(Endpoint):
    """Whether the product sees, and every window in which it did not, the newest first; 100 at most."""

    right = "blindness.view"

    @extend_schema(responses=BlindnessOut)
    def get(self, request: Request) -> Response:
        found = {"health": selectors.health(wall()), "windows": selectors.windows()}
        return Response(BlindnessOut(found).data)


class UnseenOut(serializers.Serializer):
    series = serializers.IntegerField()
    metric, region = serializers.CharField(), serializers.CharField()
    hotline, node = serializers.CharField(), serializers.CharField()
    expected = serializers.IntegerField(help_text="samples in the hours of service")
    stored = serializers.IntegerField()


class FellDueOut(serializers.Serializer):
    incident, rule = serializers.CharField(), serializers.CharField()
    title = serializers.DictField(child=serializers.CharField(), help_text="{zh, en}")
    owners = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))
    turn = serializers.IntegerField()
    due_at = serializers.DateTimeField()
    state = serializers.CharField(help_text="ended: done, superseded or waived before anybody had to be told")
    said_at = serializers.DateTimeField(allow_null=True, help_text="when the log knew of it; null: not yet")
    late_s = serializers.IntegerField(allow_null=True)


class ToldLateOut(serializers.Serializer):
    message = serializers.IntegerField()
    subject = serializers.DictField(child=serializers.CharField(), help_text="{zh, en}")
    incident = serializers.CharField(allow_null=True)
    person = serializers.IntegerField(allow_null=True, help_text="user id; null: it was for a group chat")
    chat = serializers.CharField(required=False, help_text="the chat's name; empty: it was for a person")
    channel = serializers.CharField()
    written_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True, help_text="null: not yet")
    late_s = serializers.IntegerField(allow_null=True)


class ReportOut(serializers.Serializer):
    unseen = UnseenOut(many=True)
    fell_due = FellDueOut(many=True)
    told_late = ToldLateOut(many=True)
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="whole; the lists are cut at 200 rows")


class ReportedOut(WindowOut):
    report = ReportOut(allow_null=True)

    class Meta(WindowOut.Meta):
        fields = (*WindowOut.Meta.fields, "report")
        read_only_fields = fields


class OneWindow(Endpoint):
    """One blind window with its report."""

    right = "blindness.view"

    @extend_schema(responses=ReportedOut)
    def get(self, request: Request, pk: int) -> Response:
        return Response(ReportedOut(selectors.window_by_id(pk)).data)
