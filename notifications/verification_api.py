"""Contact verification (8.1) for programs. Persons are named by id; no address is in any answer."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from notifications import rounds, services
from notifications.domain.delivery import Channel
from notifications.domain.verification import LONGEST_DAYS, Standing
from people.endpoints import ActionEndpoint, Endpoint, Nothing


class ConfirmedWayOut(serializers.Serializer):
    channel = serializers.ChoiceField([channel.value for channel in Channel])
    # A list of choices of this name would rename another's in the schema, which programs are built on.
    standing = serializers.CharField(help_text=" · ".join(Standing))
    confirmed_at = serializers.DateTimeField(source="verdict.confirmed_at", allow_null=True)


class AskedOut(serializers.Serializer):
    user = serializers.IntegerField(source="user.pk")
    name = serializers.CharField(source="user.display_name")
    department = serializers.CharField(source="user.department.key", default=None, allow_null=True)
    role = serializers.CharField(help_text="the first role of rights held when asked; empty: none")
    ways = ConfirmedWayOut(many=True)


class CountsOut(serializers.Serializer):
    people = serializers.IntegerField(help_text="how many were asked")
    whole = serializers.IntegerField(help_text="persons who confirmed every way of theirs")
    unproven = serializers.IntegerField(help_text="persons who confirmed none")
    ways = serializers.IntegerField(help_text="of all persons together")
    confirmed = serializers.IntegerField(help_text="ways confirmed")
    reminders = serializers.IntegerField()


class RoundOut(serializers.Serializer):
    id = serializers.IntegerField(source="row.pk")
    begun_at = serializers.DateTimeField(source="row.begun_at")
    begun_by = serializers.IntegerField(
        source="row.begun_by_id", allow_null=True, help_text="null: by the plan's interval"
    )
    ends_at = serializers.DateTimeField(source="row.ends_at")
    ended_at = serializers.DateTimeField(source="row.ended_at", allow_null=True)
    ended_by = serializers.IntegerField(source="row.ended_by_id", allow_null=True, help_text="null: its time was over")
    channels = serializers.ListField(child=serializers.CharField(), source="row.channels")
    counts = CountsOut()


class WholeRoundOut(RoundOut):
    remind_from = serializers.DateTimeField(help_text="from when a reminder may go out")
    asked = AskedOut(many=True, source="people", help_text="those no way has proven to reach first")


class BeginIn(serializers.Serializer):
    days = serializers.IntegerField(min_value=1, max_value=LONGEST_DAYS, default=LONGEST_DAYS)


class OnRound(ActionEndpoint):
    """Changes of a round answer with it."""

    def answer(self, reference: str) -> Any:
        return WholeRoundOut(rounds.round_by_id(int(reference.removeprefix("round:")))).data


class Rounds(OnRound):
    """The newest rounds; POST begins one, or answers with the one that stands."""

    right = {"GET": "verification.view", "POST": "verification.run"}
    serializer_class = BeginIn

    @extend_schema(responses=RoundOut(many=True))
    def get(self, request: Request) -> Response:
        return Response(RoundOut(rounds.rounds(), many=True).data)

    @extend_schema(request=BeginIn, responses=WholeRoundOut)
    def post(self, request: Request, **kwargs: Any) -> Response:
        return super().post(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"round:{services.round_begin(by=self.by, days=data['days']).pk}"


class OneRound(Endpoint):
    """Who was asked, and how each way stands."""

    right = "verification.view"

    @extend_schema(responses=WholeRoundOut)
    def get(self, request: Request, pk: int) -> Response:
        return Response(WholeRoundOut(rounds.round_by_id(pk)).data)


@extend_schema(request=Nothing, responses=WholeRoundOut)
class Remind(OnRound):
    """Ask again by each way that is not confirmed; once a day at most."""

    right = "verification.run"

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"round:{services.round_remind(round_id=kwargs['pk'], by=self.by).pk}"


@extend_schema(request=Nothing, responses=WholeRoundOut)
class End(OnRound):
    """End it before its time."""

    right = "verification.run"

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"round:{services.round_end(round_id=kwargs['pk'], by=self.by).pk}"
