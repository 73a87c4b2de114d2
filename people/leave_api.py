"""Leave and deputies for programs: who is, was and will be away, who stands in, and every change of it."""

from datetime import datetime
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from people import duty_shapes as shapes
from people import rostered, standins
from people.duty_api import FURTHEST, asked, id_field
from people.endpoints import ActionEndpoint, Endpoint, Nothing
from people.models import Leave
from people.selectors import user_by_name, users_by_id
from people.services import leaves, roster


class LeaveIn(serializers.Serializer):
    user = id_field(required=False, allow_null=True, help_text="without it, whoever asks")
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    deputy = id_field(
        required=False, allow_null=True,
        help_text="who stands in; null: nobody; without it, whoever is named for every leave of this person",
    )  # fmt: skip


class AnswersLeave:
    def answer(self, reference: str) -> Any:
        row = Leave.objects.select_related("user", "deputy").get(pk=int(reference.removeprefix("leave:")))
        return shapes.leave_dict(row)


class Leaves(AnswersLeave, ActionEndpoint):
    """Leave that runs or comes; one's own by oneself, another's by who keeps the roster."""

    right = "duty.view"
    serializer_class = LeaveIn
    success = 201

    @extend_schema(responses=shapes.LeaveOut(many=True))
    def get(self, request: Request) -> Response:
        return Response([shapes.leave_dict(row) for row in rostered.leaves_standing(roster.now_here())])

    @extend_schema(request=LeaveIn, responses={201: shapes.LeaveOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        return super().post(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        user = data.pop("user", None) or self.by.id or 0
        deputy = data.pop("deputy", leaves.UNSAID)
        return f"leave:{leaves.leave_set(user_id=user, by=self.by, deputy_id=deputy, **data).pk}"


class DeputyIn(serializers.Serializer):
    deputy = id_field(allow_null=True, help_text="null: nobody")


@extend_schema(request=DeputyIn, responses=shapes.LeaveOut)
class DeputiseLeave(AnswersLeave, ActionEndpoint):
    """Another deputy for the rest of a leave: what was stays on record, the rest is answered as a leave of its own."""

    right = "duty.view"
    serializer_class = DeputyIn

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"leave:{leaves.leave_deputise(leave_id=kwargs['pk'], deputy_id=data['deputy'], by=self.by).pk}"


class StandingDeputyIn(DeputyIn):
    based_on = serializers.IntegerField(
        required=False, min_value=0, max_value=shapes.BIGGEST,
        help_text="the `reading` you read, 0 for nobody; another deputy named since is a conflict",
    )  # fmt: skip


@extend_schema(request=StandingDeputyIn, responses=shapes.DeputyOut)
class NameDeputy(ActionEndpoint):
    """Who stands in for a person on every leave set from now on: named by that person, or by who assigns roles."""

    right = "people.view"
    serializer_class = StandingDeputyIn

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        user = user_by_name(kwargs["username"])
        leaves.deputy_name(user_id=user.pk, deputy_id=data["deputy"], by=self.by, based_on=data.get("based_on"))
        return f"user:{user.pk}"

    def answer(self, reference: str) -> Any:
        pk = int(reference.removeprefix("user:"))
        row = leaves.standing_deputy(pk)
        return {
            "person": shapes.person_dict(users_by_id([pk])[pk]),
            "deputy": shapes.person_dict(row.deputy if row else None),
            "reading": row.pk if row else 0,
        }


class StandingIn(Endpoint):
    """Who was on leave at an instant and who stood in for each; ahead, who will."""

    right = "duty.view"

    @extend_schema(
        responses=shapes.StandInOut(many=True),
        parameters=[OpenApiParameter("at", datetime, description="an instant, a year ahead at most; now, without")],
    )
    def get(self, request: Request) -> Response:
        now = roster.now_here()
        at = min(asked(request).get("at", now), now + FURTHEST)
        return Response([shapes.stand_in_dict(one) for one in standins.standing_in(at)])


@extend_schema(request=Nothing, responses=shapes.LeaveOut)
class CancelLeave(AnswersLeave, ActionEndpoint):
    right = "duty.view"

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"leave:{leaves.leave_cancel(leave_id=kwargs['pk'], by=self.by).pk}"
