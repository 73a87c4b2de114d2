"""The board for programs."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.brief import duty_brief
from dashboard.selectors import board_state
from people.duty_api import AnswersHandover
from people.duty_shapes import HandoverOut, handover_dict
from people.endpoints import ActionEndpoint, Endpoint
from people.rostered import duty_named
from people.services import handovers


class BoardView(Endpoint):
    """The board's whole state: incidents with clocks, groups and log, readings against thresholds, alarms."""

    right = "board.view"

    @extend_schema(
        parameters=[OpenApiParameter("world", str, description="key of a practice world; the real one without")],
        responses={200: dict[str, Any]},
    )
    def get(self, request: Request) -> Response:
        return Response(board_state(self.world), headers={"Cache-Control": "no-store"})


class HandoverIn(serializers.Serializer):
    brief = serializers.CharField(
        max_length=handovers.LONGEST, required=False, allow_blank=True, help_text="without it, drafted from the record"
    )


class Handovers(AnswersHandover, ActionEndpoint):
    """The handovers of a duty, the newest first; another is begun by whoever is on it, or was a short while ago."""

    right = {"GET": "duty.view", "POST": "duty.take"}
    serializer_class = HandoverIn
    success = 201

    @extend_schema(responses=HandoverOut(many=True))
    def get(self, request: Request, key: str) -> Response:
        return Response([handover_dict(row) for row in handovers.handovers_of(duty_named(key))])

    @extend_schema(request=HandoverIn, responses={201: HandoverOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        return super().post(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        brief = data.get("brief") or duty_brief()
        duty = duty_named(kwargs["key"])
        return f"handover:{handovers.handover_draft(duty_id=duty.pk, brief=brief, by=self.by).pk}"
