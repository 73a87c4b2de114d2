"""What an older backup lacks and what waits to leave, for programs; and letting it go."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from engine import clearance
from notifications.waiting import letters_waiting
from people.endpoints import ActionEndpoint, Endpoint
from watchdog import selectors
from watchdog.models import Hold
from watchdog.services.restored import LONGEST_REASON, letters_release


class MissingOut(serializers.Serializer):
    world = serializers.CharField(help_text="key")
    kind, key = serializers.CharField(), serializers.CharField()
    first = serializers.IntegerField(help_text="the first event that is missing, or is another than was exported")
    last = serializers.IntegerField(help_text="the last that had been exported")
    exported_at = serializers.DateTimeField()
    stands_at = serializers.IntegerField(help_text="the newest event there was when it was noticed; 0: none")


class HoldOut(serializers.ModelSerializer):
    why = serializers.CharField(help_text="behind: logs lack what had been exported; no_heads: nothing to compare with")
    missing = MissingOut(many=True, help_text="cut at 2,000 logs")

    class Meta:
        model = Hold
        fields: tuple[str, ...] = ("id", "opened_at", "why", "exported_at", "missing")
        read_only_fields: tuple[str, ...] = fields


class WaitingOut(serializers.Serializer):
    kind, channel = serializers.CharField(), serializers.CharField()
    practice = serializers.BooleanField(help_text="from a world that is not real")
    count = serializers.IntegerField()
    oldest = serializers.DateTimeField(help_text="when the first of them was written, wall time")


class RestoredOut(serializers.Serializer):
    held_at = serializers.DateTimeField(allow_null=True, help_text="since when no letter leaves; null: none is held")
    hold = HoldOut(allow_null=True)
    waiting = WaitingOut(many=True, help_text="what waits to leave the house")


def _standing() -> Any:
    state = {"held_at": clearance.held_since(), "hold": selectors.hold_open(), "waiting": letters_waiting()}
    return RestoredOut(state).data


class Restored(Endpoint):
    """Whether letters are held after an older backup was put back; what is missing, and what waits."""

    right = "operations.view"

    @extend_schema(responses=RestoredOut)
    def get(self, request: Request) -> Response:
        return Response(_standing())


class ReleaseBody(serializers.Serializer):
    reason = serializers.CharField(max_length=LONGEST_REASON)
    drop_before = serializers.DateTimeField(
        allow_null=True, default=None, help_text="give up what was written before; without: all letters leave"
    )


class Release(ActionEndpoint):
    """Let held letters leave. What the database holds now is the truth from here on."""

    right = "letters.release"
    serializer_class = ReleaseBody

    @extend_schema(request=ReleaseBody, responses=RestoredOut)
    def post(self, request: Request, **kwargs: Any) -> Response:
        return self.changed(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"hold:{letters_release(by=self.by, **data).pk}"

    def answer(self, reference: str) -> Any:
        return _standing()
