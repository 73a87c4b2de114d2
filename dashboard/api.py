"""The board for programs."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.selectors import board_state
from people.endpoints import Endpoint


class BoardView(Endpoint):
    """The board's whole state: incidents with clocks, groups and log, readings against thresholds, alarms."""

    right = "board.view"

    @extend_schema(
        parameters=[OpenApiParameter("world", str, description="key of a practice world; the real one without")],
        responses={200: dict[str, Any]},
    )
    def get(self, request: Request) -> Response:
        return Response(board_state(self.world), headers={"Cache-Control": "no-store"})
