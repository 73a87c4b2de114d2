"""The API about the plan: the whole of it, and where it contradicts itself, in both languages."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from people.endpoints import Endpoint
from plans import selectors
from plans.domain import Plan, Standing
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


class TextOut(serializers.Serializer):
    zh = serializers.CharField(read_only=True)
    en = serializers.CharField(read_only=True)


class FindingOut(serializers.Serializer):
    kind = serializers.CharField(read_only=True)
    title = TextOut(read_only=True)
    subjects = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="paths into the plan, such as obligations.level.decide"
    )
    clauses = serializers.ListField(child=serializers.CharField(), read_only=True)
    said = TextOut(read_only=True)
    example = TextOut(read_only=True)
    facts = serializers.DictField(read_only=True, help_text="the level facts of the example, where it is about levels")
    suggestion = TextOut(read_only=True)
    fingerprint = serializers.CharField(read_only=True, help_text="changes with the clauses and rows under the finding")
    standing = serializers.ChoiceField(choices=[standing.value for standing in Standing], read_only=True)
    ruling = serializers.CharField(read_only=True, allow_null=True)


class RulingOut(serializers.Serializer):
    id = serializers.CharField(read_only=True)
    kind = serializers.ChoiceField(
        choices=["N", "P"], read_only=True, help_text="N: found by reasoning, P: by a person"
    )
    finding = TextOut(read_only=True)
    ruling = TextOut(read_only=True)
    by = TextOut(read_only=True, allow_null=True)
    why = TextOut(read_only=True, allow_null=True)
    clauses = serializers.ListField(child=serializers.CharField(), read_only=True)


class FindingsOut(serializers.Serializer):
    version = VersionOut(read_only=True)
    open = serializers.IntegerField(read_only=True)
    found = serializers.IntegerField(read_only=True, help_text="rulings that answer something the linter found")
    noted_by_hand = serializers.IntegerField(read_only=True)
    findings = FindingOut(many=True, read_only=True, help_text="open ones first")
    unheld = FindingOut(
        many=True,
        read_only=True,
        help_text="roles that owe something and that nobody holds today, and groups in which nobody sits",
    )
    rulings = RulingOut(many=True, read_only=True)
    idle = serializers.ListField(child=serializers.CharField(), read_only=True, help_text="rulings that answer nothing")


class PlanFindings(Endpoint):
    """Where the plan in force contradicts itself, says too little or cannot be kept, and what was ruled about it."""

    right = "plan.view"

    @extend_schema(responses=FindingsOut)
    def get(self, request: Request, **kwargs: Any) -> Response:
        version = selectors.in_force()
        plan = selectors.plan_of(version.pk)
        body = selectors.report_of(version.pk).as_dict()
        body |= {"version": VersionOut(version).data, "rulings": _rulings(plan)}
        return Response(body | {"unheld": [finding.as_dict() for finding in selectors.unheld_now(plan)]})


def _rulings(plan: Plan) -> list[dict[str, Any]]:
    return [ruling.model_dump(mode="json", exclude={"answers"}) for ruling in plan.rulings.values()]
