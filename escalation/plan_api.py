"""By which version of the plan an incident is carried on, and moving it to another: asked by one, approved by another."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from escalation import selectors
from escalation.models import PlanMove
from escalation.services import plan_moves
from incidents.selectors import by_number
from people.endpoints import ActionEndpoint
from plans.selectors import compared_once, version_by_number, version_of

MOST_NUMBER = 2**31 - 1


class MoveIn(serializers.Serializer):
    to = serializers.IntegerField(min_value=1, max_value=MOST_NUMBER, help_text="the number of a version")
    reason = serializers.CharField(max_length=2000)


class MoveApproveIn(serializers.Serializer):
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class MoveRefuseIn(serializers.Serializer):
    reason = serializers.CharField(max_length=2000)


class MoveOut(serializers.Serializer):
    id = serializers.IntegerField()
    before = serializers.IntegerField(help_text="the number of the version it was carried on by")
    after = serializers.IntegerField()
    state = serializers.ChoiceField(choices=PlanMove.State.choices)
    reason = serializers.CharField()
    asked_by = serializers.IntegerField()
    asked_at = serializers.DateTimeField()
    decided_by = serializers.IntegerField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField(allow_blank=True)


class IncidentPlanOut(serializers.Serializer):
    """`changes` is what would differ by the version that is asked for, or that `?to=` names."""

    incident = serializers.CharField()
    version = serializers.IntegerField(help_text="the version the incident is carried on by")
    in_force = serializers.IntegerField(help_text="the version new incidents begin with")
    moves = MoveOut(many=True)
    changes = serializers.DictField(allow_null=True)


class MoveAsked(serializers.Serializer):
    to = serializers.IntegerField(min_value=1, max_value=MOST_NUMBER, required=False, allow_null=True, default=None)


class OnItsPlan(ActionEndpoint):
    """Acts on the plan of an incident; they answer with how it stands."""

    def answer(self, reference: str) -> Any:
        return selectors.plan_state(by_number(reference.removeprefix("incident:"))) | {"changes": None}


class IncidentPlan(OnItsPlan):
    """By which version an incident is carried on; POST asks for another one."""

    right = {"GET": "incident.view", "POST": "incident.ask_plan"}
    serializer_class = MoveIn
    success = 201

    @extend_schema(
        responses=IncidentPlanOut,
        parameters=[OpenApiParameter("to", int, description="the number of a version to set beside it")],
    )
    def get(self, request: Request, number: str) -> Response:
        asked = MoveAsked(data={"to": request.GET.get("to") or None})
        asked.is_valid(raise_exception=True)
        incident = by_number(number)
        standing = selectors.plan_move_standing(incident)
        to = asked.validated_data["to"] or (standing.after.number if standing else None)
        changes = None
        if to is not None:
            before = version_by_number(version_of(incident.plan_version).number)
            changes = compared_once(before.text, version_by_number(to).text).as_dict()
        return Response(selectors.plan_state(incident) | {"changes": changes})

    @extend_schema(request=MoveIn, responses={201: IncidentPlanOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        return self.changed(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        plan_moves.plan_move_ask(number=kwargs["number"], by=self.by, **data)
        return f"incident:{kwargs['number']}"


@extend_schema(request=MoveApproveIn, responses=IncidentPlanOut)
class ApproveMove(OnItsPlan):
    right = "incident.approve_plan"
    serializer_class = MoveApproveIn

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        plan_moves.plan_move_approve(number=kwargs["number"], move=kwargs["pk"], by=self.by, **data)
        return f"incident:{kwargs['number']}"


@extend_schema(request=MoveRefuseIn, responses=IncidentPlanOut)
class RefuseMove(OnItsPlan):
    """The second person refuses; who asked takes it back."""

    right = "incident.refuse_plan"
    serializer_class = MoveRefuseIn

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        plan_moves.plan_move_refuse(number=kwargs["number"], move=kwargs["pk"], by=self.by, **data)
        return f"incident:{kwargs['number']}"
