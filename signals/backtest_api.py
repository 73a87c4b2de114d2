"""Trying a plan on history, for programs: ask, then look until it is done."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.errors import Missing
from people.endpoints import ChangeEndpoint, Endpoint
from signals.models import BacktestRun
from signals.services.backtest_runs import MOST_TEXT, as_dict, backtest_ask

LISTED = 50
MEANS = ["learnt", "flat"]


class BacktestIn(serializers.Serializer):
    """`text` or `version` is the plan that is tried; neither: the one in force. `against_…` is set beside it."""

    version = serializers.IntegerField(required=False, allow_null=True, default=None)
    text = serializers.CharField(
        required=False, default="", allow_blank=True, trim_whitespace=False, max_length=1_000_000
    )
    mean = serializers.ChoiceField(MEANS, default="learnt", help_text="what ratios are measured against")
    against_version = serializers.IntegerField(required=False, allow_null=True, default=None)
    against_text = serializers.CharField(
        required=False, default="", allow_blank=True, trim_whitespace=False, max_length=1_000_000
    )
    against_mean = serializers.ChoiceField(MEANS, required=False, default="", allow_blank=True)
    since = serializers.DateTimeField(required=False, allow_null=True, default=None, help_text="default: 30 days back")
    until = serializers.DateTimeField(required=False, allow_null=True, default=None, help_text="default: now")
    file = serializers.CharField(
        required=False, default="", allow_blank=True, trim_whitespace=False, max_length=MOST_TEXT,
        help_text="CSV with a column `at` and a column of values, instead of the stored history",
    )  # fmt: skip
    metric = serializers.CharField(required=False, default="", allow_blank=True, max_length=64)
    region = serializers.CharField(required=False, default="", allow_blank=True, max_length=40)


class BacktestOut(serializers.Serializer):
    """`state` waiting, running, done (then `result`) or failed (then `error`)."""

    id = serializers.IntegerField()
    world = serializers.CharField()
    state = serializers.CharField()
    asked_at = serializers.DateTimeField()
    done_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField(allow_null=True)
    against_version = serializers.IntegerField(allow_null=True)
    mean = serializers.CharField()
    against_mean = serializers.CharField(allow_null=True)
    since = serializers.DateTimeField(allow_null=True)
    until = serializers.DateTimeField(allow_null=True)
    metric = serializers.CharField(allow_null=True)
    region = serializers.CharField(allow_null=True)
    error = serializers.CharField(allow_null=True)
    result = serializers.DictField(
        allow_null=True,
        help_text="{first, second, beside, charts}: warnings with opened, ended, level, peak and lines; `held` (by a maintenance window"
        " or silence, until `spoke`), `flapping` (said once), `silences` (no data inside service hours: since, noticed, heard)",
    )


WORLD = OpenApiParameter("world", str, description="key of a practice world; the real one without")


class Backtests(ChangeEndpoint):
    """The newest runs of a world; asking for one more. A run is worked off the request and takes seconds."""

    right: ClassVar[Any] = {"GET": "signals.view", "POST": "backtest.ask"}
    serializer_class = BacktestIn
    success = 202

    @extend_schema(parameters=[WORLD], responses={200: BacktestOut(many=True)})
    def get(self, request: Request) -> Response:
        rows = BacktestRun.objects.filter(world=self.world).select_related("world").order_by("-pk")[:LISTED]
        return Response([{**as_dict(row), "result": None} for row in rows])

    @extend_schema(parameters=[WORLD], request=BacktestIn, responses={202: BacktestOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        return self.changed(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"backtest:{backtest_ask(world=self.world, by=self.by, **data).pk}"

    def answer(self, reference: str) -> Any:
        return as_dict(_run(int(reference.removeprefix("backtest:"))))


class OneBacktest(Endpoint):
    """A run with its result, once it is done."""

    right = "signals.view"

    @extend_schema(responses={200: BacktestOut})
    def get(self, request: Request, pk: int) -> Response:
        return Response(as_dict(_run(pk)))


def _run(pk: int) -> BacktestRun:
    run = BacktestRun.objects.select_related("world").filter(pk=pk).first()
    if run is None:
        raise Missing("backtest.missing", _("There is no such backtest."))
    return run
