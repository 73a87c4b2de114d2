"""Who plays whom, for programs: the stand-ins ask it themselves."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from drills import selectors, services
from engine import worlds
from people.endpoints import ActionEndpoint, Endpoint


class PartOut(serializers.Serializer):
    role = serializers.CharField()
    title = serializers.CharField()
    by = serializers.CharField(
        source="by.username", allow_null=True, default=None, help_text="user name; null: a stand-in"
    )


class Cast(Endpoint):
    """Every role of a practice world with who plays it now."""

    right = "drill.view"

    @extend_schema(responses={200: PartOut(many=True)})
    def get(self, request: Request, world: str) -> Response:
        return Response(PartOut(selectors.parts(worlds.by_key(world)), many=True).data)


class SeatAct(ActionEndpoint):
    """Answers with the cast as it then is."""

    right = "drill.take"

    def answer(self, reference: str) -> Any:
        world = worlds.by_key(reference.removeprefix("world:"))
        return PartOut(selectors.parts(world), many=True).data


@extend_schema(responses={200: PartOut(many=True)})
class Take(SeatAct):
    """Play a role oneself; its stand-in rests."""

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        services.seat_take(world=worlds.by_key(kwargs["world"]), role=kwargs["role"], by=self.by)
        return f"world:{kwargs['world']}"


@extend_schema(responses={200: PartOut(many=True)})
class GiveBack(SeatAct):
    """Hand a role back to its stand-in."""

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        services.seat_return(world=worlds.by_key(kwargs["world"]), role=kwargs["role"], by=self.by)
        return f"world:{kwargs['world']}"
