"""Maintenance windows and silences, for programs."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.shapes import BilingualOut
from people.endpoints import ActionEndpoint, Endpoint
from signals import muted
from signals.domain.mutes import Where
from signals.models import Mute
from signals.services.mutes import LONGEST_REASON, mute_end, mute_extend, mute_set

BIGGEST = 2**63 - 1


def _key() -> serializers.CharField:
    return serializers.CharField(max_length=64, required=False, allow_null=True, allow_blank=True)


class MuteOwnerOut(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


class CrossingOut(serializers.Serializer):
    series = serializers.IntegerField()
    threshold = serializers.CharField()
    line = BilingualOut()
    where = BilingualOut(allow_null=True)
    opened_at = serializers.DateTimeField()
    cleared_at = serializers.DateTimeField(allow_null=True)
    spoke_at = serializers.DateTimeField(allow_null=True, help_text="when it spoke after all; null: it never did")


class MuteOut(serializers.Serializer):
    """Null keys: not narrowed in that dimension. `held` crossings were held back, `spoke` of them still stood at the end."""

    id = serializers.IntegerField()
    world = serializers.CharField()
    kind = serializers.ChoiceField(Mute.Kind.choices)
    metric = serializers.CharField(allow_null=True)
    region = serializers.CharField(allow_null=True)
    hotline = serializers.CharField(allow_null=True)
    node = serializers.CharField(allow_null=True)
    title = BilingualOut()
    reason = serializers.CharField()
    owner = MuteOwnerOut()
    set_by = MuteOwnerOut(allow_null=True)
    set_at = serializers.DateTimeField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    ending = serializers.ChoiceField(Mute.Ending.choices, allow_null=True)
    held = serializers.IntegerField()
    spoke = serializers.IntegerField()
    version = serializers.IntegerField()
    crossings = CrossingOut(many=True, help_text="the newest twenty it holds or held back")


class MutesOut(serializers.Serializer):
    now = MuteOut(many=True)
    coming = MuteOut(many=True)
    past = MuteOut(many=True, help_text="of the last 30 days")


class MuteIn(serializers.Serializer):
    """One of metric, region, hotline and node at least."""

    kind = serializers.ChoiceField(Mute.Kind.choices)
    metric = _key()
    region = _key()
    hotline = _key()
    node = _key()
    reason = serializers.CharField(max_length=LONGEST_REASON)
    owner = serializers.IntegerField(
        min_value=1, max_value=BIGGEST, required=False, allow_null=True, help_text="user id; without it, whoever asks"
    )
    starts_at = serializers.DateTimeField(required=False, allow_null=True, help_text="without it: now")
    ends_at = serializers.DateTimeField()


class ExtendIn(serializers.Serializer):
    ends_at = serializers.DateTimeField()
    reason = serializers.CharField(max_length=LONGEST_REASON)
    based_on = serializers.IntegerField(
        min_value=0, max_value=BIGGEST, required=False, allow_null=True, help_text="the version you read"
    )


class MuteEndIn(serializers.Serializer):
    based_on = serializers.IntegerField(min_value=0, max_value=BIGGEST, required=False, allow_null=True)


class AnswersMute:
    def answer(self, reference: str) -> Any:
        return muted.mute_dict(muted.mute_by_id(int(reference.removeprefix("mute:"))))


class Mutes(AnswersMute, ActionEndpoint):
    """Maintenance windows and silences of a world; a new one by POST.

    While one holds, crossings in its scope are judged and recorded and nothing follows from them, except those that by
    themselves call for the gravest level. What still stands at the end speaks then; the owner hears what was held back.
    """

    right = {"GET": "signals.view", "POST": "signals.mute"}
    serializer_class = MuteIn
    success = 201

    @extend_schema(
        responses=MutesOut,
        parameters=[OpenApiParameter("world", str, description="key of a practice world; the real one without")],
    )
    def get(self, request: Request) -> Response:
        rows = muted.mutes_of(self.world.pk)
        return Response({name: [muted.mute_dict(row) for row in found] for name, found in rows.items()})

    @extend_schema(request=MuteIn, responses={201: MuteOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        return super().post(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        where = Where(*(data.get(name) or "" for name in ("metric", "region", "hotline", "node")))
        mute = mute_set(
            world=self.world,
            kind=data["kind"],
            where=where,
            reason=data["reason"],
            starts_at=data.get("starts_at"),
            ends_at=data["ends_at"],
            owner_id=data.get("owner"),
            by=self.by,
        )
        return f"mute:{mute.pk}"


class OneMute(Endpoint):
    """One of them, with what it holds or held back."""

    right = "signals.view"

    @extend_schema(responses=MuteOut)
    def get(self, request: Request, pk: int) -> Response:
        return Response(muted.mute_dict(muted.mute_by_id(pk)))


class ExtendMute(AnswersMute, ActionEndpoint):
    """Let it hold longer."""

    right = "signals.mute"
    serializer_class = ExtendIn

    @extend_schema(request=ExtendIn, responses=MuteOut)
    def post(self, request: Request, **kwargs: Any) -> Response:
        return super().post(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"mute:{mute_extend(mute_id=kwargs['pk'], by=self.by, **data).pk}"


class EndMute(AnswersMute, ActionEndpoint):
    """End it now, or call it off before it begins; what still stands speaks."""

    right = "signals.mute"
    serializer_class = MuteEndIn

    @extend_schema(request=MuteEndIn, responses=MuteOut)
    def post(self, request: Request, **kwargs: Any) -> Response:
        return super().post(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"mute:{mute_end(mute_id=kwargs['pk'], by=self.by, based_on=data.get('based_on')).pk}"
