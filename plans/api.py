"""The API about the plan: the whole of it, in both languages."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from people.endpoints import Endpoint
from plans import selectors
from plans.models import PlanVersion


class VersionOut(serializers.ModelSerializer):
    class Meta:
        model = PlanVersion
        fields = ("id", "plan_key", "number", "sha256", "status", "in_force_from")
        read_only_fields = fields


class PlanOut(serializers.Serializer):
    version = VersionOut(read_only=True)
    plan = serializers.DictField(
        read_only=True, help_text="The plan file, every text as {zh, en}, durations in ISO 8601."
    )


class PlanInForce(Endpoint):
    """The plan that new incidents begin with."""

    right = "plan.view"

    @extend_schema(responses=PlanOut)
    def get(self, request: Request, **kwargs: Any) -> Response:
        version = selectors.in_force()
        return Response({"version": VersionOut(version).data, "plan": selectors.plan_of(version.pk).as_dict()})
